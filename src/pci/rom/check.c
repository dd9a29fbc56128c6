// SPDX-License-Identifier: GPL-2.0-or-later
/* Reports what is wrong with one image on its own. */
#include "base/bytes.h"
#include "pci/rom/pe.h"
#include "pci/rom/rom_internal.h"

static const char *machine_name(u16 machine)
{
	const char *name = rom_machine_name(machine);

	return name ? name : "unknown";
}

static const char *subsystem_name(u16 subsystem)
{
	const char *name = rom_subsystem_name(subsystem);

	return name ? name : "unknown";
}

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

/* The longer of the two lengths that an image may have. */
static u32 longest(const struct rom_image *image)
{
	return image->length > image->pcir_length ? image->length : image->pcir_length;
}

static void check_shadow(struct rom *rom, int n)
{
	const struct rom_image *image = &rom->images[n];

	if (image->shadow)
		rom_report(rom, ROM_PROBLEM, "shadow", n, image->offset,
			"this is a copy that has run and has changed itself: PCIR gives %u bytes "
			"and "
			"NPDE still %u; it was read from memory (C0000h), not from the card; read "
			"the card's own ROM (tenon rom dump) while it is not the boot display",
			image->pcir_length, image->npde.length);
}

static void check_hole(struct rom *rom, int n)
{
	const struct rom_image *image = &rom->images[n];

	if (image->hole)
		rom_report(rom, ROM_PROBLEM, "hole", n, image->hole,
			"from %#x on the image is nothing but %02X: it was read only in part, or "
			"edited; read it again, and do not correct its checksum before",
			image->hole, rom->bytes[image->hole]);
	else if (rom_blank_end(rom, image))
		rom_report(rom, ROM_NOTE, "blank-end", n, rom_blank_end(rom, image),
			"from %#x on the image is nothing but FF: filled up by the vendor, or read "
			"only "
			"in part and its checksum corrected afterwards",
			rom_blank_end(rom, image));
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
			"the image needs %u bytes, the file ends after %u of them; get the rest: a "
			"copy or download that broke off, or a read that gave only a part",
			rom_holds(rom, image->offset, image->length) ? image->pcir_length
								     : image->length,
			rom->size - image->offset);
	/* Firmware does not know NPDE, whose length may be less than PCIR's. */
	if (longest(image) && image->init_length > longest(image))
		rom_report(rom, ROM_PROBLEM, "init-longer", n, image->offset,
			"the header's size, %u bytes, is larger than the image's %u",
			image->init_length, longest(image));
}

/* The list must end within the file and within ROM_MAX_DEVICES; real lists have a few entries. */
static void check_devices(struct rom *rom, int n)
{
	const struct rom_image *image = &rom->images[n];
	u16 list = rom_u16(rom, image->pcir_offset + PCIR_DEVICE_LIST);
	u64 end = (u64)image->pcir_offset + list + 2 * image->nr_devices;

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
			"the bytes of the BIOS image add up to %#04x, not to 0; SeaBIOS refuses "
			"it; "
			"the image was edited, or badly read",
			image->sum);
}

static void check_driver(struct rom *rom, int n)
{
	const struct rom_efi *efi = &rom->images[n].efi;
	const struct rom_driver *driver = &efi->driver;
	u64 at = (u64)rom->images[n].offset + efi->pe_offset;

	if (!driver->read)
		return;
	if (!driver->loads)
		rom_report(rom, ROM_PROBLEM, "driver", n, at,
			"the driver %s; no firmware can load it", driver->wrong);
	else if (driver->machine != efi->machine)
		rom_report(rom, ROM_PROBLEM, "driver-machine", n, at,
			"the EFI header is for machine %04xh (%s), and the driver itself for %04xh "
			"(%s)",
			efi->machine, machine_name(efi->machine), driver->machine,
			machine_name(driver->machine));
	else if (driver->subsystem != PE_EFI_BOOT_DRIVER &&
		 driver->subsystem != PE_EFI_RUNTIME_DRIVER)
		rom_report(rom, ROM_PROBLEM, "driver-subsystem", n, at,
			"the EFI header calls it a driver, and its own header says subsystem %u "
			"(%s)",
			driver->subsystem, subsystem_name(driver->subsystem));
	else if (driver->subsystem != efi->subsystem)
		rom_report(rom, ROM_NOTE, "driver-subsystem", n, at,
			"the EFI header says subsystem %u, and the driver itself %u",
			efi->subsystem, driver->subsystem);
	if (driver->loads && driver->empty)
		rom_report(
			rom, ROM_NOTE, "driver-empty", n, at, "the driver has headers and no code");
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
	check_driver(rom, n);
}

void rom_image_check(struct rom *rom, int n)
{
	const struct rom_image *image = &rom->images[n];

	if (!image->has_pcir) {
		rom_report(rom, ROM_PROBLEM, "no-pcir", n, image->offset + ROM_HDR_PCIR,
			"an ISA ROM: it has no PCI data structure, so no PCI firmware takes it "
			"from "
			"a device");
		return;
	}
	check_pcir(rom, n);
	check_shadow(rom, n);
	check_hole(rom, n);
	check_lengths(rom, n);
	check_devices(rom, n);
	if (image->code == ROM_CODE_BIOS)
		check_bios(rom, n);
	else if (image->code == ROM_CODE_EFI)
		check_efi(rom, n);
}
