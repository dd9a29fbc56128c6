// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/usb/hid.h"

#include <string.h>

#include "base/bytes.h"
#include "vm/usb/hid_keys.h"

#define ENDPOINT 0x81

/* Requests of the class, HID 1.11, 7.2; and the standard one for its descriptors, 7.1.1. */
#define GET_DESCRIPTOR 0x8106
#define GET_REPORT     0xa101
#define GET_IDLE       0xa102
#define GET_PROTOCOL   0xa103
#define SET_REPORT     0x2109
#define SET_IDLE       0x210a
#define SET_PROTOCOL   0x210b

#define HID_DESCRIPTOR    0x21
#define REPORT_DESCRIPTOR 0x22
#define HID_OFFSET        18 /* in the configuration */
#define HID_SIZE          9
#define OUTPUT            2 /* a report's type */

#define REPORT_MAX   8
#define MOTION_MAX   100000
#define NR_KEYS      6
#define TOO_MANY     0x01 /* keys: each byte says so */
#define LIGHT_NUM    BIT(0)
#define LIGHT_CAPS   BIT(1)
#define LIGHT_SCROLL BIT(2)

static struct usb_hid *of(struct usb_device *dev)
{
	return container_of(dev, struct usb_hid, dev);
}

static bool is_pressed(const struct usb_hid *hid, u8 usage)
{
	return hid->pressed[usage / 8] & BIT(usage % 8);
}

static void set_pressed(struct usb_hid *hid, u8 usage, bool down)
{
	if (down)
		hid->pressed[usage / 8] |= (u8)BIT(usage % 8);
	else
		hid->pressed[usage / 8] &= (u8)~BIT(usage % 8);
}

static u32 keyboard_report(const struct usb_hid *hid, u8 report[REPORT_MAX])
{
	unsigned nr = 0;

	report[0] = hid->pressed[HID_MODIFIERS / 8];
	for (unsigned usage = 1; usage < HID_MODIFIERS; usage++) {
		if (!is_pressed(hid, (u8)usage))
			continue;
		if (nr == NR_KEYS) {
			memset(report + 2, TOO_MANY, NR_KEYS);
			break;
		}
		report[2 + nr++] = (u8)usage;
	}
	return 8;
}

/* Takes as much of @left as one report can say. */
static u8 take_motion(int *left)
{
	int step = *left > 127 ? 127 : *left < -127 ? -127 : *left;

	*left -= step;
	return (u8)step;
}

/* @event: what is to be reported; what does not fit is left in it. */
static u32 fill_report(
	const struct usb_hid *hid, struct usb_hid_event *event, u8 report[REPORT_MAX])
{
	memset(report, 0, REPORT_MAX);
	switch (hid->kind) {
	case USB_KEYBOARD:
		return keyboard_report(hid, report);
	case USB_MOUSE:
		report[0] = event->buttons;
		report[1] = take_motion(&event->x);
		report[2] = take_motion(&event->y);
		report[3] = take_motion(&event->wheel);
		return hid->protocol ? 4 : 3;
	case USB_TABLET:
		report[0] = event->buttons;
		put_le16(report + 1, (u16)event->x);
		put_le16(report + 3, (u16)event->y);
		report[5] = take_motion(&event->wheel);
		return 6;
	}
	return 0;
}

static bool has_rest(const struct usb_hid *hid, const struct usb_hid_event *event)
{
	if (hid->kind == USB_MOUSE && (event->x || event->y))
		return true;
	return hid->kind != USB_KEYBOARD && event->wheel;
}

static void stamp(struct usb_hid *hid)
{
	hid->since = clock_monotonic(hid->clock);
}

/* The oldest event becomes a report. */
static u32 next_report(struct usb_hid *hid, u8 report[REPORT_MAX])
{
	struct usb_hid_event *event = &hid->events[hid->first];
	u32 size;

	if (!hid->nr) {
		hid->last.wheel = 0;
		if (hid->kind == USB_MOUSE)
			hid->last.x = hid->last.y = 0;
		event = &hid->last;
	}
	hid->changed = false;
	if (hid->kind == USB_KEYBOARD && event->usage)
		set_pressed(hid, event->usage, event->down);
	size = fill_report(hid, event, report);
	if (hid->nr && !has_rest(hid, event)) {
		if (hid->kind != USB_KEYBOARD)
			hid->last = *event;
		hid->first = (hid->first + 1) % USB_HID_EVENTS;
		hid->nr--;
		stamp(hid);
	}
	return size;
}

static enum usb_status transfer(struct usb_device *dev, u8 endpoint, struct usb_packet *packet)
{
	struct usb_hid *hid = of(dev);
	u8 report[REPORT_MAX];
	u32 size;

	if (endpoint != ENDPOINT || !dev->configuration || usb_is_halted(dev, endpoint))
		return USB_STALL;
	hid->begun = true;
	hid->waits = !hid->nr && !hid->changed;
	if (hid->waits)
		return USB_NAK;
	size = next_report(hid, report);
	usb_packet_put(packet, report, size);
	return USB_DONE;
}

static void cancel(struct usb_device *dev, u8 endpoint)
{
	of(dev)->waits = false;
}

static void forget(struct usb_hid *hid)
{
	hid->nr = 0;
	hid->begun = hid->waits = hid->changed = false;
	memset(hid->pressed, 0, sizeof(hid->pressed));
	hid->last = (struct usb_hid_event){ 0 };
}

static void set_lights(struct usb_hid *hid, u8 lights)
{
	hid->lights = lights;
	if (hid->leds)
		hid->leds(hid->owner, (u8)((lights & LIGHT_NUM ? INPUT_LED_NUM : 0) |
					      (lights & LIGHT_CAPS ? INPUT_LED_CAPS : 0) |
					      (lights & LIGHT_SCROLL ? INPUT_LED_SCROLL : 0)));
}

static void reset(struct usb_device *dev)
{
	struct usb_hid *hid = of(dev);

	usb_standard_reset(dev);
	forget(hid);
	hid->protocol = 1;
	hid->idle = 0;
	if (hid->lights)
		set_lights(hid, 0);
}

static enum usb_status set_report(
	struct usb_hid *hid, const u8 setup[USB_SETUP], struct usb_packet *data)
{
	u8 lights;

	if (hid->kind != USB_KEYBOARD || usb_value(setup) >> 8 != OUTPUT ||
		usb_packet_get(data, &lights, 1) != 1)
		return USB_STALL;
	set_lights(hid, lights);
	return USB_DONE;
}

static enum usb_status get_descriptor(
	const struct usb_hid *hid, const u8 setup[USB_SETUP], struct usb_packet *data)
{
	const struct usb_hid_text *text = &usb_hid_texts[hid->kind];

	if (usb_value(setup) >> 8 == REPORT_DESCRIPTOR)
		return usb_answer(setup, data, text->report, text->report_size);
	if (usb_value(setup) >> 8 == HID_DESCRIPTOR)
		return usb_answer(setup, data, text->what.configuration + HID_OFFSET, HID_SIZE);
	return USB_STALL;
}

static enum usb_status control(
	struct usb_device *dev, const u8 setup[USB_SETUP], struct usb_packet *data)
{
	struct usb_hid *hid = of(dev);
	struct usb_hid_event now = hid->last;
	u8 report[REPORT_MAX], before = dev->configuration;
	enum usb_status status;

	switch (usb_request(setup)) {
	case GET_DESCRIPTOR:
		return get_descriptor(hid, setup, data);
	case GET_REPORT:
		now.wheel = 0;
		return usb_answer(setup, data, report, fill_report(hid, &now, report));
	case GET_IDLE:
		return usb_answer(setup, data, &hid->idle, 1);
	case GET_PROTOCOL:
		return usb_answer(setup, data, &hid->protocol, 1);
	case SET_REPORT:
		return set_report(hid, setup, data);
	case SET_IDLE:
		hid->idle = (u8)(usb_value(setup) >> 8);
		return USB_DONE;
	case SET_PROTOCOL:
		hid->protocol = usb_value(setup) & 1;
		return USB_DONE;
	}
	status = usb_standard_control(dev, setup, data);
	if (dev->configuration != before)
		forget(hid);
	return status;
}

static const struct usb_device_ops ops = {
	.reset = reset,
	.control = control,
	.transfer = transfer,
	.cancel = cancel,
};

void usb_hid_open(struct usb_hid *hid, enum usb_hid_kind kind, const struct clock *clock)
{
	*hid = (struct usb_hid){
		.dev = { .ops = &ops, .what = &usb_hid_texts[kind].what, .speed = USB_HIGH },
		.kind = kind,
		.clock = clock,
		.protocol = 1,
	};
}

/* Locked. */
static bool is_stale(const struct usb_hid *hid)
{
	return hid->nr && !hid->waits &&
	       clock_monotonic(hid->clock) - hid->since > USB_HID_STALE_MS * NS_PER_MS;
}

bool usb_hid_is_driven(struct usb_hid *hid)
{
	bool driven;

	pthread_mutex_lock(hid->dev.lock);
	if (is_stale(hid)) {
		forget(hid);
		/* A driver that comes back learns that nothing is pressed. */
		hid->changed = true;
	}
	driven = hid->dev.configuration && hid->begun;
	pthread_mutex_unlock(hid->dev.lock);
	return driven;
}

bool usb_hid_has_room(struct usb_hid *hid)
{
	bool room;

	pthread_mutex_lock(hid->dev.lock);
	room = hid->nr < USB_HID_EVENTS;
	pthread_mutex_unlock(hid->dev.lock);
	return room;
}

/* Locked. The last of the events that wait, or NULL. */
static struct usb_hid_event *newest(struct usb_hid *hid)
{
	return hid->nr ? &hid->events[(hid->first + hid->nr - 1) % USB_HID_EVENTS] : NULL;
}

/* Locked. */
static void add(struct usb_hid *hid, const struct usb_hid_event *event)
{
	if (!hid->nr)
		stamp(hid);
	hid->events[(hid->first + hid->nr++) % USB_HID_EVENTS] = *event;
	usb_ready(&hid->dev, ENDPOINT);
}

/* Locked. Whether the key will be down once all events are reported. */
static bool will_be_down(const struct usb_hid *hid, u8 usage)
{
	bool down = is_pressed(hid, usage);

	for (unsigned i = 0; i < hid->nr; i++) {
		const struct usb_hid_event *event = &hid->events[(hid->first + i) % USB_HID_EVENTS];

		if (event->usage == usage)
			down = event->down;
	}
	return down;
}

void usb_hid_key(struct usb_hid *hid, u8 key, bool down)
{
	const struct usb_hid_event event = { .usage = hid_usage(key), .down = down };
	bool again;

	if (!event.usage)
		return;
	pthread_mutex_lock(hid->dev.lock);
	again = will_be_down(hid, event.usage) == down;
	/* Only a guest that wants repetition hears of a key that is pressed again. */
	if ((!again || (down && hid->idle)) && hid->nr < USB_HID_EVENTS)
		add(hid, &event);
	pthread_mutex_unlock(hid->dev.lock);
}

/* No hand moves a mouse farther than this while a report waits. */
static int sum(int a, int b)
{
	int c = a + b;

	return c > MOTION_MAX ? MOTION_MAX : c < -MOTION_MAX ? -MOTION_MAX : c;
}

void usb_hid_point(struct usb_hid *hid, int x, int y, int wheel, u8 buttons)
{
	struct usb_hid_event event = { .x = x, .y = y, .wheel = -wheel, .buttons = buttons };
	struct usb_hid_event *last;

	pthread_mutex_lock(hid->dev.lock);
	last = newest(hid);
	/* Motion adds up while nobody collects it; presses of buttons are kept apart. */
	if (last && (last->buttons == buttons || hid->nr == USB_HID_EVENTS)) {
		last->buttons = buttons;
		last->wheel = sum(last->wheel, event.wheel);
		last->x = hid->kind == USB_MOUSE ? sum(last->x, x) : x;
		last->y = hid->kind == USB_MOUSE ? sum(last->y, y) : y;
	} else {
		add(hid, &event);
	}
	pthread_mutex_unlock(hid->dev.lock);
}
