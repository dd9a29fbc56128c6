// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The walk from image to image. It follows lengths; where they lead nowhere although another
 * image was promised, it scans and says so.
 */
#include "pci/rom/rom.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/bytes.h"
#include "pci/rom/rom_internal.h"

bool rom_holds(const struct rom *rom, u64 offset, u64 size)
{
	return offset <= rom->size && size <= rom->size - offset;
}

u16 rom_u16(const struct rom *rom, u64 offset)
{
	return rom_holds(rom, offset, 2) ? get_le16(rom->bytes + offset) : 0;
}

u32 rom_u32(const struct rom *rom, u64 offset)
{
	return rom_holds(rom, offset, 4) ? get_le32(rom->bytes + offset) : 0;
}

bool rom_filled(const struct rom *rom, u64 offset, u64 size, u8 value)
{
	for (u64 i = 0; i < size; i++)
		if (rom->bytes[offset + i] != value)
			return false;
	return true;
}

u8 rom_sum(const struct rom *rom, u64 offset, u64 size)
{
	u8 sum = 0;

	for (u64 i = 0; i < size; i++)
		sum += rom->bytes[offset + i];
	return sum;
}

void rom_report(struct rom *rom, enum rom_level level, const char *code, int image, u32 offset,
	const char *fmt, ...)
{
	struct rom_problem *problem;
	va_list ap;

	if (rom->problem_count == ROM_MAX_PROBLEMS)
		return;
	problem = &rom->problems[rom->problem_count++];
	problem->level = level;
	problem->code = code;
	problem->image = image;
	problem->offset = offset;
	va_start(ap, fmt);
	vsnprintf(problem->text, sizeof(problem->text), fmt, ap);
	va_end(ap);
}

/* Why there is no image at @at. @n: the image that promised one, -1: none did. */
static void report_no_image(struct rom *rom, int n, u32 at)
{
	u16 signature = rom_u16(rom, at);
	u16 pcir = rom_u16(rom, (u64)at + ROM_HDR_PCIR);

	if (!rom_holds(rom, at, ROM_HDR_SIZE))
		rom_report(rom, ROM_PROBLEM, "chain-end", n, at,
			"another image should follow at %#x, but the file ends there", at);
	else if (signature != ROM_SIG_PCI)
		rom_report(rom, ROM_PROBLEM, "no-signature", n, at,
			"an image should start at %#x with 55 AA, but %02x %02x is there", at,
			signature & 0xff, signature >> 8);
	else if (!pcir)
		rom_report(rom, ROM_PROBLEM, "no-pcir", n, at,
			"the image at %#x points to no PCI data structure", at);
	else if (!rom_holds(rom, (u64)at + pcir, PCIR_MIN_SIZE))
		rom_report(rom, ROM_PROBLEM, "pcir-beyond", n, at,
			"the image at %#x points to a PCI data structure at %#x, behind the end of "
			"the "
			"file",
			at, at + pcir);
	else
		rom_report(rom, ROM_PROBLEM, "pcir-signature", n, at,
			"the image at %#x points to %#x for its PCI data structure, but no PCIR is "
			"there",
			at, at + pcir);
}

static bool scan_on(struct rom *rom, u32 from, u32 *next)
{
	u32 found = rom_scan(rom, from, ROM_BLOCK);

	if (!found)
		return false;
	rom_report(rom, ROM_PROBLEM, "scanned", -1, found,
		"the image at %#x was found by scanning, not by the lengths in the ROM", found);
	rom->scanned = true;
	*next = found;
	return true;
}

/* Where the walk goes from image @n. False: nowhere. */
static bool step(struct rom *rom, int n, u32 *next, bool *by_scan)
{
	struct rom_image *image = &rom->images[n];
	u32 end = image->offset + image->length;

	*by_scan = false;
	if (image->last || image->truncated)
		return false;
	if (image->length && rom_image_at(rom, end)) {
		*next = end;
		return true;
	}
	/*
	 * For PCI firmware the chain ends here; NPDE promises images that only NVIDIA's own
	 * software looks for, and which the kernel's `rom` file cuts off.
	 */
	if (image->length && image->pcir_last) {
		rom_report(rom, ROM_NOTE, "npde-more", n, end,
			"NVIDIA's own further images are not in this file (usual for what the "
			"kernel "
			"reads)");
		image->last = true;
		return false;
	}
	if (image->length)
		report_no_image(rom, n, end);
	*by_scan = true;
	return scan_on(rom, image->length ? end : end + ROM_BLOCK, next);
}

static void walk(struct rom *rom)
{
	u32 at = rom->base;
	bool by_scan = rom->scanned;

	if (!rom_image_at(rom, at) && !rom_image_read_isa(rom, at, &rom->images[0])) {
		report_no_image(rom, -1, at);
		if (!scan_on(rom, at + ROM_BLOCK, &at))
			return;
		by_scan = true;
	}
	for (;;) {
		struct rom_image *image = &rom->images[rom->image_count];

		if (rom_image_at(rom, at))
			rom_image_read(rom, at, image);
		image->by_scan = by_scan;
		rom_image_check(rom, rom->image_count++);
		if (!step(rom, rom->image_count - 1, &at, &by_scan))
			return;
		if (rom->image_count == ROM_MAX_IMAGES) {
			rom_report(rom, ROM_PROBLEM, "too-many", -1, at,
				"more than %u images; the rest is not shown", ROM_MAX_IMAGES);
			return;
		}
	}
}

static void report_wrapper(struct rom *rom)
{
	if (rom->wrapper == ROM_WRAPPER_NVGI)
		rom_report(rom, ROM_PROBLEM, "container", -1, 0,
			"the images begin at %#x, behind NVIDIA's NVGI header: a dump of the flash "
			"chip; as a ROM file it works only without the first %u bytes",
			rom->base, rom->base);
	else if (rom->wrapper == ROM_WRAPPER_UNKNOWN)
		rom_report(rom, ROM_PROBLEM, "container", -1, 0,
			"the images begin at %#x, behind data of unknown kind (found by scanning); "
			"as a "
			"ROM file it works only without the first %u bytes",
			rom->base, rom->base);
}

static void note_trailer(struct rom *rom)
{
	u32 left = rom->size - rom->end;

	if (!rom->image_count || !left)
		return;
	if (rom_filled(rom, rom->end, left, 0xff) || rom_filled(rom, rom->end, left, 0))
		return;
	rom_report(rom, ROM_NOTE, "trailer", -1, rom->end,
		"%u bytes follow the last image; firmware does not look at them", left);
}

void rom_parse(struct rom *rom, const void *bytes, size_t size)
{
	*rom = (struct rom){ .bytes = bytes, .size = size < ROM_MAX_SIZE ? size : ROM_MAX_SIZE };
	if (size > ROM_MAX_SIZE)
		rom_report(rom, ROM_PROBLEM, "too-large", -1, ROM_MAX_SIZE,
			"no option ROM is this large; only the first %llu MiB were looked at",
			ROM_MAX_SIZE / MIB);
	if (!rom_unwrap(rom))
		return;
	report_wrapper(rom);
	walk(rom);
	for (unsigned i = 0; i < rom->image_count; i++) {
		u64 end = (u64)rom->images[i].offset + rom->images[i].length;

		rom->end = end < rom->size ? end : rom->size;
	}
	note_trailer(rom);
}

bool rom_has_problems(const struct rom *rom)
{
	for (unsigned i = 0; i < rom->problem_count; i++)
		if (rom->problems[i].level == ROM_PROBLEM)
			return true;
	return false;
}
