// SPDX-License-Identifier: GPL-2.0-or-later
/* query-pci: the hierarchy as the guest has programmed it. */
#include <errno.h>

#include "base/bytes.h"
#include "vm/control/internal.h"
#include "vm/pci/pci_bus.h"

#define MAX_DEPTH 8

static void add_number(struct json_object *json, const char *key, u64 value)
{
	json_object_object_add(json, key, json_object_new_int64((s64)value));
}

static struct json_object *range_json(u64 base, u64 limit)
{
	struct json_object *json = json_object_new_object();

	add_number(json, "base", base);
	add_number(json, "limit", limit);
	return json;
}

/* The address that the guest has written to a BAR's registers; -1 while it is not decoded. */
static s64 address_of(const struct pci_dev *dev, unsigned n, bool memory)
{
	unsigned at = n == PCI_ROM_BAR ? (dev->secondary ? PCI_ROM_ADDRESS1 : PCI_ROM_ADDRESS)
				       : PCI_BASE_ADDRESS_0 + 4 * n;
	u16 command = get_le16(dev->config + PCI_COMMAND);
	u64 address = get_le32(dev->config + at);

	if (!(command & (memory ? PCI_COMMAND_MEMORY : PCI_COMMAND_IO)) ||
		(n == PCI_ROM_BAR && !(address & PCI_ROM_ADDRESS_ENABLE)))
		return -1;
	if (n != PCI_ROM_BAR && dev->bars[n].flags & PCI_BASE_ADDRESS_MEM_TYPE_64)
		address |= (u64)get_le32(dev->config + at + 4) << 32;
	return (s64)(address & ~(dev->bars[n].size - 1));
}

static struct json_object *regions_json(const struct pci_dev *dev)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < PCI_NUM_BARS; i++) {
		const struct pci_dev_bar *bar = &dev->bars[i];
		bool memory = !(bar->flags & PCI_BASE_ADDRESS_SPACE_IO);
		struct json_object *json;

		if (!bar->size)
			continue;
		json = json_object_new_object();
		add_number(json, "bar", i);
		json_object_object_add(
			json, "type", json_object_new_string(memory ? "memory" : "io"));
		add_number(json, "address", (u64)address_of(dev, i, memory));
		add_number(json, "size", bar->size);
		if (memory) {
			json_object_object_add(json, "prefetch",
				json_object_new_boolean(
					bar->flags & PCI_BASE_ADDRESS_MEM_PREFETCH));
			json_object_object_add(json, "mem_type_64",
				json_object_new_boolean(bar->flags & PCI_BASE_ADDRESS_MEM_TYPE_64));
		}
		json_object_array_add(list, json);
	}
	return list;
}

static struct json_object *functions_json(const struct pci_bus *bus, u8 number, unsigned depth);

/* The windows as a type 1 header has them: PCI-to-PCI Bridge Specification 1.2, 3.2.5. */
static struct json_object *bridge_json(const struct pci_dev *dev, unsigned depth)
{
	struct json_object *json = json_object_new_object(), *bus = json_object_new_object();
	const u8 *config = dev->config;
	u64 memory = get_le16(config + PCI_MEMORY_BASE) & 0xfff0;
	u64 memory_end = get_le16(config + PCI_MEMORY_LIMIT) & 0xfff0;
	u64 prefetch = get_le16(config + PCI_PREF_MEMORY_BASE) & 0xfff0;
	u64 prefetch_end = get_le16(config + PCI_PREF_MEMORY_LIMIT) & 0xfff0;

	prefetch = (u64)get_le32(config + PCI_PREF_BASE_UPPER32) << 32 | prefetch << 16;
	prefetch_end =
		(u64)get_le32(config + PCI_PREF_LIMIT_UPPER32) << 32 | prefetch_end << 16 | 0xfffff;
	add_number(bus, "number", config[PCI_PRIMARY_BUS]);
	add_number(bus, "secondary", config[PCI_SECONDARY_BUS]);
	add_number(bus, "subordinate", config[PCI_SUBORDINATE_BUS]);
	json_object_object_add(bus, "io_range",
		range_json((u64)(config[PCI_IO_BASE] & 0xf0) << 8,
			(u64)(config[PCI_IO_LIMIT] & 0xf0) << 8 | 0xfff));
	json_object_object_add(
		bus, "memory_range", range_json(memory << 16, memory_end << 16 | 0xfffff));
	json_object_object_add(bus, "prefetchable_range", range_json(prefetch, prefetch_end));
	json_object_object_add(json, "bus", bus);
	if (config[PCI_SECONDARY_BUS] && depth < MAX_DEPTH)
		json_object_object_add(json, "devices",
			functions_json(dev->secondary, config[PCI_SECONDARY_BUS], depth + 1));
	return json;
}

static struct json_object *function_json(const struct pci_dev *dev, u8 number, unsigned depth)
{
	struct json_object *json = json_object_new_object(), *class = json_object_new_object(),
			   *id = json_object_new_object();

	add_number(json, "bus", number);
	add_number(json, "slot", PCI_DEV_OF(dev->devfn));
	add_number(json, "function", PCI_FN_OF(dev->devfn));
	add_number(class, "class", get_le16(dev->config + PCI_CLASS_DEVICE));
	json_object_object_add(json, "class_info", class);
	add_number(id, "vendor", get_le16(dev->config + PCI_VENDOR_ID));
	add_number(id, "device", get_le16(dev->config + PCI_DEVICE_ID));
	if (!dev->secondary) {
		add_number(id, "subsystem", get_le16(dev->config + PCI_SUBSYSTEM_ID));
		add_number(id, "subsystem-vendor", get_le16(dev->config + PCI_SUBSYSTEM_VENDOR_ID));
	}
	json_object_object_add(json, "id", id);
	add_number(json, "irq_pin", dev->config[PCI_INTERRUPT_PIN]);
	if (dev->config[PCI_INTERRUPT_PIN])
		add_number(json, "irq", dev->config[PCI_INTERRUPT_LINE]);
	json_object_object_add(json, "qdev_id", json_object_new_string(dev->name ? dev->name : ""));
	json_object_object_add(json, "regions", regions_json(dev));
	if (dev->secondary)
		json_object_object_add(json, "pci_bridge", bridge_json(dev, depth));
	return json;
}

static struct json_object *functions_json(const struct pci_bus *bus, u8 number, unsigned depth)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < PCI_BUS_DEVFNS; i++)
		if (bus->devs[i])
			json_object_array_add(list, function_json(bus->devs[i], number, depth));
	return list;
}

struct json_object *command_query_pci(struct control_call *call)
{
	struct pci_host *host = call->control->ops->pci(call->control->owner);
	struct json_object *list, *json;

	if (!host || !pci_host_lock_soon(host)) {
		err_set(&call->err, EAGAIN, "the guest's PCI devices are busy; ask again");
		return NULL;
	}
	list = json_object_new_array();
	json = json_object_new_object();
	add_number(json, "bus", 0);
	json_object_object_add(json, "devices", functions_json(&host->root, 0, 0));
	pthread_mutex_unlock(&host->lock);
	json_object_array_add(list, json);
	return list;
}
