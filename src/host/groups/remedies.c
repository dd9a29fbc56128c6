// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/groups/remedies_internal.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/facts/class.h"
#include "host/facts/reading.h"
#include "host/groups/isolation.h"

#define MAX_CHOICES 8
#define MAX_DEPTH   64
#define VENDOR_AMD  0x1022

const char *remedy_name(enum remedy_kind kind)
{
	static const char *const names[] = {
		[REMEDY_NONE] = "none",
		[REMEDY_IOMMU] = "iommu-on",
		[REMEDY_UNKNOWN] = "unknown",
		[REMEDY_VMD] = "vmd",
		[REMEDY_NOTHING] = "nothing-to-do",
		[REMEDY_SLOT] = "other-slot",
		[REMEDY_FIRMWARE] = "firmware",
		[REMEDY_KERNEL] = "kernel-option",
		[REMEDY_WHOLE_GROUP] = "whole-group",
		[REMEDY_ACS_OVERRIDE] = "acs-override",
	};

	return names[kind];
}

/*
 * VFIO leaves bridges to the host, and other parts of the host matter only if they have a driver.
 */
bool remedies_is_company(const struct host_dev *dev)
{
	if (dev->bridge)
		return false;
	return host_is_assignable(dev) || dev->driver;
}

unsigned remedies_company(
	const struct host *host, const struct groups *groups, unsigned dev, unsigned *others)
{
	const struct group *group = groups_find(groups, dev);
	unsigned count = 0;

	*others = 0;
	for (unsigned i = 0; group && i < group->count; i++) {
		unsigned other = groups->member[group->first + i];

		if (other == dev || !remedies_is_company(&host->devs[other]))
			continue;
		count++;
		if (!host_same_card(host, &host->devs[dev], &host->devs[other]))
			++*others;
	}
	return count;
}

bool remedies_has_others(const struct host *host, const struct groups *groups, unsigned dev)
{
	const struct group *group = groups_find(groups, dev);

	for (unsigned i = 0; group && i < group->count; i++) {
		const struct host_dev *other = &host->devs[groups->member[group->first + i]];

		if (remedies_is_company(other) && !host_same_card(host, &host->devs[dev], other))
			return true;
	}
	return false;
}

static struct remedy *add(struct remedies *remedies, enum remedy_kind kind)
{
	struct remedy *remedy = &remedies->list[remedies->count++];

	remedy->kind = kind;
	return remedy;
}

/*
 * The place at which @dev's isolation is lost to others, HOST_NONE if that is within its own slot.
 */
static int lost_at(const struct host *host, const struct groups *predicted, unsigned dev)
{
	const struct join *join = &predicted->join[dev];

	if (join->reason == JOIN_FIRST || join->at == HOST_NONE)
		return HOST_NONE;
	if (join->reason == JOIN_FUNCTIONS &&
		pci_addr_same_slot(host->devs[join->at].addr, host->devs[dev].addr))
		return HOST_NONE;
	return join->at;
}

static struct sentence sentence(struct remedy *remedy)
{
	return (struct sentence){ remedy->text, sizeof(remedy->text), 0 };
}

/* Names the firmware settings that show or hide the ACS capability. */
static void choose_firmware(const struct host *host, int lost, struct remedies *remedies)
{
	const struct host_dev *port = &host->devs[lost];
	char addr[PCI_ADDR_SIZE];
	struct remedy *remedy;
	struct sentence s;

	if (port->pcie_type == HOST_NONE || port->pcie_type == PCI_EXP_TYPE_PCI_BRIDGE)
		return;
	/* An emulated port has what its maker gave it: no setting adds ACS. */
	if (host->outer)
		return;
	/* It has the capability; choose_kernel() says how to turn on the bits that are off. */
	if (isolation_of(host, port).reason == NO_ISOLATION_ACS_OFF)
		return;
	remedy = add(remedies, REMEDY_FIRMWARE);
	s = sentence(remedy);
	pci_addr_text(port->addr, addr);
	if (isolation_port_type(host, port) == PCI_EXP_TYPE_DOWNSTREAM ||
		isolation_port_type(host, port) == PCI_EXP_TYPE_UPSTREAM)
		say(&s,
			"Look for a setting, or a configuration tool of the switch's maker, that "
			"gives "
			"switch port %s its ACS capability; a firmware update of the switch or the "
			"board may add it.",
			addr);
	else if (port->vendor == VENDOR_AMD)
		say(&s,
			"In the firmware's setup, set 'ACS Enable' and 'PCIe AER' to enabled (AMD "
			"CBS, "
			"NBIO); update the firmware if they are missing. Then %s may show ACS.",
			addr);
	else
		say(&s,
			"In the firmware's setup, enable VT-d and look for 'PCIe ACS' or 'Access "
			"Control Services'; update the firmware. Many client processors have no "
			"ACS "
			"on the ports of their graphics slots, and no setting adds it to %s then.",
			addr);
}

/*
 * pci=config_acs=, Linux 6.11: a character for each bit, the highest first, x for unchanged. It can
 * only turn on bits that the capability offers.
 */
static void choose_kernel(const struct host *host, int lost, struct remedies *remedies)
{
	const struct host_dev *port = &host->devs[lost];
	struct isolation is = isolation_of(host, port);
	char addr[PCI_ADDR_SIZE], mask[8];
	struct sentence s;

	if (is.reason != NO_ISOLATION_ACS_OFF)
		return;
	for (unsigned bit = 0; bit < 7; bit++)
		mask[6 - bit] = is.missing >> bit & 1 ? '1' : 'x';
	mask[7] = '\0';
	s = sentence(add(remedies, REMEDY_KERNEL));
	say(&s,
		"%s has ACS, and the bits that are missing are off. Linux sets them at boot when "
		"it "
		"finds an IOMMU%s: take pci=disable_acs_redir= off the command line if it is "
		"there, "
		"boot with intel_iommu=on on Intel, or force them with pci=config_acs=%s@%s "
		"(Linux 6.11 and later).",
		pci_addr_text(port->addr, addr),
		host->groups_known ? ""
		: host->outer ? ", so the IOMMU may be off with it; `tenon check` says how to get "
				"one"
			      : ", so the IOMMU may be off with it; first turn VT-d or AMD-Vi on "
				"in the firmware's setup",
		mask, addr);
}

/* The kernel finds the disks and cards behind a VMD controller only while its driver is bound. */
static void choose_vmd(const struct host *host, unsigned dev, struct remedies *remedies)
{
	struct sentence s = sentence(add(remedies, REMEDY_VMD));
	char addr[PCI_ADDR_SIZE], vmd[PCI_ADDR_SIZE] = "";
	int controller = host->devs[dev].dma_dev;

	if (controller != HOST_NONE)
		pci_addr_text(host->devs[controller].addr, vmd);
	say(&s,
		"%s is behind an Intel VMD controller%s%s and exists only as long as the host's "
		"vmd "
		"driver has that controller, so it cannot be given away by itself. Turn VMD (also "
		"\"RST\", \"RAID On\") off in %s, and it is a device of its own "
		"after a restart; an installed Windows may have to be prepared for that first. Or "
		"give the whole controller, with all that is behind it, to one guest that has a "
		"driver for VMD.",
		pci_addr_text(host->devs[dev].addr, addr), *vmd ? ", " : "", vmd,
		outer_setup(host->outer));
}

/* What a virtual machine or a Xen domain shows does not tell how to assign a device on its host. */
static bool choose_virtual(const struct host *host, struct remedies *remedies)
{
	const char *name = host->reading ? host->reading->hypervisor : NULL;
	struct sentence s;

	if (!name || host->groups_known)
		return false;
	s = sentence(add(remedies, REMEDY_UNKNOWN));
	say(&s,
		"The text was written under %s, where no group of the real host is to be seen: ask "
		"for "
		"one that was written on the host itself%s.",
		name, strncmp(name, "Xen", 3) ? "" : ", or use Xen's own tools");
	return true;
}

/* Says which facts the source lacks for an answer, and which source would have them. */
static void choose_unknown(const struct host *host, unsigned dev, struct remedies *remedies)
{
	struct sentence s = sentence(add(remedies, REMEDY_UNKNOWN));
	const struct host_dev *d = &host->devs[dev];
	char addr[PCI_ADDR_SIZE];

	pci_addr_text(d->addr, addr);
	if (d->group != HOST_NONE)
		say(&s,
			"Which other devices are in group %d is not known: the source shows a part "
			"of the host. Whether %s can be given away by itself cannot be told.",
			d->group, addr);
	else if (!host_knows(d, HOST_GROUP) && !host->groups_known)
		say(&s,
			"Whether %s can be given away cannot be told: the source shows neither the "
			"kernel's groups nor all that decides on them.",
			addr);
	else
		say(&s, "The group of %s is not known.", addr);
	say(&s, host->source == HOST_LSPCI
			? " Ask for the whole of `sudo lspci -vvvnn` (root's: without rights it "
			  "shows no capabilities), or for a list of groups."
			: " Run tenon as root.");
}

bool remedies_decided(const struct host *host, const struct groups *groups,
	const struct groups *predicted, unsigned dev)
{
	if (groups == predicted)
		return predicted->join[dev].reason != JOIN_UNKNOWN &&
		       !host->devs[dev].parent_missing && !host->devs[dev].removed;
	return host_members_known(host, &host->devs[dev]);
}

static int choose_whole_group(const struct host *host, const struct groups *groups,
	const struct group *group, unsigned dev, struct remedies *remedies)
{
	struct remedy *remedy = add(remedies, REMEDY_WHOLE_GROUP);
	struct sentence s = sentence(remedy);
	char addr[PCI_ADDR_SIZE];

	remedy->dev = calloc(group->count, sizeof(*remedy->dev));
	if (!remedy->dev)
		return -ENOMEM;
	for (unsigned i = 0; i < group->count; i++) {
		unsigned other = groups->member[group->first + i];

		if (other != dev && remedies_is_company(&host->devs[other]))
			remedy->dev[remedy->nr_devs++] = other;
	}
	say(&s, "Take the whole group away from the host, all of it for one guest: ");
	for (unsigned i = 0; i < remedy->nr_devs && i < MAX_NAMED; i++) {
		const struct host_dev *other = &host->devs[remedy->dev[i]];

		say(&s, "%s%s", i ? ", " : "", pci_addr_text(other->addr, addr));
		if (other->driver)
			say(&s, " (%s)", other->driver);
	}
	if (remedy->nr_devs > MAX_NAMED)
		say(&s, " and %u more", remedy->nr_devs - MAX_NAMED);
	say(&s, " would go with it, so the host must not need them.");
	return 0;
}

static void choose_override(struct remedies *remedies)
{
	struct sentence s = sentence(add(remedies, REMEDY_ACS_OVERRIDE));

	say(&s, "Last and unsafe: a kernel with the ACS override patch, booted with "
		"pcie_acs_override=downstream,multifunction. It changes no hardware: the guest's "
		"device can still read and write its neighbours directly, disks and network cards "
		"of the host among them, and the IOMMU never sees it. A faulty or hostile guest "
		"can so corrupt the host's memory and data or take it over, and a stray address "
		"that meets a neighbour's window breaks things without any malice.");
}

/* The first assignable device below a bridge, HOST_NONE if there is none. */
static int first_below(const struct host *host, unsigned dev, unsigned depth)
{
	for (int i = host->devs[dev].child; i != HOST_NONE && depth; i = host->devs[i].next) {
		int found =
			host_is_assignable(&host->devs[i]) ? i : first_below(host, i, depth - 1);

		if (found != HOST_NONE)
			return found;
	}
	return HOST_NONE;
}

static void choose_none(const struct host *host, unsigned dev, struct remedies *remedies)
{
	struct sentence s = sentence(add(remedies, REMEDY_NONE));
	int below = first_below(host, dev, MAX_DEPTH);
	char addr[PCI_ADDR_SIZE];

	say(&s, "%s is a part of the host itself and cannot be given to a guest.",
		pci_addr_text(host->devs[dev].addr, addr));
	if (below != HOST_NONE)
		say(&s, " What can be given away is behind it: ask for %s.",
			pci_addr_text(host->devs[below].addr, addr));
}

static void choose_iommu(const struct host *host, struct remedies *remedies)
{
	struct sentence s = sentence(add(remedies, REMEDY_IOMMU));

	say(&s,
		"This kernel runs without an IOMMU, so nothing can be given away. %s; `tenon "
		"check` says what is missing. The group told here is what there will be then.",
		host->outer ? outer_iommu(host->outer)
			    : "Turn it on in the firmware's setup (VT-d, AMD-Vi, SMMU) and, on "
			      "Intel, boot with intel_iommu=on");
}

static void choose_nothing(unsigned company, const struct host_dev *dev, struct remedies *remedies)
{
	struct sentence s = sentence(add(remedies, REMEDY_NOTHING));
	char addr[PCI_ADDR_SIZE];

	pci_addr_text(dev->addr, addr);
	if (company)
		say(&s,
			"Give all functions of %.*s to the guest together. That is the usual case: "
			"they are one card, and nobody else is in the group.",
			(int)(strlen(addr) - 2), addr);
	else
		say(&s, "Nothing has to be done: %s can be given away by itself.", addr);
}

int remedies_for(const struct host *host, const struct groups *groups,
	const struct groups *predicted, unsigned dev, struct remedies *remedies)
{
	const struct group *group = groups_find(groups, dev);
	int lost = lost_at(host, predicted, dev);
	unsigned others, company;
	int ret = 0;

	*remedies = (struct remedies){ .list = calloc(MAX_CHOICES, sizeof(*remedies->list)) };
	if (!remedies->list)
		return -ENOMEM;
	if (!group) {
		if (!host_knows(&host->devs[dev], HOST_GROUP) &&
			host_is_assignable(&host->devs[dev]))
			choose_unknown(host, dev, remedies);
		return 0;
	}
	if (!host_is_assignable(&host->devs[dev])) {
		choose_none(host, dev, remedies);
		return 0;
	}
	if (choose_virtual(host, remedies))
		return 0;
	if (host_is_behind_vmd(&host->devs[dev])) {
		choose_vmd(host, dev, remedies);
		return 0;
	}
	if (host->iommu_off)
		choose_iommu(host, remedies);
	company = remedies_company(host, groups, dev, &others);
	if (!others && host->iommu_off && !company)
		return 0;
	if (!remedies_decided(host, groups, predicted, dev)) {
		choose_unknown(host, dev, remedies);
		if (!others)
			return 0;
	}
	if (!others) {
		choose_nothing(company, &host->devs[dev], remedies);
		return 0;
	}
	if (lost != HOST_NONE)
		choose_kernel(host, lost, remedies);
	if (slot_holds(host, dev))
		ret = slot_choose(host, dev, add(remedies, REMEDY_SLOT));
	if (!ret && lost != HOST_NONE)
		choose_firmware(host, lost, remedies);
	if (!ret)
		ret = choose_whole_group(host, groups, group, dev, remedies);
	if (ret) {
		remedies_close(remedies);
		return ret;
	}
	choose_override(remedies);
	return 0;
}

void remedies_close(struct remedies *remedies)
{
	for (unsigned i = 0; i < remedies->count; i++)
		free(remedies->list[i].dev);
	free(remedies->list);
	*remedies = (struct remedies){ 0 };
}
