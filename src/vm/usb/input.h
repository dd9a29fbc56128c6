/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A USB keyboard, mouse and tablet for what a person does, besides the PS/2 ones: each key and each
 * motion goes to the USB device as long as a driver of the guest collects its reports, and else to
 * PS/2. What was pressed on a device is released on the same one.
 *
 * The machine owns the struct. The functions of @input may be called from any thread.
 */
#ifndef VM_USB_INPUT_H
#define VM_USB_INPUT_H

#include "vm/usb/hid.h"

/* Where buttons are held. */
enum usb_input_side { INPUT_PS2, INPUT_USB_MOUSE, INPUT_USB_TABLET };

/* Of one function of struct input. */
struct usb_input_last {
	enum usb_input_side side;
	u8 buttons;
};

struct usb_input {
	struct input input;
	struct input *ps2;
	struct usb_hid keyboard, mouse, tablet;

	pthread_mutex_t lock;
	bool keys_on_usb;        /* the last key that was pressed went there */
	bool on_usb[INPUT_KEYS]; /* the key is held there; else on PS/2, if at all */
	struct usb_input_last pointer, place;
	struct input_place last;
};

/*
 * @ps2 outlives the struct. The devices can be plugged in afterwards, and are before @input is
 * used.
 */
void usb_input_open(struct usb_input *usb, struct input *ps2, const struct clock *clock);
/* The devices are unplugged. Safe on a zeroed struct. */
void usb_input_close(struct usb_input *usb);

#endif
