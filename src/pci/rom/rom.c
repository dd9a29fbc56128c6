// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Walks from image to image. It follows lengths; if another image should follow but is not where
 * they lead, it scans and reports that.
 */
#include "pci/rom/rom.h"

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

/* Whether @at starts the ROM of another device: a second BIOS image for other ids. */
static bool is_other_device(const struct rom *rom, u32 at)
{
	const struct rom_image *first = &rom->images[0];
	struct rom_image image;

	rom_image_read(rom, at, &image);
	return rom->nr_images && first->code == ROM_CODE_BIOS && image.code == ROM_CODE_BIOS &&
	       (first->vendor != image.vendor || first->device != image.device);
}

static bool scan_on(struct rom *rom, u32 from, u32 *next)
{
	u32 found = rom_scan(rom, from, ROM_BLOCK);

	if (!found || is_other_device(rom, found))
		return false;
	rom_report(rom, ROM_PROBLEM, "scanned", -1, found,
		"the image at %#x was found by scanning, not by the lengths in the ROM", found);
	rom->scanned = true;
	*next = found;
	return true;
}

static bool has_kind(const struct rom *rom, enum rom_code code)
{
	for (unsigned i = 0; i < rom->nr_images; i++)
		if (rom->images[i].code == code)
			return true;
	return false;
}

/*
 * Whether the image at @at, after the one marked as the last, belongs to this ROM nevertheless:
 * someone joined two files without clearing the mark in the first. Another device's ROM does not
 * belong to it, nor does a copy of this one.
 */
static bool belongs(const struct rom *rom, u32 at)
{
	const struct rom_image *first = &rom->images[0];
	struct rom_image image;

	if (!first->has_pcir || !rom_image_at(rom, at) || rom_u16(rom, at) != ROM_SIG_PCI)
		return false;
	rom_image_read(rom, at, &image);
	if (image.vendor != first->vendor || has_kind(rom, image.code))
		return false;
	return image.code == ROM_CODE_EFI ||
	       (image.code == ROM_CODE_BIOS && image.device == first->device);
}

/* Finds an image that follows the last one and belongs to this ROM. */
static bool behind_last(struct rom *rom, u32 end, u32 *next)
{
	u32 at = rom_scan(rom, end, 1);

	if (!at || !belongs(rom, at))
		return false;
	rom_report(rom, ROM_PROBLEM, "behind-last", rom->nr_images, at,
		"the image at %#x lies behind one that is marked as the last, so firmware never "
		"comes to it; make a ROM of both: tenon rom join FILE -o OUT",
		at);
	*next = at;
	return true;
}

/* The end of an image by the longer of its two lengths. */
static u32 longest_end(const struct rom_image *image)
{
	return image->offset +
	       (image->length > image->pcir_length ? image->length : image->pcir_length);
}

/* Finds the image that the walk visits after image @n. Returns false if there is none. */
static bool step(struct rom *rom, int n, u32 *next, bool *by_scan)
{
	struct rom_image *image = &rom->images[n];
	u32 end = image->offset + image->length;

	*by_scan = false;
	if (image->truncated)
		return false;
	if (image->last && image->has_pcir && behind_last(rom, longest_end(image), next)) {
		*by_scan = *next != longest_end(image);
		return true;
	}
	if (image->last)
		return false;
	if (image->length && rom_image_at(rom, end)) {
		*next = end;
		return true;
	}
	/*
	 * For PCI firmware this image is the last. By NPDE more follow, which only NVIDIA's
	 * software looks for and which the kernel's `rom` file cuts off.
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
		rom_report_no_image(rom, n, end);
	*by_scan = true;
	return scan_on(rom, image->length ? end : end + ROM_BLOCK, next);
}

static void walk(struct rom *rom)
{
	u32 at = rom->base;
	bool by_scan = rom->scanned;

	if (!rom_image_at(rom, at) && !rom_image_read_isa(rom, at, &rom->images[0])) {
		rom_report_no_image(rom, -1, at);
		if (!scan_on(rom, at + ROM_BLOCK, &at))
			return;
		by_scan = true;
	}
	for (;;) {
		struct rom_image *image = &rom->images[rom->nr_images];
		bool was_last = rom->nr_images && image[-1].last;

		if (rom_image_at(rom, at))
			rom_image_read(rom, at, image);
		image->by_scan = by_scan;
		image->behind_last = was_last || (rom->nr_images && image[-1].behind_last);
		rom_image_check(rom, rom->nr_images++);
		if (!step(rom, rom->nr_images - 1, &at, &by_scan))
			return;
		if (rom->nr_images == ROM_MAX_IMAGES) {
			rom_report(rom, ROM_PROBLEM, "too-many", -1, at,
				"more than %u images; the rest is not shown", ROM_MAX_IMAGES);
			return;
		}
	}
}

static void report_wrapper(struct rom *rom)
{
	static const char *const names[] = {
		[ROM_WRAPPER_NVGI] = "behind NVIDIA's NVGI header: a dump of the flash chip",
		[ROM_WRAPPER_VFCT] = "in the ACPI table VFCT, which holds the ROMs of AMD graphics",
		[ROM_WRAPPER_FIRMWARE] = "in a mainboard's firmware",
		[ROM_WRAPPER_UNKNOWN] = "behind data of another kind (found by scanning)",
	};

	if (rom->wrapper != ROM_WRAPPER_NONE && rom->wrapper != ROM_WRAPPER_TEXT)
		rom_report(rom, ROM_PROBLEM, "container", -1, 0,
			"the images begin at %#x, %s; as a ROM file it works only without what is "
			"around them: tenon rom fix --unwrap",
			rom->base, names[rom->wrapper]);
}

static void note_trailer(struct rom *rom)
{
	u32 left = rom->size - rom->end;

	if (!rom->nr_images || !left || rom->wrapper == ROM_WRAPPER_FIRMWARE)
		return;
	if (rom_filled(rom, rom->end, left, 0xff) || rom_filled(rom, rom->end, left, 0))
		return;
	rom_report(rom, ROM_NOTE, "trailer", -1, rom->end,
		"%u bytes follow the last image; firmware does not look at them", left);
}

static void start(struct rom *rom, const void *bytes, size_t size)
{
	*rom = (struct rom){ .bytes = bytes, .size = size < ROM_MAX_SIZE ? size : ROM_MAX_SIZE };
	if (size > ROM_MAX_SIZE)
		rom_report(rom, ROM_PROBLEM, "too-large", -1, ROM_MAX_SIZE,
			"no option ROM is this large; only the first %llu MiB were looked at",
			ROM_MAX_SIZE / MIB);
}

static void read_images(struct rom *rom)
{
	report_wrapper(rom);
	walk(rom);
	for (unsigned i = 0; i < rom->nr_images; i++) {
		u32 end = longest_end(&rom->images[i]);

		end = end < rom->size ? end : rom->size;
		rom->end = end > rom->end ? end : rom->end;
	}
	note_trailer(rom);
}

void rom_parse(struct rom *rom, const void *bytes, size_t size)
{
	start(rom, bytes, size);
	if (rom_unwrap(rom))
		read_images(rom);
}

void rom_parse_at(
	struct rom *rom, const void *bytes, size_t size, u32 base, enum rom_wrapper wrapper)
{
	start(rom, bytes, size);
	rom->base = base < rom->size ? base : rom->size;
	rom->wrapper = wrapper;
	rom->scanned = wrapper == ROM_WRAPPER_UNKNOWN;
	read_images(rom);
}

bool rom_has_problems(const struct rom *rom)
{
	for (unsigned i = 0; i < rom->nr_problems; i++)
		if (rom->problems[i].level == ROM_PROBLEM)
			return true;
	return false;
}
