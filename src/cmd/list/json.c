// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon list --json`: docs/user/json.md describes the schema. null means unknown or none. */
#include <string.h>

#include "cmd/list/list.h"
#include "cmd/source/reading.h"
#include "cmd/ui/json.h"
#include "host/groups/verdict.h"

#define MAX_OTHERS 64 /* of a group, so that the output is linear in the number of devices */

static struct json_object *group_json(const struct view *view, unsigned dev)
{
	const struct group *group = groups_find(view->groups, dev);
	struct json_object *json, *others;
	unsigned listed = 0;

	if (!group)
		return NULL;
	json = json_object_new_object();
	others = json_object_new_array();
	if (group->id == HOST_NONE)
		json_add_null(json, "id");
	else
		json_add_number(json, "id", group->id);
	json_add_bool(json, "predicted", view->groups == &view->predicted);
	for (unsigned i = 0; i < group->count && listed < MAX_OTHERS; i++) {
		unsigned other = view->groups->member[group->first + i];

		if (other == dev)
			continue;
		json_object_array_add(others, json_addr(view->host.devs[other].addr));
		listed++;
	}
	json_add_number(json, "nr_others", group->count - 1);
	json_add(json, "others", others);
	return json;
}

static struct json_object *bars_json(const struct host_dev *dev)
{
	struct json_object *bars = json_object_new_array();

	for (unsigned i = 0; i < PCI_BARS; i++) {
		const struct pci_bar *bar = &dev->bar[i];
		struct json_object *json;

		if (!bar->size)
			continue;
		json = json_object_new_object();
		json_add_number(json, "index", i);
		json_add_text(json, "kind", bar->flags & PCI_BAR_IO ? "io" : "memory");
		json_add_number(json, "size", bar->size);
		json_add_hex(json, "address", bar->start, 1);
		json_add_bool(json, "prefetchable", bar->flags & PCI_BAR_PREFETCH);
		json_add_bool(json, "64bit", bar->flags & PCI_BAR_64BIT);
		json_object_array_add(bars, json);
	}
	return bars;
}

static struct json_object *link_json(const struct host_dev *dev)
{
	struct json_object *json;

	if (!host_knows(dev, HOST_LINK) || !dev->link.max_width)
		return NULL;
	json = json_object_new_object();
	json_add_text(json, "speed", pci_link_speed_text(dev->link.speed));
	json_add_number(json, "width", dev->link.width);
	json_add_text(json, "max_speed", pci_link_speed_text(dev->link.max_speed));
	json_add_number(json, "max_width", dev->link.max_width);
	return json;
}

static struct json_object *resets_json(const struct host_dev *dev)
{
	struct json_object *list;
	const char *at = dev->reset_methods;

	if (!host_knows(dev, HOST_RESET))
		return NULL;
	list = json_object_new_array();
	while (*at) {
		size_t n = strcspn(at, " ");

		if (n)
			json_object_array_add(list, json_object_new_string_len(at, n));
		at += n + (at[n] == ' ');
	}
	return list;
}

static void add_ids(struct json_object *json, const struct host_dev *dev)
{
	if (host_knows(dev, HOST_IDS)) {
		json_add_hex(json, "vendor", dev->vendor, 4);
		json_add_hex(json, "device", dev->device, 4);
	} else {
		json_add_null(json, "vendor");
		json_add_null(json, "device");
	}
	json_add_bool(json, "ids_by_name", dev->known & HOST_IDS_BY_NAME);
	if (host_knows(dev, HOST_SUBSYSTEM)) {
		json_add_hex(json, "subsystem_vendor", dev->subvendor, 4);
		json_add_hex(json, "subsystem_device", dev->subdevice, 4);
	} else {
		json_add_null(json, "subsystem_vendor");
		json_add_null(json, "subsystem_device");
	}
	if (host_knows(dev, HOST_CLASS))
		json_add_hex(json, "class", dev->class, 6);
	else
		json_add_null(json, "class");
}

static struct json_object *device_json(struct view *view, unsigned index)
{
	const struct host_dev *dev = &view->host.devs[index];
	const struct uses *guests = view_guests(view);
	struct json_object *json = json_object_new_object();
	char name[PCI_NAME_SIZE];

	json_add_addr(json, "address", dev->addr);
	json_add_text(json, "name", view_name(view, dev, name));
	add_ids(json, dev);
	json_add_bool(json, "gpu", host_is_card(dev));
	json_add_text(json, "driver", dev->driver);
	json_add_text(json, "driver_override", dev->driver_override);
	json_add(json, "group", group_json(view, index));
	json_add_text(json, "rom", list_rom(view, index));
	json_add(json, "reset", resets_json(dev));
	if (host_knows(dev, HOST_BOOT_VGA))
		json_add_bool(json, "boot_vga", dev->boot_vga);
	else
		json_add_null(json, "boot_vga");
	if (dev->numa == HOST_NONE)
		json_add_null(json, "numa");
	else
		json_add_number(json, "numa", dev->numa);
	json_add(json, "link", link_json(dev));
	json_add(json, "bars", host_knows(dev, HOST_BARS) ? bars_json(dev) : NULL);
	json_add_text(json, "power_state", dev->power_state);
	json_add_text(json, "slot", dev->slot);
	json_add(json, "physical_function",
		dev->physfn == HOST_NONE ? NULL : json_addr(view->host.devs[dev->physfn].addr));
	json_add(json, "guest", view_guest_json(uses_guest(guests, index)));
	json_add_text(json, "verdict",
		verdict_name(verdict_of(&view->host, view->groups, guests, index)));
	return json;
}

void list_json(struct view *view, const unsigned *order, unsigned count)
{
	struct json_object *json = json_object_new_object();
	struct json_object *devices = json_object_new_array();
	const struct uses *guests = view_guests(view);

	for (unsigned i = 0; i < count; i++)
		json_object_array_add(devices, device_json(view, order[i]));
	json_add_text(json, "source", view->host.origin);
	json_add_bool(json, "guests_known", guests && guests->processes_known);
	json_add(json, "devices", devices);
	reading_add_json(&view->host, json);
	json_print(json);
}
