// SPDX-License-Identifier: GPL-2.0-or-later
/* What a kernel says of a region and of an IOMMU, with capabilities anywhere and of any kind. */
#include "fuzz.h"

#include "kernel/vfio_info.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct vfio_iommu_limits limits;
	struct vfio_region region;
	u8 *exact = malloc(size ? size : 1); /* so that a read beyond it is seen */

	memcpy(exact, data, size);
	if (!vfio_info_region(exact, size, &region)) {
		CLAIM(region.nr_areas <= VFIO_MAX_AREAS);
		for (unsigned i = 0; i < region.nr_areas; i++)
			CLAIM(range_contains((struct range){ 0, region.size },
				region.areas[i].start, region.areas[i].size));
	}
	if (!vfio_info_iommu(exact, size, &limits)) {
		CLAIM(limits.nr_ranges <= VFIO_MAX_IOVA_RANGES && limits.page_sizes);
		for (unsigned i = 0; i < limits.nr_ranges; i++)
			CLAIM(limits.ranges[i].size);
	}
	free(exact);
	return 0;
}
