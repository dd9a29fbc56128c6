// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/rom/fix.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/bytes.h"
#include "pci/rom/rom_internal.h"

/* AMD's ATOM BIOS has a signature at 30h and its checksum byte at 21h. */
#define ATOM_SIGN_AT 0x30
#define ATOM_SIGN    " 761295520"
#define ATOM_SUM_AT  0x21

void rom_changed(struct rom_fixed *fixed, const char *fmt, ...)
{
	va_list ap;

	if (fixed->nr_changes == ROM_MAX_CHANGES)
		return;
	va_start(ap, fmt);
	vsnprintf(fixed->changes[fixed->nr_changes++], sizeof(fixed->changes[0]), fmt, ap);
	va_end(ap);
}

static bool takes_ids(const struct rom *rom, const struct rom_fix *fix, unsigned n)
{
	const struct rom_image *image = &rom->images[n];

	if (!image->has_pcir || image->signature != ROM_SIG_PCI)
		return false;
	if (fix->images)
		return fix->images & BIT(n);
	return image->code == ROM_CODE_BIOS || image->code == ROM_CODE_EFI;
}

static bool set_ids(const struct rom_image *image, unsigned n, const struct rom_fix *fix, u8 *pcir,
	struct rom_fixed *fixed)
{
	u16 vendor = fix->set_vendor ? fix->vendor : image->vendor;
	u16 device = fix->set_device ? fix->device : image->device;

	if (vendor == image->vendor && device == image->device)
		return false;
	put_le16(pcir + PCIR_VENDOR, vendor);
	put_le16(pcir + PCIR_DEVICE, device);
	rom_changed(fixed, "image %u: ids %04x:%04x became %04x:%04x", n, image->vendor,
		image->device, vendor, device);
	return true;
}

/*
 * The offset of the byte that corrects the checksum. If the entry point is a jump, byte 6 follows
 * it and is not code; otherwise use the last byte, as vendors do.
 */
static u32 usual_sum_byte(const u8 *image, u32 size)
{
	if (size > ATOM_SIGN_AT + strlen(ATOM_SIGN) &&
		!memcmp(image + ATOM_SIGN_AT, ATOM_SIGN, strlen(ATOM_SIGN)))
		return ATOM_SUM_AT;
	switch (image[ROM_HDR_ENTRY]) {
	case 0xe9: /* jmp, 16 bits */
	case 0xcb: /* ret */
		return 6;
	case 0xeb: /* jmp, 8 bits, forwards beyond byte 6 */
		if (image[ROM_HDR_ENTRY + 1] >= 4 && image[ROM_HDR_ENTRY + 1] < 0x80)
			return 6;
	}
	return size - 1;
}

/* The same, but not within the PCI data structure, which may be anywhere in an unusual ROM. */
static u32 sum_byte(const struct rom_image *image, const u8 *bytes, u32 size)
{
	u32 at = usual_sum_byte(bytes, size);
	u32 pcir = image->pcir_offset - image->offset;

	if (at >= pcir && at < pcir + PCIR_MIN_SIZE)
		return at == size - 1 ? 6 : size - 1;
	return at;
}

static int fix_sum(const struct rom_image *image, unsigned n, bool anyway, u8 *bytes,
	struct rom_fixed *fixed, struct err *err)
{
	u32 size = image->init_length ? image->init_length : image->length;
	u8 sum = 0;
	u32 at;

	if (!image->has_sum)
		return err_set(err, EINVAL,
			"the checksum of image %u cannot be corrected: the file does not hold all "
			"of it",
			n);
	if (image->hole && !anyway) {
		err_set(err, EINVAL,
			"the checksum of image %u is wrong, and from %#x on nothing of it was read",
			n, image->hole);
		return err_help(err,
			"Read the ROM again. A right checksum would only hide what is missing; "
			"--checksum corrects it all the same.");
	}
	for (u32 i = 0; i < size; i++)
		sum += bytes[i];
	if (!sum)
		return 0;
	at = sum_byte(image, bytes, size);
	bytes[at] -= sum;
	rom_changed(fixed, "image %u: checksum evened out by the byte at %#x", n, at);
	return 0;
}

static int check(const struct rom *rom, const struct rom_fix *fix, struct err *err)
{
	if (!rom->nr_images)
		return err_set(err, EINVAL, "there is no image in it to correct");
	if (rom->nr_images < 32 && fix->images >> rom->nr_images)
		return err_set(err, EINVAL, "it has %u images, counted from 0", rom->nr_images);
	for (unsigned n = 0; n < rom->nr_images; n++)
		if (fix->images & BIT(n) && !takes_ids(rom, fix, n))
			return err_set(err, EINVAL, "image %u has no ids that could be set", n);
	return 0;
}

int rom_fix(const struct rom *rom, const struct rom_fix *fix, u8 *out, struct rom_fixed *fixed,
	struct err *err)
{
	bool unwrap =
		fix->unwrap && rom->wrapper != ROM_WRAPPER_NONE && rom->wrapper != ROM_WRAPPER_TEXT;
	u32 start = unwrap ? rom->base : 0;
	u32 end = unwrap ? rom->end : rom->size;
	int ret = check(rom, fix, err);

	*fixed = (struct rom_fixed){ 0 };
	if (ret)
		return ret;
	memcpy(out, rom->bytes + start, rom->size - start);
	fixed->size = end - start;
	if (unwrap)
		rom_changed(fixed, "left out %u bytes before the images and %u behind them", start,
			rom->size - end);

	for (unsigned n = 0; n < rom->nr_images; n++) {
		const struct rom_image *image = &rom->images[n];
		u8 *pcir = out + image->pcir_offset - start;
		bool new_ids = takes_ids(rom, fix, n) && set_ids(image, n, fix, pcir, fixed);

		if (image->code != ROM_CODE_BIOS || !(new_ids || fix->checksum))
			continue;
		ret = fix_sum(image, n, fix->anyway, out + image->offset - start, fixed, err);
		if (ret)
			return ret;
	}
	return 0;
}
