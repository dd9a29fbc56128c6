// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/groups/verdict.h"

#include <string.h>

#include "host/groups/remedies.h"

const char *verdict_name(enum verdict_word word)
{
	static const char *const names[] = {
		[VERDICT_ASLEEP] = "asleep",
		[VERDICT_GONE] = "gone",
		[VERDICT_NO_IOMMU] = "no-iommu",
		[VERDICT_GUEST] = "guest",
		[VERDICT_READY] = "ready",
		[VERDICT_SHARED] = "shared",
		[VERDICT_BOOT_VGA] = "boot-vga",
		[VERDICT_IN_USE] = "in-use",
		[VERDICT_UNKNOWN] = "unknown",
		[VERDICT_FREE] = "free",
	};

	return names[word];
}

bool verdict_is_vfio(const char *driver)
{
	size_t len = driver ? strlen(driver) : 0;

	/* Names of variants end with vfio-pci: mlx5_vfio_pci, hisi-acc-vfio-pci. */
	if (len >= 8 &&
		(!strcmp(driver + len - 8, "vfio-pci") || !strcmp(driver + len - 8, "vfio_pci")))
		return true;
	return driver && !strcmp(driver, "pci-stub");
}

/* Whether VFIO considers the group viable: each member is bound to VFIO or to no driver. */
static bool is_viable(const struct host *host, const struct groups *groups, unsigned dev)
{
	const struct group *group = groups_find(groups, dev);

	if (!host->devs[dev].driver || !verdict_is_vfio(host->devs[dev].driver))
		return false;
	return !group || !group->held;
}

enum verdict_word verdict_of(const struct host *host, const struct groups *groups,
	const struct uses *guests, unsigned index)
{
	const struct host_dev *dev = &host->devs[index];

	if (dev->removed)
		return host_is_asleep(host, dev)   ? VERDICT_ASLEEP
		       : host_may_sleep(host, dev) ? VERDICT_UNKNOWN
						   : VERDICT_GONE;
	if (host_knows(dev, HOST_GROUP) && dev->group == HOST_NONE)
		return VERDICT_NO_IOMMU;
	if (uses_guest(guests, index))
		return VERDICT_GUEST;
	if (host_members_known(host, dev) && is_viable(host, groups, index))
		return VERDICT_READY;
	if (remedies_has_others(host, groups, index))
		return VERDICT_SHARED;
	if (dev->boot_vga)
		return VERDICT_BOOT_VGA;
	if (dev->driver && !verdict_is_vfio(dev->driver))
		return VERDICT_IN_USE;
	if (!host_knows(dev, HOST_DRIVER) || !host_members_known(host, dev))
		return VERDICT_UNKNOWN;
	return VERDICT_FREE;
}
