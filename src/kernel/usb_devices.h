/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The USB devices of a host, as sysfs shows them (Documentation/ABI/testing/sysfs-bus-usb): what
 * they are, and who uses them. Root hubs are left out. What a device says of itself is untrusted,
 * and is cut and made printable here.
 */
#ifndef KERNEL_USB_DEVICES_H
#define KERNEL_USB_DEVICES_H

#include "kernel/sysroot.h"

#define USB_DEVICES_MAX    256
#define USB_INTERFACES_MAX 32
#define USB_PORT_SIZE      24 /* "3-1.2", with at most seven ports */
#define USB_TEXT_SIZE      128
#define USB_DRIVER_SIZE    32

struct usb_interface_facts {
	u8 number, class, subclass, protocol;
	char driver[USB_DRIVER_SIZE]; /* "": none */
};

struct usb_device_facts {
	char port[USB_PORT_SIZE]; /* the kernel's name: bus, and the way through hubs */
	u16 vendor, product;
	u8 class;
	unsigned bus, address;  /* of its file, /dev/bus/usb/BBB/DDD */
	unsigned configuration; /* 0: none */
	char speed[8];          /* Mbit/s: "1.5", "12", "480", "5000", ... */
	char maker[USB_TEXT_SIZE], name[USB_TEXT_SIZE], serial[USB_TEXT_SIZE]; /* "": none */
	struct usb_interface_facts interfaces[USB_INTERFACES_MAX];
	unsigned nr_interfaces;
	char disk[32];    /* the first of its disks that the host uses; "": none */
	char used_by[96]; /* where that is mounted, or what else has it */
};

struct usb_devices {
	struct usb_device_facts *list;
	unsigned nr;
};

/* What this host has mounted, and its swap. */
struct usb_mounts {
	char *mounts, *swaps; /* /proc/self/mountinfo and /proc/swaps, or NULL: not known */
};

/*
 * Reads all devices, in the order of their ports; -ENOENT: the host has no USB. The caller frees
 * the list with usb_devices_free().
 */
int usb_devices_read(const struct sysroot *sysroot, const struct usb_mounts *mounts,
	struct usb_devices *devices);
void usb_devices_free(struct usb_devices *devices);

/*
 * Why a device is not taken from the host without being told to: "it is a keyboard of this host",
 * ...; or NULL. The text is in static memory or @device's.
 */
const char *usb_device_needed(const struct usb_device_facts *device);
/* Whether a program (or another machine) has it, by the usbfs driver. */
bool usb_device_is_taken(const struct usb_device_facts *device);
bool usb_device_is_hub(const struct usb_device_facts *device);

#endif
