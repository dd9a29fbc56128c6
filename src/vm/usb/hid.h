/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A USB keyboard, mouse or tablet: Device Class Definition for Human Interface Devices 1.11. The
 * keyboard and the mouse have the boot protocol, for firmware. The tablet is a mouse that reports
 * where on the screen it is, instead of how far it was moved.
 *
 * The caller owns the struct. usb_hid_open() comes before all else; the functions that take input
 * are called on any thread, from when the device is plugged in on, and take its controller's lock.
 */
#ifndef VM_USB_HID_H
#define VM_USB_HID_H

#include "base/clock.h"
#include "vm/dev/input.h"
#include "vm/usb/standard.h"

enum usb_hid_kind { USB_KEYBOARD, USB_MOUSE, USB_TABLET };

#define USB_HID_EVENTS   64
#define USB_HID_STALE_MS 5000 /* a driver collects a report earlier, or it is gone */

struct usb_hid_event {
	u8 usage; /* of a key that is pressed or released */
	bool down;
	u8 buttons; /* INPUT_*, which have the bits of the report */
	int x, y;   /* motion; the tablet's place, 0 to INPUT_PLACE_MAX */
	int wheel;  /* away from the person */
};

struct usb_hid {
	struct usb_device dev;
	enum usb_hid_kind kind;
	const struct clock *clock;
	/* The guest has changed the lights: INPUT_LED_*. Called with the lock held. May be NULL. */
	void (*leds)(void *owner, u8 leds);
	void *owner;

	u8 protocol;  /* 0: boot */
	u8 idle;      /* the guest wants a key that is held to be repeated */
	u8 lights;    /* as the guest has set them */
	bool begun;   /* the guest has asked for a report since it configured the device */
	bool waits;   /* it asks for one now */
	bool changed; /* the state is not what was last reported, but no event says so */
	u64 since;    /* when the oldest event came, ns */
	struct usb_hid_event events[USB_HID_EVENTS]; /* not reported yet */
	unsigned first, nr;
	u8 pressed[32];            /* a bit for each usage, as reported */
	struct usb_hid_event last; /* as reported: buttons and place */
};

void usb_hid_open(struct usb_hid *hid, enum usb_hid_kind kind, const struct clock *clock);

/* Whether a driver of the guest collects the reports. If not, what waits is dropped. */
bool usb_hid_is_driven(struct usb_hid *hid);
/* Whether there is room for an event. */
bool usb_hid_has_room(struct usb_hid *hid);
/* A keyboard's key, as in vm/dev/input.h. */
void usb_hid_key(struct usb_hid *hid, u8 key, bool down);
/* @wheel: towards the person, as in vm/dev/input.h. @x, @y: motion of a mouse, place of a tablet.
 */
void usb_hid_point(struct usb_hid *hid, int x, int y, int wheel, u8 buttons);

/* hid_descriptors.c: what a device says of itself. */
struct usb_hid_text {
	struct usb_description what;
	const u8 *report;
	u16 report_size;
};

extern const struct usb_hid_text usb_hid_texts[];

#endif
