/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An option ROM, from any source: a file, a device, the firmware's copy, AMD's ACPI table. */
#ifndef CMD_SOURCE_ROM_SOURCE_H
#define CMD_SOURCE_ROM_SOURCE_H

#include "base/err.h"
#include "kernel/sysroot.h"
#include "pci/addr.h"
#include "pci/rom/kind.h"
#include "pci/rom/rom.h"
#include "pci/rom/set.h"
#include "pci/rom/verdict.h"

/* AMD's ACPI table with video BIOSes. */
#define ROM_VFCT "/sys/firmware/acpi/tables/VFCT"

enum rom_origin {
	ROM_FROM_FILE,
	ROM_FROM_DEVICE, /* through its ROM BAR */
	/* The firmware's copy in memory, which has run and may have modified itself. */
	ROM_FROM_SHADOW,
	ROM_FROM_VFCT, /* AMD's ACPI table */
};

/* A ROM and its origin. The caller of rom_source_open() closes it. */
struct rom_source {
	enum rom_origin origin;
	const char *name; /* the file, or the function's address */
	char address[PCI_ADDR_SIZE];
	u8 *bytes;
	size_t size;
	bool has_target; /* the device for which the ROM is meant is known */
	struct rom_target target;
	char driver[64];    /* the function's driver, "" if it has none */
	char remark[256];   /* something to know about the origin, "" if nothing */
	struct rom_set set; /* all ROMs in the file; empty for a device's ROM */
	int chosen;         /* the index of @rom in the set; -1: none */
	/* The form of text that the bytes were decoded from; NULL: they were not text. */
	const char *form;
	const struct rom_kind *kind; /* what kind of file it is if not a plain ROM */
	struct rom rom;
};

/* Whether @what is a function's address and not a file. */
bool rom_is_address(const char *what, struct pci_addr *addr);

/*
 * Reads the ROM of a file or of a function. Returns a function's shadow copy only if @take_shadow
 * is set; otherwise that case is an error that says what to do. Returns 0 or -errno.
 */
int rom_source_open(struct rom_source *source, const struct sysroot *sysroot, const char *what,
	bool take_shadow, struct err *err);
/*
 * The second half of rom_source_open(), which parses the bytes: for callers that have replaced
 * them.
 */
int rom_source_parse(struct rom_source *source, struct err *err);
void rom_source_close(struct rom_source *source);

/* Whether @for_whom is a function's address or a pair of ids. */
bool rom_is_target(const char *for_whom);

/*
 * Fills source->target from "0000:01:00.0" or "10de:1280", and chooses the ROM with these ids if
 * the file has several.
 */
int rom_source_target(struct rom_source *source, const struct sysroot *sysroot,
	const char *for_whom, struct err *err);

/* rom_source_open() and rom_source_target() for a function of this host. */
int rom_device_open(struct rom_source *source, const struct sysroot *sysroot, struct pci_addr addr,
	bool take_shadow, struct err *err);
int rom_device_target(const struct sysroot *sysroot, const char *address, struct rom_target *target,
	struct err *err);

/* Whether the file has ROMs of several devices, or is a container whose ROMs have other ids. */
bool rom_source_lacks_target(const struct rom_source *source);

const char *rom_origin_name(enum rom_origin origin);

#endif
