/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of USB devices that do not say their own, from udev's database of hardware (hwdb(7)). */
#ifndef KERNEL_USB_NAMES_H
#define KERNEL_USB_NAMES_H

#include "kernel/usb_devices.h"

/* Fills in the makers and names that are "". Without the database, or libsystemd, it does nothing.
 */
void usb_names_add(struct usb_devices *devices);

#endif
