/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VFCT: the table in which firmware passes the ROMs of AMD graphics to the operating system, also
 * for integrated graphics, which have no ROM BAR. Pure; any thread.
 */
#ifndef PCI_ACPI_VFCT_H
#define PCI_ACPI_VFCT_H

#include "pci/acpi/acpi.h"

struct vfct_image {
	u32 bus, dev, fn; /* as they were when the firmware ran; the bus may have changed */
	u16 vendor, device;
	u16 subvendor, subdevice;
	const u8 *bytes;
	u32 size;
};

/* The images, one by one: walk from vfct_walk() until vfct_next() returns false. */
struct acpi_walk vfct_walk(const struct acpi_table *table);
bool vfct_next(struct acpi_walk *walk, struct vfct_image *image);

/* How certain it is that an image belongs to a device. */
enum vfct_match {
	VFCT_NONE,
	VFCT_AMBIGUOUS, /* several images have its ids, none has its address */
	VFCT_IDS,       /* one image has its ids; the address differs (renumbered buses) */
	VFCT_ADDRESS,   /* address and ids match */
};

enum vfct_match vfct_find(const struct acpi_table *table, u8 bus, u8 dev, u8 fn, u16 vendor,
	u16 device, struct vfct_image *image);

#endif
