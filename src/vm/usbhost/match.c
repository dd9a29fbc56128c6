// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/usbhost/match.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORT "port="

/* One to four hexadecimal digits, and what follows them. */
static bool parse_id(const char **text, u16 *id)
{
	size_t digits = strspn(*text, "0123456789abcdefABCDEF");

	if (!digits || digits > 4)
		return false;
	*id = (u16)strtoul(*text, NULL, 16);
	*text += digits;
	return true;
}

/* A bus, '-', and ports with dots between: 3-1.2. */
static bool is_port(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	char before = '-';

	if (!digits || strlen(text) >= USB_MATCH_PORT)
		return false;
	for (text += digits; *text; text += digits) {
		if (*text++ != before)
			return false;
		digits = strspn(text, "0123456789");
		if (!digits)
			return false;
		before = '.';
	}
	return before == '.';
}

static bool parse_ids(struct usb_match *match, const char *text)
{
	if (!parse_id(&text, &match->vendor) || *text++ != ':' || !parse_id(&text, &match->product))
		return false;
	if (!*text)
		return true;
	if (*text++ != ':' || !*text || strlen(text) >= sizeof(match->serial))
		return false;
	snprintf(match->serial, sizeof(match->serial), "%s", text);
	for (const char *at = text; *at; at++)
		if (!isprint((unsigned char)*at))
			return false;
	return true;
}

int usb_match_parse(struct usb_match *match, const char *text, struct err *err)
{
	*match = (struct usb_match){ 0 };
	if (!strncmp(text, PORT, strlen(PORT))) {
		match->by_port = true;
		text += strlen(PORT);
		if (!is_port(text)) {
			err_set(err, EINVAL, "'%s' is no port of a USB device", text);
			return err_help(
				err, "A port is written like 3-1.2; see `tenon list --usb`.");
		}
		snprintf(match->port, sizeof(match->port), "%s", text);
		return 0;
	}
	if (parse_ids(match, text))
		return 0;
	err_set(err, EINVAL, "'%s' names no USB device", text);
	return err_help(err,
		"A device is written like 046d:c31c, 046d:c31c:SERIAL or port=3-1.2; see "
		"`tenon list --usb`.");
}

const char *usb_match_text(const struct usb_match *match, char text[USB_MATCH_SIZE])
{
	if (match->by_port)
		snprintf(text, USB_MATCH_SIZE, PORT "%s", match->port);
	else
		snprintf(text, USB_MATCH_SIZE, "%04x:%04x%s%s", match->vendor, match->product,
			*match->serial ? ":" : "", match->serial);
	return text;
}

bool usb_match_is(const struct usb_match *match, u16 vendor, u16 product, const char *serial,
	const char *port)
{
	if (match->by_port)
		return !strcmp(match->port, port);
	return match->vendor == vendor && match->product == product &&
	       (!*match->serial || !strcmp(match->serial, serial));
}
