// SPDX-License-Identifier: GPL-2.0-or-later
/* What the verdicts on the consumers of ROMs have in common. */
#include <stdarg.h>
#include <stdio.h>

#include "base/bytes.h"
#include "pci/rom/verdict_internal.h"

void verdict_say(struct rom_verdict *verdict, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(verdict->why, sizeof(verdict->why), fmt, ap);
	va_end(ap);
}

static bool is_isa(const struct rom *rom)
{
	return rom->nr_images && !rom->images[0].offset && !rom->images[0].has_pcir;
}

/* Checks the start of the ROM for faults that stop both consumers. */
bool verdict_starts_well(const struct rom *rom, const char *consumer, struct rom_verdict *verdict)
{
	verdict->boots = false;
	verdict->offset = -1;
	if (rom->wrapper == ROM_WRAPPER_TEXT) {
		verdict_say(verdict,
			"%s needs the bytes, and the file spells them as text; write them: tenon "
			"rom "
			"fix FILE -o OUT",
			consumer);
		return false;
	}
	if (rom_u16(rom, 0) == ROM_SIG_PCI && !rom->base && !is_isa(rom))
		return true;
	if (!rom->base && is_isa(rom))
		verdict_say(verdict,
			"it is an ISA ROM, without a PCI data structure; %s does not take it from "
			"a "
			"PCI device",
			consumer);
	else if (rom->nr_images && !rom->base)
		verdict_say(verdict,
			"%s looks for 55 AA at the start, and an image for other software is there",
			consumer);
	else if (rom->nr_images)
		verdict_say(verdict,
			"%s looks for 55 AA at the start only, and the images begin at %#x; write "
			"a "
			"ROM without what is before them: tenon rom fix --unwrap",
			consumer, rom->base);
	else
		verdict_say(verdict, "there is no image in it");
	return false;
}

bool verdict_view(const struct rom *rom, u32 at, struct view *view)
{
	*view = (struct view){ .at = at, .pcir = at + rom_u16(rom, (u64)at + ROM_HDR_PCIR) };
	if (!rom_holds(rom, view->pcir, PCIR_MIN_SIZE) || rom_u32(rom, view->pcir) != ROM_SIG_PCIR)
		return false;
	view->length = rom_u16(rom, view->pcir + PCIR_IMAGE_LEN) * ROM_BLOCK;
	view->code = rom->bytes[view->pcir + PCIR_CODE_TYPE];
	view->last = rom->bytes[view->pcir + PCIR_INDICATOR] & PCIR_LAST;
	return true;
}

/* Gets what the ROM reader knows of an image that a consumer reaches. */
void verdict_look_at(const struct rom *rom, u32 at, struct rom_image *image)
{
	for (unsigned i = 0; i < rom->nr_images; i++) {
		if (rom->images[i].offset == at) {
			*image = rom->images[i];
			return;
		}
	}
	*image = (struct rom_image){ 0 };
	if (rom_image_at(rom, at))
		rom_image_read(rom, at, image);
}

/*
 * The offset of an image of @code that no length leads to, or that is after the last image; or 0.
 */
u32 verdict_unreached(const struct rom *rom, enum rom_code code)
{
	for (unsigned i = 0; i < rom->nr_images; i++)
		if (rom->images[i].code == code && rom->images[i].offset)
			return rom->images[i].offset;
	return 0;
}

/* Sets the verdict for a walk that ended without any image of @code. */
void verdict_say_none(const struct rom *rom, enum rom_code code, struct rom_verdict *verdict)
{
	const char *kind = code == ROM_CODE_EFI ? "EFI" : "BIOS";
	u32 at = verdict_unreached(rom, code);

	if (rom->nr_images && rom->images[rom->nr_images - 1].truncated)
		verdict_say(verdict,
			"no %s image is in what the file has of the ROM; it is cut off", kind);
	else if (rom->nr_images == 1 && !rom->images[0].last && code == ROM_CODE_EFI)
		verdict_say(verdict, "the file has only the first image of the ROM; the EFI image "
				     "is in the card");
	else if (at)
		verdict_say(verdict,
			"the %s image at %#x lies behind one that is marked as the last; make a "
			"ROM of "
			"both: tenon rom join FILE -o OUT",
			kind, at);
	else
		verdict_say(verdict, "no %s image is in it", kind);
}
