// SPDX-License-Identifier: GPL-2.0-or-later
/* What speaks against giving devices away. */
#include "host/plan/parts.h"

static void object_to_device(struct plan *plan, const struct host_dev *dev, const char *name)
{
	if (dev->group == HOST_NONE)
		plan_add_objection(
			plan, (struct plan_objection){
				      .kind = PLAN_NO_IOMMU,
				      .device = name,
				      .text = plan_text(plan, "%s is in no IOMMU group", name),
				      .help = "turn the IOMMU on in the firmware setup (VT-d, "
					      "AMD-Vi, SMMU) and, "
					      "on Intel, boot with intel_iommu=on",
			      });
	if (dev->removed)
		plan_add_objection(plan,
			(struct plan_objection){
				.kind = PLAN_GONE,
				.device = name,
				.text = plan_text(plan,
					"%s does not answer: its config space reads all "
					"ones, so it is off or dead",
					name),
				.help = "a cold start of the host brings most such cards back",
			});
	if (dev->boot_vga)
		plan_add_objection(plan,
			(struct plan_objection){
				.kind = PLAN_BOOT_VGA,
				.device = name,
				.text = plan_text(plan,
					"%s is the display that the firmware started: the "
					"host's own console would go dark",
					name),
				.help = "make another card the primary display in the firmware "
					"setup, or "
					"use --force on a host that you reach over the network",
				.forceable = true,
			});
}

void plan_object(struct plan *plan, const struct plan_facts *facts)
{
	for (unsigned i = 0; i < plan->device_count; i++)
		if (!plan->devices[i].ready)
			object_to_device(plan, &facts->host->devs[plan->devices[i].dev],
				plan->devices[i].name);
}
