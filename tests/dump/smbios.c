// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dump-smbios FILE: writes the SMBIOS tables of a machine as `dmidecode --from-dump` reads them:
 * the entry point at 0, the structures at 32. That is what memory holds after they were placed
 * at address 0.
 */
#include <stdio.h>

#include "vm/boot/smbios.h"
#include "vm/mem/ram.h"

static const struct smbios_config config = {
	.bios_vendor = "Vendor",
	.bios_version = "1.0",
	.bios_date = "01/02/2026",
	.uefi = true,
	.virtual = true,
	.manufacturer = "Maker",
	.product = "Product",
	.version = "2.5",
	.serial = "S-1",
	.sku = "SKU-9",
	.family = "Family",
	.uuid = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc,
		0xdd, 0xee, 0xff },
	.cpu_manufacturer = "CPU maker",
	.cpu_version = "CPU model",
	.cpu_id = 0x1f8bfbff000306f2,
	.sockets = 2,
	.cores = 300,
	.threads = 600,
	.low_ram = 2 * GIB,
	.high_ram = 62 * GIB,
};

int main(int argc, char **argv)
{
	struct err err = { 0 };
	struct smbios smbios;
	struct mem mem;
	struct ram ram;
	FILE *f = argc == 2 ? fopen(argv[1], "w") : NULL;
	size_t size;

	if (!f || mem_open(&mem, NULL, &err) || ram_open(&ram, &mem, 2 * MIB, &err) ||
		smbios_build(&smbios, &config, &err) ||
		smbios_place(&smbios, &mem, (struct range){ 0, 64 * KIB }, &err)) {
		fprintf(stderr, "dump-smbios: %s\n", f ? err.text : "no file to write");
		return 1;
	}
	size = 32 + smbios.tables.size;
	if (fwrite(mem_ptr(&mem, 0, size), 1, size, f) != size || fclose(f)) {
		perror(argv[1]);
		return 1;
	}
	smbios_free(&smbios);
	ram_close(&ram);
	mem_close(&mem);
	return 0;
}
