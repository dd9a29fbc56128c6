// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/iommufd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/own.h"
#include "kernel/iommufd_uapi.h"
#include "kernel/vfio_file.h"

#define PATH_SIZE 128
#define PAGE      4096ull

static int call(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) < 0 ? -errno : 0;
}

static int space_map(struct vfio_iommu *iommu, u64 iova, void *host, u64 size, u32 flags)
{
	struct iommufd *iommufd = container_of(iommu, struct iommufd, iommu);
	struct iommufd_map map = {
		.size = sizeof(map),
		.flags = IOMMUFD_MAP_FIXED_IOVA,
		.space = iommufd->space,
		.host = (u64)(uintptr_t)host,
		.length = size,
		.iova = iova,
	};

	if (flags & VFIO_DMA_MAP_FLAG_READ)
		map.flags |= IOMMUFD_MAP_READABLE;
	if (flags & VFIO_DMA_MAP_FLAG_WRITE)
		map.flags |= IOMMUFD_MAP_WRITEABLE;
	return call(iommufd->fd, IOMMUFD_IOAS_MAP, &map);
}

static int space_unmap(struct vfio_iommu *iommu, u64 iova, u64 size)
{
	struct iommufd *iommufd = container_of(iommu, struct iommufd, iommu);
	struct iommufd_unmap unmap = {
		.size = sizeof(unmap),
		.space = iommufd->space,
		.iova = iova,
		.length = size,
	};

	return call(iommufd->fd, IOMMUFD_IOAS_UNMAP, &unmap);
}

/* Reads the IOVA ranges, [start, last], that all attached devices can reach. */
static int space_limits(struct vfio_iommu *iommu, struct vfio_iommu_limits *limits)
{
	struct iommufd *iommufd = container_of(iommu, struct iommufd, iommu);
	struct iommufd_range ranges[VFIO_MAX_IOVA_RANGES];
	struct iommufd_ranges query = {
		.size = sizeof(query),
		.space = iommufd->space,
		.nr = VFIO_MAX_IOVA_RANGES,
		.ranges = (u64)(uintptr_t)ranges,
	};
	int ret = call(iommufd->fd, IOMMUFD_IOAS_IOVA_RANGES, &query);

	if (ret)
		return ret;
	if (query.nr > VFIO_MAX_IOVA_RANGES)
		return -EPROTO;
	*limits = (struct vfio_iommu_limits){ .mappings_left = ~0u };
	limits->page_sizes = query.alignment ? query.alignment : PAGE;
	for (u32 i = 0; i < query.nr; i++) {
		u64 start = ranges[i].start, last = ranges[i].last;

		/*
		 * The size of a range of all 2^64 addresses does not fit 64 bits: leave out a page.
		 */
		if (!start && last == ~0ull)
			last -= PAGE;
		if (last >= start)
			limits->ranges[limits->nr_ranges++] =
				(struct range){ start, last - start + 1 };
	}
	return 0;
}

static const struct vfio_iommu_ops space_ops = {
	.map = space_map,
	.unmap = space_unmap,
	.limits = space_limits,
};

/* "vfio3", the name of the device's file. */
static int device_file(const struct sysroot *sysroot, const char *device, char *path, size_t size)
{
	own_free char **names = NULL;
	char directory[PATH_SIZE];

	snprintf(directory, sizeof(directory), "/sys/bus/pci/devices/%s/vfio-dev", device);
	if (sysroot_names(sysroot, directory, &names) < 1)
		return -ENOENT;
	snprintf(path, size, "/dev/vfio/devices/%s", names[0]);
	return sysroot_exists(sysroot, path) ? 0 : -ENOENT;
}

/*
 * Opening has no effect on the device. A user may have been given the group's file and not this
 * one.
 */
static bool may_open(const struct sysroot *sysroot, const char *path)
{
	own_fd int fd = sysroot_fd(sysroot, path, O_RDWR);

	return fd >= 0;
}

bool iommufd_offered(const struct sysroot *sysroot, const char *device)
{
	char path[PATH_SIZE];

	return may_open(sysroot, "/dev/iommu") &&
	       !device_file(sysroot, device, path, sizeof(path)) && may_open(sysroot, path);
}

int iommufd_open(struct iommufd *iommufd, const struct sysroot *sysroot, struct err *err)
{
	struct iommufd_alloc alloc = { .size = sizeof(alloc) };
	int ret;

	*iommufd = IOMMUFD_CLOSED;
	iommufd->fd = sysroot_fd(sysroot, "/dev/iommu", O_RDWR);
	if (iommufd->fd < 0) {
		ret = iommufd->fd;
		err_sys(err, -ret, "cannot open /dev/iommu");
		if (ret == -EACCES)
			return err_help(err, "Run as root: the file belongs to it");
		return err_help(err, "modprobe iommufd; without it: --iommu type1");
	}
	ret = call(iommufd->fd, IOMMUFD_IOAS_ALLOC, &alloc);
	if (ret) {
		iommufd_close(iommufd);
		return err_sys(err, -ret, "iommufd gives no address space");
	}
	iommufd->space = alloc.space;
	iommufd->iommu.ops = &space_ops;
	return 0;
}

void iommufd_close(struct iommufd *iommufd)
{
	close_fd(&iommufd->fd);
}

int iommufd_open_device(const struct sysroot *sysroot, const char *name, struct err *err)
{
	char path[PATH_SIZE];
	int fd = device_file(sysroot, name, path, sizeof(path));

	if (fd) {
		err_set(err, ENOENT, "VFIO has no file for the device by itself");
		return err_help(err, "The host's kernel lacks CONFIG_VFIO_DEVICE_CDEV, or the "
				     "device is not bound to vfio-pci; --iommu type1 does without");
	}
	fd = sysroot_fd(sysroot, path, O_RDWR);
	if (fd >= 0)
		return fd;
	err_sys(err, -fd, "cannot open %s", path);
	if (fd == -EBUSY)
		return err_help(err, "Another virtual machine has the device: fuser -v %s", path);
	if (fd == -EACCES)
		return err_help(
			err, "Run as root, or give yourself the device: chown $USER %s", path);
	return fd;
}

int iommufd_bind(struct iommufd *iommufd, int fd, struct vfio_device *dev, struct err *err)
{
	struct iommufd_vfio_bind bind = { .argsz = sizeof(bind), .iommufd = iommufd->fd };
	struct iommufd_vfio_attach attach = { .argsz = sizeof(attach), .space = iommufd->space };
	int ret = call(fd, IOMMUFD_VFIO_BIND, &bind);

	if (!ret)
		ret = call(fd, IOMMUFD_VFIO_ATTACH, &attach);
	if (ret)
		return err_sys(err, -ret, "the IOMMU does not take the device");
	vfio_file_init(dev, fd);
	return 0;
}
