// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/rom/join.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/own.h"
#include "pci/rom/rom_internal.h"

#define NPDE_LENGTH 8
#define NPDE_LAST   10

/* An image that goes into the new ROM. */
struct part {
	const struct rom *rom;
	const struct rom_image *image;
	u32 size; /* bytes to copy: all that either length covers */
};

struct parts {
	struct part list[2 * ROM_MAX_IMAGES];
	unsigned nr;
	u32 size;
};

static u32 part_size(const struct rom_image *image)
{
	u32 size =
		image->pcir_length > image->init_length ? image->pcir_length : image->init_length;

	return size ? size : image->length;
}

static int check_part(const struct part *part, unsigned n, struct err *err)
{
	const struct rom_image *image = part->image;

	if (!part->size || !rom_holds(part->rom, image->offset, part->size))
		return err_set(err, EINVAL, "the file does not hold all of image %u", n);
	if (image->shadow)
		return err_set(
			err, EINVAL, "image %u is a copy that has run and has changed itself", n);
	if (image->pcir_offset - image->offset + PCIR_MIN_SIZE > part->size)
		return err_set(
			err, EINVAL, "the PCI data structure of image %u lies outside it", n);
	if (image->code == ROM_CODE_BIOS && image->has_sum && image->sum) {
		err_set(err, EINVAL, "the checksum of image %u is wrong", n);
		return err_help(err, "Read the ROM again; if it was edited on purpose, correct it "
				     "first: tenon rom fix --checksum");
	}
	if (image->code == ROM_CODE_EFI && !(image->has_efi && image->efi.driver.loads))
		return err_set(err, EINVAL, "the EFI driver of image %u %s", n,
			image->efi.driver.wrong[0] ? image->efi.driver.wrong : "cannot be read");
	return 0;
}

static int add_parts(
	struct parts *parts, const struct rom *rom, enum rom_code code, struct err *err)
{
	for (unsigned i = 0; i < rom->nr_images; i++) {
		const struct rom_image *image = &rom->images[i];
		struct part part = { rom, image, part_size(image) };
		int ret;

		if (image->code != code || image->signature != ROM_SIG_PCI || !image->has_pcir)
			continue;
		ret = check_part(&part, i, err);
		if (ret)
			return ret;
		parts->list[parts->nr++] = part;
		parts->size += part.size;
	}
	return 0;
}

static bool has_code(const struct rom *rom, enum rom_code code)
{
	for (unsigned i = 0; i < rom->nr_images; i++)
		if (rom->images[i].code == code)
			return true;
	return false;
}

/*
 * Takes BIOS images from the first file and EFI images from the last, so that either can be
 * replaced.
 */
static int collect(
	struct parts *parts, const struct rom *const *roms, unsigned nr_roms, struct err *err)
{
	unsigned bios = 0, efi = nr_roms;
	int ret = 0;

	while (bios < nr_roms && !has_code(roms[bios], ROM_CODE_BIOS))
		bios++;
	while (efi && !has_code(roms[efi - 1], ROM_CODE_EFI))
		efi--;
	if (bios < nr_roms)
		ret = add_parts(parts, roms[bios], ROM_CODE_BIOS, err);
	if (!ret && efi)
		ret = add_parts(parts, roms[efi - 1], ROM_CODE_EFI, err);
	if (ret)
		return ret;
	if (!parts->nr)
		return err_set(err, EINVAL, "there is neither a BIOS nor an EFI image in it");
	if (parts->size > ROM_MAX_SIZE)
		return err_set(err, EINVAL, "the images are too large for one ROM");
	return 0;
}

static void set_npde(const struct part *part, u8 *bytes, bool last)
{
	const struct rom_image *image = part->image;
	u32 at = round_up(image->pcir_offset - image->offset + image->pcir_size, 16);

	/*
	 * An NPDE that covers only a part of the image describes what NVIDIA's software finds
	 * within it.
	 */
	if (!image->npde.present || image->npde.length < image->pcir_length ||
		at + NPDE_LAST >= part->size)
		return;
	put_le16(bytes + at + NPDE_LENGTH, part->size / ROM_BLOCK);
	if (image->npde.has_last)
		bytes[at + NPDE_LAST] =
			(bytes[at + NPDE_LAST] & ~PCIR_LAST) | (last ? PCIR_LAST : 0);
}

static void set_part(const struct part *part, unsigned n, u8 *bytes, bool last,
	const struct rom_target *target, struct rom_fixed *fixed)
{
	const struct rom_image *image = part->image;
	u8 *pcir = bytes + image->pcir_offset - image->offset;

	put_le16(pcir + PCIR_IMAGE_LEN, part->size / ROM_BLOCK);
	pcir[PCIR_INDICATOR] = (pcir[PCIR_INDICATOR] & ~PCIR_LAST) | (last ? PCIR_LAST : 0);
	if (last != image->pcir_last)
		rom_changed(fixed, "image %u: %s the last now", n, last ? "is" : "is not");
	if (part->size != image->pcir_length)
		rom_changed(fixed, "image %u: PCIR's length of %u bytes became %u", n,
			image->pcir_length, part->size);
	if (target && (image->vendor != target->vendor || image->device != target->device)) {
		put_le16(pcir + PCIR_VENDOR, target->vendor);
		put_le16(pcir + PCIR_DEVICE, target->device);
		rom_changed(fixed, "image %u: ids %04x:%04x became %04x:%04x", n, image->vendor,
			image->device, target->vendor, target->device);
	}
	set_npde(part, bytes, last);
}

/* Corrects the checksums of BIOS images, which the changes above made wrong. */
static int even_out(u8 *bytes, u32 size, struct rom_fixed *fixed, struct err *err)
{
	static const struct rom_fix sums = { .checksum = true, .anyway = true };
	own_free struct rom *rom = malloc(sizeof(*rom));
	own_free struct rom_fixed *summed = malloc(sizeof(*summed));
	own_free u8 *copy = malloc(size);
	int ret;

	if (!rom || !summed || !copy)
		return err_sys(err, ENOMEM, "cannot make the ROM");
	memcpy(copy, bytes, size);
	rom_parse(rom, copy, size);
	ret = rom_fix(rom, &sums, bytes, summed, err);
	for (unsigned i = 0; !ret && i < summed->nr_changes; i++)
		rom_changed(fixed, "%s", summed->changes[i]);
	return ret;
}

int rom_join(const struct rom *const *roms, unsigned nr_roms, const struct rom_target *target,
	struct rom_made *made, struct rom_fixed *fixed, struct err *err)
{
	own_free struct parts *parts = calloc(1, sizeof(*parts));
	own_free u8 *bytes = NULL;
	u32 at = 0;
	int ret;

	*made = (struct rom_made){ 0 };
	*fixed = (struct rom_fixed){ 0 };
	if (!parts)
		return err_sys(err, ENOMEM, "cannot join the ROMs");
	ret = collect(parts, roms, nr_roms, err);
	if (ret)
		return ret;
	bytes = malloc(parts->size);
	if (!bytes)
		return err_sys(err, ENOMEM, "cannot join the ROMs");
	for (unsigned i = 0; i < parts->nr; i++) {
		const struct part *part = &parts->list[i];

		memcpy(bytes + at, part->rom->bytes + part->image->offset, part->size);
		set_part(part, i, bytes + at, i + 1 == parts->nr, target, fixed);
		at += part->size;
	}
	ret = even_out(bytes, parts->size, fixed, err);
	if (ret)
		return ret;
	fixed->size = parts->size;
	*made = (struct rom_made){ take_ptr(&bytes), parts->size };
	return 0;
}
