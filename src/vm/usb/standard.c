// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/usb/standard.h"

#include <string.h>

/* bmRequestType and bRequest, 9.4. */
#define GET_STATUS_DEVICE     0x8000
#define GET_STATUS_INTERFACE  0x8100
#define GET_STATUS_ENDPOINT   0x8200
#define SET_FEATURE_INTERFACE 0x0103
#define SET_FEATURE_ENDPOINT  0x0203
#define GET_DESCRIPTOR        0x8006
#define GET_CONFIGURATION     0x8008
#define GET_INTERFACE         0x810a
#define SET_SEL               0x0030
#define SET_ISOCH_DELAY       0x0031

#define DEVICE        1
#define CONFIGURATION 2
#define STRING        3
#define BOS           15

#define LANGUAGE   0x0409
#define STRING_MAX 62 /* characters */

static u32 halt_bit(u8 endpoint)
{
	return BIT((endpoint & 0xf) + (endpoint & USB_IN ? 16 : 0));
}

void usb_halt(struct usb_device *dev, u8 endpoint)
{
	dev->halted |= halt_bit(endpoint);
}

bool usb_is_halted(const struct usb_device *dev, u8 endpoint)
{
	return dev->halted & halt_bit(endpoint);
}

void usb_standard_reset(struct usb_device *dev)
{
	dev->configuration = 0;
	dev->halted = 0;
}

enum usb_status usb_answer(
	const u8 setup[USB_SETUP], struct usb_packet *data, const void *bytes, u32 size)
{
	u16 length = usb_length(setup);

	usb_packet_put(data, bytes, size < length ? size : length);
	return USB_DONE;
}

static enum usb_status get_string(
	const struct usb_device *dev, const u8 setup[USB_SETUP], struct usb_packet *data)
{
	const char *const *strings = dev->what->strings;
	u8 bytes[2 + 2 * STRING_MAX] = { 4, STRING, (u8)LANGUAGE, LANGUAGE >> 8 };
	unsigned wanted = usb_value(setup) & 0xff, n = 1;
	size_t len;

	if (!wanted)
		return usb_answer(setup, data, bytes, bytes[0]);
	while (n < wanted && strings[n - 1])
		n++;
	if (!strings[n - 1])
		return USB_STALL;
	len = strlen(strings[n - 1]);
	if (len > STRING_MAX)
		len = STRING_MAX;
	bytes[0] = (u8)(2 + 2 * len);
	for (size_t i = 0; i < len; i++) {
		bytes[2 + 2 * i] = (u8)strings[n - 1][i];
		bytes[3 + 2 * i] = 0;
	}
	return usb_answer(setup, data, bytes, bytes[0]);
}

static enum usb_status get_descriptor(
	const struct usb_device *dev, const u8 setup[USB_SETUP], struct usb_packet *data)
{
	const struct usb_description *what = dev->what;

	switch (usb_value(setup) >> 8) {
	case DEVICE:
		return usb_answer(setup, data, what->device, what->device[0]);
	case CONFIGURATION:
		if (usb_value(setup) & 0xff)
			return USB_STALL;
		return usb_answer(setup, data, what->configuration,
			(u32)(what->configuration[2] | what->configuration[3] << 8));
	case STRING:
		return get_string(dev, setup, data);
	case BOS:
		if (!what->bos)
			return USB_STALL;
		return usb_answer(setup, data, what->bos, (u32)(what->bos[2] | what->bos[3] << 8));
	}
	return USB_STALL;
}

static enum usb_status set_configuration(struct usb_device *dev, const u8 setup[USB_SETUP])
{
	if (usb_value(setup) > 1)
		return USB_STALL;
	dev->configuration = (u8)usb_value(setup);
	dev->halted = 0;
	return USB_DONE;
}

static enum usb_status set_endpoint_feature(
	struct usb_device *dev, const u8 setup[USB_SETUP], bool set)
{
	u8 endpoint = (u8)usb_index(setup);

	if (usb_value(setup) != USB_ENDPOINT_HALT)
		return USB_STALL;
	if (set)
		usb_halt(dev, endpoint);
	else
		dev->halted &= ~halt_bit(endpoint);
	usb_ready(dev, endpoint);
	return USB_DONE;
}

enum usb_status usb_standard_control(
	struct usb_device *dev, const u8 setup[USB_SETUP], struct usb_packet *data)
{
	u8 bytes[2] = { 0 };

	switch (usb_request(setup)) {
	case GET_STATUS_DEVICE:
	case GET_STATUS_INTERFACE:
		return usb_answer(setup, data, bytes, 2);
	case GET_STATUS_ENDPOINT:
		bytes[0] = usb_is_halted(dev, (u8)usb_index(setup));
		return usb_answer(setup, data, bytes, 2);
	case USB_CLEAR_ENDPOINT_FEATURE:
		return set_endpoint_feature(dev, setup, false);
	case SET_FEATURE_ENDPOINT:
		return set_endpoint_feature(dev, setup, true);
	case GET_DESCRIPTOR:
		return get_descriptor(dev, setup, data);
	case GET_CONFIGURATION:
		return usb_answer(setup, data, &dev->configuration, 1);
	case USB_SET_CONFIGURATION:
		return set_configuration(dev, setup);
	case GET_INTERFACE:
		return usb_answer(setup, data, bytes, 1);
	case USB_SET_INTERFACE:
		return usb_value(setup) || usb_index(setup) ? USB_STALL : USB_DONE;
	/* Power states of the link, and its delays, do not matter here. */
	case USB_CLEAR_DEVICE_FEATURE:
	case USB_SET_DEVICE_FEATURE:
	case SET_FEATURE_INTERFACE:
	case USB_SET_ADDRESS:
	case SET_SEL:
	case SET_ISOCH_DELAY:
		return USB_DONE;
	}
	return USB_STALL;
}
