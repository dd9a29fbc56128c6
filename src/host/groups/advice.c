// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/groups/advice.h"

#include <stdio.h>
#include <string.h>

#include "host/facts/platform.h"
#include "host/facts/reading.h"
#include "host/facts/reset.h"
#include "host/facts/vga.h"
#include "host/groups/remedies_internal.h"
#include "host/groups/verdict.h"

struct adviser {
	const struct host *host;
	const struct host_dev *dev;
	unsigned index; /* of @dev */
	struct advice *list;
	unsigned count;
	char addr[PCI_ADDR_SIZE];
};

const char *advice_name(enum advice_kind kind)
{
	static const char *const names[ADVICE_KINDS] = {
		[ADVICE_GUEST] = "guest",
		[ADVICE_DOM0] = "dom0",
		[ADVICE_ASLEEP] = "asleep",
		[ADVICE_GONE] = "gone",
		[ADVICE_DISPLAY] = "display",
		[ADVICE_RESET] = "reset",
		[ADVICE_NVSWITCH] = "nvswitch",
		[ADVICE_THUNDERBOLT] = "thunderbolt",
		[ADVICE_RMRR] = "rmrr",
		[ADVICE_OVERRIDE] = "acs-override",
		[ADVICE_IOMMU_ON] = "iommu-on",
	};

	return names[kind];
}

static struct sentence advise(struct adviser *a, enum advice_kind kind)
{
	struct advice *one = &a->list[a->count++];

	one->kind = kind;
	one->text[0] = '\0';
	return (struct sentence){ one->text, sizeof(one->text), 0 };
}

static void on_virtual_hosts(struct adviser *a)
{
	const char *name = a->host->reading ? a->host->reading->hypervisor : NULL;
	struct sentence s;

	if (!name)
		return;
	if (!strncmp(name, "Xen", 3)) {
		s = advise(a, ADVICE_DOM0);
		say(&s,
			"This was written inside a domain of Xen's. There Xen has the IOMMU, and "
			"Linux "
			"shows no groups however well it works; devices are given away with `xl "
			"pci-assignable-add %s`, not with VFIO.",
			a->addr);
		return;
	}
	s = advise(a, ADVICE_GUEST);
	say(&s,
		"This was written inside a virtual machine (%s). What it shows are that machine's "
		"devices; a device of the real host is given away there, not here, unless the "
		"machine "
		"has a virtual IOMMU and the device was given to it.",
		name);
}

static void on_power(struct adviser *a)
{
	struct sentence s;

	if (!a->dev->removed)
		return;
	if (host_is_asleep(a->host, a->dev)) {
		s = advise(a, ADVICE_ASLEEP);
		say(&s,
			"%s is asleep, not gone: its registers read all ones because it, or the "
			"port "
			"above it, is in D3 to save power. Wake it with `echo on > "
			"/sys/bus/pci/devices/%s/power/control` and look again.",
			a->addr, a->addr);
		return;
	}
	s = advise(a, ADVICE_GONE);
	if (host_may_sleep(a->host, a->dev)) {
		say(&s,
			"%s reads all ones. Either it is asleep, as the second card of a notebook "
			"is "
			"while nothing uses it, or it is gone; the source does not show power "
			"states. "
			"`echo on > /sys/bus/pci/devices/%s/power/control` wakes what sleeps.",
			a->addr, a->addr);
		return;
	}
	say(&s,
		"%s does not answer: its registers read all ones. It is without power or hangs; if "
		"`echo on > /sys/bus/pci/devices/%s/power/control` does not wake it, restart the "
		"host.",
		a->addr, a->addr);
}

static void on_display(struct adviser *a)
{
	bool only = host_shows_root(a->host) && vga_is_only_display(a->host, a->index);
	struct sentence s;

	if (!host_is_gpu(a->dev) || (!a->dev->boot_vga && !(only && vga_is_card(a->dev))))
		return;
	s = advise(a, ADVICE_DISPLAY);
	if (a->dev->boot_vga)
		say(&s, "%s is the display that firmware started.", a->addr);
	else
		say(&s, "%s is the only display that is shown, so most likely the host's own.",
			a->addr);
	if (only)
		say(&s,
			" The host has no other: with it in a guest the host has no picture. Its "
			"display manager and consoles have to let go of it first, which `tenon run "
			"--take-display --device %s` has them do; it gives the display back when "
			"the guest ends. Until then reach the host over the network.",
			a->addr);
	else
		say(&s,
			" With it in a guest that screen is dark: make another card the primary "
			"display in %s; if the host has no other, its display manager and consoles "
			"have to let go of it first.",
			outer_setup(a->host->outer));
}

static void on_reset(struct adviser *a)
{
	const char *name = reset_bug_generation(a->dev);
	struct sentence s;

	if (!name)
		return;
	s = advise(a, ADVICE_RESET);
	say(&s,
		"%04x:%04x is of AMD's %s generation, which does not come back from a reset of the "
		"bus "
		"once a driver has started it: the second start of a guest fails until the host "
		"restarts. The module vendor-reset has a procedure for it (write device_specific "
		"to "
		"reset_method from Linux 5.15 on).",
		a->dev->vendor, a->dev->device, name);
}

static void on_nvswitch(struct adviser *a)
{
	unsigned switches = 0;
	struct sentence s;

	for (unsigned i = 0; i < a->host->count; i++)
		switches += host_is_nvswitch(&a->host->devs[i]);
	if (!switches || a->dev->vendor != 0x10de)
		return;
	s = advise(a, ADVICE_NVSWITCH);
	say(&s,
		"This is an HGX board: its GPUs are joined by NVSwitches (%u here). A guest that "
		"has "
		"all GPUs needs all NVSwitches too, and runs the fabric manager itself. A guest "
		"with "
		"some of them gets GPUs only, and the fabric manager stays where the NVSwitches "
		"are; "
		"until it has set the fabric up, CUDA does not start in the guest.",
		switches);
}

static void on_thunderbolt(struct adviser *a)
{
	int port = host_thunderbolt(a->host, a->dev);
	char addr[PCI_ADDR_SIZE];
	struct sentence s;

	if (port == HOST_NONE)
		return;
	s = advise(a, ADVICE_THUNDERBOLT);
	say(&s,
		"%s is in an external box, behind Thunderbolt or USB4 port %s. It has to be "
		"plugged in "
		"and authorised (boltctl) before the host starts, or its memory may not be placed; "
		"it "
		"must not be pulled while a guest has it; other devices of the same box may share "
		"its "
		"group, and a slot of the board is no way out of that.",
		a->addr, pci_addr_text(a->host->devs[port].addr, addr));
}

static void on_rmrr(struct adviser *a)
{
	struct sentence s;

	if (!a->dev->rmrr_refused)
		return;
	s = advise(a, ADVICE_RMRR);
	say(&s,
		"The kernel has refused to give %s away, because firmware keeps memory for it "
		"(RMRR). "
		"Use another slot, or turn off in %s what needs that memory (HPE: the slot's "
		"shared memory features).",
		a->addr, outer_setup(a->host->outer));
}

static void on_override(struct adviser *a)
{
	char value[128];
	struct sentence s;

	if (!platform_option(a->host->cmdline, "pcie_acs_override", value, sizeof(value)))
		return;
	s = advise(a, ADVICE_OVERRIDE);
	say(&s,
		"The kernel was started with pcie_acs_override=%s: the groups shown are what it "
		"was "
		"told to believe, not what the hardware isolates.",
		value);
}

/* Adds the signs of an IOMMU in a source that shows no groups. */
static void on_iommu(struct adviser *a)
{
	const struct reading *reading = a->host->reading;
	const struct host *host = a->host;
	const struct host_dev *vfio = NULL, *acs = NULL;
	char addr[PCI_ADDR_SIZE];
	struct sentence s;

	if (!reading || host->groups_known || host->iommu_off)
		return;
	for (unsigned i = 0; i < host->count; i++) {
		const struct host_dev *dev = &host->devs[i];

		if (dev->driver && verdict_is_vfio(dev->driver))
			vfio = dev;
		if (dev->acs.ctrl & PCI_ACS_ISOLATION && dev->parent == HOST_NONE)
			acs = dev;
	}
	if (!vfio && !acs && !reading->iommu_on)
		return;
	s = advise(a, ADVICE_IOMMU_ON);
	say(&s, "The text shows no IOMMU groups, which does not mean that there are none: ");
	if (reading->iommu_on)
		say(&s, "the kernel says \"%.120s\".", reading->iommu_on);
	else if (acs)
		say(&s, "ACS is on at %s, and Linux sets it when it finds an IOMMU.",
			pci_addr_text(acs->addr, addr));
	else
		say(&s, "%s has the driver %s.", pci_addr_text(vfio->addr, addr), vfio->driver);
}

unsigned advice_for(const struct host *host, unsigned dev, struct advice advice[ADVICE_KINDS])
{
	struct adviser a = { host, &host->devs[dev], dev, advice, 0 };

	pci_addr_text(a.dev->addr, a.addr);
	on_virtual_hosts(&a);
	on_power(&a);
	if (!host_is_assignable(a.dev))
		return a.count;
	on_display(&a);
	on_reset(&a);
	on_nvswitch(&a);
	on_thunderbolt(&a);
	on_rmrr(&a);
	on_override(&a);
	on_iommu(&a);
	return a.count;
}
