// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Gives the files by which a guest gets the devices to a user, who then needs no root for it: the
 * file of each group, and for iommufd each device's own and PLAN_IOMMU. (The group's counterpart of
 * that is everybody's in any case.) The kernel makes them anew at each start, with other numbers; a
 * udev rule finds them by the device.
 */
#include <string.h>

#include "host/plan/plan_internal.h"

static void add(struct plan *plan, const struct plan_device *device, const char *file,
	const struct plan_request *request)
{
	for (unsigned i = 0; file && i < plan->nr_ops; i++)
		if (plan->ops[i].kind == PLAN_OWNER && !strcmp(plan->ops[i].file, file))
			return;
	plan_add_op(plan, (struct plan_op){
				  .kind = PLAN_OWNER,
				  .device = device->name,
				  .file = file,
				  .value = plan_text(plan, "%u", request->uid),
				  .why = "whoever may open it may give the device to a guest",
			  });
}

/*
 * A group is no device of a bus: its event is known by its members, and ids of another card at the
 * same address do not match.
 */
static const char *rules_for(struct plan *plan, const struct plan_device *device,
	const struct host_dev *dev, const char *user)
{
	const char *name = device->name;

	return plan_text(plan,
		"SUBSYSTEM==\"vfio\", TEST==\"/sys/kernel/iommu_groups/%%k/devices/%s\", "
		"ENV{TENON_IDS}=\"$attr{[pci/%s]vendor}$attr{[pci/%s]device}\"\n"
		"SUBSYSTEM==\"vfio\", ENV{TENON_IDS}==\"0x%04x0x%04x\", OWNER=\"%s\"\n"
		"SUBSYSTEM==\"vfio-dev\", KERNELS==\"%s\", ATTRS{vendor}==\"0x%04x\", "
		"ATTRS{device}==\"0x%04x\", OWNER=\"%s\"\n",
		name, name, name, dev->vendor, dev->device, user, name, dev->vendor, dev->device,
		user);
}

/* udev makes the node also before the module is there. */
static const char *rule_for_iommu(struct plan *plan, const char *user)
{
	return plan_text(plan,
		"SUBSYSTEM==\"misc\", KERNEL==\"iommu\", OWNER=\"%s\", "
		"OPTIONS+=\"static_node=iommu\"\n",
		user);
}

static const char *rules(
	struct plan *plan, const struct plan_facts *facts, const struct plan_request *request)
{
	const char *text = plan_text(plan,
		"# Made by `tenon bind --persist --for-user`. `tenon "
		"release %s` removes it again.\n",
		plan->devices[0].name);

	for (unsigned i = 0; i < plan->nr_devices; i++) {
		const struct plan_device *device = &plan->devices[i];
		const char *more =
			rules_for(plan, device, &facts->host->devs[device->dev], request->user);

		text = plan_text(plan, "%s%s", text ? text : "", more ? more : "");
	}
	return plan_text(plan, "%s%s", text ? text : "", rule_for_iommu(plan, request->user) ?: "");
}

void plan_owner(
	struct plan *plan, const struct plan_facts *facts, const struct plan_request *request)
{
	const struct plan_device *end = plan->devices + plan->nr_devices, *d;

	if (!plan->nr_devices)
		return;
	if (request->persist && facts->modules && facts->modules->udev)
		plan_add_op(plan,
			(struct plan_op){
				.kind = PLAN_FILE,
				.file = plan_text(plan, "/etc/udev/rules.d/10-tenon-%s-user.rules",
					plan_tag(plan, plan->devices[0].name)),
				.value = rules(plan, facts, request),
				.why = "at each start their files belong to that user again",
			});
	for (d = plan->devices; d < end; d++) {
		int group = facts->host->devs[d->dev].group;

		if (group != HOST_NONE)
			add(plan, d, plan_text(plan, "/dev/vfio/%d", group), request);
		add(plan, d, plan_text(plan, "/sys/bus/pci/devices/%s/vfio-dev", d->name), request);
	}
	add(plan, plan->devices, PLAN_IOMMU, request);
}
