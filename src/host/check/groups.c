// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks which devices must be assigned together, and which drivers they have. */
#include <stdlib.h>
#include <string.h>

#include "host/check/check_internal.h"
#include "host/groups/remedies.h"
#include "host/groups/verdict.h"
#include "host/groups/why.h"

static const struct groups *groups_of(const struct look *look)
{
	return look->host->groups_known ? look->facts->kernel : look->facts->predicted;
}

static const char *members(struct look *look, const struct group *group)
{
	const char *list = NULL;

	for (unsigned i = 0; i < group->count; i++) {
		unsigned member = groups_of(look)->member[group->first + i];
		const struct host_dev *dev = &look->host->devs[member];
		char addr[PCI_ADDR_SIZE];

		if (member == look->dev || !remedies_is_company(dev))
			continue;
		pci_addr_text(dev->addr, addr);
		list = list ? look_text(look, "%s, %s (%s)", list, addr, look_driver(dev))
			    : look_text(look, "%s (%s)", addr, look_driver(dev));
	}
	return list;
}

static void say_why(struct look *look)
{
	const struct group *group = groups_find(groups_of(look), look->dev);
	struct why why;

	if (why_group(look->host, look->facts->predicted, groups_of(look), group, &why)) {
		look->report->memory.failed = true;
		return;
	}
	for (unsigned i = 0; i < why.count && i < 4; i++)
		evidence(look, "config space", "%s", why.line[i].text);
	why_close(&why);
}

static void fix_shared(struct look *look)
{
	struct remedies remedies;

	if (remedies_for(look->host, groups_of(look), look->facts->predicted, look->dev, &remedies))
		look->report->memory.failed = true;
	else if (remedies.count)
		fix(look, "%s `tenon explain %s` tells all ways.", remedies.list[0].text,
			look->name);
	remedies_close(&remedies);
}

void check_group(struct look *look)
{
	const struct groups *groups = groups_of(look);
	const struct group *group = groups_find(groups, look->dev);
	bool known = look->host->groups_known;
	unsigned other = 0, company;

	if (!group || (!known && groups->join[look->dev].reason == JOIN_UNKNOWN)) {
		found(look, SEVERITY_UNKNOWN,
			known ? "it is in no group of the kernel's"
			      : "neither its group nor all that decides on it is known");
		return;
	}
	company = remedies_company(look->host, groups, look->dev, &other);
	if (host_is_behind_vmd(look->d)) {
		found(look, SEVERITY_FAIL,
			"it is behind an Intel VMD controller, and vanishes with that controller's "
			"driver");
		fix_shared(look);
		return;
	}
	if (!other && known &&
		!remedies_decided(look->host, groups, look->facts->predicted, look->dev)) {
		found(look, SEVERITY_UNKNOWN,
			"the source shows a part of the host: who else is in group %d is not known",
			group->id);
		return;
	}
	if (other) {
		found(look, SEVERITY_WARN,
			"%u device%s not of its card %s in its %sgroup, and would go with it",
			other, other == 1 ? "" : "s", other == 1 ? "is" : "are",
			known ? "" : "predicted ");
		evidence(look, known ? look_file(look, look->d, "iommu_group") : "config space",
			"with %s", members(look, group));
		say_why(look);
		fix_shared(look);
		return;
	}
	found(look, SEVERITY_OK, "its %sgroup has %s", known ? "" : "predicted ",
		company ? "only functions of its own card" : "nothing else");
	if (known)
		evidence(look, look_file(look, look->d, "iommu_group"), "%d%s%s", group->id,
			company ? ", with " : "", company ? members(look, group) : "");
}

static bool is_ready(const struct host_dev *dev)
{
	return !dev->driver || verdict_is_vfio(dev->driver);
}

static void viable_evidence(struct look *look, const struct group *group, bool ready)
{
	for (unsigned i = 0; i < group->count; i++) {
		const struct host_dev *dev =
			&look->host->devs[groups_of(look)->member[group->first + i]];

		if (remedies_is_company(dev) && (ready || !is_ready(dev)))
			evidence(look, look_file(look, dev, "driver"), "%s", look_driver(dev));
	}
}

void check_viable(struct look *look)
{
	const struct group *group = groups_find(groups_of(look), look->dev);
	unsigned vfio = 0, others = 0;

	if (!group || !host_knows(look->d, HOST_DRIVER)) {
		found(look, SEVERITY_UNKNOWN, "its group or its drivers are not known");
		return;
	}
	for (unsigned i = 0; i < group->count; i++) {
		const struct host_dev *dev =
			&look->host->devs[groups_of(look)->member[group->first + i]];

		if (!remedies_is_company(dev))
			continue;
		others += !is_ready(dev);
		vfio += dev->driver && verdict_is_vfio(dev->driver);
	}
	if (!others) {
		found(look, SEVERITY_OK, "no host driver uses a device of its group%s",
			vfio ? "" : "; no driver is bound yet");
		viable_evidence(look, group, true);
	} else if (vfio) {
		found(look, SEVERITY_FAIL,
			"its group is not viable: VFIO has %u devices of it, host drivers have %u",
			vfio, others);
		viable_evidence(look, group, false);
		fix(look, "tenon bind %s, which binds the whole group", look->name);
	} else {
		found(look, SEVERITY_INFO, "host drivers still use its group");
		viable_evidence(look, group, false);
		fix(look, "tenon bind %s, before a guest starts", look->name);
	}
}

static bool has_company(const struct look *look)
{
	if (look->d->vf)
		return false;
	for (unsigned i = 0; i < look->host->count && look->d->parent == HOST_NONE; i++)
		if (i != look->dev && host_same_card(look->host, look->d, &look->host->devs[i]))
			return true;
	return look->d->parent != HOST_NONE;
}

/*
 * Checks that all functions of a card (USB-C, its controller, sound) are assigned, which the
 * guest's driver and the reset need.
 */
void check_functions(struct look *look)
{
	const struct host *host = look->host;
	bool vfio = look->d->driver && verdict_is_vfio(look->d->driver);
	unsigned left = 0, count = 0;

	if (!has_company(look)) {
		found(look, SEVERITY_OK,
			"it is a part of the processor or chipset, or virtual, and "
			"goes by itself");
		return;
	}
	for (unsigned i = 0; i < host->count; i++) {
		if (i == look->dev || !host_same_card(host, look->d, &host->devs[i]))
			continue;
		count++;
		left += vfio && !is_ready(&host->devs[i]);
	}
	if (!left) {
		found(look, SEVERITY_OK,
			count ? "all %u functions of the card go together"
			      : "the card has one function",
			count + 1);
		return;
	}
	found(look, SEVERITY_WARN,
		"VFIO has it, but host drivers have %u other functions of the card", left);
	for (unsigned i = 0; i < host->count; i++)
		if (i != look->dev && host_same_card(host, look->d, &host->devs[i]) &&
			!is_ready(&host->devs[i]))
			evidence(look, look_file(look, &host->devs[i], "driver"), "%s",
				look_driver(&host->devs[i]));
	fix(look, "tenon bind %s, which takes all functions", look->name);
}

void check_config(struct look *look)
{
	if (host_is_asleep(look->host, look->d)) {
		found(look, SEVERITY_WARN,
			"it is asleep: its config space reads all ones while it or its port is in "
			"D3");
		if (look->d->power_state)
			evidence(look, look_file(look, look->d, "power_state"), "%s",
				look->d->power_state);
		fix(look, "wake it: echo on > %s", look_file(look, look->d, "power/control"));
	} else if (look->d->removed) {
		found(look, SEVERITY_FAIL,
			"its config space reads all ones: it is without power, or hangs");
		evidence(look, look_file(look, look->d, "config"), "ff ff ff ff");
		if (look->d->power_state)
			evidence(look, look_file(look, look->d, "power_state"), "%s",
				look->d->power_state);
		fix(look,
			"echo 1 > %s, echo 1 > /sys/bus/pci/rescan; if it does not come back, cut "
			"the host's power for some seconds",
			look_file(look, look->d, "remove"));
	} else if (!host_knows(look->d, HOST_IDS)) {
		found(look, SEVERITY_UNKNOWN, "its ids are not known");
	} else {
		found(look, SEVERITY_OK, "it answers");
		evidence(look, look_file(look, look->d, "config"), "%04x:%04x", look->d->vendor,
			look->d->device);
	}
}
