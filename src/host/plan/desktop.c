// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How the host's programs let go of devices for the time of a guest. systemd stops the display
 * manager, with whose end its sessions end, and the system services that have a device open. Other
 * programs belong to somebody who has to end them.
 */
#include <string.h>

#include "host/plan/plan_internal.h"

#define MAX_NAMED 8

/* How a program comes to let go of a device. */
enum way {
	WAY_DESKTOP, /* it ends with the display manager's sessions, or lets go when they end */
	WAY_SERVICE, /* systemd stops the service */
	WAY_NONE,
};

/* Services that have devices open for sessions, and close them when these end. */
static bool is_broker(const char *unit)
{
	static const char *const brokers[] = { "systemd-logind.service", "elogind.service",
		"seatd.service" };

	for (unsigned i = 0; i < ARRAY_SIZE(brokers); i++)
		if (!strcmp(unit, brokers[i]))
			return true;
	return false;
}

static enum way way_of(const struct uses *uses, const struct use *use)
{
	if (!use->unit)
		return WAY_NONE;
	if (use->in_desktop || is_broker(use->unit))
		return uses->desktop.cgroup ? WAY_DESKTOP : WAY_NONE;
	return use->cgroup ? WAY_SERVICE : WAY_NONE;
}

/* Lists the programs that let go of the device in that way; NULL if there are none. */
static const char *name_programs(
	struct plan *plan, const struct uses *uses, unsigned dev, enum way way)
{
	const struct use *use = NULL;
	const char *list = NULL;
	unsigned count = 0;

	while ((use = uses_next(uses, dev, USE_PROCESS, use))) {
		if (way_of(uses, use) != way || ++count > MAX_NAMED)
			continue;
		list = plan_append(plan, list, "%s (process %d, %s%s%s)", use->what, use->pid,
			use->via, use->unit ? ", " : "", use->unit ? use->unit : "");
	}
	if (list && count > MAX_NAMED)
		list = plan_text(plan, "%s and %u more", list, count - MAX_NAMED);
	return list;
}

void plan_object_to_desktop(
	struct plan *plan, const struct plan_facts *facts, const struct plan_device *device)
{
	const struct uses *uses = facts->uses;
	const char *desktop = name_programs(plan, uses, device->dev, WAY_DESKTOP);
	const char *others = name_programs(plan, uses, device->dev, WAY_NONE);

	if (desktop)
		plan_add_note(plan, device->name,
			plan_text(plan, "%s: these end with the desktop, unsaved work is lost: %s",
				device->name, desktop));
	if (!others)
		return;
	plan_add_objection(plan,
		(struct plan_objection){
			.kind = PLAN_IN_USE,
			.device = device->name,
			.text = plan_text(plan, "%s is in use: %s", device->name, others),
			.help = "Neither the display manager nor a service of systemd that "
				"could be stopped has them: end these programs, or log out of "
				"their session, first.",
			.forceable = true,
		});
}

static void add_service(struct plan *plan, const char *unit, const char *cgroup, const char *why)
{
	for (unsigned i = 0; i < plan->nr_ops; i++)
		if (plan->ops[i].kind == PLAN_SERVICE && !strcmp(plan->ops[i].value, unit))
			return;
	plan_add_op(plan, (struct plan_op){
				  .kind = PLAN_SERVICE,
				  .file = plan_text(plan, "%s", cgroup),
				  .value = plan_text(plan, "%s", unit),
				  .why = why,
			  });
}

static void add_services(struct plan *plan, const struct uses *uses, unsigned dev)
{
	const struct use *use = NULL;

	while ((use = uses_next(uses, dev, USE_PROCESS, use)))
		if (way_of(uses, use) == WAY_SERVICE)
			add_service(plan, use->unit, use->cgroup, "it has the device open");
}

static void add_idle(struct plan *plan, const char *name)
{
	plan_add_op(plan, (struct plan_op){
				  .kind = PLAN_IDLE,
				  .device = name,
				  .file = plan_text(plan, "/sys/bus/pci/devices/%s", name),
				  .why = "a driver that is in use may hang when it has to let go",
			  });
}

static bool all_are_ready(const struct plan *plan)
{
	for (unsigned i = 0; i < plan->nr_devices; i++)
		if (!plan->devices[i].ready)
			return false;
	return true;
}

/*
 * The display manager is stopped first, and so started last. It goes on if VFIO has all devices
 * already.
 */
void plan_stop_desktop(struct plan *plan, const struct plan_facts *facts)
{
	const struct use_desktop *desktop = facts->uses ? &facts->uses->desktop : NULL;

	if (desktop && desktop->cgroup && !all_are_ready(plan))
		add_service(plan, desktop->unit, desktop->cgroup,
			"the host's desktop draws on the card");
	for (unsigned i = 0; facts->uses && i < plan->nr_devices; i++)
		if (!plan->devices[i].ready)
			add_services(plan, facts->uses, plan->devices[i].dev);
	for (unsigned i = 0; i < plan->nr_devices; i++)
		if (!plan->devices[i].ready && facts->host->devs[plan->devices[i].dev].driver)
			add_idle(plan, plan->devices[i].name);
}

/*
 * NVIDIA's driver cannot leave a card while its other modules use it, and waits for them instead.
 * All other drivers of graphics cards can.
 */
void plan_unload(struct plan *plan, const struct plan_facts *facts)
{
	bool needed = false;

	for (unsigned i = 0; i < plan->nr_devices; i++) {
		const char *driver = facts->host->devs[plan->devices[i].dev].driver;

		needed = needed || (driver && !strcmp(driver, "nvidia"));
	}
	if (!needed || !facts->modules)
		return;
	for (unsigned i = 0; i < NR_NVIDIA_MODULES; i++)
		if (facts->modules->nvidia_loaded & BIT(i))
			plan_add_op(plan,
				(struct plan_op){
					.kind = PLAN_UNLOAD,
					.file = plan_text(
						plan, "/sys/module/%s", modules_of_nvidia[i]),
					.value = modules_of_nvidia[i],
					.why = "the driver nvidia waits for it before it lets go",
				});
}
