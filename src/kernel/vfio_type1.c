// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/vfio_type1.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "base/own.h"
#include "kernel/outer_read.h"
#include "kernel/vfio_file.h"
#include "kernel/vfio_info.h"

#define MAX_INFO (64 * 1024)

static int call(int fd, unsigned long request, void *arg)
{
	int ret = ioctl(fd, request, arg);

	return ret < 0 ? -errno : ret;
}

static int type1_map(struct vfio_iommu *iommu, u64 iova, void *host, u64 size, u32 flags)
{
	struct vfio_container *container = container_of(iommu, struct vfio_container, iommu);
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = flags,
		.vaddr = (u64)(uintptr_t)host,
		.iova = iova,
		.size = size,
	};

	return call(container->fd, VFIO_IOMMU_MAP_DMA, &map);
}

static int type1_unmap(struct vfio_iommu *iommu, u64 iova, u64 size)
{
	struct vfio_container *container = container_of(iommu, struct vfio_container, iommu);
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = size,
	};

	return call(container->fd, VFIO_IOMMU_UNMAP_DMA, &unmap);
}

static int type1_limits(struct vfio_iommu *iommu, struct vfio_iommu_limits *limits)
{
	struct vfio_container *container = container_of(iommu, struct vfio_container, iommu);
	struct vfio_iommu_type1_info first = { .argsz = sizeof(first) };
	own_free struct vfio_iommu_type1_info *all = NULL;
	u32 size;
	int ret;

	ret = call(container->fd, VFIO_IOMMU_GET_INFO, &first);
	if (ret)
		return ret;
	size = first.argsz;
	if (size <= sizeof(first))
		return vfio_info_iommu(&first, sizeof(first), limits);
	if (size > MAX_INFO)
		return -EPROTO;

	all = calloc(1, size);
	if (!all)
		return -ENOMEM;
	all->argsz = size;
	ret = call(container->fd, VFIO_IOMMU_GET_INFO, all);
	return ret ? ret : vfio_info_iommu(all, size, limits);
}

static const struct vfio_iommu_ops type1_ops = {
	.map = type1_map,
	.unmap = type1_unmap,
	.limits = type1_limits,
};

int vfio_container_open(struct vfio_container *container, struct err *err)
{
	int ret;

	*container = VFIO_CONTAINER_CLOSED;
	container->fd = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (container->fd < 0) {
		err_sys(err, errno, "cannot open /dev/vfio/vfio");
		if (err->code == EACCES)
			return err_help(err, "Run as root: the file belongs to it");
		return err_help(err, "modprobe vfio-pci");
	}
	ret = call(container->fd, VFIO_GET_API_VERSION, NULL);
	if (ret != VFIO_API_VERSION) {
		err_set(err, ENOTSUP, "/dev/vfio/vfio has API version %d, not %d", ret,
			VFIO_API_VERSION);
		goto fail;
	}
	if (ioctl(container->fd, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) <= 0) {
		err_set(err, ENOTSUP,
			"this kernel's VFIO has no type 1 (version 2) IOMMU back end");
		err_help(err, "modprobe vfio_iommu_type1");
		goto fail;
	}
	container->iommu.ops = &type1_ops;
	return 0;

fail:
	vfio_container_close(container);
	return -err->code;
}

void vfio_container_close(struct vfio_container *container)
{
	close_fd(&container->fd);
	container->has_iommu = false;
}

static int group_open_failed(struct err *err, int code, const char *path)
{
	err_sys(err, code, "cannot open %s", path);
	switch (code) {
	case EBUSY:
		return err_help(err, "Another virtual machine has the group: fuser -v %s", path);
	case EACCES:
		return err_help(
			err, "Run as root, or give yourself the group: chown $USER %s", path);
	case ENOENT:
		return err_help(err, "No device of the group is bound to a VFIO driver, or the "
				     "module is not loaded: modprobe vfio-pci");
	default:
		return -code;
	}
}

int vfio_group_open(struct vfio_group *group, u32 id, struct err *err)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[32];
	int ret;

	*group = VFIO_GROUP_CLOSED;
	group->id = id;
	snprintf(path, sizeof(path), "/dev/vfio/%u", id);
	group->fd = open(path, O_RDWR | O_CLOEXEC);
	if (group->fd < 0)
		return group_open_failed(err, errno, path);

	ret = call(group->fd, VFIO_GROUP_GET_STATUS, &status);
	if (ret) {
		err_sys(err, -ret, "cannot read the state of IOMMU group %u", id);
		goto fail;
	}
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE)) {
		err_set(err, EPERM,
			"IOMMU group %u is not viable: a host driver still uses a device of it",
			id);
		err_help(err, "tenon groups    (shows which)");
		goto fail;
	}
	return 0;

fail:
	vfio_group_close(group);
	return -err->code;
}

void vfio_group_close(struct vfio_group *group)
{
	close_fd(&group->fd);
}

static int set_iommu(struct vfio_group *group, struct vfio_container *container, struct err *err)
{
	if (ioctl(container->fd, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) == 0) {
		container->has_iommu = true;
		return 0;
	}
	err_sys(err, errno, "the IOMMU does not take group %u", group->id);
	if (err->code == EPERM) {
		const char *outer = outer_iommu(outer_of_this_host());

		err_help(err,
			"The host has no interrupt remapping, or the firmware keeps a reserved "
			"memory range (RMRR) on the device: see dmesg.\n"
			"%s. On a host whose guests you trust:\n"
			"echo 1 > /sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
			outer ? outer
			      : "Turn on interrupt remapping (VT-d, x2APIC) in the firmware's "
				"setup");
	}
	return -err->code;
}

int vfio_group_join(struct vfio_group *group, struct vfio_container *container, struct err *err)
{
	s32 fd = container->fd;
	int ret;

	ret = call(group->fd, VFIO_GROUP_SET_CONTAINER, &fd);
	if (ret) {
		err_sys(err, -ret, "IOMMU group %u cannot join the machine's container", group->id);
		if (ret == -EPERM)
			return err_help(err, "See dmesg: the host lacks interrupt remapping, or "
					     "the firmware reserves memory for the device");
		return ret;
	}
	if (container->has_iommu)
		return 0;
	ret = set_iommu(group, container, err);
	if (ret)
		call(group->fd, VFIO_GROUP_UNSET_CONTAINER, NULL);
	return ret;
}

int vfio_group_device(
	struct vfio_group *group, const char *name, struct vfio_device *dev, struct err *err)
{
	int fd = ioctl(group->fd, VFIO_GROUP_GET_DEVICE_FD, name);

	if (fd < 0) {
		err_sys(err, errno, "cannot get the device from IOMMU group %u", group->id);
		if (err->code == ENODEV)
			return err_help(err, "It is not bound to vfio-pci: tenon bind %s", name);
		return err_help(err, "dmesg says more");
	}
	vfio_file_init(dev, fd);
	return 0;
}
