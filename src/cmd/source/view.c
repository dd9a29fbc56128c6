// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/source/view.h"

#include <errno.h>
#include <stdlib.h>

int view_open(struct view *view, const struct source_args *args, bool predict, struct err *err)
{
	int ret;

	*view = (struct view){ 0 };
	ret = source_open(args, &view->host, err);
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
}

const char *view_name(struct view *view, const struct host_dev *dev, char text[PCI_NAME_SIZE])
{
	if (dev->name)
		return dev->name;
	return pci_names_device(view->names, dev->vendor, dev->device, text);
}

bool view_is_blind(const struct view *view, struct err *err)
{
	bool hidden = false;

	for (unsigned i = 0; i < view->host.count; i++) {
		if (view->host.devs[i].pcie_type != HOST_NONE)
			return false;
		hidden |= !host_knows(&view->host.devs[i], HOST_PCIE);
	}
	if (!hidden)
		return false;
	err_set(err, EACCES,
		"the capabilities of no device are readable in %s, so its groups "
		"cannot be told from config space",
		view->host.origin);
	err_help(err, view->host.source == HOST_LSPCI
			      ? "ask for an lspci that root made: sudo lspci -vvvnn > FILE"
			      : "run tenon as root");
	return true;
}
