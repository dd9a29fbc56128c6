/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which USB device of the host --usb means: one of this kind, or what is at this port. Pure. */
#ifndef VM_USBHOST_MATCH_H
#define VM_USBHOST_MATCH_H

#include "base/err.h"
#include "base/types.h"

#define USB_HOST_MAX   8  /* devices of a machine */
#define USB_MATCH_PORT 24 /* as USB_PORT_SIZE (kernel/usb_devices.h) */
#define USB_MATCH_TEXT 128

struct usb_match {
	bool by_port;
	u16 vendor, product;
	char serial[USB_MATCH_TEXT]; /* "": any */
	char port[USB_MATCH_PORT];
};

/* One --usb. */
struct usb_host_config {
	struct usb_match match;
	bool force; /* even if the host itself uses it */
};

/* Reads "046d:c31c", "046d:c31c:SERIAL" or "port=3-1.2". */
int usb_match_parse(struct usb_match *match, const char *text, struct err *err);
/* Writes it as usb_match_parse() reads it. */
#define USB_MATCH_SIZE 160
const char *usb_match_text(const struct usb_match *match, char text[USB_MATCH_SIZE]);
/* Whether a device with these facts is meant. */
bool usb_match_is(const struct usb_match *match, u16 vendor, u16 product, const char *serial,
	const char *port);

#endif
