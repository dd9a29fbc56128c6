// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/backend_iommufd.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "vm/vfio/preflight.h"

static struct vfio_backend_iommufd *backend_iommufd_of(struct vfio_backend *backend)
{
	return container_of(backend, struct vfio_backend_iommufd, backend);
}

static int backend_iommufd_check(
	struct vfio_backend *backend, struct pci_addr addr, struct err *err)
{
	return vfio_preflight(backend_iommufd_of(backend)->sysroot, addr, err);
}

static int tell_kvm(const struct vfio_backend_iommufd *iommufd, u64 what, int fd)
{
	return iommufd->kvm_device < 0 ? 0 : kvm_vfio_device_file(iommufd->kvm_device, what, fd);
}

/* KVM holds the file, and with it the device, until it is told to forget it. */
static void closing(struct vfio_device *dev)
{
	struct vfio_cdev *cdev = container_of(dev, struct vfio_cdev, dev);

	tell_kvm(cdev->iommufd, KVM_DEV_VFIO_GROUP_DEL, dev->fd);
}

/* KVM is told before the device is bound: some VFIO drivers look for KVM at that time. */
static int bind(struct vfio_backend_iommufd *iommufd, const char *name, struct vfio_cdev *cdev,
	struct err *err)
{
	int fd = iommufd_open_device(iommufd->sysroot, name, err);
	int ret;

	if (fd < 0)
		return fd;
	ret = tell_kvm(iommufd, KVM_DEV_VFIO_GROUP_ADD, fd);
	if (ret)
		log_warn("KVM does not take note of %s: %s", name, strerror(-ret));
	ret = iommufd_bind(&iommufd->iommufd, fd, &cdev->dev, err);
	if (ret) {
		tell_kvm(iommufd, KVM_DEV_VFIO_GROUP_DEL, fd);
		close(fd);
		return ret;
	}
	cdev->iommufd = iommufd;
	cdev->dev.closing = closing;
	return 0;
}

static int backend_iommufd_open_device(struct vfio_backend *backend, struct pci_addr addr,
	struct vfio_opened *opened, struct err *err)
{
	struct vfio_backend_iommufd *iommufd = backend_iommufd_of(backend);
	struct vfio_cdev *cdev = &iommufd->devices[iommufd->nr_devices];
	char name[PCI_ADDR_SIZE];
	int ret;

	pci_addr_text(addr, name);
	if (iommufd->nr_devices == VFIO_MAX_DEVICES)
		return err_set(err, ENOSPC, "%s: more than %u devices", name, VFIO_MAX_DEVICES);
	ret = vfio_preflight_group(iommufd->sysroot, addr, &cdev->group, err);
	if (ret)
		return ret;
	opened->dev = &cdev->dev;
	vfio_preflight_bars(iommufd->sysroot, addr, opened->bars);
	opened->specific_reset = vfio_preflight_specific_reset(iommufd->sysroot, addr);
	if (!iommufd->nr_devices++)
		backend->iommu_users[0] = addr;
	return 0;
}

static int backend_iommufd_start_device(struct vfio_backend *backend, struct pci_addr addr,
	struct vfio_device *dev, struct err *err)
{
	struct vfio_backend_iommufd *iommufd = backend_iommufd_of(backend);
	struct vfio_cdev *cdev = container_of(dev, struct vfio_cdev, dev);
	char name[PCI_ADDR_SIZE];

	if (!bind(iommufd, pci_addr_text(addr, name), cdev, err))
		return 0;
	return vfio_preflight_explain(iommufd->sysroot, addr, cdev->group, err);
}

static void backend_iommufd_close(struct vfio_backend *backend)
{
	struct vfio_backend_iommufd *iommufd = backend_iommufd_of(backend);

	for (unsigned i = 0; i < iommufd->nr_devices; i++)
		vfio_device_close(&iommufd->devices[i].dev);
	close_fd(&iommufd->kvm_device);
	iommufd_close(&iommufd->iommufd);
	iommufd->nr_devices = backend->nr_groups = backend->nr_iommus = 0;
}

static const struct vfio_backend_ops backend_iommufd_ops = {
	.check = backend_iommufd_check,
	.open = backend_iommufd_open_device,
	.start = backend_iommufd_start_device,
	.close = backend_iommufd_close,
};

int vfio_backend_iommufd_open(struct vfio_backend_iommufd *iommufd, const struct sysroot *sysroot,
	const struct kvm *kvm, struct err *err)
{
	int ret;

	*iommufd = (struct vfio_backend_iommufd){
		.backend = { .ops = &backend_iommufd_ops },
		.sysroot = sysroot,
		.kvm_device = -1,
		.iommufd = IOMMUFD_CLOSED,
	};
	ret = iommufd_open(&iommufd->iommufd, sysroot, err);
	if (ret)
		return ret;
	iommufd->backend.iommus[0] = &iommufd->iommufd.iommu;
	iommufd->backend.nr_iommus = 1;
	/* The iommufd owns all devices and stands for their groups: see kernel/vfio_file.c. */
	iommufd->backend.group_ids[0] = VFIO_OWNED_GROUP;
	iommufd->backend.group_fds[0] = -1;
	iommufd->backend.nr_groups = 1;
	if (!kvm)
		return 0;
	iommufd->kvm_device = kvm_vfio_device(kvm, err);
	if (iommufd->kvm_device >= 0)
		return 0;
	ret = iommufd->kvm_device;
	backend_iommufd_close(&iommufd->backend);
	return ret;
}
