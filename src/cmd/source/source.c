// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/source/source.h"

#include <errno.h>

int source_check(const struct cmd_call *call, struct err *err)
{
	const struct source_args *args = call->args;

	if (!args->scan.sysroot || !args->scan.lspci)
		return 0;
	return err_set(err, EINVAL, "--sysroot and --lspci are two hosts; name one");
}

int source_addr(const char *text, struct pci_addr *addr, struct err *err)
{
	if (!pci_addr_parse(text, addr))
		return 0;
	return err_set(err, EINVAL, "'%s' is not a PCI address such as 01:00.0", text);
}

int source_slot(const char *text, struct pci_addr *addr, struct err *err)
{
	return pci_addr_parse_slot(text, addr) ? source_addr(text, addr, err) : 0;
}

int source_device(const struct host *host, struct pci_addr addr, struct err *err)
{
	char text[PCI_ADDR_SIZE];
	int dev = host_find(host, addr);

	if (dev == HOST_NONE) {
		err_set(err, ENODEV, "%s has no PCI function %s", host->origin,
			pci_addr_text(addr, text));
		err_help(err, "`tenon list` shows the devices.");
	}
	return dev;
}
