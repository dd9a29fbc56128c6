// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/usb/input.h"

#include "base/log.h"

static struct usb_input *of(struct input *input)
{
	return container_of(input, struct usb_input, input);
}

static bool on_ready(struct input *input)
{
	struct usb_input *usb = of(input);

	if (usb_hid_is_driven(&usb->keyboard))
		return usb_hid_has_room(&usb->keyboard);
	return usb->ps2->ready(usb->ps2);
}

static void on_key(struct input *input, u8 key, bool down)
{
	struct usb_input *usb = of(input);
	bool driven = usb_hid_is_driven(&usb->keyboard), on_usb, changed = false;

	pthread_mutex_lock(&usb->lock);
	if (down) {
		changed = usb->keys_on_usb != driven;
		usb->keys_on_usb = usb->on_usb[key] = driven;
	}
	on_usb = usb->on_usb[key];
	pthread_mutex_unlock(&usb->lock);
	if (changed)
		log_debug("keys go to the %s keyboard now", driven ? "USB" : "PS/2");
	if (on_usb)
		usb_hid_key(&usb->keyboard, key, down);
	else
		usb->ps2->key(usb->ps2, key, down);
}

/* Sends a motion to @side; the place is that of @place. */
static void send(struct usb_input *usb, enum usb_input_side side, const struct input_place *place,
	int wheel, u8 buttons)
{
	switch (side) {
	case INPUT_PS2:
		usb->ps2->pointer(usb->ps2, place->dx, place->dy, wheel, buttons);
		break;
	case INPUT_USB_MOUSE:
		usb_hid_point(&usb->mouse, place->dx, place->dy, wheel, buttons);
		break;
	case INPUT_USB_TABLET:
		usb_hid_point(&usb->tablet, place->x, place->y, wheel, buttons);
		break;
	}
}

/* Releases the buttons where they were pressed, if that is elsewhere. */
static void move(struct usb_input *usb, struct usb_input_last *last, enum usb_input_side side,
	const struct input_place *place, int wheel, u8 buttons)
{
	struct usb_input_last before;
	struct input_place release;

	pthread_mutex_lock(&usb->lock);
	before = *last;
	*last = (struct usb_input_last){ side, buttons };
	release = (struct input_place){ .x = usb->last.x, .y = usb->last.y };
	if (side == INPUT_USB_TABLET)
		usb->last = *place;
	pthread_mutex_unlock(&usb->lock);
	if (before.side != side && before.buttons)
		send(usb, before.side, &release, 0, 0);
	send(usb, side, place, wheel, buttons);
}

static void on_pointer(struct input *input, int x, int y, int wheel, u8 buttons)
{
	struct usb_input *usb = of(input);
	const struct input_place place = { .dx = x, .dy = y };
	bool driven = usb_hid_is_driven(&usb->mouse);

	move(usb, &usb->pointer, driven ? INPUT_USB_MOUSE : INPUT_PS2, &place, wheel, buttons);
}

static void on_place(struct input *input, const struct input_place *place, int wheel, u8 buttons)
{
	struct usb_input *usb = of(input);
	enum usb_input_side side = INPUT_PS2;

	if (usb_hid_is_driven(&usb->tablet))
		side = INPUT_USB_TABLET;
	else if (usb_hid_is_driven(&usb->mouse))
		side = INPUT_USB_MOUSE;
	move(usb, &usb->place, side, place, wheel, buttons);
}

/* Either keyboard's lights. */
static void on_leds(void *owner, u8 leds)
{
	const struct usb_input *usb = owner;

	if (usb->input.leds)
		usb->input.leds(usb->input.leds_owner, leds);
}

void usb_input_open(struct usb_input *usb, struct input *ps2, const struct clock *clock)
{
	*usb = (struct usb_input){
		.input = { on_ready, on_key, on_pointer, on_place },
		.ps2 = ps2,
	};
	pthread_mutex_init(&usb->lock, NULL);
	usb_hid_open(&usb->keyboard, USB_KEYBOARD, clock);
	usb_hid_open(&usb->mouse, USB_MOUSE, clock);
	usb_hid_open(&usb->tablet, USB_TABLET, clock);
	usb->keyboard.leds = on_leds;
	usb->keyboard.owner = usb;
	ps2->leds = on_leds;
	ps2->leds_owner = usb;
}

void usb_input_close(struct usb_input *usb)
{
	if (!usb->ps2)
		return;
	usb->ps2->leds = NULL;
	pthread_mutex_destroy(&usb->lock);
	usb->ps2 = NULL;
}
