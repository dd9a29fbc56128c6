/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that drives one USB device of the host by libusb, for as long as the device is
 * plugged in. It has the device's file and its link to the machine, and no other rights.
 *
 * It has one thread. What the machine asks for is bounded by link.h; what the device says of itself
 * is read by libusb, here, where it can do no harm.
 */
#ifndef VM_USBHOST_WORKER_H
#define VM_USBHOST_WORKER_H

#include "vm/usbhost/library.h"
#include "vm/usbhost/link.h"

#define USB_WORKER_INTERFACES 32

struct usb_worker_endpoint {
	bool there;
	u8 type;    /* enum libusb_endpoint_transfer_type */
	u16 packet; /* bytes at most */
};

struct usb_worker_request {
	struct usb_worker *worker;
	struct libusb_transfer *transfer;
	u32 size;
	bool active, more;
};

struct usb_worker {
	const struct usb_library *usb;
	int file, link;
	struct usb_link_memory *memory;
	u32 generation;
	enum usb_speed speed;

	libusb_context *context;
	libusb_device_handle *handle;
	bool gone;
	u64 next_reset;    /* not before this time, in ns */
	bool reset_wanted; /* once no request is active; no message is taken before */
	unsigned nr_active;
	u8 configuration; /* 0: none */
	u32 interfaces;   /* bit n: interface n is there, and is claimed */
	u8 alternates[USB_WORKER_INTERFACES];
	struct usb_worker_endpoint endpoints[USB_LINK_ENDPOINTS];
	struct usb_worker_request requests[USB_LINK_ENDPOINTS];
	u8 control[LIBUSB_CONTROL_SETUP_SIZE + USB_LINK_DATA];
};

/* Opens libusb, while the process may still open files. */
int usb_worker_open(struct usb_worker *worker, struct err *err);
/* Takes the device from the host's drivers, and tells the machine that it is there. */
int usb_worker_take(struct usb_worker *worker, struct err *err);
/* Does what one message asks for. */
void usb_worker_hear(struct usb_worker *worker, const struct usb_link_message *message);
/*
 * Resets the device if that is due at @now, in ns. A guest cannot have that done without a pause,
 * since each reset costs the host time and a line in its log. Returns how many ms to wait, -1 for
 * nothing.
 */
int usb_worker_settle(struct usb_worker *worker, u64 now);
/* Serves until the device is gone or the machine has ended. */
void usb_worker_run(struct usb_worker *worker);

#endif
