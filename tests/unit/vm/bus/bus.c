// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/bus/bus.h"
#include "base/bytes.h"
#include "unit.h"

/* A device of plain bytes that counts its accesses. */
struct bytes_device {
	u8 bytes[64];
	unsigned reads, writes;
	struct bus *bus; /* when set, a write removes the device from it */
	struct bus_region region;
};

static u64 device_read(void *owner, u64 offset, unsigned size)
{
	struct bytes_device *d = owner;

	d->reads++;
	return get_le(d->bytes + offset, size);
}

static void device_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct bytes_device *d = owner;

	d->writes++;
	put_le(d->bytes + offset, size, value);
	if (d->bus)
		bus_remove(d->bus, &d->region);
}

static const struct bus_ops device_ops = { device_read, device_write };

static void add(struct bus *bus, struct bytes_device *d, u64 start, u64 size, enum flat_rank rank)
{
	d->region = (struct bus_region){ .name = "test",
		.range = { start, size },
		.rank = rank,
		.ops = &device_ops,
		.owner = d };
	assert_int_equal(bus_add(bus, &d->region), 0);
}

static void nothing_gives_ones(void **state)
{
	struct bus bus;

	bus_open(&bus);
	assert_int_equal(bus_read(&bus, 0x1000, 1), 0xff);
	assert_int_equal(bus_read(&bus, 0x1000, 4), 0xffffffff);
	assert_true(bus_read(&bus, ~0ull - 3, 8) == ~0ull);
	bus_write(&bus, 0x1000, 4, 1);
	bus_close(&bus);
}

static void board_wins_over_bars(void **state)
{
	struct bytes_device bar = { .bytes = { [0 ... 63] = 0xbb } };
	struct bytes_device port = { .bytes = { [0 ... 63] = 0xaa } };
	struct bytes_device late = { .bytes = { [0 ... 63] = 0xcc } };
	struct bus bus;

	bus_open(&bus);
	add(&bus, &bar, 0x100, 64, FLAT_RANK_BAR);
	add(&bus, &late, 0x110, 64, FLAT_RANK_BAR);
	add(&bus, &port, 0x108, 4, FLAT_RANK_PLATFORM);
	assert_int_equal(bus_read(&bus, 0x104, 4), 0xbbbbbbbb);
	assert_int_equal(bus_read(&bus, 0x108, 4), 0xaaaaaaaa);
	assert_int_equal(bus_read(&bus, 0x10c, 4), 0xbbbbbbbb);
	/* Of two BARs the first keeps its place; the other shows where it stands alone. */
	assert_int_equal(bus_read(&bus, 0x110, 1), 0xbb);
	assert_int_equal(bus_read(&bus, 0x140, 1), 0xcc);
	bus_remove(&bus, &port.region);
	assert_int_equal(bus_read(&bus, 0x108, 4), 0xbbbbbbbb);
	bus_close(&bus);
}

static void crossing_accesses_go_byte_by_byte(void **state)
{
	struct bytes_device a = { .bytes = { [0 ... 63] = 0x11 } };
	struct bytes_device b = { .bytes = { [0 ... 63] = 0x22 } };
	struct bus bus;

	bus_open(&bus);
	add(&bus, &a, 0, 2, FLAT_RANK_PLATFORM);
	add(&bus, &b, 2, 1, FLAT_RANK_PLATFORM);
	assert_int_equal(bus_read(&bus, 0, 4), 0xff221111);
	assert_int_equal(a.reads, 2);
	bus_write(&bus, 1, 2, 0x4433);
	assert_int_equal(a.bytes[1], 0x33);
	assert_int_equal(b.bytes[0], 0x44);
	/* KVM may hand over 3 bytes. */
	assert_int_equal(bus_read(&bus, 0, 3), 0x443311);
	bus_close(&bus);
}

static void a_callback_may_change_the_bus(void **state)
{
	struct bytes_device d = { 0 };
	struct bus bus;

	bus_open(&bus);
	add(&bus, &d, 0x60, 8, FLAT_RANK_PLATFORM);
	d.bus = &bus;
	bus_write(&bus, 0x60, 1, 1);
	bus_write(&bus, 0x60, 1, 2);
	assert_int_equal(d.writes, 1);
	assert_int_equal(bus_read(&bus, 0x60, 1), 0xff);
	bus_close(&bus);
}

static void refuses_impossible_ranges(void **state)
{
	struct bus_region r = { .range = { ~0ull, 2 }, .ops = &device_ops };
	struct bus bus;

	bus_open(&bus);
	assert_true(bus_add(&bus, &r) < 0);
	r.range.size = 0;
	assert_true(bus_add(&bus, &r) < 0);
	r.range.size = 1;
	assert_int_equal(bus_add(&bus, &r), 0);
	bus_close(&bus);
}

/* Processors in SMM may find something else at an address. */
static void each_view_has_its_own(void **state)
{
	struct bytes_device both = { .bytes = { [0 ... 63] = 0xaa } };
	struct bytes_device smm = { .bytes = { [0 ... 63] = 0xbb } };
	struct bytes_device normal = { .bytes = { [0 ... 63] = 0xcc } };
	struct bus bus;

	bus_open(&bus);
	add(&bus, &both, 0x1000, 0x40, FLAT_RANK_BAR);
	smm.region = (struct bus_region){ .name = "test",
		.range = { 0x1010, 0x10 },
		.rank = FLAT_RANK_PLATFORM,
		.ops = &device_ops,
		.owner = &smm,
		.scope = FLAT_SCOPE_SMM };
	normal.region = smm.region;
	normal.region.owner = &normal;
	normal.region.range.start = 0x1020;
	normal.region.scope = FLAT_SCOPE_NORMAL;
	bus_add(&bus, &smm.region);
	bus_add(&bus, &normal.region);
	assert_int_equal(bus_read(&bus, 0x100e, 4), 0xaaaaaaaa);
	assert_int_equal(bus_read_in(&bus, FLAT_VIEW_SMM, 0x100e, 4), 0xbbbbaaaa);
	assert_int_equal(bus_read(&bus, 0x1020, 2), 0xcccc);
	assert_int_equal(bus_read_in(&bus, FLAT_VIEW_SMM, 0x1020, 2), 0xaaaa);
	bus_write_in(&bus, FLAT_VIEW_SMM, 0x1010, 1, 1);
	bus_write(&bus, 0x1010, 1, 2);
	assert_int_equal(smm.bytes[0], 1);
	assert_int_equal(both.bytes[0x10], 2);
	bus_remove(&bus, &smm.region);
	assert_int_equal(bus_read_in(&bus, FLAT_VIEW_SMM, 0x1010, 1), 2);
	bus_remove(&bus, &normal.region);
	bus_remove(&bus, &both.region);
	bus_close(&bus);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_gives_ones),
		cmocka_unit_test(board_wins_over_bars),
		cmocka_unit_test(crossing_accesses_go_byte_by_byte),
		cmocka_unit_test(a_callback_may_change_the_bus),
		cmocka_unit_test(refuses_impossible_ranges),
		cmocka_unit_test(each_view_has_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
