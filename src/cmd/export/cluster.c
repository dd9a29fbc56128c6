// SPDX-License-Identifier: GPL-2.0-or-later
/* For clusters: KubeVirt, the Container Device Interface, OpenStack Nova. */
#include "cmd/export/export.h"

#include <errno.h>

#include "cmd/ui/json.h"

/* Whether an earlier device has the same ids. A cluster treats these as one kind of device. */
static bool is_repeated(const struct export *export, unsigned index)
{
	for (unsigned i = 0; i < index; i++)
		if (export->devs[i].dev->vendor == export->devs[index].dev->vendor &&
			export->devs[i].dev->device == export->devs[index].dev->device)
			return true;
	return false;
}

static const char *vendor_domain(const struct host_dev *dev)
{
	switch (dev->vendor) {
	case 0x1002:
	case 0x1022:
		return "amd.com";
	case 0x10de:
		return "nvidia.com";
	case 0x8086:
		return "intel.com";
	}
	return "pci.local";
}

int export_kubevirt(struct export *export, struct err *err)
{
	FILE *out = export->out;

	fputs("# Into the KubeVirt object. It selects by ids: all cards of a kind, on each node.\n"
	      "apiVersion: kubevirt.io/v1\nkind: KubeVirt\nmetadata:\n  name: kubevirt\n"
	      "  namespace: kubevirt\nspec:\n  configuration:\n    permittedHostDevices:\n"
	      "      pciHostDevices:\n",
		out);
	for (unsigned i = 0; i < export->count; i++) {
		const struct host_dev *d = export->devs[i].dev;

		if (!is_repeated(export, i))
			fprintf(out,
				"        - pciVendorSelector: \"%04X:%04X\"\n"
				"          resourceName: \"%s/%04x\"\n",
				d->vendor, d->device, vendor_domain(d), d->device);
	}
	fprintf(out,
		"---\napiVersion: kubevirt.io/v1\nkind: VirtualMachineInstance\nmetadata:\n"
		"  name: %s\nspec:\n  domain:\n    cpu:\n      cores: %llu\n    memory:\n"
		"      guest: %lluMi\n    devices:\n      hostDevices:\n",
		export->args->name, (unsigned long long)export->args->cpus,
		(unsigned long long)(export->args->memory / MIB));
	for (unsigned i = 0; i < export->count; i++)
		fprintf(out, "        - deviceName: %s/%04x\n          name: host%u\n",
			vendor_domain(export->devs[i].dev), export->devs[i].dev->device, i);
	return 0;
}

static struct json_object *node_json(const char *path)
{
	struct json_object *node = json_object_new_object();

	json_add_text(node, "path", path);
	return node;
}

static struct json_object *cdi_device(const struct host_dev *dev)
{
	struct json_object *json = json_object_new_object();
	struct json_object *edits = json_object_new_object();
	struct json_object *nodes = json_object_new_array();
	char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/%d", dev->group);
	json_object_array_add(nodes, node_json("/dev/vfio/vfio"));
	json_object_array_add(nodes, node_json(path));
	json_add(edits, "deviceNodes", nodes);
	json_add_addr(json, "name", dev->addr);
	json_add(json, "containerEdits", edits);
	return json;
}

int export_cdi(struct export *export, struct err *err)
{
	struct json_object *json = json_object_new_object();
	struct json_object *devices = json_object_new_array();
	bool known = true;

	json_add_text(json, "cdiVersion", "0.6.0");
	json_add_text(json, "kind", "tenon.local/vfio");
	for (unsigned i = 0; i < export->count; i++) {
		known &= export->devs[i].dev->group != HOST_NONE;
		json_object_array_add(devices, cdi_device(export->devs[i].dev));
	}
	json_add(json, "devices", devices);
	if (known)
		fprintf(export->out, "%s\n",
			json_object_to_json_string_ext(
				json, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
					      JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(json);
	if (known)
		return 0;
	return err_set(err, ENODEV,
		"a CDI file names VFIO's groups, and the kernel has none for a device");
}

int export_nova(struct export *export, struct err *err)
{
	FILE *out = export->out;
	const char *divider = "";

	fputs("# nova.conf of the compute node\n[pci]\nreport_in_placement = true\n", out);
	for (unsigned i = 0; i < export->count; i++) {
		const struct host_dev *d = export->devs[i].dev;
		char addr[PCI_ADDR_SIZE];

		fprintf(out,
			"device_spec = {\"vendor_id\": \"%04x\", \"product_id\": \"%04x\", "
			"\"address\": \"%s\"%s}\n",
			d->vendor, d->device, pci_addr_text(d->addr, addr),
			export->devs[i].gpu ? ", \"resource_class\": \"PGPU\"" : "");
	}
	fputs("\n# nova.conf of the API and of the compute node\n[pci]\n", out);
	for (unsigned i = 0; i < export->count; i++) {
		const struct host_dev *d = export->devs[i].dev;

		if (!is_repeated(export, i))
			fprintf(out,
				"alias = {\"name\": \"%s-%04x-%04x\", \"vendor_id\": \"%04x\", "
				"\"product_id\": \"%04x\", \"device_type\": \"type-PCI\", "
				"\"numa_policy\": \"preferred\"%s}\n",
				export->args->name, d->vendor, d->device, d->vendor, d->device,
				export->devs[i].gpu ? ", \"resource_class\": \"PGPU\"" : "");
	}
	fputs("\n# the flavor\nopenstack flavor set FLAVOR --property "
	      "hw:hide_hypervisor_id=true --property pci_passthrough:alias=",
		out);
	for (unsigned i = 0; i < export->count; i++) {
		const struct host_dev *d = export->devs[i].dev;
		unsigned same = 0;

		if (is_repeated(export, i))
			continue;
		for (unsigned k = i; k < export->count; k++)
			same += export->devs[k].dev->vendor == d->vendor &&
				export->devs[k].dev->device == d->device;
		fprintf(out, "%s%s-%04x-%04x:%u", divider, export->args->name, d->vendor, d->device,
			same);
		divider = ",";
	}
	fputc('\n', out);
	return 0;
}
