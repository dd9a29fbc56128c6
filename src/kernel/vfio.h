/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VFIO as the monitor uses it: a device and an address space for its DMA, each behind a table of
 * operations. The back ends are group and container (vfio_type1.h), and iommufd with device files
 * (iommufd.h); the unit tests have a simulated device.
 *
 * The owner of a device or an IOMMU closes it, and may do so more than once. Operations may be
 * called from any thread: the kernel locks what they change.
 */
#ifndef KERNEL_VFIO_H
#define KERNEL_VFIO_H

#include <linux/vfio.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/range.h"
#include "base/types.h"

#define VFIO_OWNED_GROUP 0u

#define VFIO_MAX_AREAS       32
#define VFIO_MAX_IOVA_RANGES 64
#define VFIO_MAX_DEPENDENTS  256

/* A BAR, the ROM, the config space or the VGA ranges of a device. */
struct vfio_region {
	u32 index; /* VFIO_PCI_*_REGION_INDEX */
	u32 flags; /* VFIO_REGION_INFO_FLAG_* */
	u64 size;  /* 0: the device has no such region */
	u64 file_offset;
	u32 type, subtype;  /* of a device-specific region, else 0 */
	bool msix_mappable; /* mapping the page of the MSI-X table is allowed */
	/* What can be mapped: page-aligned ranges within the region; none without FLAG_MMAP. */
	struct range areas[VFIO_MAX_AREAS];
	unsigned nr_areas;
	bool sparse; /* the kernel named the areas; otherwise there is one, the whole region */
};

struct vfio_device;

struct vfio_device_ops {
	int (*info)(struct vfio_device *dev, struct vfio_device_info *info);
	int (*region)(struct vfio_device *dev, u32 index, struct vfio_region *region);
	/*
	 * Return the number of bytes moved, or -errno. [offset, offset + size) must lie within
	 * @region.
	 */
	ssize_t (*read)(struct vfio_device *dev, const struct vfio_region *region, u64 offset,
		void *buf, size_t size);
	ssize_t (*write)(struct vfio_device *dev, const struct vfio_region *region, u64 offset,
		const void *buf, size_t size);
	/* Maps @area of @region over the caller's own mapping at @at. */
	int (*map)(struct vfio_device *dev, const struct vfio_region *region, struct range area,
		void *at);
	int (*irq)(struct vfio_device *dev, u32 index, struct vfio_irq_info *info);
	/*
	 * VFIO_DEVICE_SET_IRQS. @flags: VFIO_IRQ_SET_*, which say what @data is. Returns 0, -errno,
	 * or the number of available vectors if that is less than @count.
	 */
	int (*set_irqs)(struct vfio_device *dev, u32 index, u32 flags, u32 start, u32 count,
		const void *data);
	/*
	 * Has the kernel write @value to @offset of @region whenever @eventfd is signalled; -1
	 * undoes that. @size: 1, 2, 4 or 8.
	 */
	int (*ioeventfd)(struct vfio_device *dev, const struct vfio_region *region, u64 offset,
		unsigned size, u64 value, int eventfd);
	int (*reset)(struct vfio_device *dev);
	/*
	 * Lists the functions that a reset of the bus affects; @devices has room for @max. For a
	 * device opened without a group, the group is VFIO_OWNED_GROUP for functions that the
	 * process has, ~0 for others.
	 */
	int (*hot_reset_info)(struct vfio_device *dev, struct vfio_pci_dependent_device *devices,
		unsigned max, unsigned *count);
	/*
	 * @group_fds: the groups of all of them, as proof that the caller owns them; -1 entries are
	 * ignored.
	 */
	int (*hot_reset)(struct vfio_device *dev, const s32 *group_fds, unsigned count);
	void (*close)(struct vfio_device *dev);
};

struct vfio_device {
	const struct vfio_device_ops *ops; /* NULL: not open */
	int fd;                            /* -1 for back ends that have none */
	/* Called just before the device is closed; may be NULL. */
	void (*closing)(struct vfio_device *dev);
};

static inline void vfio_device_close(struct vfio_device *dev)
{
	if (dev->ops && dev->closing)
		dev->closing(dev);
	if (dev->ops)
		dev->ops->close(dev);
	dev->ops = NULL;
}

/* Turns the interrupts of @index off. */
int vfio_irqs_off(struct vfio_device *dev, u32 index);
/* Binds eventfds to the vectors from @start on, for the device to signal; -1 unbinds a vector. */
int vfio_irqs_trigger(
	struct vfio_device *dev, u32 index, u32 start, const s32 *eventfds, u32 count);
/* Has a signal of @eventfd unmask INTx; -1 undoes that. */
int vfio_intx_unmask_on(struct vfio_device *dev, int eventfd);
int vfio_intx_unmask(struct vfio_device *dev);
int vfio_intx_mask(struct vfio_device *dev);

/* What an IOMMU can map. */
struct vfio_iommu_limits {
	u64 page_sizes; /* a bitmap; the lowest bit is the granularity */
	/* The IOVA ranges that can be mapped; none if the kernel does not say. */
	struct range ranges[VFIO_MAX_IOVA_RANGES];
	unsigned nr_ranges;
	u32 mappings_left; /* ~0: the kernel does not say */
};

struct vfio_iommu;

struct vfio_iommu_ops {
	/* @flags: VFIO_DMA_MAP_FLAG_READ and _WRITE. @host is pinned until unmapped. */
	int (*map)(struct vfio_iommu *iommu, u64 iova, void *host, u64 size, u32 flags);
	/* [iova, iova + size) must cover whole mappings only. */
	int (*unmap)(struct vfio_iommu *iommu, u64 iova, u64 size);
	int (*limits)(struct vfio_iommu *iommu, struct vfio_iommu_limits *limits);
};

struct vfio_iommu {
	const struct vfio_iommu_ops *ops;
};

#endif
