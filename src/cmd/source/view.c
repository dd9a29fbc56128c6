// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/source/view.h"

#include <errno.h>
#include <stdlib.h>

#include "cmd/ui/json.h"
#include "host/groups/verdict.h"
#include "host/scan/uses.h"

int view_open(struct view *view, const struct source_args *args, bool predict, struct err *err)
{
	int ret;

	*view = (struct view){ .sysroot = { .fd = -1 } };
	if (args->scan.lspci) {
		ret = scan_host(&view->host, &args->scan, err);
	} else {
		ret = sysroot_open(&view->sysroot, args->scan.sysroot, err);
		if (!ret)
			ret = scan_sysfs(&view->host, &view->sysroot, args->scan.skip, err);
	}
	if (ret)
		return ret;
	ret = groups_of_kernel(&view->host, &view->kernel);
	if (!ret && (predict || !view->host.groups_known))
		ret = groups_predict(&view->host, &view->predicted);
	view->groups = view->host.groups_known ? &view->kernel : &view->predicted;
	view->names = pci_names_open();
	if (!ret && view->names)
		return 0;
	return err_sys(err, ENOMEM, "cannot hold the host's devices");
}

void view_close(struct view *view)
{
	free(view->rom);
	pci_names_close(view->names);
	groups_close(&view->kernel);
	groups_close(&view->predicted);
	host_close(&view->host);
	sysroot_close(&view->sysroot);
}

int view_find_guests(struct view *view, struct err *err)
{
	int ret;

	if (view->sysroot.fd < 0)
		return 0;
	view->guests_scanned = true;
	ret = scan_guests(&view->guests, &view->host, &view->sysroot);
	return ret ? err_sys(err, -ret, "cannot hold what uses the devices") : 0;
}

const struct uses *view_guests(const struct view *view)
{
	return view->guests_scanned ? &view->guests : NULL;
}

struct json_object *view_guest_json(const struct use *guest)
{
	struct json_object *json = guest ? json_object_new_object() : NULL;

	if (!guest)
		return NULL;
	json_add_number(json, "pid", guest->pid);
	json_add_text(json, "program", guest->what);
	json_add_text(json, "machine", guest->machine);
	return json;
}

bool view_registers_hidden(const struct view *view)
{
	for (unsigned i = 0; view->host.restricted && i < view->host.count; i++)
		if (!host_knows(&view->host.devs[i], HOST_PCIE))
			return true;
	return false;
}

bool view_guests_hidden(const struct view *view)
{
	if (!view->guests_scanned || view->guests.processes_known ||
		view->host.source != HOST_RUNNING)
		return false;
	for (unsigned i = 0; i < view->host.count; i++)
		if (verdict_is_vfio(view->host.devs[i].driver))
			return true;
	return false;
}

const char *view_name(struct view *view, const struct host_dev *dev, char text[PCI_NAME_SIZE])
{
	if (dev->name)
		return dev->name;
	/* A source that is only a list of paths has neither names nor ids. */
	if (!host_knows(dev, HOST_IDS))
		return "?";
	return pci_names_device(view->names, dev->vendor, dev->device, text);
}

bool view_sees_nothing(const struct view *view)
{
	bool hidden = false;

	for (unsigned i = 0; i < view->host.count; i++) {
		if (view->host.devs[i].pcie_type != HOST_NONE)
			return false;
		hidden |= !host_knows(&view->host.devs[i], HOST_PCIE);
	}
	return hidden;
}

bool view_is_blind(const struct view *view, struct err *err)
{
	if (!view_sees_nothing(view))
		return false;
	err_set(err, EACCES,
		"the capabilities of no device are readable in %s, so its groups "
		"cannot be told from config space",
		view->host.origin);
	err_help(err, view->host.source == HOST_LSPCI
			      ? "ask for an lspci that root made: sudo lspci -vvvnn > FILE"
			      : "Try sudo.");
	return true;
}
