// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon list --usb`: the host's USB devices as --usb of `tenon run` names them, and who uses them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/list/list.h"
#include "cmd/ui/json.h"
#include "cmd/ui/table.h"
#include "kernel/process.h"
#include "kernel/usb_names.h"

#define TABLES_MAX (1 * MIB) /* of mounted file systems */
#define MAX_UP     4         /* from the process that has a device up to its machine */
#define WHO_SIZE   256
#define OWN_PREFIX "tenon-" /* of the names of a machine's processes */

enum column { COL_PORT, COL_ID, COL_NAME, COL_SERIAL, COL_SPEED, COL_DRIVER, COL_USE, COLUMNS };

static const struct table_column columns[COLUMNS] = {
	[COL_PORT] = { "PORT" },
	[COL_ID] = { "ID" },
	[COL_NAME] = { "NAME", .least = 16 },
	[COL_SERIAL] = { "SERIAL", .least = 8, .leave = 4 },
	[COL_SPEED] = { "MBIT/S", .right = true, .leave = 5 },
	[COL_DRIVER] = { "DRIVER", .least = 8, .leave = 3 },
	[COL_USE] = { "USE" },
};

struct usb_view {
	struct sysroot sysroot;
	struct usb_devices devices;
	char *mounts, *swaps;
};

static int parent_of(int pid)
{
	struct process_stat stat = { 0 };

	process_read_stat(pid, &stat);
	return stat.parent;
}

/*
 * Who has the device's file open; "" if nobody can be seen. Of a guest, that is the machine, and
 * not its processes for USB.
 */
static void find_holder(
	const struct usb_view *view, const struct usb_device_facts *device, char who[PROCESS_TEXT])
{
	char path[64];
	int pid;

	*who = '\0';
	if (!view->sysroot.running || !usb_device_is_taken(device))
		return;
	snprintf(path, sizeof(path), "/dev/bus/usb/%03u/%03u", device->bus, device->address);
	pid = process_with_file(path);
	for (unsigned up = 0; pid > 1 && up < MAX_UP; up++, pid = parent_of(pid)) {
		process_text(pid, who);
		if (strncmp(who, OWN_PREFIX, strlen(OWN_PREFIX)))
			break;
	}
}

/* The drivers of its interfaces, each once: "usbhid,snd-usb-audio". */
static void drivers_of(const struct usb_device_facts *device, char text[WHO_SIZE])
{
	*text = '\0';
	for (unsigned i = 0; i < device->nr_interfaces; i++) {
		const char *driver = device->interfaces[i].driver;
		bool known = !*driver;

		for (unsigned before = 0; before < i; before++)
			known |= !strcmp(device->interfaces[before].driver, driver);
		if (!known)
			snprintf(text + strlen(text), WHO_SIZE - strlen(text), "%s%s",
				*text ? "," : "", driver);
	}
}

/* One word for the table's last column, and what explains it. */
static void use_of(
	const struct usb_view *view, const struct usb_device_facts *device, char text[WHO_SIZE])
{
	const char *needed = usb_device_needed(device);
	char who[PROCESS_TEXT], drivers[WHO_SIZE];

	find_holder(view, device, who);
	drivers_of(device, drivers);
	if (usb_device_is_hub(device))
		snprintf(text, WHO_SIZE, "hub");
	else if (usb_device_is_taken(device))
		snprintf(text, WHO_SIZE, "taken: %s", *who ? who : "a program");
	else if (*device->disk)
		snprintf(text, WHO_SIZE, "needed: %s is %s", device->disk, device->used_by);
	else if (needed)
		snprintf(text, WHO_SIZE, "needed: %s", needed);
	else
		snprintf(text, WHO_SIZE, *drivers ? "in use" : "free");
}

static const char *name_of(const struct usb_device_facts *device, char text[WHO_SIZE + 16])
{
	bool both = *device->maker && *device->name;

	if (both && !strncmp(device->name, device->maker, strlen(device->maker)))
		return device->name;
	snprintf(text, WHO_SIZE + 16, "%s%s%s", device->maker, both ? " " : "", device->name);
	return *text ? text : "-";
}

static void print_table(const struct usb_view *view)
{
	struct term term = term_of(stdout);
	struct table *table = table_new(columns, COLUMNS);

	for (unsigned i = 0; table && i < view->devices.nr; i++) {
		const struct usb_device_facts *device = &view->devices.list[i];
		char name[WHO_SIZE + 16], text[WHO_SIZE];

		table_text(table, PLAIN, device->port);
		table_cell(table, PLAIN, "%04x:%04x", device->vendor, device->product);
		table_text(table, PLAIN, name_of(device, name));
		table_text(table, PLAIN, *device->serial ? device->serial : "-");
		table_text(table, PLAIN, device->speed);
		drivers_of(device, text);
		table_text(table, PLAIN, *text ? text : "-");
		use_of(view, device, text);
		table_text(table, usb_device_needed(device) ? DOUBTFUL : PLAIN, text);
	}
	if (table && view->devices.nr)
		table_print(table, &term);
	else
		printf("no USB device is plugged in\n");
	table_free(table);
}

static struct json_object *interfaces_json(const struct usb_device_facts *device)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < device->nr_interfaces; i++) {
		const struct usb_interface_facts *interface = &device->interfaces[i];
		struct json_object *json = json_object_new_object();

		json_add_number(json, "number", interface->number);
		json_add_hex(json, "class", interface->class, 2);
		json_add_hex(json, "subclass", interface->subclass, 2);
		json_add_hex(json, "protocol", interface->protocol, 2);
		json_add_text(json, "driver", *interface->driver ? interface->driver : NULL);
		json_object_array_add(list, json);
	}
	return list;
}

static struct json_object *device_json(
	const struct usb_view *view, const struct usb_device_facts *device)
{
	struct json_object *json = json_object_new_object();
	char who[PROCESS_TEXT];

	find_holder(view, device, who);
	json_add_text(json, "port", device->port);
	json_add_hex(json, "vendor", device->vendor, 4);
	json_add_hex(json, "product", device->product, 4);
	json_add_text(json, "maker", *device->maker ? device->maker : NULL);
	json_add_text(json, "name", *device->name ? device->name : NULL);
	json_add_text(json, "serial", *device->serial ? device->serial : NULL);
	json_add_text(json, "speed", *device->speed ? device->speed : NULL);
	json_add_bool(json, "hub", usb_device_is_hub(device));
	json_add(json, "interfaces", interfaces_json(device));
	json_add_text(json, "needed", usb_device_needed(device));
	json_add_text(json, "disk", *device->disk ? device->disk : NULL);
	json_add_text(json, "disk_use", *device->used_by ? device->used_by : NULL);
	json_add_bool(json, "taken", usb_device_is_taken(device));
	json_add_text(json, "taken_by", *who ? who : NULL);
	return json;
}

static void print_json(const struct usb_view *view, const char *origin)
{
	struct json_object *json = json_object_new_object();
	struct json_object *devices = json_object_new_array();

	for (unsigned i = 0; i < view->devices.nr; i++)
		json_object_array_add(devices, device_json(view, &view->devices.list[i]));
	json_add_text(json, "source", origin);
	json_add(json, "devices", devices);
	json_print(json);
}

static int read_all(struct usb_view *view, struct err *err)
{
	struct usb_mounts mounts;
	size_t size;
	int ret;

	sysroot_whole(&view->sysroot, "/proc/self/mountinfo", TABLES_MAX, &view->mounts, &size);
	sysroot_whole(&view->sysroot, "/proc/swaps", TABLES_MAX, &view->swaps, &size);
	mounts = (struct usb_mounts){ view->mounts, view->swaps };
	ret = usb_devices_read(&view->sysroot, &mounts, &view->devices);
	if (ret == -ENOENT)
		return err_set(err, ENOENT, "this host has no USB, or the source does not show it");
	usb_names_add(&view->devices);
	return ret ? err_sys(err, -ret, "cannot list the USB devices") : 0;
}

int list_usb(const struct source_args *source, struct err *err)
{
	struct usb_view view = { 0 };
	const char *root = source->scan.sysroot;
	int ret = sysroot_open(&view.sysroot, root, err);

	if (ret)
		return ret;
	ret = read_all(&view, err);
	if (!ret && source->json)
		print_json(&view, root && *root ? root : "this host");
	else if (!ret)
		print_table(&view);
	usb_devices_free(&view.devices);
	free(view.mounts);
	free(view.swaps);
	sysroot_close(&view.sysroot);
	return ret;
}
