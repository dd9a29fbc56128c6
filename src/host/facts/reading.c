// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/facts/reading.h"

static const struct {
	const char *name, *title;
} kinds[LISTING_KINDS] = {
	[LISTING_LSPCI] = { "lspci", "lspci" },
	[LISTING_LSPCI_DRIVERS] = { "lspci-drivers", "lspci -k" },
	[LISTING_LSPCI_VERBOSE] = { "lspci-verbose", "lspci -v" },
	[LISTING_LSPCI_MACHINE] = { "lspci-machine", "lspci -mm" },
	[LISTING_LSPCI_RECORDS] = { "lspci-records", "lspci -vmm" },
	[LISTING_LSPCI_TREE] = { "lspci-tree", "lspci -t" },
	[LISTING_GROUPS] = { "groups", "a list of IOMMU groups" },
	[LISTING_PATHS] = { "paths", "paths in sysfs" },
	[LISTING_TABLE] = { "table", "a table" },
	[LISTING_KERNEL] = { "kernel", "kernel messages" },
};

const char *listing_title(enum listing_kind kind)
{
	return kinds[kind].title;
}

const char *listing_name(enum listing_kind kind)
{
	return kinds[kind].name;
}
