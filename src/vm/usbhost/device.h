/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A USB device of the host as the guest's controller uses it. Another process has the device
 * (server.h); this passes requests to it, and nothing here waits for it.
 *
 * A request that the guest takes back has to end in the process before the endpoint gets another
 * one. What an IN endpoint has delivered by then is kept for the next transfer there, since the
 * device will not send it again.
 *
 * The controller's lock guards the endpoints. Messages are taken on one thread, that of the
 * machine's loop, or while no vCPU runs.
 */
#ifndef VM_USBHOST_DEVICE_H
#define VM_USBHOST_DEVICE_H

#include "base/err.h"
#include "base/log.h"
#include "vm/usbhost/link.h"

enum usb_host_state {
	USB_HOST_IDLE,
	USB_HOST_BUSY,    /* the process has a request */
	USB_HOST_LEAVING, /* likewise, but the guest has taken it back */
	USB_HOST_ENDED,   /* the guest has not seen its end yet */
};

struct usb_host_endpoint {
	enum usb_host_state state;
	enum usb_status status;
	u32 asked;       /* bytes of the request */
	u32 first, left; /* what was done: for IN in memory, and not given to the guest yet */
	bool more;
	bool flush; /* what arrives while LEAVING is dropped */
};

/* How the device is plugged into the guest's controller. */
struct usb_host_ops {
	int (*plug)(void *owner, struct usb_device *dev, struct err *err);
	void (*unplug)(void *owner, struct usb_device *dev);
};

struct usb_host {
	struct usb_device dev;
	const struct usb_host_ops *ops;
	void *owner;
	const char *name; /* for messages */
	int link;
	struct usb_link_memory *memory;
	u32 generation;         /* 0: it is not plugged in */
	struct log_limit limit; /* a device may come and go all the time */
	bool used;              /* since the last reset */
	struct usb_host_endpoint endpoints[USB_LINK_ENDPOINTS];
};

/* Sets the device up; the caller owns @link, @memory and @name, which outlive it. */
void usb_host_init(struct usb_host *host, const char *name, int link,
	struct usb_link_memory *memory, const struct usb_host_ops *ops, void *owner);

/*
 * Takes the messages that have arrived, at most so many that others get their turn. Returns false
 * once there will be no more.
 */
bool usb_host_hear(struct usb_host *host);
/* Takes one message, which anybody may have made. */
void usb_host_take(struct usb_host *host, const struct usb_link_message *message);
/* Unplugs it, if it is plugged in: the process has ended. */
void usb_host_lose(struct usb_host *host);

#endif
