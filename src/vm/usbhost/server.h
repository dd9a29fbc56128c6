/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that gets a USB device of the host for a machine, and gives it back: this program
 * again. It waits for the device, has another process drive it (worker.h) whenever it is there, and
 * has the host's drivers take it again when that process or the machine has ended, however they
 * ended. It may open the files of USB devices, and reads nothing that a device or the guest sends.
 */
#ifndef VM_USBHOST_SERVER_H
#define VM_USBHOST_SERVER_H

#include "kernel/usb_devices.h"
#include "vm/usbhost/library.h"
#include "vm/usbhost/link.h"
#include "vm/usbhost/match.h"

struct usb_server {
	const struct usb_library *usb;
	struct usb_host_config config;
	char name[USB_MATCH_SIZE];
	int link;
	int mounts, swaps; /* what usb_devices_read() is to know; -1: not known */
	struct usb_link_memory *memory;
	u32 generation;
	int signals;
	struct sysroot sysroot;
	unsigned failures; /* of its worker, one after the other */
	char said[512];    /* the last message, which is not repeated */
};

/* Serves until the machine closes its end of @server->link. Returns 0 then. */
int usb_serve(struct usb_server *server, int memory_fd, struct err *err);

#endif
