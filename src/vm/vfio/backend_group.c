// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/backend_group.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/own.h"
#include "vm/vfio/preflight.h"

static struct vfio_backend_group *backend_group_of(struct vfio_backend *backend)
{
	return container_of(backend, struct vfio_backend_group, backend);
}

/* Puts the group into a container of its own. */
static int join_new_container(struct vfio_backend_group *groups, struct vfio_group *group,
	struct pci_addr addr, struct err *err)
{
	struct vfio_backend *backend = &groups->backend;
	struct vfio_container *container = &groups->containers[backend->nr_iommus];
	int ret;

	if (backend->nr_iommus == VFIO_MAX_IOMMUS)
		return err_set(err, ENOSPC, "more than %u IOMMUs are in use", VFIO_MAX_IOMMUS);
	ret = vfio_container_open(container, err);
	if (ret)
		return ret;
	ret = vfio_group_join(group, container, err);
	if (ret) {
		vfio_container_close(container);
		return ret;
	}
	backend->iommus[backend->nr_iommus] = &container->iommu;
	backend->iommu_users[backend->nr_iommus] = addr;
	backend->nr_iommus++;
	return 0;
}

static int join(struct vfio_backend_group *groups, struct vfio_group *group, struct pci_addr addr,
	struct err *err)
{
	for (unsigned i = 0; i < groups->backend.nr_iommus; i++) {
		struct err ignored = { 0 };

		if (!vfio_group_join(group, &groups->containers[i], &ignored))
			return 0;
	}
	return join_new_container(groups, group, addr, err);
}

static void tell_kvm(
	const struct vfio_backend_group *groups, const struct vfio_group *group, u64 what)
{
	int ret = 0;

	if (groups->kvm_device >= 0)
		ret = kvm_vfio_device_file(groups->kvm_device, what, group->fd);
	if (ret)
		log_warn("KVM does not take note of IOMMU group %u: %s", group->id, strerror(-ret));
}

static int find_group(struct vfio_backend_group *groups, struct pci_addr addr, u32 id,
	struct vfio_group **found, struct err *err)
{
	struct vfio_backend *backend = &groups->backend;
	struct vfio_group *group = &groups->groups[backend->nr_groups];
	char name[PCI_ADDR_SIZE];
	int ret;

	for (unsigned i = 0; i < backend->nr_groups; i++)
		if (backend->group_ids[i] == id) {
			*found = &groups->groups[i];
			return 0;
		}
	if (backend->nr_groups == VFIO_MAX_GROUPS)
		return err_set(
			err, ENOSPC, "more than %u IOMMU groups are in use", VFIO_MAX_GROUPS);

	ret = vfio_group_open(group, id, err);
	if (ret)
		return err_wrap(err, "%s", pci_addr_text(addr, name));
	ret = join(groups, group, addr, err);
	if (ret) {
		vfio_group_close(group);
		return vfio_preflight_explain(groups->sysroot, addr, id, err);
	}
	tell_kvm(groups, group, KVM_DEV_VFIO_GROUP_ADD);
	backend->group_ids[backend->nr_groups] = id;
	backend->group_fds[backend->nr_groups] = group->fd;
	backend->nr_groups++;
	*found = group;
	return 0;
}

static int backend_group_check(struct vfio_backend *backend, struct pci_addr addr, struct err *err)
{
	return vfio_preflight(backend_group_of(backend)->sysroot, addr, err);
}

static int backend_group_open_device(struct vfio_backend *backend, struct pci_addr addr,
	struct vfio_opened *opened, struct err *err)
{
	struct vfio_backend_group *groups = backend_group_of(backend);
	struct vfio_group *group = NULL;
	char name[PCI_ADDR_SIZE];
	u32 id;
	int ret;

	pci_addr_text(addr, name);
	if (groups->nr_devices == VFIO_MAX_DEVICES)
		return err_set(err, ENOSPC, "%s: more than %u devices", name, VFIO_MAX_DEVICES);
	ret = vfio_preflight_group(groups->sysroot, addr, &id, err);
	if (!ret)
		ret = find_group(groups, addr, id, &group, err);
	if (ret)
		return ret;
	opened->dev = &groups->devices[groups->nr_devices];
	vfio_preflight_bars(groups->sysroot, addr, opened->bars);
	opened->specific_reset = vfio_preflight_specific_reset(groups->sysroot, addr);
	groups->group_of[groups->nr_devices++] = group;
	return 0;
}

static int backend_group_start_device(struct vfio_backend *backend, struct pci_addr addr,
	struct vfio_device *dev, struct err *err)
{
	struct vfio_backend_group *groups = backend_group_of(backend);
	struct vfio_group *group = groups->group_of[dev - groups->devices];
	char name[PCI_ADDR_SIZE];

	pci_addr_text(addr, name);
	return vfio_group_device(group, name, dev, err) ? err_wrap(err, "%s", name) : 0;
}

static void backend_group_close(struct vfio_backend *backend)
{
	struct vfio_backend_group *groups = backend_group_of(backend);

	for (unsigned i = 0; i < groups->nr_devices; i++)
		vfio_device_close(&groups->devices[i]);
	for (unsigned i = 0; i < backend->nr_groups; i++) {
		tell_kvm(groups, &groups->groups[i], KVM_DEV_VFIO_GROUP_DEL);
		vfio_group_close(&groups->groups[i]);
	}
	for (unsigned i = 0; i < backend->nr_iommus; i++)
		vfio_container_close(&groups->containers[i]);
	close_fd(&groups->kvm_device);
	groups->nr_devices = backend->nr_groups = backend->nr_iommus = 0;
}

static const struct vfio_backend_ops backend_group_ops = {
	.check = backend_group_check,
	.open = backend_group_open_device,
	.start = backend_group_start_device,
	.close = backend_group_close,
};

int vfio_backend_group_open(struct vfio_backend_group *groups, const struct sysroot *sysroot,
	const struct kvm *kvm, struct err *err)
{
	*groups = (struct vfio_backend_group){
		.backend = { .ops = &backend_group_ops },
		.sysroot = sysroot,
		.kvm_device = -1,
	};
	if (!kvm)
		return 0;
	groups->kvm_device = kvm_vfio_device(kvm, err);
	return groups->kvm_device < 0 ? groups->kvm_device : 0;
}
