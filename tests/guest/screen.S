# SPDX-License-Identifier: GPL-2.0-or-later
# A guest of 16 bits, in the shape of a kernel's setup code, that a BIOS starts: it draws on the VGA
# card by the BIOS and past it, reads back what it drew, and says on COM1 what it found. real_mode.py
# builds it with LETTER (what it draws with), ROUNDS, RESETS (how often it resets the machine),
# SCROLLS (how often the measured screen is scrolled, 0: not at all), LIGHT (1: few accesses, for cards
# that take turns: modes keep the card's memory and palette, and pictures are small), and in the file
# "steps" what a round does, one letter of `tries` for each.
	.code16
	.set	COUNTER, 0x7e
	.set	KEEP, 0x80 * LIGHT	# a mode's number with it: the memory stays as it is
	.set	PIXELS, 64000 - 61440 * LIGHT
	.globl start
start:
	.org 0x1f1
	.byte 4			# sectors of setup code behind this one
	.org 0x1fe
	.word 0xaa55
	.byte 0xeb, entry - 0x202	# 200h: where the loader jumps to
	.ascii "HdrS"
	.word 0x0206		# boot protocol
	.org 0x211
	.byte 1			# the rest is loaded at 1 MiB
	.org 0x238
	.long 255		# command line
	.org 0x268

	.macro say text
	movw	$\text, %si
	call	print
	.endm

# 80 columns of text, by the BIOS.
	.macro text_mode keep=0
	movw	$0x0003 + \keep, %ax
	int	$0x10
	.endm

entry:
	cld
	sti
	movw	%cs, %ax
	subw	$0x20, %ax
	movw	%ax, %ds
	movw	$0x40, %ax
	movw	%ax, %es
	orb	$0x08 * LIGHT, %es:0x89	# modes do not load the palette
	movw	$ROUNDS, rounds
next_round:
	cmpw	$0, rounds
	je	finished
	movw	$steps, next
1:	movw	next, %si
	movb	(%si), %al
	testb	%al, %al
	jz	2f
	incw	next
	movb	%al, step
	movw	$tries, %di
3:	cmpb	(%di), %al
	je	4f
	addw	$3, %di
	jmp	3b
4:	call	*1(%di)
	jc	fail
	jmp	1b
2:	decw	rounds
	call	pause
	jmp	next_round

fail:
	say	failed_text
	movb	step, %al
	call	put
	say	newline
	jmp	end

finished:
	say	passed_text
	call	reset_counted
	call	measure
	call	last_screen
	say	done_text
end:	hlt
	jmp	end

# Each returns with carry when it does not read what it wrote.
try_text:
	text_mode KEEP
	movw	$0xb800, %ax
	movw	%ax, %es
	movw	$0x0700 + LETTER, %ax
	xorw	%di, %di
	movw	$2000, %cx
	rep stosw
	call	pause
	xorw	%di, %di
	movw	$2000, %cx
	repe scasw
	jne	bad
good:	clc
	ret
bad:	stc
	ret

try_graphics:
	movw	$0x0080 + 0x13, %ax	# the BIOS need not clear it
	int	$0x10
	movw	$0xa000, %ax
	movw	%ax, %es
	movw	$LETTER << 8 + LETTER, %ax
	xorw	%di, %di
	movw	$PIXELS / 2, %cx
	rep stosw
	call	pause
	xorw	%di, %di
1:	cmpb	%es:(%di), %al		# one of 64: each read leaves the guest
	jne	bad
	addw	$64, %di
	cmpw	$PIXELS, %di
	jb	1b
	jmp	good

# Four planes, each with its own byte in the first line, copied to the second through the latches.
try_planes:
	movw	$0x0080 + 0x12, %ax
	int	$0x10
	movw	$0xa000, %ax
	movw	%ax, %es
	movw	$0x0102, %bx		# the map mask: plane 0
1:	movw	$0x3c4, %dx
	movw	%bx, %ax
	outw	%ax, %dx
	movb	$LETTER, %al
	addb	%bh, %al
	xorw	%di, %di
	movw	$80, %cx
	rep stosb
	shlb	$1, %bh
	cmpb	$0x10, %bh
	jne	1b
	movw	$0x0f02, %ax
	movw	$0x3c4, %dx
	outw	%ax, %dx
	movw	$0x0105, %ax		# write mode 1: all latches
	movw	$0x3ce, %dx
	outw	%ax, %dx
	pushw	%ds
	movw	%es, %ax
	movw	%ax, %ds
	xorw	%si, %si
	movw	$80, %cx
	rep movsb
	popw	%ds
	movw	$0x0005, %ax
	outw	%ax, %dx
	call	pause
	movw	$0x0004, %bx		# the read map: plane 0
	movb	$1, %cl
2:	movw	$0x3ce, %dx
	movw	%bx, %ax
	outw	%ax, %dx
	movb	$LETTER, %al
	addb	%cl, %al
	pushw	%cx
	movw	$80, %di
	movw	$80, %cx
	repe scasb
	popw	%cx
	jne	bad
	shlb	$1, %cl
	incb	%bh
	cmpb	$4, %bh
	jne	2b
	jmp	good

# The BIOS writes and scrolls; the last full line is where it belongs.
try_bios:
	text_mode KEEP
	movw	$26, %cx
1:	movb	$LETTER, %al
	call	teletype
	movb	$13, %al
	call	teletype
	movb	$10, %al
	call	teletype
	loop	1b
	movw	$0xb800, %ax
	movw	%ax, %es
	movw	$23 * 160, %di
	movb	%es:(%di), %al
	cmpb	$LETTER, %al
	jne	bad
	cmpb	$' ', %es:160*24
	jne	bad
	jmp	good

# The linear frame buffer of a mode of VESA's, which has no place among the first MiB: the BIOS copies
# there and back.
	.set	MODE, 0x111		# 640x480, 65536 colours
	.set	DRAWN, 0x4000		# segments
	.set	READ, 0x5000
try_vesa:
	movw	$0x4f01, %ax
	movw	$MODE, %cx
	movw	$DRAWN, %di
	movw	%di, %es
	xorw	%di, %di
	int	$0x10
	cmpw	$0x004f, %ax
	jne	bad
	movb	%es:0, %al		# it is there, and has a linear frame buffer
	andb	$0x81, %al
	cmpb	$0x81, %al
	jne	bad
	movl	%es:0x28, %eax
	movl	%eax, linear
	movw	$0x4f02, %ax
	movw	$0x4000 + MODE, %bx
	int	$0x10
	cmpw	$0x004f, %ax
	jne	bad
	movw	$DRAWN, %ax
	movw	%ax, %es
	xorw	%di, %di
	movw	$COPIED, %cx
	movw	$LETTER, %ax
1:	stosw
	addw	$0x1235, %ax
	loop	1b
	movl	$DRAWN << 4, %eax
	movl	linear, %edx
	call	copy
	jc	bad
	call	pause
	movl	linear, %eax
	movl	$READ << 4, %edx
	call	copy
	jc	bad
	pushw	%ds
	movw	$DRAWN, %ax
	movw	%ax, %ds
	movw	$READ, %ax
	movw	%ax, %es
	xorw	%si, %si
	xorw	%di, %di
	movw	$COPIED, %cx
	repe cmpsw
	popw	%ds
	jne	bad
	jmp	good

# COPIED words from %eax to %edx, anywhere.
	.set	COPIED, 32000
copy:	movw	$from, %di
	call	place
	movl	%edx, %eax
	movw	$to, %di
	call	place
	pushw	%ds
	popw	%es
	movw	$descriptors, %si
	movw	$COPIED, %cx
	movb	$0x87, %ah
	int	$0x15
	ret
place:	movw	%ax, 2(%di)
	shrl	$16, %eax
	movb	%al, 4(%di)
	movb	%ah, 7(%di)
	ret

# Resets the machine by CF9h until a byte of the clock's memory says that it was often enough.
reset_counted:
	movb	$COUNTER, %al
	outb	%al, $0x70
	inb	$0x71, %al
	cmpb	$RESETS, %al
	jae	1f
	incb	%al
	movb	%al, %ah
	movb	$COUNTER, %al
	outb	%al, $0x70
	movb	%ah, %al
	outb	%al, $0x71
	movw	$0xcf9, %dx
	movb	$0x06, %al
	outb	%al, %dx
2:	hlt
	jmp	2b
1:	ret

# Known text, to be read off the card from outside.
last_screen:
	text_mode
	movw	$24, %cx
1:	pushw	%cx
	movw	$screen_text, %si
2:	lodsb
	testb	%al, %al
	jz	3f
	call	teletype
	jmp	2b
3:	popw	%cx
	movb	%cl, %al
	addb	$'a' - 1, %al
	call	teletype
	movb	$13, %al
	call	teletype
	movb	$10, %al
	call	teletype
	loop	1b
	ret

# Ticks of the PM timer for SCROLLS scrolls of the screen by one line, in words.
measure:
	cmpw	$0, scrolls
	je	9f
	text_mode
	call	timer
	movl	%eax, %ebp
1:	pushw	%ds
	movw	$0xb800, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	$160, %si
	xorw	%di, %di
	movw	$1920, %cx
	rep movsw
	movw	$0x0720, %ax
	movw	$80, %cx
	rep stosw
	popw	%ds
	decw	scrolls
	jnz	1b
	call	timer
	subl	%ebp, %eax
	andl	$0xffffff, %eax
	movl	%eax, %ebp
	say	scroll_text
	shll	$8, %ebp
	movw	$6, %cx
2:	roll	$4, %ebp
	movw	%bp, %ax
	andb	$15, %al
	addb	$'0', %al
	cmpb	$'9', %al
	jbe	3f
	addb	$'a' - '9' - 1, %al
3:	call	put
	loop	2b
	say	newline
9:	ret

timer:
	movw	$0x608, %dx
	inl	%dx, %eax
	ret

teletype:
	movb	$0x0e, %ah
	xorw	%bx, %bx
	int	$0x10
	ret

# For a time that nobody foretells.
pause:
	pushw	%ax
	pushw	%cx
	pushw	%dx
	rdtsc
	movw	%ax, %cx
	andw	$0x3ff, %cx
	incw	%cx
1:	pause
	loop	1b
	popw	%dx
	popw	%cx
	popw	%ax
	ret

print:	lodsb
	testb	%al, %al
	jz	1f
	call	put
	jmp	print
1:	ret

put:	pushw	%ax
	movw	$0x3fd, %dx
1:	inb	%dx, %al
	testb	$0x20, %al
	jz	1b
	popw	%ax
	movw	$0x3f8, %dx
	outb	%al, %dx
	ret

	.macro try letter, code
	.byte	\letter
	.word	\code - 0x200		# as the code segment counts
	.endm
tries:	try	't', try_text
	try	'g', try_graphics
	try	'p', try_planes
	try	'b', try_bios
	try	'v', try_vesa
steps:	.include "steps"
next:	.word 0
linear:	.long 0
descriptors:
	.fill	16, 1, 0
from:	.word	0xffff, 0, 0x9300, 0
to:	.word	0xffff, 0, 0x9300, 0
	.fill	16, 1, 0
step:	.byte 0
rounds:	.word 0
scrolls: .word SCROLLS
passed_text: .asciz "VGA PASS\r\n"
failed_text: .asciz "VGA FAIL "
scroll_text: .asciz "VGA SCROLL "
done_text: .asciz "VGA DONE\r\n"
newline: .asciz "\r\n"
screen_text: .byte LETTER
	.asciz " was here, line "
	.org 5 * 512
	.fill 512, 1, 0		# the part at 1 MiB, which nobody enters
