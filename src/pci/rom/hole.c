// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Detects reads that failed half way. A ROM that stops answering reads as FF, and some programs
 * fill with 00; both go on up to the end.
 */
#include "base/bytes.h"
#include "pci/rom/rom_internal.h"
#include "pci/rom/uefi_decompress.h"

/* Vendors pad the end of an image, too, but not a quarter of it. */
#define LEAST   2048 /* bytes, or */
#define PORTION 4    /* this fraction of the image */

/* The offset where the run of @value begins that reaches up to @end. */
static u32 fill_from(const struct rom *rom, u32 start, u32 end, u8 value)
{
	while (end > start && rom->bytes[end - 1] == value)
		end--;
	return end;
}

static bool is_hole(u32 start, u32 from, u32 end)
{
	return end - from >= LEAST || (end - from) * PORTION >= end - start;
}

static u32 hole_from(const struct rom *rom, u32 start, u32 end)
{
	u32 ff = fill_from(rom, start, end, 0xff), zero = fill_from(rom, start, end, 0);

	if (is_hole(start, ff, end))
		return ff;
	/* Large parts of an image may be 00, but a failed read begins at the start of a block. */
	return is_hole(start, zero, end) && (zero - start) % ROM_BLOCK == 0 ? zero : 0;
}

/*
 * Where a driver ends within its image. A linker pads a driver with 00, never with FF, and
 * compressed data does not end with many equal bytes.
 */
static u32 driver_end(const struct rom *rom, const struct rom_image *image)
{
	const struct rom_efi *efi = &image->efi;
	u32 at = image->offset + efi->pe_offset;

	if (efi->compression)
		return at + UEFI_COMPRESSED_HEADER + rom_u32(rom, at);
	return at + efi->driver.size;
}

static u32 driver_hole(const struct rom *rom, const struct rom_image *image)
{
	const struct rom_driver *driver = &image->efi.driver;
	u32 start = image->offset, end, from;

	if (!driver->read)
		return 0;
	if (!driver->loads)
		return hole_from(rom, start, start + image->init_length);
	if (driver->empty)
		return 0;
	end = driver_end(rom, image);
	from = fill_from(rom, start, end, 0xff);
	return is_hole(start, from, end) ? from : 0;
}

void rom_find_hole(const struct rom *rom, struct rom_image *image)
{
	u32 start = image->offset, size = image->init_length;

	if (image->code == ROM_CODE_BIOS && image->has_sum && image->sum)
		image->hole = hole_from(rom, start, start + (size ? size : image->length));
	else if (image->has_efi)
		image->hole = driver_hole(rom, image);
}

u32 rom_blank_end(const struct rom *rom, const struct rom_image *image)
{
	u32 end = image->offset + (image->init_length ? image->init_length : image->length);
	u32 from;

	if (image->code != ROM_CODE_BIOS || !image->has_sum || image->sum)
		return 0;
	from = fill_from(rom, image->offset, end, 0xff);
	return is_hole(image->offset, from, end) ? from : 0;
}
