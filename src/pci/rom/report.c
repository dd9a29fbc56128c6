// SPDX-License-Identifier: GPL-2.0-or-later
/* Reports why the walk from image to image found no image at some place. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "pci/rom/rom_internal.h"

void rom_report(struct rom *rom, enum rom_level level, const char *code, int image, u32 offset,
	const char *fmt, ...)
{
	struct rom_problem *problem;
	va_list ap;

	if (rom->nr_problems == ROM_MAX_PROBLEMS)
		return;
	problem = &rom->problems[rom->nr_problems++];
	problem->level = level;
	problem->code = code;
	problem->image = image;
	problem->offset = offset;
	va_start(ap, fmt);
	vsnprintf(problem->text, sizeof(problem->text), fmt, ap);
	va_end(ap);
}

/* Reports what is missing in a file that ends after an image which is not the last. */
static void report_end(struct rom *rom, int n, u32 at)
{
	const struct rom_image *image = &rom->images[n];

	if (n == 0 && image->code == ROM_CODE_BIOS && at == rom->size)
		rom_report(rom, ROM_PROBLEM, "first-image-only", n, at,
			"this is only the first image of the card's ROM: it says that more follow, "
			"usually the EFI driver, and the file ends; the ACPI table VFCT and the "
			"copy "
			"at C0000h have no more than this; read the whole ROM from the card (tenon "
			"rom dump), while it is not the boot display");
	else
		rom_report(rom, ROM_PROBLEM, "chain-end", n, at,
			"another image should follow at %#x, but the file ends there; if nothing "
			"is "
			"missing, tenon rom join FILE -o OUT marks the last image as the last",
			at);
}

static void report_no_signature(struct rom *rom, int n, u32 at)
{
	u8 first = rom->bytes[at];

	if (n >= 0 && (first == 0xff || first == 0) && rom_filled(rom, at, rom->size - at, first))
		rom_report(rom, ROM_PROBLEM, "rest-blank", n, at,
			"an image should start at %#x, but from there on everything is %02X: it "
			"was "
			"read only in part, or the image before it should be marked as the last; "
			"read it again",
			at, first);
	else
		rom_report(rom, ROM_PROBLEM, "no-signature", n, at,
			"an image should start at %#x with 55 AA, but %02x %02x is there", at,
			first, rom->bytes[at + 1]);
}

/* Reports why no image starts at @at although there is 55 AA. */
static void report_no_pcir(struct rom *rom, int n, u32 at)
{
	u16 pointer = rom_u16(rom, (u64)at + ROM_HDR_PCIR);
	const u8 *start = rom->bytes + at;
	u32 size = start[ROM_HDR_INIT] ? start[ROM_HDR_INIT] * ROM_BLOCK : 64 * KIB;
	u32 room = rom->size - at < size ? rom->size - at : size;
	const u8 *found = memmem(start, room, "PCIR", 4);

	if (found && found != start + pointer)
		rom_report(rom, ROM_PROBLEM, "pcir-pointer", n, at,
			"the image at %#x points to %#x for its PCI data structure, which is at "
			"%#x: "
			"damaged, or moved by bytes put in or left out",
			at, at + pointer, at + (u32)(found - start));
	else if (!pointer)
		rom_report(rom, ROM_PROBLEM, "no-pcir", n, at,
			"the image at %#x points to no PCI data structure", at);
	else if (!rom_holds(rom, (u64)at + pointer, PCIR_MIN_SIZE))
		rom_report(rom, ROM_PROBLEM, "pcir-beyond", n, at,
			"the image at %#x points to a PCI data structure at %#x, behind the end of "
			"the file",
			at, at + pointer);
	else
		rom_report(rom, ROM_PROBLEM, "pcir-signature", n, at,
			"the image at %#x points to a PCI data structure at %#x, but no PCIR is "
			"there",
			at, at + pointer);
}

void rom_report_no_image(struct rom *rom, int n, u32 at)
{
	if (!rom_holds(rom, at, ROM_HDR_SIZE)) {
		if (n >= 0)
			report_end(rom, n, at);
		else
			rom_report(rom, ROM_PROBLEM, "too-short", n, at,
				"%u bytes are too few for an image; a download or copy that broke "
				"off",
				rom->size - at);
	} else if (rom_u16(rom, at) != ROM_SIG_PCI) {
		report_no_signature(rom, n, at);
	} else {
		report_no_pcir(rom, n, at);
	}
}
