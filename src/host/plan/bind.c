// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The operations of a bind, in an order that also works in reverse, because undoing runs from the
 * last to the first. So power settings, which drivers change when they bind and unbind, are
 * outermost. Overrides come next, because going back to the old driver needs its own override for a
 * moment. And all devices are unbound from their drivers before the first is bound to the new one,
 * because VFIO requires whole groups. Programs of the host let go of the devices before all that,
 * so they come back when everything else is there again.
 */
#include <errno.h>
#include <string.h>

#include "host/plan/plan_internal.h"

#define DEVICES "/sys/bus/pci/devices"

static void add_module(struct plan *plan, const char *driver)
{
	for (unsigned i = 0; i < plan->nr_ops; i++)
		if (plan->ops[i].kind == PLAN_MODULE && !strcmp(plan->ops[i].value, driver))
			return;
	plan_add_op(plan,
		(struct plan_op){
			.kind = PLAN_MODULE,
			.file = plan_text(plan, "/sys/bus/pci/drivers/%s", driver),
			.value = driver,
			.why = "the driver has to be there before a device can be given to it",
		});
}

static void add_power(struct plan *plan, const char *name)
{
	plan_add_op(plan,
		(struct plan_op){
			.kind = PLAN_WRITE,
			.device = name,
			.file = plan_text(plan, DEVICES "/%s/power/control", name),
			.value = "on",
			.why = "awake while drivers change: some cards do not answer otherwise",
		});
	plan_add_op(plan, (struct plan_op){
				  .kind = PLAN_WRITE,
				  .device = name,
				  .file = plan_text(plan, DEVICES "/%s/d3cold_allowed", name),
				  .value = "0",
				  .why = "many cards do not come back from having their power cut",
			  });
}

static void add_unbind(struct plan *plan, const char *name, const char *driver)
{
	plan_add_op(plan, (struct plan_op){
				  .kind = PLAN_UNBIND,
				  .device = name,
				  .file = plan_text(plan, DEVICES "/%s/driver/unbind", name),
				  .value = name,
				  .driver = plan_text(plan, "%s", driver),
				  .why = "a device has one driver at a time",
			  });
}

static void add_override(struct plan *plan, const struct plan_device *device)
{
	plan_add_op(plan,
		(struct plan_op){
			.kind = PLAN_WRITE,
			.device = device->name,
			.file = plan_text(plan, DEVICES "/%s/driver_override", device->name),
			.value = device->driver,
			.why = "this device, and no other with the same ids, is for that driver",
		});
}

static void add_keep(struct plan *plan, const char *name)
{
	plan_add_op(plan,
		(struct plan_op){
			.kind = PLAN_KEEP,
			.device = name,
			.file = plan_text(plan, DEVICES "/%s/config", name),
			.why = "the command register and the ROM's enable bit, for the way back",
		});
}

static void add_bind(struct plan *plan, const struct plan_device *device)
{
	plan_add_op(plan,
		(struct plan_op){
			.kind = PLAN_BIND,
			.device = device->name,
			.file = "/sys/bus/pci/drivers_probe",
			.value = device->name,
			.driver = device->driver,
			.why = "the kernel looks for a driver again, and the override names it",
		});
}

/* Adds the check of a group, once per group. */
static void add_check(struct plan *plan, int group)
{
	const char *file = plan_text(plan, "/dev/vfio/%d", group);

	for (unsigned i = 0; file && i < plan->nr_ops; i++)
		if (plan->ops[i].kind == PLAN_CHECK && !strcmp(plan->ops[i].file, file))
			return;
	plan_add_op(plan, (struct plan_op){
				  .kind = PLAN_CHECK,
				  .file = file,
				  .why = "VFIO gives out whole groups only",
			  });
}

/* A device behind a VMD controller vanishes with the controller's driver, so it cannot be bound. */
static bool is_behind_vmd(const struct plan *plan, const struct plan_facts *facts)
{
	for (unsigned i = 0; i < plan->nr_devices; i++)
		if (host_is_behind_vmd(&facts->host->devs[plan->devices[i].dev]))
			return true;
	return false;
}

static void add_ops(
	struct plan *plan, const struct plan_facts *facts, const struct plan_request *request)
{
	const struct plan_device *end = plan->devices + plan->nr_devices, *d;
	const struct host_dev *devs = facts->host->devs;

	if (is_behind_vmd(plan, facts))
		return;
	for (d = plan->devices; d < end; d++)
		if (!d->ready)
			add_module(plan, d->driver);
	if (request->take_display)
		plan_stop_desktop(plan, facts);
	for (d = plan->devices; d < end; d++)
		if (!d->ready)
			add_power(plan, d->name);
	plan_screens(plan, facts);
	if (request->take_display)
		plan_unload(plan, facts);
	for (d = plan->devices; d < end; d++)
		if (!d->ready)
			add_override(plan, d);
	for (d = plan->devices; d < end; d++)
		if (!d->ready && devs[d->dev].driver)
			add_unbind(plan, d->name, devs[d->dev].driver);
	for (d = plan->devices; d < end; d++)
		if (!d->ready)
			add_keep(plan, d->name);
	for (d = plan->devices; d < end; d++)
		if (!d->ready)
			add_bind(plan, d);
	for (d = plan->devices; d < end; d++)
		if (!d->ready && devs[d->dev].group != HOST_NONE)
			add_check(plan, devs[d->dev].group);
}

int plan_bind(struct plan *plan, const struct plan_facts *facts, const struct plan_request *request)
{
	*plan = (struct plan){ 0 };
	plan_choose(plan, facts, request);
	if (!plan->memory.failed) {
		plan_object(plan, facts, request);
		plan_boot_modes(plan, facts, request);
		add_ops(plan, facts, request);
		if (request->persist)
			plan_persist(plan, facts);
		if (request->user && !is_behind_vmd(plan, facts))
			plan_owner(plan, facts, request);
	}
	if (!plan->memory.failed)
		return 0;
	plan_close(plan);
	return -ENOMEM;
}
