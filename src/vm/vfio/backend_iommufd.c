// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/backend_iommufd.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "vm/vfio/preflight.h"

static struct vfio_cdevs *cdevs_of(struct vfio_backend *backend)
{
	return container_of(backend, struct vfio_cdevs, backend);
}

static int cdevs_check(struct vfio_backend *backend, struct pci_addr addr, struct err *err)
{
	return vfio_preflight(cdevs_of(backend)->sysroot, addr, err);
}

static int tell_kvm(const struct vfio_cdevs *cdevs, u64 what, int fd)
{
	return cdevs->kvm_device < 0 ? 0 : kvm_vfio_device_file(cdevs->kvm_device, what, fd);
}

/* KVM holds the file, and with it the device, as long as it knows of it. */
static void closing(struct vfio_device *dev)
{
	struct vfio_cdev *cdev = container_of(dev, struct vfio_cdev, dev);

	tell_kvm(cdev->cdevs, KVM_DEV_VFIO_GROUP_DEL, dev->fd);
}

/* Drivers that want to know KVM look for it when the device is bound. */
static int bind(struct vfio_cdevs *cdevs, const char *name, struct vfio_cdev *cdev, struct err *err)
{
	int fd = iommufd_open_device(cdevs->sysroot, name, err);
	int ret;

	if (fd < 0)
		return fd;
	ret = tell_kvm(cdevs, KVM_DEV_VFIO_GROUP_ADD, fd);
	if (ret)
		log_warn("KVM does not take note of %s: %s", name, strerror(-ret));
	ret = iommufd_bind(&cdevs->iommufd, fd, &cdev->dev, err);
	if (ret) {
		tell_kvm(cdevs, KVM_DEV_VFIO_GROUP_DEL, fd);
		close(fd);
		return ret;
	}
	cdev->cdevs = cdevs;
	cdev->dev.closing = closing;
	return 0;
}

static int cdevs_open_device(struct vfio_backend *backend, struct pci_addr addr,
	struct vfio_opened *opened, struct err *err)
{
	struct vfio_cdevs *cdevs = cdevs_of(backend);
	struct vfio_cdev *cdev = &cdevs->devices[cdevs->nr_devices];
	char name[PCI_ADDR_SIZE];
	int ret;

	pci_addr_text(addr, name);
	if (cdevs->nr_devices == VFIO_MAX_DEVICES)
		return err_set(err, ENOSPC, "%s: more than %u devices", name, VFIO_MAX_DEVICES);
	ret = vfio_preflight_group(cdevs->sysroot, addr, &cdev->group, err);
	if (ret)
		return ret;
	opened->dev = &cdev->dev;
	vfio_preflight_bars(cdevs->sysroot, addr, opened->bars);
	opened->specific_reset = vfio_preflight_specific_reset(cdevs->sysroot, addr);
	if (!cdevs->nr_devices++)
		backend->iommu_users[0] = addr;
	return 0;
}

static int cdevs_start_device(struct vfio_backend *backend, struct pci_addr addr,
	struct vfio_device *dev, struct err *err)
{
	struct vfio_cdevs *cdevs = cdevs_of(backend);
	struct vfio_cdev *cdev = container_of(dev, struct vfio_cdev, dev);
	char name[PCI_ADDR_SIZE];

	if (!bind(cdevs, pci_addr_text(addr, name), cdev, err))
		return 0;
	return vfio_preflight_explain(cdevs->sysroot, addr, cdev->group, err);
}

static void cdevs_close(struct vfio_backend *backend)
{
	struct vfio_cdevs *cdevs = cdevs_of(backend);

	for (unsigned i = 0; i < cdevs->nr_devices; i++)
		vfio_device_close(&cdevs->devices[i].dev);
	close_fd(&cdevs->kvm_device);
	iommufd_close(&cdevs->iommufd);
	cdevs->nr_devices = backend->nr_groups = backend->nr_iommus = 0;
}

static const struct vfio_backend_ops cdevs_ops = {
	.check = cdevs_check,
	.open = cdevs_open_device,
	.start = cdevs_start_device,
	.close = cdevs_close,
};

int vfio_cdevs_open(struct vfio_cdevs *cdevs, const struct sysroot *sysroot, const struct kvm *kvm,
	struct err *err)
{
	int ret;

	*cdevs = (struct vfio_cdevs){
		.backend = { .ops = &cdevs_ops },
		.sysroot = sysroot,
		.kvm_device = -1,
		.iommufd = IOMMUFD_CLOSED,
	};
	ret = iommufd_open(&cdevs->iommufd, sysroot, err);
	if (ret)
		return ret;
	cdevs->backend.iommus[0] = &cdevs->iommufd.iommu;
	cdevs->backend.nr_iommus = 1;
	/* All devices are one owner's by the iommufd, which stands for their groups: vfio_file.c.
	 */
	cdevs->backend.group_ids[0] = VFIO_OWNED_GROUP;
	cdevs->backend.group_fds[0] = -1;
	cdevs->backend.nr_groups = 1;
	if (!kvm)
		return 0;
	cdevs->kvm_device = kvm_vfio_device(kvm, err);
	if (cdevs->kvm_device >= 0)
		return 0;
	ret = cdevs->kvm_device;
	cdevs_close(&cdevs->backend);
	return ret;
}
