// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <errno.h>

#include "kernel/vfio_info.h"

/* A capability that a list follows: the kernel's structs end in an array without a size. */
struct list_cap {
	struct vfio_info_cap_header header;
	u32 count;
	u32 reserved;
};

struct region_answer {
	struct vfio_region_info info;
	struct list_cap sparse;
	struct vfio_region_sparse_mmap_area areas[4];
	struct vfio_info_cap_header mappable;
};

static struct region_answer answer(void)
{
	return (struct region_answer){
		.info = {
			.argsz = sizeof(struct region_answer),
			.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_MMAP |
				 VFIO_REGION_INFO_FLAG_CAPS,
			.index = 2,
			.cap_offset = offsetof(struct region_answer, sparse),
			.size = 0x10000,
			.offset = 0x20000000000,
		},
		.sparse = {
			.header = { VFIO_REGION_INFO_CAP_SPARSE_MMAP, 1,
				offsetof(struct region_answer, mappable) },
			.count = 2,
		},
		.areas = { { 0x1000, 0x2000 }, { 0x8000, 0x8000 } },
		.mappable = { VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, 1, 0 },
	};
}

static void sparse_areas_and_mappable_table(void **state)
{
	struct region_answer a = answer();
	struct vfio_region r;

	assert_int_equal(vfio_info_region(&a, sizeof(a), &r), 0);
	assert_int_equal(r.index, 2);
	assert_int_equal(r.size, 0x10000);
	assert_true(r.file_offset == 0x20000000000);
	assert_true(r.sparse);
	assert_true(r.msix_mappable);
	assert_int_equal(r.nr_areas, 2);
	assert_int_equal(r.areas[1].start, 0x8000);
	assert_int_equal(r.areas[1].size, 0x8000);
}

static void without_capabilities_all_can_be_mapped(void **state)
{
	struct region_answer a = answer();
	struct vfio_region r;

	a.info.flags &= ~VFIO_REGION_INFO_FLAG_CAPS;
	assert_int_equal(vfio_info_region(&a, sizeof(a.info), &r), 0);
	assert_false(r.sparse);
	assert_int_equal(r.nr_areas, 1);
	assert_int_equal(r.areas[0].size, 0x10000);
	assert_false(r.msix_mappable);

	a.info.flags &= ~VFIO_REGION_INFO_FLAG_MMAP;
	assert_int_equal(vfio_info_region(&a, sizeof(a.info), &r), 0);
	assert_int_equal(r.nr_areas, 0);

	/* Less than a page: there is nothing to map. */
	a.info.flags |= VFIO_REGION_INFO_FLAG_MMAP;
	a.info.size = 0x800;
	assert_int_equal(vfio_info_region(&a, sizeof(a.info), &r), 0);
	assert_int_equal(r.nr_areas, 0);
}

static void areas_that_cannot_be_are_dropped(void **state)
{
	static const struct vfio_region_sparse_mmap_area bad[] = {
		{ 0x800, 0x1000 },     /* not on a page */
		{ 0x1000, 0x800 },     /* not whole pages */
		{ 0xf000, 0x2000 },    /* past the end */
		{ 0x1000, 0 },         /* empty */
		{ ~0xfffull, 0x2000 }, /* wraps */
	};
	struct region_answer a = answer();
	struct vfio_region r;

	a.sparse.count = 1;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		a.areas[0] = bad[i];
		assert_int_equal(vfio_info_region(&a, sizeof(a), &r), 0);
		assert_int_equal(r.nr_areas, 0);
	}
}

static void hostile_lengths_and_offsets(void **state)
{
	struct region_answer a = answer();
	struct vfio_region r;

	/* More areas than fit into the answer: those that are there count. */
	a.sparse.count = ~0u;
	assert_int_equal(vfio_info_region(&a, offsetof(struct region_answer, areas[1]), &r), 0);
	assert_int_equal(r.nr_areas, 1);
	/* A chain that bites its tail. */
	a.sparse.header.next = a.info.cap_offset;
	a.sparse.header.id = 77;
	assert_int_equal(vfio_info_region(&a, sizeof(a), &r), 0);
	assert_false(r.sparse);
	/* A chain that leaves the answer. */
	a.info.cap_offset = sizeof(a) - 2;
	assert_int_equal(vfio_info_region(&a, sizeof(a), &r), 0);
	a.info.cap_offset = ~0u;
	assert_int_equal(vfio_info_region(&a, sizeof(a), &r), 0);
	/* An answer that is too short, and a region that wraps around the file. */
	assert_int_equal(vfio_info_region(&a, 8, &r), -EPROTO);
	a.info.offset = ~0ull - 0xff;
	assert_int_equal(vfio_info_region(&a, sizeof(a), &r), -EPROTO);
}

struct iommu_answer {
	struct vfio_iommu_type1_info info;
	struct list_cap iova;
	struct vfio_iova_range ranges[3];
	struct vfio_iommu_type1_info_dma_avail avail;
};

static void iommu_limits(void **state)
{
	struct iommu_answer a = {
		.info = {
			.argsz = sizeof(a),
			.flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS,
			.iova_pgsizes = 0x40201000,
			.cap_offset = offsetof(struct iommu_answer, iova),
		},
		.iova = {
			.header = { VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, 1,
				offsetof(struct iommu_answer, avail) },
			.count = 3,
		},
		.ranges = { { 0, 0xfedfffff }, { 0xfef00000, 0xffffffffff }, { 5, 4 } },
		.avail = { .header = { VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, 1, 0 }, .avail = 65535 },
	};
	struct vfio_iommu_limits limits;

	assert_int_equal(vfio_info_iommu(&a, sizeof(a), &limits), 0);
	assert_int_equal(limits.page_sizes, 0x40201000);
	assert_int_equal(limits.mappings_left, 65535);
	assert_int_equal(limits.nr_ranges, 2); /* the last one is none */
	assert_int_equal(limits.ranges[0].size, 0xfee00000);
	assert_true(limits.ranges[1].start == 0xfef00000);

	a.ranges[0] = (struct vfio_iova_range){ 0, ~0ull };
	a.iova.count = 1;
	assert_int_equal(vfio_info_iommu(&a, sizeof(a), &limits), 0);
	assert_true(limits.ranges[0].size == ~0ull - 0xfff);

	a.info.flags = 0;
	assert_int_equal(vfio_info_iommu(&a, sizeof(a), &limits), 0);
	assert_int_equal(limits.page_sizes, 0x1000);
	assert_int_equal(limits.nr_ranges, 0);
	assert_int_equal(limits.mappings_left, ~0u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sparse_areas_and_mappable_table),
		cmocka_unit_test(without_capabilities_all_can_be_mapped),
		cmocka_unit_test(areas_that_cannot_be_are_dropped),
		cmocka_unit_test(hostile_lengths_and_offsets),
		cmocka_unit_test(iommu_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
