/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ioctls of /dev/iommu and VFIO's device files as of Linux 6.6, because the kernel headers that
 * tenon is built with are often older. Holds only what iommufd.c needs, under its own names, so
 * that it does not clash with newer headers. Numbers and layouts: the kernel's
 * include/uapi/linux/iommufd.h and vfio.h.
 */
#ifndef KERNEL_IOMMUFD_UAPI_H
#define KERNEL_IOMMUFD_UAPI_H

#include <linux/vfio.h>
#include <sys/ioctl.h>

#include "base/types.h"

/* Structs begin with their size, by which the kernel tells their versions apart. */
struct iommufd_alloc {
	u32 size;
	u32 flags;
	u32 space;
};

struct iommufd_range {
	u64 start;
	u64 last;
};

struct iommufd_ranges {
	u32 size;
	u32 space;
	u32 nr; /* in: how many fit; out: how many there are */
	u32 reserved;
	u64 ranges; /* a pointer */
	u64 alignment;
};

#define IOMMUFD_MAP_FIXED_IOVA 0x1u
#define IOMMUFD_MAP_WRITEABLE  0x2u
#define IOMMUFD_MAP_READABLE   0x4u

struct iommufd_map {
	u32 size;
	u32 flags;
	u32 space;
	u32 reserved;
	u64 host; /* a pointer */
	u64 length;
	u64 iova;
};

struct iommufd_unmap {
	u32 size;
	u32 space;
	u64 iova;
	u64 length;
};

struct iommufd_vfio_bind {
	u32 argsz;
	u32 flags;
	s32 iommufd;
	u32 device;
};

struct iommufd_vfio_attach {
	u32 argsz;
	u32 flags;
	u32 space;
};

_Static_assert(sizeof(struct iommufd_alloc) == 12, "IOMMU_IOAS_ALLOC");
_Static_assert(sizeof(struct iommufd_ranges) == 32, "IOMMU_IOAS_IOVA_RANGES");
_Static_assert(sizeof(struct iommufd_map) == 40, "IOMMU_IOAS_MAP");
_Static_assert(sizeof(struct iommufd_unmap) == 24, "IOMMU_IOAS_UNMAP");
_Static_assert(sizeof(struct iommufd_vfio_bind) == 16, "VFIO_DEVICE_BIND_IOMMUFD");
_Static_assert(sizeof(struct iommufd_vfio_attach) == 12, "VFIO_DEVICE_ATTACH_IOMMUFD_PT");

#define IOMMUFD_IOAS_ALLOC       _IO(';', 0x81)
#define IOMMUFD_IOAS_IOVA_RANGES _IO(';', 0x84)
#define IOMMUFD_IOAS_MAP         _IO(';', 0x85)
#define IOMMUFD_IOAS_UNMAP       _IO(';', 0x86)

#define IOMMUFD_VFIO_BIND   _IO(VFIO_TYPE, VFIO_BASE + 18)
#define IOMMUFD_VFIO_ATTACH _IO(VFIO_TYPE, VFIO_BASE + 19)

/*
 * For a device that is bound to an iommufd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO sets this flag and
 * returns device ids instead of groups. A function that this iommufd does not own has the id below.
 */
#define IOMMUFD_HOT_RESET_DEVICES  0x1u
#define IOMMUFD_HOT_RESET_NOT_OURS (~0u)

#endif
