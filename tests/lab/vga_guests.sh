# SPDX-License-Identifier: GPL-2.0-or-later
# vga_guests.sh TENON IMAGES IPXE JOB...: in the lab, runs the jobs of test_vga_guests.py. A guest NAME
# leaves in $OUT what it said (NAME.log), what tenon said (NAME.err), how that ended (NAME.status), and
# what its card showed meanwhile (NAME-*.text, NAME-*.png).
tenon=$1 images=$2 ipxe=$3
shift 3
cards="plain cirrus ati"
patience=300

# start NAME CARD MEMORY OPTION...: a guest in the background, whose serial port is read from us. What we
# hold of the arbiter (8) is not its own.
start() {
	name=$1 card=$2 memory=$3
	shift 3
	rm -f /tmp/keys
	mkfifo /tmp/keys
	"$tenon" run --firmware bios --memory "$memory" -v --device "$(lab-card "$card"),vga=on" "$@" \
		</tmp/keys >"$OUT/$name.log" 2>"$OUT/$name.err" 8>&- &
	pid=$!
	exec 7>/tmp/keys
}

keys() {
	printf "$1" >&7
}

seconds() {
	cut -d. -f1 /proc/uptime
}

# wait_until COMMAND...: runs it until it succeeds, while the guest runs: for what lab-wait cannot see.
wait_until() {
	late=$(($(seconds) + patience))
	until "$@"; do
		kill -0 $pid 2>/dev/null && [ "$(seconds)" -lt "$late" ] || return 1
		sleep 0.5
	done
}

# said WORDS [FILE]: waits until the guest, or FILE, has said them.
said() {
	lab-wait -p $pid -t $patience "${2:-$name.log}" "$1|VGA FAIL"
}

# shows MARK WORDS [SECONDS]: waits until the card shows them; NAME-MARK.text is the last that it showed.
shows() {
	lab-wait -p $pid -t "${3:-$patience}" -c "$card" "$2" >"$OUT/$name-$1.text" 2>&1
}

# still MARK: NAME-MARK.png, which is the same as a moment ago.
still() {
	before=$(sha256sum <"$OUT/$name-$1.png" 2>/dev/null)
	lab-screenshot "$card" "$name-$1"
	[ "$(sha256sum <"$OUT/$name-$1.png")" = "$before" ]
}

stop() {
	kill -TERM $pid
	wait $pid
	echo $? >"$OUT/$name.status"
	exec 7>&-
}

# begun: memtest86+ tests, and neither test nor pattern is just being drawn; or the guest has been reset.
begun() {
	shows memtest '\[.*\] *\n.*\n.*Pattern: 0x[0-9a-f]{8,16}\n.*\n.*Time: +0:.*\nUsing: All Cores' 3 ||
		grep -q "reset of the function" "$OUT/$name.err"
}

# SYSLINUX's prompt, its menu with a picture in a VESA mode, and memtest86+ in text again. On a busy
# machine one of eight starts of memtest86+ ended in a reset of the guest, why is not known: then once more.
syslinux() {
	for try in 1 2; do
		start syslinux cirrus 64M --disk "$images/syslinux"
		shows text "^boot:" && keys 'menu\r' &&
			said "Press .Tab. to edit" && wait_until still menu
		"$tenon" vga --json >"$OUT/bridges.json"
		keys '\r'
		wait_until begun
		stop
		grep -q "Using: All Cores" "$OUT/syslinux-memtest.text" && return
		cp "$OUT/syslinux.err" "$OUT/syslinux-reset.err"
	done
}

# memtest86+ from the distribution's CD, whose El Torito entry emulates a floppy.
memtest_cd() {
	start memtest_cd cirrus 64M --cdrom /usr/lib/memtest86+/memtest86+x64.iso
	shows screen 'Memtest86\+ v[0-9]'
	stop
}

# GRUB in text, in graphics and with a picture, and Linux's text console.
grub() {
	start grub ati 256M --disk "$images/grub"
	shows text "^GRUB, text" && keys '\r' && shows graphics "^GRUB, graphics\n▁" &&
		keys '\r' && said "GRUB, picture" && wait_until still picture
	keys '\r'
	said "^STEP console"
	shows linux .
	stop
}

# iPXE changes to real mode and back for each character.
ipxe() {
	start ipxe plain 64M --kernel "$ipxe" \
		--append "echo Text of iPXE && show version && shell"
	shows text "^iPXE>"
	stop
}

# Text, graphics of three kinds, and back, over resets.
switches() {
	start switches ati 64M --kernel "$images/switches"
	said "VGA DONE"
	shows end .
	stop
}

# warned NAME WORDS: what tenon says of the host's state before a guest starts, and NAME.json.
warned() {
	"$tenon" check --for bios --json "$(lab-card ati)" >"$OUT/$1.json"
	start "$1" ati 64M --kernel "$images/letter"
	said "$2" "$1.err"
}

# The host's console is still the one that draws past the arbiter.
console() {
	warned console "without asking"
	stop
}

# A program holds legacy VGA locked, of a third card; the guest waits until it lets go.
lock() {
	exec 8<>/dev/vga_arbiter
	printf 'target PCI:%s' "$(lab-card plain)" >&8
	printf 'lock io+mem' >&8
	warned lock "holds its legacy VGA locked"
	said "Running option rom" lock.err
	sleep 3
	cp "$OUT/lock.err" "$OUT/lock-waits.err"
	exec 8>&-
	said "VGA DONE"
	shows end .
	stop
}

# vfio-pci was told to leave legacy VGA alone. The last job: it stays so.
disabled() {
	for c in $cards; do
		"$tenon" release "$(lab-card "$c")" >>"$OUT/bind.log" 2>&1
	done
	modprobe -r vfio-pci
	modprobe vfio-pci disable_vga=1
	"$tenon" bind --force "$(lab-card ati)" >>"$OUT/bind.log" 2>&1
	warned disabled "legacy VGA"
	wait $pid
	echo $? >"$OUT/disabled.status"
	exec 7>&-
}

bind_all() {
	for c in $cards; do
		"$tenon" bind --force "$(lab-card "$c")" >>"$OUT/bind.log" 2>&1
	done
}

bind_all
for wanted; do
	[ "$wanted" = console ] || modprobe bochs
	case $wanted in
	console | syslinux | memtest_cd | grub | ipxe | switches | lock | disabled) $wanted ;;
	*) echo "vga_guests.sh: there is no job '$wanted'" && exit 1 ;;
	esac
	echo "$wanted until $(seconds) s" >>"$OUT/times"
done
