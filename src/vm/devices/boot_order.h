/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot order for firmware, fw_cfg's file "bootorder": one OpenFirmware device path a line,
 * which SeaBIOS and OVMF compare with the paths of the devices that they find. OVMF drops every
 * boot option that is not listed here, above all network boots, which would take minutes to time
 * out.
 */
#ifndef VM_DEVICES_BOOT_ORDER_H
#define VM_DEVICES_BOOT_ORDER_H

#include "vm/boot/blob.h"
#include "vm/devices/assigned.h"
#include "vm/machine_config.h"

/* Example, for a function behind a bridge: "/pci@i0cf8/pci-bridge@1/storage@0". */
#define BOOT_PATH_SIZE 128

/* Returns -ENAMETOOLONG for a function that is behind too many bridges. */
int boot_order_path(const struct pci_dev *dev, char path[BOOT_PATH_SIZE]);

/*
 * The kinds of things to boot from, in order: those that the user named, and then the others of the
 * usual order, which is disks, CD-ROM drives, assigned devices. The machine's own network cards are
 * only tried if they are named. Returns their number.
 */
unsigned boot_order_sources(
	const struct boot_config *config, enum boot_source sources[BOOT_NR_SOURCES]);

/* Whether firmware tries things of this kind. */
bool boot_order_has(const struct boot_config *config, enum boot_source source);

/* Appends a line. @order starts as { 0 }; boot_order_end() completes it for firmware. */
void boot_order_add(struct blob *order, const char *path);
/* Adds the assigned functions that firmware can boot from: disks, then USB, then networks. */
void boot_order_add_assigned(struct blob *order, const struct assigned *assigned);
void boot_order_end(struct blob *order);

#endif
