// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/usb_names.h"

#include <stdio.h>

#include "base/library.h"
#include "base/log.h"

struct sd_hwdb;

/* Of libsystemd; they return -errno. */
struct names {
	struct sd_hwdb *hwdb;
	int (*open)(struct sd_hwdb **hwdb);
	struct sd_hwdb *(*close)(struct sd_hwdb *hwdb);
	int (*get)(struct sd_hwdb *hwdb, const char *what, const char *key, const char **value);
};

static void add(const struct names *names, const struct usb_device_facts *device, const char *key,
	char to[USB_TEXT_SIZE])
{
	const char *value;
	char what[32];

	snprintf(what, sizeof(what), "usb:v%04Xp%04X", device->vendor, device->product);
	if (!*to && names->get(names->hwdb, what, key, &value) >= 0)
		log_printable(to, USB_TEXT_SIZE, value);
}

void usb_names_add(struct usb_devices *devices)
{
	struct names names;
	const struct library_function functions[] = {
		{ "sd_hwdb_new", &names.open },
		{ "sd_hwdb_unref", &names.close },
		{ "sd_hwdb_get", &names.get },
	};
	struct err err = { 0 };

	if (library_load("libsystemd.so.0", "libsystemd0", functions, ARRAY_SIZE(functions), NULL,
		    &err) ||
		names.open(&names.hwdb) < 0)
		return;
	for (unsigned i = 0; i < devices->nr; i++) {
		struct usb_device_facts *device = &devices->list[i];

		add(&names, device, "ID_VENDOR_FROM_DATABASE", device->maker);
		add(&names, device, "ID_MODEL_FROM_DATABASE", device->name);
	}
	names.close(names.hwdb);
}
