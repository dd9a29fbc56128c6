// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/vfio_info.h"

#include <errno.h>

#include "base/bytes.h"

#define PAGE 4096ull

const void *vfio_info_cap(
	const void *buf, size_t size, u32 first, u16 id, size_t need, size_t *room)
{
	size_t steps = size / sizeof(struct vfio_info_cap_header);
	struct vfio_info_cap_header header;
	u32 at = first;

	/* The number of steps is bounded, in case the chain is a loop. */
	while (at && steps--) {
		if (at > size || size - at < sizeof(header))
			return NULL;
		memcpy(&header, (const char *)buf + at, sizeof(header));
		if (header.id == id) {
			*room = size - at;
			return *room < need ? NULL : (const char *)buf + at;
		}
		at = header.next;
	}
	return NULL;
}

static void add_area(struct vfio_region *region, u64 offset, u64 size)
{
	if (!size || offset % PAGE || size % PAGE || !range_valid(offset, size) ||
		!range_contains((struct range){ 0, region->size }, offset, size))
		return;
	if (region->nr_areas < VFIO_MAX_AREAS)
		region->areas[region->nr_areas++] = (struct range){ offset, size };
}

/* Capabilities may be unaligned, so their contents are copied out. */
static void read_sparse_areas(struct vfio_region *region, const void *cap, size_t room)
{
	struct vfio_region_info_cap_sparse_mmap head;
	struct vfio_region_sparse_mmap_area area;
	size_t fit = (room - sizeof(head)) / sizeof(area);

	memcpy(&head, cap, sizeof(head));
	region->sparse = true;
	for (size_t i = 0; i < fit && i < head.nr_areas; i++) {
		memcpy(&area, (const char *)cap + sizeof(head) + i * sizeof(area), sizeof(area));
		add_area(region, area.offset, area.size);
	}
}

int vfio_info_region(const void *buf, size_t size, struct vfio_region *region)
{
	struct vfio_region_info_cap_type type;
	const void *sparse = NULL, *cap;
	struct vfio_region_info info;
	size_t room;

	if (size < sizeof(info))
		return -EPROTO;
	memcpy(&info, buf, sizeof(info));
	if (!range_valid(info.offset, info.size) || info.size > INT64_MAX)
		return -EPROTO;

	*region = (struct vfio_region){
		.index = info.index,
		.flags = info.flags,
		.size = info.size,
		.file_offset = info.offset,
	};
	if (info.flags & VFIO_REGION_INFO_FLAG_CAPS) {
		cap = vfio_info_cap(
			buf, size, info.cap_offset, VFIO_REGION_INFO_CAP_TYPE, sizeof(type), &room);
		if (cap) {
			memcpy(&type, cap, sizeof(type));
			region->type = type.type;
			region->subtype = type.subtype;
		}
		sparse = vfio_info_cap(buf, size, info.cap_offset, VFIO_REGION_INFO_CAP_SPARSE_MMAP,
			sizeof(struct vfio_region_info_cap_sparse_mmap), &room);
		region->msix_mappable = vfio_info_cap(buf, size, info.cap_offset,
			VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, 0, &(size_t){ 0 });
	}
	if (!(info.flags & VFIO_REGION_INFO_FLAG_MMAP))
		return 0;
	if (sparse)
		read_sparse_areas(region, sparse, room);
	else
		add_area(region, 0, info.size);
	return 0;
}

static void read_iova_ranges(struct vfio_iommu_limits *limits, const void *cap, size_t room)
{
	struct vfio_iommu_type1_info_cap_iova_range head;
	struct vfio_iova_range r;
	size_t fit = (room - sizeof(head)) / sizeof(r);

	memcpy(&head, cap, sizeof(head));
	for (size_t i = 0; i < fit && i < head.nr_iovas; i++) {
		memcpy(&r, (const char *)cap + sizeof(head) + i * sizeof(r), sizeof(r));
		/*
		 * The size of a range of all 2^64 addresses does not fit 64 bits: leave out a page.
		 */
		if (!r.start && r.end == ~0ull)
			r.end -= PAGE;
		if (r.end < r.start || limits->nr_ranges == VFIO_MAX_IOVA_RANGES)
			continue;
		limits->ranges[limits->nr_ranges++] =
			(struct range){ r.start, r.end - r.start + 1 };
	}
}

int vfio_info_iommu(const void *buf, size_t size, struct vfio_iommu_limits *limits)
{
	struct vfio_iommu_type1_info_dma_avail avail;
	const void *cap;
	struct vfio_iommu_type1_info info = { 0 };
	size_t room;

	/* Kernels before 5.4 know no capabilities and fill in less of the struct. */
	if (size < offsetof(struct vfio_iommu_type1_info, cap_offset))
		return -EPROTO;
	memcpy(&info, buf, size < sizeof(info) ? size : sizeof(info));

	*limits = (struct vfio_iommu_limits){ .page_sizes = PAGE, .mappings_left = ~0u };
	if (info.flags & VFIO_IOMMU_INFO_PGSIZES && info.iova_pgsizes)
		limits->page_sizes = info.iova_pgsizes;
	if (!(info.flags & VFIO_IOMMU_INFO_CAPS))
		return 0;

	cap = vfio_info_cap(buf, size, info.cap_offset, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE,
		sizeof(struct vfio_iommu_type1_info_cap_iova_range), &room);
	if (cap)
		read_iova_ranges(limits, cap, room);
	cap = vfio_info_cap(
		buf, size, info.cap_offset, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, sizeof(avail), &room);
	if (cap) {
		memcpy(&avail, cap, sizeof(avail));
		limits->mappings_left = avail.avail;
	}
	return 0;
}
