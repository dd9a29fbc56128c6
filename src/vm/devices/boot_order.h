/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order in which firmware looks for something to start, fw_cfg's file "bootorder": devices by
 * OpenFirmware paths, one a line, which SeaBIOS and OVMF match against their own. OVMF forgets
 * boot options that it does not find here, network boots above all, which would take it minutes.
 */
#ifndef VM_DEVICES_BOOT_ORDER_H
#define VM_DEVICES_BOOT_ORDER_H

#include "vm/boot/blob.h"
#include "vm/devices/assigned.h"

/* Of a function behind bridges: "/pci@i0cf8/pci-bridge@1/storage@0". */
#define BOOT_PATH_SIZE 128

/* -ENAMETOOLONG for a function that is behind too many bridges. */
int boot_order_path(const struct pci_dev *dev, char path[BOOT_PATH_SIZE]);

/* Appends a line. @order starts as { 0 }; boot_order_end() makes it what firmware reads. */
void boot_order_add(struct blob *order, const char *path);
/* The assigned functions that something can be started from: disks, USB, then networks. */
void boot_order_add_assigned(struct blob *order, const struct assigned *assigned);
void boot_order_end(struct blob *order);

#endif
