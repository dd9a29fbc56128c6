// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds the reasons not to assign devices. */
#include <string.h>

#include "host/facts/class.h"
#include "host/facts/vga.h"
#include "host/groups/advice.h"
#include "host/plan/plan_internal.h"

#define MAX_NAMED 8

struct objector {
	struct plan *plan;
	const struct plan_facts *facts;
	const struct host_dev *dev;
	unsigned index;
	const char *name;
	bool ready; /* already bound to the wanted driver */
};

static void object(const struct objector *o, enum plan_objection_kind kind, bool forceable,
	const char *text, const char *help)
{
	plan_add_objection(
		o->plan, (struct plan_objection){ kind, o->name, text, help, forceable });
}

static void object_to_group(const struct objector *o)
{
	struct plan *plan = o->plan;
	enum outer outer = o->facts->host->outer;
	/* The running host and captured hosts show the groups, or that there are none. */
	bool known = o->facts->host->source != HOST_LSPCI ||
		     (o->dev->group == HOST_NONE ? host_knows(o->dev, HOST_GROUP)
						 : host_members_known(o->facts->host, o->dev));

	if (host_is_behind_vmd(o->dev))
		object(o, PLAN_BEHIND_VMD, false,
			plan_text(plan,
				"%s is behind an Intel VMD controller, and would vanish with the "
				"driver "
				"of that controller",
				o->name),
			plan_text(plan,
				"Turn VMD (\"RST\", \"RAID On\") off in %s, or give the whole "
				"controller away.",
				outer_setup(outer)));
	else if (!known && o->dev->group == HOST_NONE)
		object(o, PLAN_GROUP_UNKNOWN, false,
			plan_text(plan, "the source does not show the IOMMU group of %s", o->name),
			"Ask for `sudo lspci -vvvnn`, or for a list of the groups.");
	else if (!known)
		object(o, PLAN_GROUP_UNKNOWN, false,
			plan_text(plan,
				"the source shows a part of the host, and not who else is in group "
				"%d with %s",
				o->dev->group, o->name),
			"Ask for the whole of `sudo lspci -vvvnn`, or for a list of the groups.");
	else if (o->dev->group == HOST_NONE)
		object(o, PLAN_NO_IOMMU, false, plan_text(plan, "%s is in no IOMMU group", o->name),
			plan_text(plan, "%s.",
				outer ? outer_iommu(outer)
				      : "Turn the IOMMU on in the firmware's setup (VT-d, AMD-Vi, "
					"SMMU) and, on Intel, boot with intel_iommu=on"));
}

static void object_to_state(const struct objector *o)
{
	struct plan *plan = o->plan;

	if (host_is_asleep(o->facts->host, o->dev))
		object(o, PLAN_ASLEEP, false,
			plan_text(plan,
				"%s is asleep: its config space reads all ones while its port is "
				"in "
				"D3",
				o->name),
			plan_text(plan, "Wake it: echo on > /sys/bus/pci/devices/%s/power/control",
				o->name));
	else if (o->dev->removed)
		object(o, PLAN_GONE, false,
			plan_text(plan,
				"%s does not answer: its config space reads all ones, so it is "
				"without power or dead",
				o->name),
			"A cold start of the host, with the power cut, brings most such cards "
			"back.");
	if (o->dev->sriov.present && o->dev->sriov.enabled)
		object(o, PLAN_HAS_VFS, false,
			plan_text(plan, "%s has %u virtual functions, which would vanish", o->name,
				o->dev->sriov.enabled),
			"Write 0 to its sriov_numvfs first.");
}

static bool is_only_display(const struct objector *o)
{
	return host_shows_root(o->facts->host) && vga_is_only_display(o->facts->host, o->index);
}

static void object_to_display(const struct objector *o, bool take_display)
{
	struct plan *plan = o->plan;
	const char *help;

	if (!o->dev->boot_vga || take_display)
		return;
	if (is_only_display(o))
		help = plan_text(plan,
			"It is the host's only display. `tenon run --take-display --device %s` "
			"stops the host's desktop while the guest runs, and brings it back; "
			"`tenon plan --take-display %s` shows the steps. --force is for a host "
			"without a desktop that you reach over the network.",
			o->name, o->name);
	else
		help = plan_text(plan,
			"Make another card the primary display in %s, or use --force on a "
			"host that you reach over the network.",
			outer_setup(o->facts->host->outer));
	object(o, PLAN_BOOT_VGA, true,
		plan_text(plan,
			"%s is the display that the firmware started: the host's own screen would "
			"go dark",
			o->name),
		help);
}

/* Lists what uses the device, each use formatted by @fmt with two %s; NULL if there is none. */
static const char *name_uses(const struct objector *o, enum use_kind kind)
{
	const struct use *use = NULL;
	const char *list = NULL;
	char who[USES_GUEST_TEXT];
	unsigned count = 0;

	while ((use = uses_next(o->facts->uses, o->index, kind, use))) {
		if (++count > MAX_NAMED)
			continue;
		if (kind == USE_GUEST)
			list = plan_append(o->plan, list, "%s", uses_guest_text(use, who));
		else if (kind == USE_PROCESS)
			list = plan_append(o->plan, list, "%s (process %d, %s)", use->what,
				use->pid, use->via);
		else if (kind == USE_MOUNT || (kind == USE_ROUTE && strcmp(use->what, use->via)))
			list = plan_append(o->plan, list, "%s (%s)", use->what, use->via);
		else
			list = plan_append(o->plan, list, "%s", use->what);
	}
	if (list && count > MAX_NAMED)
		list = plan_text(o->plan, "%s and %u more", list, count - MAX_NAMED);
	return list;
}

static void object_to_disks(const struct objector *o)
{
	const char *mounts = name_uses(o, USE_MOUNT), *swap = name_uses(o, USE_SWAP);
	const struct uses *uses = o->facts->uses;
	const char *help = "Unmount them first.";
	const struct use *use = NULL;

	while ((use = uses_next(uses, o->index, USE_MOUNT, use)))
		if (!strcmp(use->what, "/"))
			help = "Without it the host cannot go on.";
	if (mounts)
		object(o, PLAN_MOUNTED, true,
			plan_text(o->plan, "%s holds mounted file systems: %s", o->name, mounts),
			help);
	if (swap)
		object(o, PLAN_MOUNTED, true,
			plan_text(o->plan, "%s holds swap in use: %s", o->name, swap),
			"Turn it off with swapoff first.");
	if (uses->root_unknown && o->dev->class >> 16 == CLASS_BASE_STORAGE && !mounts)
		object(o, PLAN_ROOT_UNKNOWN, true,
			plan_text(o->plan,
				"%s holds disks, and which of them / (%s) is on cannot be told",
				o->name, uses->root_unknown),
			"Make sure that it is not this one, then use --force.");
}

/*
 * A device that a guest has cannot be assigned to another. But a bind may be made to survive a
 * reboot while the guest runs.
 */
static void object_to_guests(const struct objector *o, bool persist)
{
	const char *guests = name_uses(o, USE_GUEST), *text;

	if (!guests)
		return;
	text = plan_text(o->plan, "%s belongs to a guest: %s", o->name, guests);
	if (persist && o->ready)
		plan_add_note(o->plan, o->name, text);
	else
		object(o, PLAN_GUEST, false, text, "End the guest first.");
}

static void object_to_users(const struct objector *o, bool take_display)
{
	const char *route = name_uses(o, USE_ROUTE);
	const char *uses = take_display ? NULL : name_uses(o, USE_PROCESS);
	const char *input = name_uses(o, USE_INPUT);

	if (route)
		object(o, PLAN_DEFAULT_ROUTE, true,
			plan_text(
				o->plan, "%s is the host's way to the network: %s", o->name, route),
			"Route over another port first.");
	if (uses)
		object(o, PLAN_IN_USE, true, plan_text(o->plan, "%s is in use: %s", o->name, uses),
			"End these programs first: a driver that is in use may hang, and the "
			"host with it, when it has to let go of its device.");
	if (input)
		plan_add_note(o->plan, o->name,
			plan_text(o->plan, "%s has input devices behind it that the host loses: %s",
				o->name, input));
}

/* Adds advice that needs no look at the host, for those who only have a text. */
static void advise(const struct objector *o)
{
	struct advice advice[ADVICE_KINDS];
	unsigned count = 0;

	if (o->facts->host->source == HOST_LSPCI)
		count = advice_for(o->facts->host, o->index, advice);
	for (unsigned i = 0; i < count; i++)
		if (advice[i].kind != ADVICE_ASLEEP && advice[i].kind != ADVICE_GONE)
			plan_add_note(o->plan, o->name, plan_text(o->plan, "%s", advice[i].text));
}

/* Devices that the host may need, by class. */
struct need {
	unsigned base, sub;  /* of the class; sub 0x80: any */
	const char *kind;    /* "a disk controller" */
	const char *unknown; /* what only the host itself can tell about it */
};

#define ANY_SUB 0x80

static const struct need needs[] = {
	{ CLASS_BASE_STORAGE, ANY_SUB, "a disk controller",
		"whether file systems or swap of the host are on %s" },
	{ CLASS_BASE_NETWORK, ANY_SUB, "a network card",
		"whether the host reaches the network through %s" },
	{ CLASS_BASE_DISPLAY, ANY_SUB, "a graphics card", "whether %s is the host's display" },
	{ CLASS_USB >> 8, CLASS_USB & 0xff, "a USB controller",
		"whether the host's keyboard, mouse or disks are behind %s" },
};

static const struct need *need_of(const struct host_dev *dev)
{
	for (unsigned i = 0; i < ARRAY_SIZE(needs); i++)
		if (dev->class >> 16 == needs[i].base &&
			(needs[i].sub == ANY_SUB || (dev->class >> 8 & 0xff) == needs[i].sub))
			return &needs[i];
	return NULL;
}

/* Adds a note about a device that the host may need and that must go with those asked for. */
static void note_company(const struct objector *o, const struct plan_device *device)
{
	const struct need *need = need_of(o->dev);
	char with[PCI_ADDR_SIZE];

	if (device->part == PLAN_ASKED || !need)
		return;
	pci_addr_text(o->facts->host->devs[device->with].addr, with);
	plan_add_note(o->plan, o->name,
		plan_text(o->plan, "%s, %s, goes along: it shares the %s of %s", o->name,
			need->kind, device->part == PLAN_GROUP ? "IOMMU group" : "slot", with));
}

/*
 * The text of an lspci shows no mounts, routes or processes; that does not mean that there are
 * none.
 */
static void note_unknown(const struct objector *o)
{
	const struct need *need = need_of(o->dev);
	const char *text;

	if (!need || (need->base == CLASS_BASE_DISPLAY && host_knows(o->dev, HOST_BOOT_VGA)))
		return;
	text = plan_text(o->plan, need->unknown, o->name);
	if (text)
		plan_add_note(o->plan, o->name,
			plan_text(o->plan, "not known from this source: %s", text));
}

void plan_object(
	struct plan *plan, const struct plan_facts *facts, const struct plan_request *request)
{
	for (unsigned i = 0; i < plan->nr_devices; i++) {
		const struct plan_device *device = &plan->devices[i];
		const struct objector o = { plan, facts, &facts->host->devs[device->dev],
			device->dev, device->name, device->ready };

		if (facts->uses)
			object_to_guests(&o, request->persist);
		if (device->ready)
			continue;
		object_to_group(&o);
		note_company(&o, device);
		if (!facts->uses)
			note_unknown(&o);
		object_to_state(&o);
		object_to_display(&o, request->take_display);
		advise(&o);
		if (facts->uses) {
			object_to_disks(&o);
			object_to_users(&o, request->take_display);
		}
		if (facts->uses && request->take_display)
			plan_object_to_desktop(plan, facts, device);
	}
	if (facts->uses && !facts->uses->processes_known && facts->host->source == HOST_RUNNING)
		plan_add_note(plan, NULL,
			"not all processes' open files were read, so not every user of the devices "
			"is known: run as root");
	if (!facts->uses && plan->nr_devices)
		plan_add_note(plan, NULL,
			"not known from this source: which programs and guests use these devices");
}
