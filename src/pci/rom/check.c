// SPDX-License-Identifier: GPL-2.0-or-later
/* What is wrong with one image taken alone. */
#include "base/bytes.h"
#include "pci/rom/rom_internal.h"

static void check_pcir(struct rom *rom, int n)
{
	const struct rom_image *image = &rom->images[n];
	u32 pointer = image->pcir_offset - image->offset;

	if (pointer & 3)
		rom_report(rom, ROM_PROBLEM, "pcir-unaligned", n, image->pcir_offset,
			"the PCI data structure is at %#x in the image, which is not a multiple of "
			"4; "
			"OVMF stops here",
			pointer);
	if (pointer < ROM_HDR_SIZE)
		rom_report(rom, ROM_PROBLEM, "pcir-in-header", n, image->pcir_offset,
			"the PCI data structure at %#x in the image overlaps the header", pointer);
	if (image->length && pointer + PCIR_MIN_SIZE > image->length)
		rom_report(rom, ROM_PROBLEM, "pcir-outside", n, image->pcir_offset,
			"the PCI data structure at %#x lies outside the image of %u bytes", pointer,
			image->length);
	if (image->pcir_size < PCIR_MIN_SIZE)
		rom_report(rom, ROM_PROBLEM, "pcir-short", n, image->pcir_offset,
			"the PCI data structure calls itself %u bytes long; the least is %u",
			image->pcir_size, PCIR_MIN_SIZE);
}

static void check_lengths(struct rom *rom, int n)
{
	const struct rom_image *image = &rom->images[n];

	if (!image->pcir_length)
		rom_report(rom, ROM_PROBLEM, "length-zero", n, image->pcir_offset,
			"the PCI data structure gives the image no length%s",
			image->last ? "" : "; firmware that walks this ROM may hang");
	if (image->truncated)
		rom_report(rom, ROM_PROBLEM, "truncated", n, image->offset,
			"the image needs %u bytes, the file ends after %u of them", image->length,
			rom->size - image->offset);
	if (image->length && image->init_length > image->length)
		rom_report(rom, ROM_PROBLEM, "init-longer", n, image->offset,
			"the header's size, %u bytes, is larger than the image's %u",
			image->init_length, image->length);
}

/* The list must end within the file and within what fits here; a real one has a few entries. */
static void check_devices(struct rom *rom, int n)
{
	const struct rom_image *image = &rom->images[n];
	u16 list = rom_u16(rom, image->pcir_offset + PCIR_DEVICE_LIST);
	u64 end = (u64)image->pcir_offset + list + 2 * image->device_count;

	if (image->pcir_revision < 3 || image->pcir_size < PCIR_REV3_SIZE || !list)
		return;
	if (!rom_holds(rom, end, 2) || rom_u16(rom, end))
		rom_report(rom, ROM_PROBLEM, "device-list", n, image->pcir_offset + list,
			"the list of device ids has no end within %u entries and the file",
			ROM_MAX_DEVICES);
}

static void check_bios(struct rom *rom, int n)
{
	const struct rom_image *image = &rom->images[n];

	if (!image->init_length)
		rom_report(rom, ROM_PROBLEM, "no-init-size", n, image->offset + ROM_HDR_INIT,
			"the header of the BIOS image gives no size; a BIOS will not run it");
	if (image->has_sum && image->sum)
		rom_report(rom, ROM_PROBLEM, "checksum", n, image->offset,
			"the bytes of the BIOS image add up to %#04x, not to 0; SeaBIOS refuses it",
			image->sum);
}

static void check_payload(struct rom *rom, int n)
{
	const struct rom_image *image = &rom->images[n];
	u64 at = (u64)image->offset + image->efi.pe_offset;

	if (image->truncated || image->efi.pe_offset >= image->init_length)
		return;
	if (image->efi.compression == 0 && rom_u16(rom, at) != 0x5a4d && rom_u16(rom, at) != 0x5a56)
		rom_report(rom, ROM_NOTE, "payload", n, at,
			"no driver is where the EFI header says (neither MZ nor VZ)");
	/* UEFI compression: the compressed size, then the original size. */
	if (image->efi.compression == 1 &&
		(u64)rom_u32(rom, at) + 8 > image->init_length - image->efi.pe_offset)
		rom_report(rom, ROM_NOTE, "payload", n, at,
			"the compressed driver says that it is longer than the image");
}

static void check_efi(struct rom *rom, int n)
{
	const struct rom_image *image = &rom->images[n];
	const struct rom_efi *efi = &image->efi;

	if (!image->has_efi) {
		rom_report(rom, ROM_PROBLEM, "efi-signature", n, image->offset + ROM_HDR_EFI_SIG,
			"an EFI image without the EFI signature (%#x instead of 0xef1)",
			rom_u32(rom, image->offset + ROM_HDR_EFI_SIG));
		return;
	}
	if (efi->subsystem != 0x0b && efi->subsystem != 0x0c)
		rom_report(rom, ROM_PROBLEM, "efi-subsystem", n, image->offset + ROM_HDR_SUBSYSTEM,
			"EFI subsystem %#x is not a driver; OVMF does not load it", efi->subsystem);
	if (efi->compression > 1)
		rom_report(rom, ROM_PROBLEM, "efi-compression", n,
			image->offset + ROM_HDR_COMPRESSION,
			"EFI compression type %#x is not known; OVMF does not load it",
			efi->compression);
	if (efi->pe_offset >= image->init_length)
		rom_report(rom, ROM_PROBLEM, "efi-offset", n, image->offset + ROM_HDR_PE,
			"the driver's offset %#x is not within the header's size of %u bytes",
			efi->pe_offset, image->init_length);
	if (!rom_machine_name(efi->machine))
		rom_report(rom, ROM_NOTE, "efi-machine", n, image->offset + ROM_HDR_MACHINE,
			"machine type %#06x is not known", efi->machine);
	check_payload(rom, n);
}

void rom_image_check(struct rom *rom, int n)
{
	const struct rom_image *image = &rom->images[n];

	if (!image->has_pcir) {
		rom_report(rom, ROM_PROBLEM, "no-pcir", n, image->offset + ROM_HDR_PCIR,
			"an ISA ROM: it has no PCI data structure, so no PCI firmware takes it "
			"from a "
			"device");
		return;
	}
	check_pcir(rom, n);
	check_lengths(rom, n);
	check_devices(rom, n);
	if (image->code == ROM_CODE_BIOS)
		check_bios(rom, n);
	else if (image->code == ROM_CODE_EFI)
		check_efi(rom, n);
}
