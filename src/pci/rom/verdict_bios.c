// SPDX-License-Identifier: GPL-2.0-or-later
/* SeaBIOS: how it walks the images, and what it refuses. */
#include "base/bytes.h"
#include "pci/rom/verdict_internal.h"

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
static void say_sum(const struct view *view, u8 sum, u32 hole, struct rom_verdict *verdict)
{
	if (hole)
		verdict_say(verdict,
			"the checksum of the BIOS image at %#x is %#04x, not 0, and from %#x on "
			"nothing "
			"of it was read; read it again",
			view->at, sum, hole);
	else
		verdict_say(verdict,
			"the checksum of the BIOS image at %#x is %#04x, not 0: it was edited, or "
			"badly "
			"read; read it again, and only if that gives the same, write a corrected "
			"ROM: "
			"tenon rom fix --checksum",
			view->at, sum);
}

static bool bios_image_runs(const struct rom *rom, const struct view *view,
	const struct rom_target *target, struct rom_verdict *verdict)
{
	u32 size = rom->bytes[view->at + ROM_HDR_INIT] * ROM_BLOCK;
	u32 class = target ? target->class : get_le(rom->bytes + view->pcir + PCIR_CLASS, 3);
	struct rom_image image;
	u8 sum;

	verdict_look_at(rom, view->at, &image);
	if (image.shadow) {
		verdict_say(verdict,
			"the BIOS image at %#x is a copy that has run and has changed itself, and "
			"it "
			"does not start again; take the card's own ROM",
			view->at);
		return false;
	}
	if (!size) {
		verdict_say(verdict, "the BIOS image at %#x has no size in its header", view->at);
		return false;
	}
	if (!rom_holds(rom, view->at, size)) {
		verdict_say(verdict, "the BIOS image at %#x is cut off by the end of the file",
			view->at);
		return false;
	}
	sum = rom_sum(rom, view->at, size);
	if (sum) {
		say_sum(view, sum, image.hole, verdict);
		return false;
	}
	verdict->boots = true;
	verdict->offset = view->at;
	verdict_say(verdict, "the BIOS image at %#x for %04x:%04x%s", view->at,
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

static void say_other_ids(const struct rom *rom, const struct view *view,
	const struct rom_target *target, struct rom_verdict *verdict)
{
	verdict_say(verdict,
		"the BIOS image at %#x is for another device, %04x:%04x; this one is %04x:%04x; if "
		"the "
		"ROM fits all the same, write one with these ids: tenon rom fix --for %04x:%04x",
		view->at, rom_u16(rom, view->pcir + PCIR_VENDOR),
		rom_u16(rom, view->pcir + PCIR_DEVICE), target->vendor, target->device,
		target->vendor, target->device);
}

void rom_verdict_bios(
	const struct rom *rom, const struct rom_target *target, struct rom_verdict *verdict)
{
	bool seen = false; /* it has seen a BIOS image for another device, and that is the reason */
	struct view view;
	u32 at = 0;

	if (!verdict_starts_well(rom, "SeaBIOS", verdict))
		return;
	for (;;) {
		if (rom_u16(rom, at) != ROM_SIG_PCI || !verdict_view(rom, at, &view)) {
			if (!seen)
				verdict_say(verdict,
					"SeaBIOS stops at %#x, where no valid image is", at);
			return;
		}
		if (view.code == PCIR_CODE_BIOS) {
			if (ids_match(rom, &view, target)) {
				bios_image_runs(rom, &view, target, verdict);
				return;
			}
			say_other_ids(rom, &view, target, verdict);
			seen = true;
		}
		if (view.last) {
			if (!seen)
				verdict_say_none(rom, ROM_CODE_BIOS, verdict);
			return;
		}
		if (!view.length) {
			verdict_say(verdict, "SeaBIOS would hang at %#x: an image of length 0", at);
			return;
		}
		at += view.length;
	}
}
