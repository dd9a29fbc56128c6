// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/vfio_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/own.h"
#include "kernel/iommufd_uapi.h"
#include "kernel/vfio_info.h"

/* More than any kernel returns for a region; a larger answer is broken. */
#define MAX_INFO (64 * 1024)

static int call(struct vfio_device *dev, unsigned long request, void *arg)
{
	int ret = ioctl(dev->fd, request, arg);

	return ret < 0 ? -errno : ret;
}

static int file_info(struct vfio_device *dev, struct vfio_device_info *info)
{
	*info = (struct vfio_device_info){ .argsz = sizeof(*info) };
	return call(dev, VFIO_DEVICE_GET_INFO, info);
}

static int file_region(struct vfio_device *dev, u32 index, struct vfio_region *region)
{
	struct vfio_region_info first = { .argsz = sizeof(first), .index = index };
	own_free struct vfio_region_info *all = NULL;
	u32 size;
	int ret;

	ret = call(dev, VFIO_DEVICE_GET_REGION_INFO, &first);
	if (ret)
		return ret;
	size = first.argsz;
	if (size <= sizeof(first))
		return vfio_info_region(&first, sizeof(first), region);
	if (size > MAX_INFO)
		return -EPROTO;

	all = calloc(1, size);
	if (!all)
		return -ENOMEM;
	all->argsz = size;
	all->index = index;
	ret = call(dev, VFIO_DEVICE_GET_REGION_INFO, all);
	return ret ? ret : vfio_info_region(all, size, region);
}

static ssize_t file_read(struct vfio_device *dev, const struct vfio_region *region, u64 offset,
	void *buf, size_t size)
{
	ssize_t n = pread(dev->fd, buf, size, (off_t)(region->file_offset + offset));

	return n < 0 ? -errno : n;
}

static ssize_t file_write(struct vfio_device *dev, const struct vfio_region *region, u64 offset,
	const void *buf, size_t size)
{
	ssize_t n = pwrite(dev->fd, buf, size, (off_t)(region->file_offset + offset));

	return n < 0 ? -errno : n;
}

static int file_map(
	struct vfio_device *dev, const struct vfio_region *region, struct range area, void *at)
{
	int prot = 0;
	void *p;

	if (region->flags & VFIO_REGION_INFO_FLAG_READ)
		prot |= PROT_READ;
	if (region->flags & VFIO_REGION_INFO_FLAG_WRITE)
		prot |= PROT_WRITE;
	p = mmap(at, area.size, prot, MAP_SHARED | MAP_FIXED, dev->fd,
		(off_t)(region->file_offset + area.start));
	return p == MAP_FAILED ? -errno : 0;
}

static int file_irq(struct vfio_device *dev, u32 index, struct vfio_irq_info *info)
{
	*info = (struct vfio_irq_info){ .argsz = sizeof(*info), .index = index };
	return call(dev, VFIO_DEVICE_GET_IRQ_INFO, info);
}

static size_t irq_data_size(u32 flags, u32 count)
{
	if (flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return count * sizeof(s32);
	return flags & VFIO_IRQ_SET_DATA_BOOL ? count : 0;
}

static int file_set_irqs(
	struct vfio_device *dev, u32 index, u32 flags, u32 start, u32 count, const void *data)
{
	size_t data_size = irq_data_size(flags, count);
	own_free struct vfio_irq_set *set = calloc(1, sizeof(*set) + data_size);

	if (!set)
		return -ENOMEM;
	set->argsz = sizeof(*set) + data_size;
	set->flags = flags;
	set->index = index;
	set->start = start;
	set->count = count;
	if (data_size)
		memcpy(set->data, data, data_size);
	return call(dev, VFIO_DEVICE_SET_IRQS, set);
}

static int file_ioeventfd(struct vfio_device *dev, const struct vfio_region *region, u64 offset,
	unsigned size, u64 value, int eventfd)
{
	/* The flag for a write of n bytes has the value n. */
	struct vfio_device_ioeventfd io = {
		.argsz = sizeof(io),
		.flags = size & VFIO_DEVICE_IOEVENTFD_SIZE_MASK,
		.offset = region->file_offset + offset,
		.data = value,
		.fd = eventfd,
	};

	return call(dev, VFIO_DEVICE_IOEVENTFD, &io);
}

static int file_reset(struct vfio_device *dev)
{
	return call(dev, VFIO_DEVICE_RESET, NULL);
}

static int file_hot_reset_info(struct vfio_device *dev, struct vfio_pci_dependent_device *devices,
	unsigned max, unsigned *count)
{
	size_t size = sizeof(struct vfio_pci_hot_reset_info) + max * sizeof(devices[0]);
	own_free struct vfio_pci_hot_reset_info *info = calloc(1, size);
	int ret;

	*count = 0;
	if (!info)
		return -ENOMEM;
	info->argsz = size;
	ret = call(dev, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, info);
	if (ret)
		return ret;
	if (info->count > max)
		return -EPROTO;
	memcpy(devices, info->devices, info->count * sizeof(devices[0]));
	*count = info->count;
	for (unsigned i = 0; i < *count && info->flags & IOMMUFD_HOT_RESET_DEVICES; i++)
		if (devices[i].group_id != IOMMUFD_HOT_RESET_NOT_OURS)
			devices[i].group_id = VFIO_OWNED_GROUP;
	return 0;
}

static int file_hot_reset(struct vfio_device *dev, const s32 *group_fds, unsigned count)
{
	size_t size = sizeof(struct vfio_pci_hot_reset) + count * sizeof(group_fds[0]);
	own_free struct vfio_pci_hot_reset *reset = calloc(1, size);

	if (!reset)
		return -ENOMEM;
	reset->argsz = size;
	for (unsigned i = 0; i < count; i++)
		if (group_fds[i] >= 0)
			reset->group_fds[reset->count++] = group_fds[i];
	return call(dev, VFIO_DEVICE_PCI_HOT_RESET, reset);
}

static void file_close(struct vfio_device *dev)
{
	close_fd(&dev->fd);
}

static const struct vfio_device_ops file_ops = {
	.info = file_info,
	.region = file_region,
	.read = file_read,
	.write = file_write,
	.map = file_map,
	.irq = file_irq,
	.set_irqs = file_set_irqs,
	.ioeventfd = file_ioeventfd,
	.reset = file_reset,
	.hot_reset_info = file_hot_reset_info,
	.hot_reset = file_hot_reset,
	.close = file_close,
};

void vfio_file_init(struct vfio_device *dev, int fd)
{
	*dev = (struct vfio_device){ .ops = &file_ops, .fd = fd };
}
