// SPDX-License-Identifier: GPL-2.0-or-later
/* SMM's memory, by the registers of the host bridge: what a processor finds in both views. */
#include "vm/pci/smram.h"

#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "unit.h"
#include "vm/pci/mch.h"

#define RAM_SIZE (64 * MIB)
#define TSEG(n)  (RAM_SIZE - (n)*MIB)

/* What devices can reach: the DMA mapping in small. */
struct reach {
	struct mem_observer observer;
	struct range live[16];
	unsigned nr, changes;
	u64 refuse; /* the start of a segment that cannot be mapped */
};

struct bench {
	struct bus mmio, pio;
	struct mem mem;
	struct ram ram;
	struct mch mch;
	struct reach reach;
};

static int on_added(struct mem_observer *o, const struct mem_segment *s, struct err *err)
{
	struct reach *r = container_of(o, struct reach, observer);

	r->changes++;
	if (s->region->kind != MEM_RAM)
		return 0;
	if (r->refuse && s->range.start == r->refuse)
		return err_set(err, ENOSPC, "refused");
	assert_true(r->nr < ARRAY_SIZE(r->live));
	r->live[r->nr++] = s->range;
	return 0;
}

static void on_removed(struct mem_observer *o, const struct mem_segment *s)
{
	struct reach *r = container_of(o, struct reach, observer);

	r->changes++;
	for (unsigned i = 0; i < r->nr; i++)
		if (r->live[i].start == s->range.start) {
			assert_int_equal(r->live[i].size, s->range.size);
			r->live[i] = r->live[--r->nr];
			return;
		}
	assert_int_not_equal(s->region->kind, MEM_RAM);
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct ram_config config = RAM_CONFIG_DEFAULT;
	struct err err = { 0 };

	config.smm = true;
	bus_open(&b->mmio);
	bus_open(&b->pio);
	assert_int_equal(mem_open(&b->mem, NULL, &err), 0);
	assert_int_equal(mem_add_smm(&b->mem, &err), 0);
	assert_int_equal(ram_open_as(&b->ram, &b->mem, RAM_SIZE, &config, &err), 0);
	assert_int_equal(mch_open(&b->mch, &b->mmio, &b->pio, &b->mem, NULL, &err), 0);
	mch_add_smm(&b->mch, &b->ram);
	b->reach.observer = (struct mem_observer){ on_added, on_removed, NULL };
	assert_int_equal(mem_observe(&b->mem, &b->reach.observer, &err), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	mch_close(&b->mch);
	ram_close(&b->ram);
	assert_int_equal(b->mem.nr_regions, 0);
	mem_close(&b->mem);
	bus_close(&b->mmio);
	bus_close(&b->pio);
	free(b);
	return 0;
}

static u32 get(struct bench *b, u16 offset, unsigned size)
{
	return pci_host_config_read(&b->mch.host, 0, 0, offset, size);
}

static void set(struct bench *b, u16 offset, unsigned size, u32 value)
{
	pci_host_config_write(&b->mch.host, 0, 0, offset, size, value);
}

static void reset(struct bench *b)
{
	pci_bus_reset(&b->mch.host.root);
}

static bool sees(struct bench *b, enum flat_view view, u64 at)
{
	const struct mem_view *v = &b->mem.views[view];

	for (size_t i = 0; i < v->nr_segments; i++)
		if (v->segments[i].live && range_contains(v->segments[i].range, at, 1))
			return true;
	return false;
}

static bool reaches(struct bench *b, u64 at)
{
	for (unsigned i = 0; i < b->reach.nr; i++)
		if (range_contains(b->reach.live[i], at, 1))
			return true;
	return false;
}

/* Everybody has it. */
static void assert_open(struct bench *b, u64 at)
{
	assert_true(sees(b, FLAT_VIEW_NORMAL, at));
	assert_true(sees(b, FLAT_VIEW_SMM, at));
	assert_true(reaches(b, at));
	assert_non_null(mem_ptr(&b->mem, at, 1));
}

/* Only processors in SMM have it. */
static void assert_hidden(struct bench *b, u64 at)
{
	assert_false(sees(b, FLAT_VIEW_NORMAL, at));
	assert_true(sees(b, FLAT_VIEW_SMM, at));
	assert_false(reaches(b, at));
	assert_null(mem_ptr(&b->mem, at, 1));
	assert_int_equal(bus_read(&b->mmio, at, 4), 0xffffffff);
}

static void assert_hidden_range(struct bench *b, u64 start, u64 end)
{
	assert_open(b, start - 1);
	assert_hidden(b, start);
	assert_hidden(b, end - 1);
	if (end < RAM_SIZE)
		assert_open(b, end);
}

static void everything_is_open_after_power_on(void **state)
{
	struct bench *b = *state;

	assert_open(b, 0);
	assert_open(b, 0x30000);
	assert_open(b, TSEG(16));
	assert_open(b, RAM_SIZE - 1);
	assert_false(sees(b, FLAT_VIEW_SMM, 0xa0000));
}

/* Intel 316966, 5.1.25 and 5.1.26; QEMU's two registers as edk2 uses them. */
static void registers_are_as_specified(void **state)
{
	struct bench *b = *state;
	static const struct {
		u16 offset;
		u8 size;
		u32 reset, write, read, locked;
	} rows[] = {
		/* offset, size, after a reset, written, read then, and if D_LCK was set before */
		{ SMRAM_CONTROL, 1, 0x02, 0xff & ~SMRAM_D_LCK, 0x6a, 0x32 },
		{ SMRAM_CONTROL, 1, 0x02, 0x00, 0x02, 0x12 },
		{ SMRAM_CONTROL, 1, 0x02, 0xff, 0x3a, 0x32 }, /* D_LCK clears D_OPEN */
		{ SMRAM_ESMRAMC, 1, 0x38, 0xff, 0xbf, 0x38 },
		{ SMRAM_ESMRAMC, 1, 0x38, 0x00, 0x38, 0x38 },
		{ SMRAM_ESMRAMC, 1, 0x38, 0x41, 0x39, 0x38 },
		{ SMRAM_EXT_TSEG, 2, 0xffff, 0xffff, 16, 16 },
		{ SMRAM_EXT_TSEG, 2, 0xffff, 0x0001, 0xffff, 0xffff },
		{ SMRAM_SMBASE, 1, 0x00, 0xff, 0x01, 0x01 },
		{ SMRAM_SMBASE, 1, 0x00, 0x02, 0x00, 0x00 }, /* not asked first */
		{ 0x52, 2, 0, 0x0002, 0x0002, 0 },           /* GGC */
		{ 0xa4, 4, 0, 0x7f000000, 0x7f000000, 0 },   /* GBSM */
		{ 0xa8, 4, 0, 0x7f000000, 0x7f000000, 0 },   /* BGSM */
		{ 0xac, 4, 0, 0x7f000000, 0x7f000000, 0 },   /* TSEGMB */
		{ 0xb0, 2, 0, 0x7fff, 0x7ff0, 0 },           /* TOLUD */
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		reset(b);
		assert_int_equal(get(b, rows[i].offset, rows[i].size), rows[i].reset);
		set(b, rows[i].offset, rows[i].size, rows[i].write);
		assert_int_equal(get(b, rows[i].offset, rows[i].size), rows[i].read);
		reset(b);
		set(b, SMRAM_CONTROL, 1, SMRAM_D_LCK);
		set(b, rows[i].offset, rows[i].size, rows[i].write);
		assert_int_equal(get(b, rows[i].offset, rows[i].size), rows[i].locked);
	}
}

static void tseg_tops_low_memory(void **state)
{
	struct bench *b = *state;
	static const unsigned sizes[] = { 1, 2, 8, 16 };

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		set(b, SMRAM_ESMRAMC, 1, i << 1 | SMRAM_T_EN);
		assert_open(b, RAM_SIZE - 1); /* not without G_SMRAME */
		set(b, SMRAM_CONTROL, 1, SMRAM_G_SMRAME);
		assert_hidden_range(b, TSEG(sizes[i]), RAM_SIZE);
		assert_ptr_equal(mem_ptr_in(&b->mem, FLAT_VIEW_SMM, TSEG(sizes[i]), sizes[i] * MIB),
			(char *)b->ram.host + TSEG(sizes[i]));
		set(b, SMRAM_CONTROL, 1, 0);
	}
}

/* As OVMF's SmmAccessPei and SmmAccess2Dxe do it. */
static void close_as_ovmf(struct bench *b)
{
	set(b, SMRAM_EXT_TSEG, 2, SMRAM_EXT_TSEG_QUERY);
	assert_int_equal(get(b, SMRAM_EXT_TSEG, 2), 16);
	set(b, SMRAM_SMBASE, 1, SMRAM_SMBASE_QUERY);
	assert_int_equal(get(b, SMRAM_SMBASE, 1), SMRAM_SMBASE_FREE);
	set(b, SMRAM_ESMRAMC, 1, SMRAM_CACHES | SMRAM_TSEG_SIZE | SMRAM_T_EN);
	set(b, SMRAM_CONTROL, 1, get(b, SMRAM_CONTROL, 1) | SMRAM_G_SMRAME);
	set(b, SMRAM_SMBASE, 1, SMRAM_SMBASE_LOCK);
	set(b, SMRAM_CONTROL, 1, get(b, SMRAM_CONTROL, 1) | SMRAM_D_LCK);
}

static void nothing_opens_what_is_locked(void **state)
{
	struct bench *b = *state;

	close_as_ovmf(b);
	/* Every value to each register, alone and together, and by ports as by ECAM. */
	for (unsigned value = 0; value < 256; value++) {
		for (u16 offset = SMRAM_SMBASE; offset <= SMRAM_ESMRAMC; offset++)
			set(b, offset, 1, value);
		set(b, SMRAM_SMBASE, 4, value * 0x01010101u);
		set(b, 0x50, 4, value * 0x01010101u);
		bus_write(&b->pio, 0xcf8, 4, 0x80000000 | SMRAM_SMBASE);
		bus_write(&b->pio, 0xcfc, 4, value * 0x01010101u);
		assert_int_equal(get(b, SMRAM_SMBASE, 1), SMRAM_SMBASE_LOCK);
		assert_int_equal(get(b, SMRAM_ESMRAMC, 1) & SMRAM_T_EN, SMRAM_T_EN);
		assert_int_equal(
			get(b, SMRAM_CONTROL, 1) & (SMRAM_D_OPEN | SMRAM_D_LCK), SMRAM_D_LCK);
	}
	assert_hidden_range(b, TSEG(16), RAM_SIZE);
	assert_hidden_range(b, 0x30000, 0x50000);
	assert_true(sees(b, FLAT_VIEW_SMM, 0xa0000));
	assert_false(sees(b, FLAT_VIEW_NORMAL, 0xa0000));
}

static void a_reset_opens_everything(void **state)
{
	struct bench *b = *state;

	*(char *)mem_ptr(&b->mem, TSEG(16), 1) = 's';
	for (unsigned i = 0; i < 3; i++) {
		close_as_ovmf(b);
		assert_hidden(b, TSEG(16));
		reset(b);
		everything_is_open_after_power_on(state);
		assert_int_equal(get(b, SMRAM_CONTROL, 1), 0x02);
		assert_int_equal(get(b, SMRAM_ESMRAMC, 1), SMRAM_CACHES);
		assert_int_equal(get(b, SMRAM_SMBASE, 1), 0);
		assert_int_equal(*(char *)mem_ptr(&b->mem, TSEG(16), 1), 's');
	}
}

/* The old place, below 1 MiB or above it: RAM that is not RAM for devices. */
static void low_smram_is_shown_to_smm(void **state)
{
	struct bench *b = *state;

	set(b, SMRAM_CONTROL, 1, SMRAM_G_SMRAME);
	assert_true(sees(b, FLAT_VIEW_SMM, 0xa0000));
	assert_true(sees(b, FLAT_VIEW_SMM, 0xbffff));
	assert_false(sees(b, FLAT_VIEW_NORMAL, 0xa0000));
	set(b, SMRAM_CONTROL, 1, SMRAM_G_SMRAME | SMRAM_D_OPEN);
	assert_true(sees(b, FLAT_VIEW_NORMAL, 0xa0000));
	assert_false(reaches(b, 0xa0000));
	set(b, SMRAM_ESMRAMC, 1, SMRAM_H_SMRAME);
	assert_false(sees(b, FLAT_VIEW_SMM, 0xa0000));
	assert_true(sees(b, FLAT_VIEW_SMM, 0xfeda0000));
	set(b, SMRAM_CONTROL, 1, SMRAM_G_SMRAME | SMRAM_D_LCK);
	assert_false(sees(b, FLAT_VIEW_NORMAL, 0xfeda0000));
}

/* A large part of memory that is mapped for DMA must not be mapped anew. */
static void closing_tseg_touches_only_the_top(void **state)
{
	struct bench *b = *state;

	b->reach.changes = 0;
	set(b, SMRAM_ESMRAMC, 1, SMRAM_TSEG_SIZE | SMRAM_T_EN);
	set(b, SMRAM_CONTROL, 1, SMRAM_G_SMRAME);
	assert_int_equal(b->reach.changes, 1);
	reset(b);
	assert_int_equal(b->reach.changes, 2);
}

/* Firmware looks whether the bits are set. */
static void what_fails_is_not_shown_as_done(void **state)
{
	struct bench *b = *state;

	/* The rest of that part, below a TSEG of 8 MiB, cannot be mapped for DMA. */
	b->reach.refuse = TSEG(16);
	set(b, SMRAM_CONTROL, 1, SMRAM_G_SMRAME);
	set(b, SMRAM_ESMRAMC, 1, 2 << 1 | SMRAM_T_EN);
	assert_int_equal(get(b, SMRAM_ESMRAMC, 1) & SMRAM_T_EN, 0);
	b->reach.refuse = 0;
	set(b, SMRAM_ESMRAMC, 1, 2 << 1 | SMRAM_T_EN);
	assert_hidden_range(b, TSEG(8), RAM_SIZE);
}

/* A BAR that the guest puts there is not seen, neither by SMM nor by devices. */
static void a_bar_does_not_cover_smram(void **state)
{
	struct bench *b = *state;
	static char pages[0x1000] __attribute__((aligned(4096)));
	struct mem_region bar = { .name = "bar",
		.range = { TSEG(16), 0x1000 },
		.rank = FLAT_RANK_BAR,
		.kind = MEM_DEVICE,
		.host = pages,
		.fd = -1 };
	struct err err = { 0 };

	close_as_ovmf(b);
	assert_int_equal(mem_add(&b->mem, &bar, &err), 0);
	assert_hidden(b, TSEG(16));
	assert_ptr_equal(
		mem_ptr_in(&b->mem, FLAT_VIEW_SMM, TSEG(16), 1), (char *)b->ram.host + TSEG(16));
	mem_remove(&b->mem, &bar);
}

static void small_machines_have_no_large_tseg(void **state)
{
	struct bench *b = *state;
	struct ram_config config = RAM_CONFIG_DEFAULT;
	struct err err = { 0 };

	mch_close(&b->mch);
	ram_close(&b->ram);
	config.smm = true;
	assert_int_equal(ram_open_as(&b->ram, &b->mem, 4 * MIB, &config, &err), 0);
	assert_int_equal(mch_open(&b->mch, &b->mmio, &b->pio, &b->mem, NULL, &err), 0);
	mch_add_smm(&b->mch, &b->ram);
	set(b, SMRAM_CONTROL, 1, SMRAM_G_SMRAME);
	set(b, SMRAM_ESMRAMC, 1, SMRAM_TSEG_SIZE | SMRAM_T_EN);
	assert_open(b, 4 * MIB - 1);
	set(b, SMRAM_ESMRAMC, 1, SMRAM_T_EN);
	assert_hidden(b, 4 * MIB - 1);
	assert_open(b, 3 * MIB - 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(everything_is_open_after_power_on),
		TEST(registers_are_as_specified),
		TEST(tseg_tops_low_memory),
		TEST(nothing_opens_what_is_locked),
		TEST(a_reset_opens_everything),
		TEST(low_smram_is_shown_to_smm),
		TEST(closing_tseg_touches_only_the_top),
		TEST(what_fails_is_not_shown_as_done),
		TEST(a_bar_does_not_cover_smram),
		TEST(small_machines_have_no_large_tseg),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
