/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A USB device as a host controller uses it: Universal Serial Bus Specification 2.0, chapter 9, and
 * 3.0, chapter 9.
 *
 * The controller's lock, to which @lock points once the device is plugged in, guards a device and
 * is held in all of its operations. They never wait: a device that has no data yet answers USB_NAK
 * and calls @ready when it is worth asking again. Everything that a guest sends is untrusted.
 */
#ifndef VM_USB_USB_H
#define VM_USB_USB_H

#include <pthread.h>
#include <sys/uio.h>

#include "base/types.h"

/* As xHCI numbers them, 7.2.2.1.1. */
enum usb_speed { USB_FULL = 1, USB_LOW, USB_HIGH, USB_SUPER };

enum usb_status {
	USB_DONE,
	USB_NAK,   /* not yet: the same packet is to be offered again after ready() */
	USB_STALL, /* a request or an endpoint that does not go */
	USB_LOST,  /* no answer */
};

#define USB_SETUP   8
#define USB_IN      0x80 /* in the address of an endpoint, and in a request's type */
#define USB_CONTROL 0    /* the address of the endpoint that every device has */

/* The memory of one transfer, and how much of it is done. */
struct usb_packet {
	const struct iovec *iov;
	unsigned nr_iov;
	u32 size;
	u32 actual; /* bytes; a device that answered USB_NAK goes on from there */
};

/* Copy between the device and the packet's next bytes. Return how many there was room for. */
u32 usb_packet_put(struct usb_packet *packet, const void *bytes, u32 size);
u32 usb_packet_get(struct usb_packet *packet, void *bytes, u32 size);

struct usb_device;

struct usb_device_ops {
	/* The port is reset: no configuration, nothing in progress. */
	void (*reset)(struct usb_device *dev);
	/* A request with its data, in one. */
	enum usb_status (*control)(
		struct usb_device *dev, const u8 setup[USB_SETUP], struct usb_packet *data);
	enum usb_status (*transfer)(struct usb_device *dev, u8 endpoint, struct usb_packet *packet);
	/* The transfer that waits at @endpoint, after USB_NAK, is taken back. May be NULL. */
	void (*cancel)(struct usb_device *dev, u8 endpoint);
};

struct usb_device {
	const struct usb_device_ops *ops;
	const struct usb_description *what; /* for the functions of standard.c; else NULL */
	enum usb_speed speed;

	/* Of standard.c: */
	u8 configuration; /* 0: none */
	u32 halted;       /* bit n: endpoint n OUT, bit 16 + n: IN */

	/* Set by the controller while the device is plugged in: */
	pthread_mutex_t *lock;
	void (*ready)(struct usb_device *dev, u8 endpoint); /* with the lock held */
	void *controller;
	unsigned port;
};

/* Tells the controller, if there is one, to offer the endpoint's transfer again. Locked. */
static inline void usb_ready(struct usb_device *dev, u8 endpoint)
{
	if (dev->ready)
		dev->ready(dev, endpoint);
}

/* Standard requests by bmRequestType and bRequest, as usb_request() has them, 9.4. */
#define USB_CLEAR_DEVICE_FEATURE   0x0001
#define USB_CLEAR_ENDPOINT_FEATURE 0x0201
#define USB_SET_DEVICE_FEATURE     0x0003
#define USB_SET_ADDRESS            0x0005
#define USB_SET_CONFIGURATION      0x0009
#define USB_SET_INTERFACE          0x010b
#define USB_ENDPOINT_HALT          0 /* a feature */

/* The fields of a request, 9.3. */
static inline u16 usb_request(const u8 setup[USB_SETUP])
{
	return (u16)(setup[0] << 8 | setup[1]);
}

static inline u16 usb_value(const u8 setup[USB_SETUP])
{
	return (u16)(setup[2] | setup[3] << 8);
}

static inline u16 usb_index(const u8 setup[USB_SETUP])
{
	return (u16)(setup[4] | setup[5] << 8);
}

static inline u16 usb_length(const u8 setup[USB_SETUP])
{
	return (u16)(setup[6] | setup[7] << 8);
}

#endif
