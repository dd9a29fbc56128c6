// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "unit.h"
#include "vm/mem/mem.h"
#include "vm/mem/ram.h"

/* Keeps what it was told of: the DMA mapping in small. */
struct recorder {
	struct mem_observer observer;
	struct range live[16];
	unsigned nr;
	unsigned added, removed;
	u64 refuse; /* the start of a segment that it does not take */
};

static int on_added(struct mem_observer *o, const struct mem_segment *s, struct err *err)
{
	struct recorder *r = container_of(o, struct recorder, observer);

	if (r->refuse && s->range.start == r->refuse)
		return err_set(err, ENOMEM, "refused");
	for (unsigned i = 0; i < r->nr; i++)
		assert_false(range_overlaps(r->live[i], s->range));
	r->live[r->nr++] = s->range;
	r->added++;
	return 0;
}

static void on_removed(struct mem_observer *o, const struct mem_segment *s)
{
	struct recorder *r = container_of(o, struct recorder, observer);
	unsigned i = 0;

	while (i < r->nr && r->live[i].start != s->range.start)
		i++;
	assert_true(i < r->nr);
	assert_int_equal(r->live[i].size, s->range.size);
	r->live[i] = r->live[--r->nr];
	r->removed++;
}

static struct recorder recorder(void)
{
	return (struct recorder){ .observer = { on_added, on_removed, NULL } };
}

static char pages[0x10000] __attribute__((aligned(4096)));

static struct mem_region region(u64 gpa, u64 size, enum flat_rank rank)
{
	return (struct mem_region){ .name = "test",
		.range = { gpa, size },
		.rank = rank,
		.kind = rank == FLAT_RANK_PLATFORM ? MEM_RAM : MEM_DEVICE,
		.host = pages,
		.fd = -1 };
}

static void ram_splits_a_bar(void **state)
{
	struct mem_region bar = region(0x10000, 0x8000, FLAT_RANK_BAR);
	struct mem_region ram = region(0x12000, 0x2000, FLAT_RANK_PLATFORM);
	struct recorder r = recorder();
	struct err err = { 0 };
	struct mem mem;

	assert_int_equal(mem_open(&mem, NULL, &err), 0);
	assert_int_equal(mem_add(&mem, &bar, &err), 0);
	assert_int_equal(mem_observe(&mem, &r.observer, &err), 0);
	assert_int_equal(r.nr, 1);
	assert_int_equal(mem_add(&mem, &ram, &err), 0);
	assert_int_equal(r.nr, 3);
	assert_ptr_equal(mem_ptr(&mem, 0x12010, 8), pages + 0x10);
	assert_null(mem_ptr(&mem, 0x11ff8, 16));
	assert_null(mem_ptr(&mem, 0x10000, 8)); /* a BAR is not RAM */

	mem_remove(&mem, &ram);
	assert_int_equal(r.nr, 1);
	assert_int_equal(r.live[0].size, 0x8000);
	mem_close(&mem);
	assert_int_equal(r.nr, 0);
	assert_int_equal(r.added, r.removed);
}

static void what_stays_is_not_touched(void **state)
{
	struct mem_region a = region(0x10000, 0x1000, FLAT_RANK_PLATFORM);
	struct mem_region b = region(0x20000, 0x1000, FLAT_RANK_PLATFORM);
	struct recorder r = recorder();
	struct err err = { 0 };
	struct mem mem;

	mem_open(&mem, NULL, &err);
	mem_observe(&mem, &r.observer, &err);
	mem_add(&mem, &a, &err);
	mem_add(&mem, &b, &err);
	mem_remove(&mem, &b);
	assert_int_equal(r.added, 2);
	assert_int_equal(r.removed, 1);
	mem_remove(&mem, &b); /* is not there: nothing happens */
	assert_int_equal(r.removed, 1);
	mem_close(&mem);
}

static void a_refused_region_leaves_the_map_as_it_was(void **state)
{
	struct mem_region bar = region(0x10000, 0x8000, FLAT_RANK_BAR);
	struct mem_region ram = region(0x12000, 0x2000, FLAT_RANK_PLATFORM);
	struct recorder r = recorder();
	struct err err = { 0 };
	struct mem mem;

	mem_open(&mem, NULL, &err);
	mem_observe(&mem, &r.observer, &err);
	mem_add(&mem, &bar, &err);
	r.refuse = 0x12000;
	assert_int_equal(mem_add(&mem, &ram, &err), -ENOMEM);
	assert_string_equal(err.text, "refused");
	assert_int_equal(r.nr, 1);
	assert_int_equal(r.live[0].size, 0x8000);
	mem_close(&mem);
}

static void a_refusing_observer_is_not_added(void **state)
{
	struct mem_region a = region(0x10000, 0x1000, FLAT_RANK_PLATFORM);
	struct mem_region b = region(0x20000, 0x1000, FLAT_RANK_PLATFORM);
	struct recorder r = recorder();
	struct err err = { 0 };
	struct mem mem;

	mem_open(&mem, NULL, &err);
	mem_add(&mem, &a, &err);
	mem_add(&mem, &b, &err);
	r.refuse = 0x20000;
	assert_int_equal(mem_observe(&mem, &r.observer, &err), -ENOMEM);
	assert_int_equal(r.nr, 0);
	mem_remove(&mem, &a);
	assert_int_equal(r.removed, 1);
	mem_close(&mem);
}

static void refuses_half_pages(void **state)
{
	struct mem_region a = region(0x10800, 0x1000, FLAT_RANK_BAR);
	struct err err = { 0 };
	struct mem mem;

	mem_open(&mem, NULL, &err);
	assert_int_equal(mem_add(&mem, &a, &err), -EINVAL);
	a = region(~0xfffull, 0x2000, FLAT_RANK_BAR);
	assert_int_equal(mem_add(&mem, &a, &err), -EINVAL);
	mem_close(&mem);
}

static void ram_lies_around_the_hole(void **state)
{
	struct recorder r = recorder();
	struct err err = { 0 };
	struct mem mem;
	struct ram ram;

	mem_open(&mem, NULL, &err);
	assert_int_equal(ram_open(&ram, &mem, 3 * GIB, &err), 0);
	mem_observe(&mem, &r.observer, &err);
	assert_int_equal(r.nr, 4);
	assert_int_equal(ram_low_end(&ram), 2 * GIB);
	assert_true(ram_high_end(&ram) == 5 * GIB);
	assert_non_null(mem_ptr(&mem, 0x9ffff, 1));
	assert_null(mem_ptr(&mem, 0xa0000, 1));
	assert_non_null(mem_ptr(&mem, 2 * GIB - 1, 1));
	assert_null(mem_ptr(&mem, 2 * GIB, 1));
	/* One file behind it all: the byte at 4 GiB is the one behind TOLUD. */
	assert_ptr_equal(mem_ptr(&mem, 4 * GIB, 1), (char *)ram.host + 2 * GIB);
	assert_int_equal((uintptr_t)ram.host % GIB, 0);
	ram_close(&ram);
	assert_int_equal(r.nr, 0);
	mem_close(&mem);
}

/* What a chipset shadows below 1 MiB is a segment of its own. */
static void ram_is_cut_at_one_mib(void **state)
{
	struct recorder r = recorder();
	struct err err = { 0 };
	struct mem mem;
	struct ram ram;
	bool own = false;

	mem_open(&mem, NULL, &err);
	assert_int_equal(ram_open(&ram, &mem, 64 * MIB, &err), 0);
	mem_observe(&mem, &r.observer, &err);
	assert_int_equal(r.nr, 3);
	for (unsigned i = 0; i < r.nr; i++)
		own |= r.live[i].start == 0xc0000 && r.live[i].size == 0x40000;
	assert_true(own);
	mem_unobserve(&mem, &r.observer);
	ram_close(&ram);
	mem_close(&mem);
}

/* What lies together here and there is one part, whatever segments it is cut into. */
static void ram_is_told_in_whole_parts(void **state)
{
	struct err err = { 0 };
	struct mem_ram table;
	struct mem mem;
	struct ram ram;

	mem_open(&mem, NULL, &err);
	assert_int_equal(ram_open_shared(&ram, &mem, 3 * GIB, &err), 0);
	assert_int_equal(mem_ram(&mem, &table), 0);
	assert_int_equal(table.nr, 3);
	assert_int_equal(table.parts[1].range.start, 0xc0000);
	assert_true(range_end(table.parts[1].range) == 2 * GIB);
	assert_int_equal(table.parts[1].fd, ram.fd);
	assert_int_equal(table.parts[1].fd_offset, 0xc0000);
	assert_true(table.parts[2].fd_offset == 2 * GIB);
	assert_ptr_equal(mem_ram_ptr(&table, 0xff000, 0x2000), mem_ptr(&mem, 0xff000, 1));
	assert_ptr_equal(mem_ram_ptr(&table, 5 * GIB - 1, 1), mem_ptr(&mem, 5 * GIB - 1, 1));
	assert_null(mem_ram_ptr(&table, 0x9ffff, 2));
	assert_null(mem_ram_ptr(&table, 2 * GIB - 1, 2));
	assert_null(mem_ram_ptr(&table, 5 * GIB, 1));
	assert_null(mem_ram_ptr(&table, 4 * GIB, ~0ull));
	ram_close(&ram);
	mem_close(&mem);
}

/* Asked for, RAM is a file; of the pool, it is the file that was given. */
static void ram_of_files(void **state)
{
	struct ram_config config = RAM_CONFIG_DEFAULT;
	struct err err = { 0 };
	struct mem mem;
	struct ram ram;
	char *bytes;

	mem_open(&mem, NULL, &err);
	assert_int_equal(ram_open_shared(&ram, &mem, 4 * MIB, &err), 0);
	assert_true(ram.fd >= 0);
	assert_int_equal(lseek(ram.fd, 0, SEEK_END), 4 * MIB);
	ram_close(&ram);

	config.file = memfd_create("pool", MFD_CLOEXEC);
	config.page = 2 * MIB;
	assert_int_equal(ftruncate(config.file, 4 * MIB), 0);
	assert_int_equal(ram_open_as(&ram, &mem, 4 * MIB, &config, &err), 0);
	*(char *)mem_ptr(&mem, 3 * MIB, 1) = 'x';
	bytes = mmap(NULL, 4 * MIB, PROT_READ, MAP_SHARED, config.file, 0);
	assert_int_equal(bytes[3 * MIB], 'x');
	munmap(bytes, 4 * MIB);
	ram_close(&ram);
	assert_int_equal(close(config.file), 0);
	mem_close(&mem);
}

static void ram_refuses_odd_sizes(void **state)
{
	struct err err = { 0 };
	struct mem mem;
	struct ram ram;

	mem_open(&mem, NULL, &err);
	assert_int_equal(ram_open(&ram, &mem, 3 * MIB, &err), -EINVAL);
	assert_int_equal(ram_open(&ram, &mem, 0, &err), -EINVAL);
	mem_close(&mem);
}

static void each_view_has_its_own(void **state)
{
	struct mem_region ram = region(0x10000, 0x4000, FLAT_RANK_PLATFORM);
	struct mem_region hole = region(0x12000, 0x1000, FLAT_RANK_SMRAM);
	struct mem_region smram = region(0x20000, 0x1000, FLAT_RANK_PLATFORM);
	struct recorder r = recorder();
	struct err err = { 0 };
	struct mem mem;

	hole.kind = MEM_HOLE;
	hole.scope = FLAT_SCOPE_NORMAL;
	smram.scope = FLAT_SCOPE_SMM;
	mem_open(&mem, NULL, &err);
	assert_int_equal(mem_add_smm(&mem, &err), 0);
	mem_observe(&mem, &r.observer, &err);
	assert_int_equal(mem_add(&mem, &ram, &err), 0);
	assert_int_equal(mem_add(&mem, &smram, &err), 0);
	/* Observers have the normal view. */
	assert_int_equal(r.nr, 1);
	assert_null(mem_ptr(&mem, 0x20000, 1));
	assert_non_null(mem_ptr_in(&mem, FLAT_VIEW_SMM, 0x20000, 1));
	assert_int_equal(mem.views[FLAT_VIEW_SMM].segments[0].slot, 1 << 16);
	assert_int_equal(mem.views[FLAT_VIEW_SMM].segments[1].slot, 1 << 16 | 1);

	assert_int_equal(mem_add(&mem, &hole, &err), 0);
	assert_int_equal(r.nr, 2);
	assert_null(mem_ptr(&mem, 0x12000, 1));
	assert_null(mem_ptr(&mem, 0x11fff, 2));
	assert_ptr_equal(mem_ptr_in(&mem, FLAT_VIEW_SMM, 0x12000, 0x1000), pages + 0x2000);
	assert_int_equal(mem.views[FLAT_VIEW_SMM].segments[0].range.size, 0x4000);
	mem_remove(&mem, &hole);
	assert_int_equal(r.nr, 1);
	mem_remove(&mem, &smram);
	mem_remove(&mem, &ram);
	assert_int_equal(r.added, r.removed);
	mem_close(&mem);
}

/* The top of the low part, alone, where a chipset may hide it. */
static void ram_for_smm_is_a_part_of_its_own(void **state)
{
	struct ram_config config = RAM_CONFIG_DEFAULT;
	struct recorder r = recorder();
	struct err err = { 0 };
	struct mem_ram table;
	struct mem mem;
	struct ram ram;

	config.smm = true;
	mem_open(&mem, NULL, &err);
	mem_observe(&mem, &r.observer, &err);
	assert_int_equal(ram_open_as(&ram, &mem, 64 * MIB, &config, &err), 0);
	assert_int_equal(r.nr, 4);
	assert_int_equal(r.live[3].start, 48 * MIB);
	assert_int_equal(r.live[3].size, RAM_TSEG_MAX);
	/* For devices that this process serves it is one with what is below it. */
	assert_int_equal(mem_ram(&mem, &table), 0);
	assert_int_equal(table.nr, 2);
	assert_int_equal(range_end(table.parts[1].range), 64 * MIB);
	ram_close(&ram);
	mem_close(&mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ram_splits_a_bar),
		cmocka_unit_test(what_stays_is_not_touched),
		cmocka_unit_test(a_refused_region_leaves_the_map_as_it_was),
		cmocka_unit_test(a_refusing_observer_is_not_added),
		cmocka_unit_test(refuses_half_pages),
		cmocka_unit_test(ram_lies_around_the_hole),
		cmocka_unit_test(ram_is_cut_at_one_mib),
		cmocka_unit_test(ram_is_told_in_whole_parts),
		cmocka_unit_test(ram_of_files),
		cmocka_unit_test(ram_refuses_odd_sizes),
		cmocka_unit_test(each_view_has_its_own),
		cmocka_unit_test(ram_for_smm_is_a_part_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
