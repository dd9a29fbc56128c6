// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The operations of a bind, in an order that is right in both directions: the way back runs
 * through them from the last to the first. So overrides lie between leaving the old driver and
 * taking the new one; power settings, which drivers change as they come and go, are outermost;
 * and all devices are off their drivers before the first gets the new one, because VFIO wants a
 * whole group or nothing of it.
 */
#include <errno.h>
#include <string.h>

#include "host/plan/parts.h"

#define DEVICES "/sys/bus/pci/devices"

static void add_module(struct plan *plan, const char *driver)
{
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
				  .why = plan_text(plan, "%s has it now", driver),
			  });
}

static void add_override(struct plan *plan, const char *name, const char *driver)
{
	plan_add_op(plan, (struct plan_op){
				  .kind = PLAN_WRITE,
				  .device = name,
				  .file = plan_text(plan, DEVICES "/%s/driver_override", name),
				  .value = driver,
				  .why = "this one device, and no other with the same ids, is for "
					 "that driver",
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

static void add_bind(struct plan *plan, const char *name, const char *driver)
{
	plan_add_op(plan,
		(struct plan_op){
			.kind = PLAN_BIND,
			.device = name,
			.file = "/sys/bus/pci/drivers_probe",
			.value = name,
			.driver = driver,
			.why = "the kernel looks for a driver again, and the override names it",
		});
}

static void add_ops(struct plan *plan, const struct host *host, const char *driver)
{
	const struct plan_device *end = plan->devices + plan->device_count, *d;

	add_module(plan, driver);
	for (d = plan->devices; d < end; d++)
		if (!d->ready)
			add_power(plan, d->name);
	for (d = plan->devices; d < end; d++)
		if (!d->ready && host->devs[d->dev].driver)
			add_unbind(plan, d->name, host->devs[d->dev].driver);
	for (d = plan->devices; d < end; d++)
		if (!d->ready)
			add_override(plan, d->name, driver);
	for (d = plan->devices; d < end; d++)
		if (!d->ready)
			add_keep(plan, d->name);
	for (d = plan->devices; d < end; d++)
		if (!d->ready)
			add_bind(plan, d->name, driver);
}

static bool anything_to_do(const struct plan *plan)
{
	for (unsigned i = 0; i < plan->device_count; i++)
		if (!plan->devices[i].ready)
			return true;
	return false;
}

int plan_bind(struct plan *plan, const struct plan_facts *facts, const struct plan_request *request)
{
	*plan = (struct plan){ 0 };
	plan_choose(plan, facts, request);
	if (!plan->failed) {
		plan_object(plan, facts);
		if (anything_to_do(plan))
			add_ops(plan, facts->host, request->driver ? request->driver : "vfio-pci");
	}
	if (!plan->failed)
		return 0;
	plan_close(plan);
	return -ENOMEM;
}
