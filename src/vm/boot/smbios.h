/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SMBIOS tables (DMTF DSP0134 3.0), from which a guest's operating system describes its hardware to
 * people and to software that is licensed for it.
 *
 * Plain data in, two blobs out: the entry point and the structures. Firmware gets them through
 * fw_cfg as they are; smbios_place() puts them where an operating system searches when it starts
 * without firmware. The caller owns everything. One thread.
 */
#ifndef VM_BOOT_SMBIOS_H
#define VM_BOOT_SMBIOS_H

#include "base/err.h"
#include "base/range.h"
#include "vm/boot/blob.h"
#include "vm/mem/mem.h"

/* The names of the blobs in fw_cfg. */
#define SMBIOS_FILE_ANCHOR "etc/smbios/smbios-anchor"
#define SMBIOS_FILE_TABLES "etc/smbios/smbios-tables"

#define SMBIOS_MAX_STRING 128 /* bytes, without the NUL */

/* The guest sees "Not Specified" for a string that is NULL or empty. */
struct smbios_config {
	const char *bios_vendor;
	const char *bios_version;
	const char *bios_date; /* MM/DD/YYYY */
	bool uefi;
	bool virtual; /* declare the machine as virtual */

	const char *manufacturer;
	const char *product;
	const char *version;
	const char *serial;
	const char *sku;
	const char *family;
	u8 uuid[16]; /* in the order in which it is printed */

	const char *cpu_manufacturer;
	const char *cpu_version; /* the brand string */
	u64 cpu_id;              /* CPUID leaf 1: EAX low, EDX high */
	unsigned sockets;        /* 1 to 255 */
	unsigned cores;          /* of a socket, 1 to 65534 */
	unsigned threads;        /* of a socket, at least as many */

	u64 low_ram;  /* bytes from 0 */
	u64 high_ram; /* bytes from 4 GiB */
};

struct smbios {
	struct blob anchor;
	struct blob tables;
};

/*
 * On failure there is nothing to free. Returns -EINVAL for a configuration that SMBIOS cannot
 * express.
 */
int smbios_build(struct smbios *smbios, const struct smbios_config *config, struct err *err);
void smbios_free(struct smbios *smbios);

/*
 * Copies the entry point to the start of @area and the structures behind it. An operating system
 * only finds it if @area starts at a multiple of 16 within F0000h to FFFFFh.
 */
int smbios_place(const struct smbios *smbios, struct mem *mem, struct range area, struct err *err);

#endif
