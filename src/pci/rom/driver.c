// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads the driver in an EFI image: decompresses it as firmware does and reads its headers. */
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/own.h"
#include "pci/rom/pe.h"
#include "pci/rom/rom_internal.h"
#include "pci/rom/uefi_decompress.h"

static void read_headers(struct rom_driver *driver, const u8 *bytes, u32 size)
{
	struct pe pe;
	const char *wrong = pe_read(&pe, bytes, size);

	driver->machine = pe.machine;
	driver->subsystem = pe.subsystem;
	driver->empty = !wrong && pe.is_empty;
	driver->size = pe.size;
	driver->loads = !wrong;
	if (wrong)
		snprintf(driver->wrong, sizeof(driver->wrong), "%s", wrong);
}

static void read_compressed(struct rom_driver *driver, const u8 *bytes, u32 size)
{
	own_free u8 *to = NULL;
	struct err err = { 0 };
	u32 to_size = 0;

	if (uefi_decompressed_size(bytes, size, &to_size, &err)) {
		snprintf(driver->wrong, sizeof(driver->wrong), "cannot be decompressed: %.120s",
			err.text);
		return;
	}
	if (to_size > ROM_MAX_DRIVER) {
		snprintf(driver->wrong, sizeof(driver->wrong),
			"would have %u bytes when decompressed, which no driver has", to_size);
		return;
	}
	to = malloc(to_size + 1);
	if (!to) {
		snprintf(driver->wrong, sizeof(driver->wrong), "cannot be read: no memory");
		return;
	}
	if (uefi_decompress(bytes, size, UEFI_POSITIONS_EFI, to, to_size, &err)) {
		snprintf(driver->wrong, sizeof(driver->wrong), "cannot be decompressed: %.120s",
			err.text);
		return;
	}
	read_headers(driver, to, to_size);
	driver->size = to_size;
}

void rom_driver_read(const struct rom *rom, struct rom_image *image)
{
	u32 init = image->init_length, offset = image->efi.pe_offset;
	struct rom_driver *driver = &image->efi.driver;
	const u8 *bytes = rom->bytes + image->offset + offset;

	if (offset >= init || !rom_holds(rom, image->offset, init) || image->efi.compression > 1)
		return;
	driver->read = true;
	if (image->efi.compression)
		read_compressed(driver, bytes, init - offset);
	else
		read_headers(driver, bytes, init - offset);
}
