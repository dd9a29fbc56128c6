// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/reset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/log.h"
#include "vm/pci/pci_bus.h"
#include "vm/vfio/vfio_pci.h"

#define BUSY_PAUSE_NS 50000000
#define BUSY_TRIES    20

struct vfio_flr vfio_find_flr(const struct vfio_config *config)
{
	const u8 *physical = config->physical;
	unsigned exp = pci_cap_find(physical, config->walk, PCI_CAP_ID_EXP, PCI_EXP_DEVCAP + 4);
	unsigned af = pci_cap_find(physical, config->walk, PCI_CAP_ID_AF, PCI_AF_CTRL + 1);
	struct vfio_flr flr = { 0 };

	if (exp && get_le32(physical + exp + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLR)
		flr.exp = (u16)exp;
	if (af && physical[af + PCI_AF_CAP] & PCI_AF_CAP_FLR)
		flr.af = (u16)af;
	return flr;
}

static bool has_power_reset(const struct vfio_pci *vp)
{
	const u8 *physical = vp->config.physical;
	unsigned pm = pci_cap_find(physical, vp->config.walk, PCI_CAP_ID_PM, PCI_PM_SIZEOF);

	return pm && !(get_le16(physical + pm + PCI_PM_CTRL) & PCI_PM_CTRL_NO_SOFT_RESET);
}

/* Whether VFIO_DEVICE_RESET does more than a change of power state. */
static bool own_reset_is_good(const struct vfio_pci *vp)
{
	return vp->can_reset &&
	       (vp->specific_reset || vp->flr.exp || vp->flr.af || !has_power_reset(vp));
}

static struct vfio_pci *find_device(
	const struct vfio_owned *owned, const struct vfio_pci_dependent_device *d)
{
	for (unsigned i = 0; i < owned->nr_devices; i++) {
		struct vfio_pci *vp = owned->devices[i];

		if (vp->addr.domain == d->segment && vp->addr.bus == d->bus &&
			pci_addr_devfn(vp->addr) == d->devfn)
			return vp;
	}
	return NULL;
}

static int owned_group(const struct vfio_owned *owned, u32 id)
{
	for (unsigned i = 0; i < owned->nr_groups; i++)
		if (owned->group_ids[i] == id)
			return (int)i;
	return -1;
}

/* The functions that a bus reset affects, and the groups that prove their ownership. */
struct affected {
	struct vfio_pci *devices[VFIO_MAX_DEPENDENTS];
	unsigned nr_devices;
	s32 group_fds[VFIO_MAX_DEPENDENTS];
	unsigned nr_groups;
};

static void add_group(struct affected *affected, s32 fd)
{
	for (unsigned i = 0; i < affected->nr_groups; i++)
		if (affected->group_fds[i] == fd)
			return;
	affected->group_fds[affected->nr_groups++] = fd;
}

/*
 * @only_bus: affected functions of the machine must be on this bus of the guest, because functions
 * elsewhere are still in use; NULL: no function is in use.
 */
static int find_affected(
	struct vfio_pci *vp, const struct pci_bus *only_bus, struct affected *affected)
{
	struct vfio_pci_dependent_device list[VFIO_MAX_DEPENDENTS];
	unsigned count;
	int ret;

	if (!vp->owned)
		return -EPERM;
	ret = vp->dev->ops->hot_reset_info(vp->dev, list, VFIO_MAX_DEPENDENTS, &count);
	if (ret)
		return ret;
	for (unsigned i = 0; i < count; i++) {
		struct vfio_pci *other = find_device(vp->owned, &list[i]);
		int group = owned_group(vp->owned, list[i].group_id);

		if (group < 0 || (other && only_bus && other->pci.bus != only_bus)) {
			log_debug("%s: a reset of its bus would hit %04x:%02x:%02x.%x too",
				vp->name, list[i].segment, list[i].bus, list[i].devfn >> 3,
				list[i].devfn & 7);
			return -EPERM;
		}
		add_group(affected, vp->owned->group_fds[group]);
		if (other)
			affected->devices[affected->nr_devices++] = other;
	}
	return affected->nr_devices ? 0 : -ENODEV;
}

static int reset_bus(struct vfio_pci *vp, const struct pci_bus *only_bus)
{
	struct affected affected = { .nr_devices = 0 };
	int ret;

	ret = find_affected(vp, only_bus, &affected);
	if (ret)
		return ret;
	for (unsigned i = 0; i < affected.nr_devices; i++)
		vfio_pci_quiesce(affected.devices[i]);
	ret = vp->dev->ops->hot_reset(vp->dev, affected.group_fds, affected.nr_groups);
	for (unsigned i = 0; i < affected.nr_devices; i++) {
		vfio_pci_resume(affected.devices[i]);
		affected.devices[i]->pristine = !ret;
	}
	log_debug("%s: reset of its bus with %u of the machine's functions: %s", vp->name,
		affected.nr_devices, ret ? strerror(-ret) : "done");
	return ret;
}

static int reset_function(struct vfio_pci *vp)
{
	int ret;

	vfio_pci_quiesce(vp);
	ret = vp->dev->ops->reset(vp->dev);
	vfio_pci_resume(vp);
	vp->pristine = !ret;
	log_debug("%s: reset of the function: %s", vp->name, ret ? strerror(-ret) : "done");
	return ret;
}

/* A quirk may be able to reset what the kernel cannot. */
static int reset_by_quirk(struct vfio_pci *vp)
{
	int ret;

	vfio_pci_quiesce(vp);
	ret = vfio_quirks_hw_reset(vp);
	vfio_pci_resume(vp);
	vp->pristine = !ret;
	log_debug("%s: reset by its own registers: %s", vp->name, ret ? strerror(-ret) : "done");
	return ret;
}

/* Returns 0, or -errno if no reset worked. */
static int reset(struct vfio_pci *vp, const struct pci_bus *only_bus)
{
	int ret;

	if (own_reset_is_good(vp) && !reset_function(vp))
		return 0;
	if (vfio_quirks_can_reset(vp) && !reset_by_quirk(vp))
		return 0;
	ret = reset_bus(vp, only_bus);
	if (ret && vp->can_reset)
		ret = reset_function(vp);
	return ret;
}

void vfio_reset_one(struct vfio_pci *vp)
{
	int ret;

	if (vp->pristine || vfio_pci_is_over(vp)) {
		vfio_pci_quiesce(vp);
		vfio_pci_resume(vp);
		return;
	}
	ret = reset(vp, vp->pci.bus);
	if (ret) {
		log_debug("%s: the guest reset it, the hardware was not: %s", vp->name,
			strerror(-ret));
		vfio_pci_quiesce(vp);
		vfio_pci_resume(vp);
	}
}

/*
 * The kernel does not wait for a device that it is busy with (EAGAIN), which it is only for a
 * moment, for example while somebody reads its config space.
 */
static int reset_patiently(struct vfio_pci *vp)
{
	const struct timespec pause = { .tv_nsec = BUSY_PAUSE_NS };
	int ret = reset(vp, NULL);

	for (unsigned i = 0; ret == -EAGAIN && !vp->leaving && i < BUSY_TRIES; i++) {
		nanosleep(&pause, NULL);
		ret = reset(vp, NULL);
	}
	return ret;
}

void vfio_reset_all(const struct vfio_owned *owned)
{
	for (unsigned i = 0; i < owned->nr_devices; i++) {
		struct vfio_pci *vp = owned->devices[i];
		int ret;

		if (vp->pristine)
			continue;
		ret = reset_patiently(vp);
		/*
		 * While the kernel takes a device away it does not reset it. The device is gone
		 * then, or VFIO resets it when it is opened again.
		 */
		if (ret == -EAGAIN && vp->leaving)
			log_debug("%s: not reset, because the host is taking it back", vp->name);
		else if (ret)
			log_warn("%s: it cannot be reset (%s): its state goes from one user to the "
				 "next",
				vp->name, strerror(-ret));
	}
}

void vfio_reset_opened(const struct vfio_owned *owned)
{
	for (unsigned i = 0; i < owned->nr_devices; i++) {
		struct vfio_pci *vp = owned->devices[i];

		/*
		 * Even if a reset fails, no function is a bus master from here on:
		 * docs/design/dma.md.
		 */
		vfio_pci_quiesce(vp);
		if (!own_reset_is_good(vp))
			continue;
		vp->pristine = true;
		log_debug("%s: the kernel has reset it on opening", vp->name);
	}
	vfio_reset_all(owned);
}
