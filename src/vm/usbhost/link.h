/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What passes between a machine and the process that has a USB device of the host: messages on a
 * SOCK_SEQPACKET socket, and data in memory that both have mapped.
 *
 * An endpoint has at most one request under way, whose data is in the endpoint's place in memory:
 * it belongs to the machine until the request is sent, and then to the process until that sends
 * USB_LINK_ENDED. So there are never more messages than the socket holds. Neither side trusts what
 * the other one says, or that the memory stays as it is.
 */
#ifndef VM_USBHOST_LINK_H
#define VM_USBHOST_LINK_H

#include "base/types.h"
#include "vm/usb/usb.h"

#define USB_LINK_DATA      65536u /* bytes of one request */
#define USB_LINK_ENDPOINTS 32u    /* by number, 16 more for IN; 0 is the control endpoint */

enum usb_link_kind {
	/* From the process: */
	/* Once, unless the device could be taken at the start: it waits. @status: it is there. */
	USB_LINK_READY,
	USB_LINK_PLUGGED, /* @status: its enum usb_speed */
	USB_LINK_GONE,
	USB_LINK_ENDED, /* of a request: @status is an enum usb_status, @size how much was done */
	/* From the machine: */
	USB_LINK_CONTROL,  /* @setup; @size: bytes for the device */
	USB_LINK_TRANSFER, /* @size: bytes for the device, or that the guest has room for */
	USB_LINK_CANCEL,   /* the request under way at @endpoint ends soon */
	USB_LINK_RESET,    /* the device is reset once all requests have ended */
};

struct usb_link_message {
	u32 generation; /* of the device: each time that it is plugged in it has another number */
	u8 kind, endpoint, status;
	u8 more; /* of ENDED: not all was asked for at once, and the transfer goes on */
	u32 size;
	u8 setup[USB_SETUP];
};

struct usb_link_memory {
	u8 data[USB_LINK_ENDPOINTS][USB_LINK_DATA];
};

static inline unsigned usb_link_endpoint(u8 address)
{
	return address & 0xf ? (address & 0xfu) + (address & USB_IN ? 16 : 0) : USB_CONTROL;
}

static inline u8 usb_link_address(unsigned endpoint)
{
	return (u8)(endpoint % 16 | (endpoint >= 16 ? USB_IN : 0));
}

#endif
