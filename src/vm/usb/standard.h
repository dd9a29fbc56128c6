/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all emulated USB devices have in common: descriptors from tables, and the requests of
 * chapter 9. Such a device has one configuration, number 1, with one interface, number 0, without
 * alternate settings.
 *
 * The lock of the device's controller is held in all functions.
 */
#ifndef VM_USB_STANDARD_H
#define VM_USB_STANDARD_H

#include "vm/usb/usb.h"

#define USB_CLASS_IN  0xa1 /* a request of the interface's class, with data for the host */
#define USB_CLASS_OUT 0x21

struct usb_description {
	const u8 *device, *configuration;
	const u8 *bos;              /* SuperSpeed only; else NULL */
	const char *const *strings; /* numbered from 1; ends with NULL */
};

void usb_standard_reset(struct usb_device *dev);

/*
 * Answers a standard request. USB_STALL if there is no such request, or none for this device: a
 * class then tries its own.
 */
enum usb_status usb_standard_control(
	struct usb_device *dev, const u8 setup[USB_SETUP], struct usb_packet *data);

/* Puts an answer of which the host wants at most the request's length. */
enum usb_status usb_answer(
	const u8 setup[USB_SETUP], struct usb_packet *data, const void *bytes, u32 size);

/* Halts an endpoint until the host clears that, 9.4.5. */
void usb_halt(struct usb_device *dev, u8 endpoint);
bool usb_is_halted(const struct usb_device *dev, u8 endpoint);

#endif
