// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/groups/why.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* Adds a line. Returns NULL when memory runs out. */
static struct why_line *add(struct why *why, enum join_reason reason, int at)
{
	if (array_room(why->line, why->count, 1))
		return NULL;
	why->line[why->count] = (struct why_line){ .reason = reason, .at = at };
	return &why->line[why->count++];
}

static bool said(const struct why *why, enum join_reason reason, int at)
{
	for (unsigned i = 0; i < why->count; i++)
		if (why->line[i].reason == reason && why->line[i].at == at)
			return true;
	return false;
}

struct story {
	const struct host *host;
	const struct groups *predicted;
	const struct groups *groups;
	const struct group *group;
	struct why *why;
};

static const struct host_dev *dev_at(const struct story *story, int index)
{
	return &story->host->devs[index];
}

static void tell_port(const struct story *story, struct why_line *line)
{
	const struct host_dev *port = dev_at(story, line->at);
	struct isolation is = isolation_of(story->host, port);
	char addr[PCI_ADDR_SIZE], reason[WHY_ISOLATION_TEXT];

	snprintf(line->text, sizeof(line->text),
		"%s %s does not isolate: %s. What is below it can reach its neighbours without "
		"passing the IOMMU, so all of it is one group",
		why_kind(story->host, port), pci_addr_text(port->addr, addr),
		why_isolation(&is, reason));
}

static void tell_bridge(const struct story *story, struct why_line *line)
{
	const struct host_dev *bridge = dev_at(story, line->at);
	char addr[PCI_ADDR_SIZE];

	snprintf(line->text, sizeof(line->text),
		"behind %s %s the IOMMU sees the bridge's requester id instead of each device's, "
		"so "
		"they cannot be told apart",
		why_kind(story->host, bridge), pci_addr_text(bridge->addr, addr));
}

static void tell_vmd(const struct story *story, struct why_line *line)
{
	char addr[PCI_ADDR_SIZE];

	snprintf(line->text, sizeof(line->text),
		"VMD controller %s does DMA for all that lies behind it, under its own requester "
		"id",
		pci_addr_text(dev_at(story, line->at)->addr, addr));
}

static void tell_shared_id(
	const struct story *story, struct why_line *line, const struct join *join)
{
	char a[PCI_ADDR_SIZE], b[PCI_ADDR_SIZE];

	snprintf(line->text, sizeof(line->text), "%s and %s use one requester id (%s)",
		pci_addr_text(dev_at(story, line->at)->addr, a),
		pci_addr_text(dev_at(story, join->via)->addr, b), join->quirk);
}

/* The first function of a device's slot. */
static int slot_start(const struct host *host, int dev)
{
	while (dev > 0 && pci_addr_same_slot(host->devs[dev].addr, host->devs[dev - 1].addr))
		dev--;
	return dev;
}

/* Lists the functions of the slot that do not isolate: ".0, .3, .4". */
static void list_functions(const struct host *host, int at, char *text, size_t size)
{
	size_t n = 0;

	text[0] = '\0';
	for (unsigned i = slot_start(host, at); i < host->count && n < size; i++) {
		if (!pci_addr_same_slot(host->devs[i].addr, host->devs[at].addr))
			break;
		if (!isolation_of(host, &host->devs[i]).isolates)
			n += snprintf(
				text + n, size - n, "%s.%u", n ? ", " : "", host->devs[i].addr.fn);
	}
}

static void tell_functions(const struct story *story, struct why_line *line)
{
	const struct host_dev *dev = dev_at(story, line->at);
	struct isolation is = isolation_of(story->host, dev);
	char addr[PCI_ADDR_SIZE], reason[WHY_ISOLATION_TEXT], list[64];

	list_functions(story->host, line->at, list, sizeof(list));
	snprintf(line->text, sizeof(line->text),
		"functions %s of %.*s are one device, and nothing keeps them from each other (%s: "
		"%s)",
		list, (int)(strlen(pci_addr_text(dev->addr, addr)) - 2), addr,
		pci_addr_text(dev->addr, (char[PCI_ADDR_SIZE]){ 0 }), why_isolation(&is, reason));
}

static void tell_unknown(const struct story *story, struct why_line *line)
{
	const struct host_dev *dev = dev_at(story, line->at);
	struct isolation is = isolation_of(story->host, dev);
	char addr[PCI_ADDR_SIZE], reason[WHY_ISOLATION_TEXT];

	pci_addr_text(dev->addr, addr);
	if (dev->parent_missing)
		snprintf(line->text, sizeof(line->text),
			"the source has no record of the bridge that leads to bus %02x, so whether "
			"%s is isolated cannot be told",
			dev->addr.bus, addr);
	else
		snprintf(line->text, sizeof(line->text),
			"whether %s %s isolates cannot be told: %s", why_kind(story->host, dev),
			addr, why_isolation(&is, reason));
}

int why_place(const struct host *host, const struct groups *predicted, unsigned dev)
{
	const struct join *join = &predicted->join[dev];
	int place = join->at == HOST_NONE ? (int)dev : join->at;

	if (join->reason == JOIN_FIRST || join->reason == JOIN_NOT_TRANSLATED)
		return HOST_NONE;
	if (join->reason != JOIN_FUNCTIONS)
		return place;
	/* Find the first function of the slot that does not isolate. */
	place = slot_start(host, place);
	while (isolation_of(host, &host->devs[place]).isolates && place + 1 < (int)host->count &&
		pci_addr_same_slot(host->devs[place].addr, host->devs[place + 1].addr))
		place++;
	return place;
}

static int tell_member(const struct story *story, unsigned dev)
{
	const struct join *join = &story->predicted->join[dev];
	int place = why_place(story->host, story->predicted, dev);
	struct why_line *line;

	if (place == HOST_NONE || said(story->why, join->reason, place))
		return 0;
	line = add(story->why, join->reason, place);
	if (!line)
		return -ENOMEM;
	switch (join->reason) {
	case JOIN_PORT:
		tell_port(story, line);
		break;
	case JOIN_BRIDGE_ID:
		tell_bridge(story, line);
		break;
	case JOIN_VMD:
		tell_vmd(story, line);
		break;
	case JOIN_SHARED_ID:
		tell_shared_id(story, line, join);
		break;
	case JOIN_FUNCTIONS:
		tell_functions(story, line);
		break;
	default:
		tell_unknown(story, line);
	}
	return 0;
}

static int tell_alone(const struct story *story, unsigned dev)
{
	const struct host_dev *only = dev_at(story, dev);
	bool kernel = story->groups != story->predicted;
	struct why_line *line;
	char addr[PCI_ADDR_SIZE];

	if (kernel && !host_members_known(story->host, only)) {
		line = add(story->why, JOIN_UNKNOWN, dev);
		if (!line)
			return -ENOMEM;
		snprintf(line->text, sizeof(line->text),
			"the source shows a part of the host, and not what else is in the group of "
			"%s",
			pci_addr_text(only->addr, addr));
		return 0;
	}
	line = add(story->why, JOIN_FIRST, HOST_NONE);
	if (!line)
		return -ENOMEM;
	snprintf(line->text, sizeof(line->text), "%s is alone: %s", pci_addr_text(only->addr, addr),
		kernel && !host_knows(only, HOST_PCIE) ? "the kernel has nothing else in its group"
		: only->parent == HOST_NONE
			? "nothing on the root bus can reach it but through the IOMMU"
			: "every port on its way to the root isolates, and it has no sibling that "
			  "it "
			  "could reach");
	return 0;
}

static enum why_difference difference(const struct story *story)
{
	bool finer = false, coarser = false, blind = story->predicted->unknown;
	int with = HOST_NONE;

	for (unsigned i = 0; i < story->group->count; i++) {
		unsigned dev = story->groups->member[story->group->first + i];
		int group = story->predicted->of[dev];

		if (group == HOST_NONE || (i && group != with))
			coarser = true;
		else if (story->predicted->list[group].count > story->group->count)
			finer = true;
		if (!host_knows(&story->host->devs[dev], HOST_PCIE))
			blind = true;
		with = group;
	}
	if (!finer && !coarser)
		return WHY_SAME;
	if (finer && story->host->cmdline && strstr(story->host->cmdline, "pcie_acs_override"))
		return WHY_OVERRIDE;
	if (blind)
		return WHY_MISSING_FACTS;
	return coarser ? WHY_COARSER : WHY_FINER;
}

static int tell_difference(const struct story *story)
{
	static const char *const text[] = {
		[WHY_OVERRIDE] =
			"the kernel runs with pcie_acs_override, so it separates devices that the "
			"hardware does not: the boundary of this group is not real",
		[WHY_MISSING_FACTS] =
			"config space as far as the source has it would give other groups than the "
			"kernel's; the kernel saw more",
		[WHY_FINER] =
			"config space would put more devices in this group than the kernel does: "
			"the "
			"kernel knows a quirk of these chips that is not in this version's tables, "
			"or "
			"its ACS bits were set at boot and have changed since, or it is patched",
		[WHY_COARSER] = "the kernel joins devices that config space separates: the "
				"firmware's IOMMU "
				"table gives them one requester id, or the ACS bits were off when "
				"the kernel "
				"formed its groups, or a quirk is not in this version's tables",
	};
	struct why_line *line;

	story->why->difference = story->groups == story->predicted ? WHY_SAME : difference(story);
	if (story->why->difference == WHY_SAME)
		return 0;
	line = add(story->why, JOIN_UNKNOWN, HOST_NONE);
	if (!line)
		return -ENOMEM;
	snprintf(line->text, sizeof(line->text), "%s", text[story->why->difference]);
	return 0;
}

int why_group(const struct host *host, const struct groups *predicted, const struct groups *groups,
	const struct group *group, struct why *why)
{
	struct story story = { host, predicted, groups, group, why };
	int ret = 0;

	*why = (struct why){ 0 };
	for (unsigned i = 0; i < group->count && !ret; i++)
		ret = tell_member(&story, groups->member[group->first + i]);
	if (!ret && group->count == 1 && !why->count)
		ret = tell_alone(&story, groups->member[group->first]);
	if (!ret)
		ret = tell_difference(&story);
	if (ret)
		why_close(why);
	return ret;
}

void why_close(struct why *why)
{
	free(why->line);
	*why = (struct why){ 0 };
}
