// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/rom/verdict.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/bytes.h"
#include "pci/rom/rom_internal.h"

#define CLASS_VGA   0x0300
#define CLASS_OTHER 0x0380

/* What SeaBIOS does with a sound image, by the device's class. */
static const char *role(u32 class)
{
	switch (class >> 8) {
	case CLASS_VGA:
		return "";
	case CLASS_OTHER:
		return "; as the display only if no VGA device is there";
	default:
		return "; not as the display";
	}
}

static void say(struct rom_verdict *verdict, const char *fmt, ...) PRINTF(2, 3);

static void say(struct rom_verdict *verdict, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(verdict->why, sizeof(verdict->why), fmt, ap);
	va_end(ap);
}

/* What neither consumer gets past, at the very start. */
static bool starts_well(const struct rom *rom, const char *consumer, struct rom_verdict *verdict)
{
	verdict->boots = false;
	verdict->offset = -1;
	if (rom_u16(rom, 0) == ROM_SIG_PCI)
		return true;
	if (rom->image_count)
		say(verdict,
			"%s looks for 55 AA at the start only, and the images begin at %#x; write "
			"a "
			"ROM without what is before them: tenon rom fix --unwrap",
			consumer, rom->base);
	else
		say(verdict, "there is no image in it");
	return false;
}

/* The consumers' common view of one image; they use PCIR's length and last, never NPDE's. */
struct view {
	u32 at;
	u32 pcir;
	u32 length;
	u8 code;
	bool last;
};

static bool view_image(const struct rom *rom, u32 at, struct view *view)
{
	*view = (struct view){ .at = at, .pcir = at + rom_u16(rom, (u64)at + ROM_HDR_PCIR) };
	if (!rom_holds(rom, view->pcir, PCIR_MIN_SIZE) || rom_u32(rom, view->pcir) != ROM_SIG_PCIR)
		return false;
	view->length = rom_u16(rom, view->pcir + PCIR_IMAGE_LEN) * ROM_BLOCK;
	view->code = rom->bytes[view->pcir + PCIR_CODE_TYPE];
	view->last = rom->bytes[view->pcir + PCIR_INDICATOR] & PCIR_LAST;
	return true;
}

static bool bios_image_runs(const struct rom *rom, const struct view *view,
	const struct rom_target *target, struct rom_verdict *verdict)
{
	u32 size = rom->bytes[view->at + ROM_HDR_INIT] * ROM_BLOCK;
	u32 class = target ? target->class : get_le(rom->bytes + view->pcir + PCIR_CLASS, 3);
	u8 sum;

	if (!size) {
		say(verdict, "the BIOS image at %#x has no size in its header", view->at);
		return false;
	}
	if (!rom_holds(rom, view->at, size)) {
		say(verdict, "the BIOS image at %#x is cut off by the end of the file", view->at);
		return false;
	}
	sum = rom_sum(rom, view->at, size);
	if (sum) {
		say(verdict,
			"the checksum of the BIOS image at %#x is %#04x, not 0; write a corrected "
			"ROM: "
			"tenon rom fix --checksum",
			view->at, sum);
		return false;
	}
	verdict->boots = true;
	verdict->offset = view->at;
	say(verdict, "the BIOS image at %#x for %04x:%04x%s", view->at,
		rom_u16(rom, view->pcir + PCIR_VENDOR), rom_u16(rom, view->pcir + PCIR_DEVICE),
		role(class));
	return true;
}

static bool ids_match(
	const struct rom *rom, const struct view *view, const struct rom_target *target)
{
	return !target || (rom_u16(rom, view->pcir + PCIR_VENDOR) == target->vendor &&
				  rom_u16(rom, view->pcir + PCIR_DEVICE) == target->device);
}

void rom_verdict_bios(
	const struct rom *rom, const struct rom_target *target, struct rom_verdict *verdict)
{
	struct view view;
	u32 at = 0;

	if (!starts_well(rom, "SeaBIOS", verdict))
		return;
	say(verdict, "no BIOS image is in it");
	for (;;) {
		if (rom_u16(rom, at) != ROM_SIG_PCI || !view_image(rom, at, &view)) {
			say(verdict, "SeaBIOS stops at %#x, where no valid image is", at);
			return;
		}
		if (view.code == PCIR_CODE_BIOS) {
			if (ids_match(rom, &view, target)) {
				bios_image_runs(rom, &view, target, verdict);
				return;
			}
			say(verdict,
				"the BIOS image is for %04x:%04x, the device is %04x:%04x; write a "
				"ROM "
				"with these ids: tenon rom fix",
				rom_u16(rom, view.pcir + PCIR_VENDOR),
				rom_u16(rom, view.pcir + PCIR_DEVICE), target->vendor,
				target->device);
		}
		if (view.last)
			return;
		if (!view.length) {
			say(verdict, "SeaBIOS would hang at %#x: an image of length 0", at);
			return;
		}
		at += view.length;
	}
}

static bool efi_image_loads(
	const struct rom *rom, const struct view *view, u16 machine, struct rom_verdict *verdict)
{
	u16 image_machine = rom_u16(rom, view->at + ROM_HDR_MACHINE);
	u16 subsystem = rom_u16(rom, view->at + ROM_HDR_SUBSYSTEM);
	u32 init = rom_u16(rom, view->at + ROM_HDR_INIT) * ROM_BLOCK;
	const char *name = rom_machine_name(image_machine);

	if (rom_u32(rom, view->at + ROM_HDR_EFI_SIG) != ROM_EFI_SIG)
		say(verdict, "the EFI image at %#x lacks the EFI signature", view->at);
	else if (image_machine != machine)
		say(verdict, "the EFI image at %#x is for %s (%04xh), the machine is %s", view->at,
			name ? name : "an unknown machine", image_machine,
			rom_machine_name(machine));
	else if (subsystem != 0x0b && subsystem != 0x0c)
		say(verdict, "the EFI image at %#x is not a driver (subsystem %#x)", view->at,
			subsystem);
	else if (rom_u16(rom, view->at + ROM_HDR_COMPRESSION) > 1)
		say(verdict, "the EFI image at %#x is compressed in an unknown way", view->at);
	else if (init > view->length)
		say(verdict, "the EFI image at %#x has a header size larger than the image",
			view->at);
	else if (rom_u16(rom, view->at + ROM_HDR_PE) >= init)
		say(verdict, "the driver of the EFI image at %#x lies outside it", view->at);
	else if (!rom_holds(rom, view->at, init))
		say(verdict, "the EFI image at %#x is cut off by the end of the file", view->at);
	else
		verdict->boots = true;
	return verdict->boots;
}

/* edk2 reads as far as the BAR goes: a power of two that holds the file. */
static u64 bar_size(const struct rom *rom)
{
	u64 size = 2048;

	while (size < rom->size)
		size *= 2;
	return size;
}

/* False: edk2's walk ends before this image. */
static bool efi_view(const struct rom *rom, u32 at, struct view *view, struct rom_verdict *verdict)
{
	u16 pointer = rom_u16(rom, (u64)at + ROM_HDR_PCIR);

	if (!pointer || pointer & 3 || !view_image(rom, at, view)) {
		say(verdict, "OVMF stops at %#x: %s", at,
			pointer & 3 ? "the PCI data structure is not at a multiple of 4"
				    : "no PCI data structure");
		return false;
	}
	if (at + (u64)view->length > bar_size(rom)) {
		say(verdict, "OVMF stops at %#x: the image is larger than the ROM", at);
		return false;
	}
	if (!view->length) {
		say(verdict, "OVMF stops at %#x: an image of length 0", at);
		return false;
	}
	return true;
}

void rom_verdict_efi(const struct rom *rom, u16 machine, struct rom_verdict *verdict)
{
	struct rom_verdict stop = { .offset = -1 };
	bool seen = false;
	struct view view;
	u32 at = 0;

	if (!starts_well(rom, "OVMF", verdict))
		return;
	say(verdict, "no EFI image is in it");
	while (at < rom->size) {
		/* Behind the first image edk2 skips what is none, block by block. */
		if (rom_u16(rom, at) != ROM_SIG_PCI) {
			at += ROM_BLOCK;
			continue;
		}
		if (!efi_view(rom, at, &view, &stop)) {
			if (!seen)
				*verdict = stop;
			return;
		}
		if (view.code == PCIR_CODE_EFI) {
			seen = true;
			if (efi_image_loads(rom, &view, machine, verdict)) {
				const char *name = rom_machine_name(machine);

				verdict->offset = at;
				say(verdict, "the EFI image at %#x (%s)", at, name);
				return;
			}
		}
		if (view.last)
			return;
		at += view.length;
	}
}
