// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds out whether the host is itself a virtual machine, as systemd-detect-virt does. */
#include <string.h>

#include "host/scan/platform_internal.h"

#define DMI "/sys/class/dmi/id"

/* How the DMI vendor and product begin; NULL: any. */
static const struct {
	const char *vendor, *product;
	enum platform_outer outer;
	bool surely; /* no hardware has that name */
} makers[] = {
	{ "QEMU", NULL, PLATFORM_OUTER_KVM, true },
	{ NULL, "KVM", PLATFORM_OUTER_KVM, true },
	{ "Tenon", NULL, PLATFORM_OUTER_KVM, true },
	{ "OpenStack", NULL, PLATFORM_OUTER_KVM, true },
	{ "Red Hat", "KVM", PLATFORM_OUTER_KVM, true },
	{ "VMware", NULL, PLATFORM_OUTER_VMWARE, true },
	{ "innotek GmbH", NULL, PLATFORM_OUTER_VIRTUALBOX, true },
	{ NULL, "VirtualBox", PLATFORM_OUTER_VIRTUALBOX, true },
	{ "Microsoft Corporation", "Virtual Machine", PLATFORM_OUTER_HYPERV, true },
	{ "Xen", NULL, PLATFORM_OUTER_OTHER, true },
	{ "Bochs", NULL, PLATFORM_OUTER_OTHER, true },
	{ "BHYVE", NULL, PLATFORM_OUTER_OTHER, true },
	{ "Parallels", NULL, PLATFORM_OUTER_OTHER, true },
	/* These clouds have bare-metal instances, too. */
	{ "Amazon EC2", NULL, PLATFORM_OUTER_CLOUD, false },
	{ "Google", NULL, PLATFORM_OUTER_CLOUD, false },
};

static bool begins(const char *text, const char *with)
{
	return !with || (text && !strncmp(text, with, strlen(with)));
}

void platform_scan_outer(struct platform_scan *scan)
{
	struct platform *platform = scan->platform;
	const char *vendor = platform_read(scan, DMI "/sys_vendor");
	const char *product = platform_read(scan, DMI "/product_name");

	/* Processors have the flag only in a virtual machine. */
	if (platform->hypervisor_flag)
		platform->outer = PLATFORM_OUTER_OTHER;
	for (unsigned i = 0; i < ARRAY_SIZE(makers); i++) {
		if (!begins(vendor, makers[i].vendor) || !begins(product, makers[i].product))
			continue;
		if (makers[i].surely || platform->hypervisor_flag)
			platform->outer = makers[i].outer;
		break;
	}
	if (platform->outer)
		platform->outer_evidence = vendor ? host_text(scan->host, vendor)
						  : "the processor's flag \"hypervisor\"";
}
