// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/source/view.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "cmd/cmd.h"

int view_open(struct view *view, const struct source_args *args, bool predict)
{
	int ret;

	*view = (struct view){ 0 };
	ret = source_open(args, &view->host);
	if (ret >= 0)
		return ret;
	ret = groups_of_kernel(&view->host, &view->kernel);
	if (!ret && (predict || !view->host.groups_known))
		ret = groups_predict(&view->host, &view->predicted);
	view->groups = view->host.groups_known ? &view->kernel : &view->predicted;
	view->names = pci_names_open();
	if (!ret && view->names)
		return -1;
	log_error("memory ran out");
	return EXIT_CANNOT;
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
	/* A list of paths has neither name nor ids. */
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

bool view_is_blind(const struct view *view)
{
	struct err err = { 0 };

	if (!view_sees_nothing(view))
		return false;
	err_set(&err, EACCES,
		"the capabilities of no device are readable in %s, so its groups "
		"cannot be told from config space",
		view->host.origin);
	err_help(&err, view->host.source == HOST_LSPCI
			       ? "ask for an lspci that root made: sudo lspci -vvvnn > FILE"
			       : "run tenon as root");
	log_err(&err);
	return true;
}
