// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "base/bytes.h"
#include "unit.h"
#include "vm/vcpu/coalesced.h"

struct world {
	struct bus mmio;
	struct coalesced coalesced;
	union {
		u8 page[4096];
		struct kvm_coalesced_mmio_ring ring;
	};
	struct bus_region region;
	u64 addrs[512], values[512];
	unsigned count;
	bool refill; /* the first write finds another in the ring behind it */
};

/* As KVM: false where the ring is full and the vCPU exits. */
static bool queue(struct world *w, u64 addr, u32 len, u64 value)
{
	u32 next = (u32)((w->ring.last + 1) % COALESCED_ENTRIES);

	if (next == w->ring.first)
		return false;
	w->ring.coalesced_mmio[w->ring.last].phys_addr = addr;
	w->ring.coalesced_mmio[w->ring.last].len = len;
	put_le64(w->ring.coalesced_mmio[w->ring.last].data, value);
	w->ring.last = next;
	return true;
}

static void device_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct world *w = owner;

	w->addrs[w->count] = offset;
	w->values[w->count++] = value;
	if (w->refill && w->count == 1)
		queue(w, 0xa0000 + 99, 1, 9);
}

static const struct bus_ops device_ops = { NULL, device_write };

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	*state = w;
	bus_open(&w->mmio);
	w->region = (struct bus_region){
		.range = { 0xa0000, 0x20000 }, .ops = &device_ops, .owner = w
	};
	bus_add(&w->mmio, &w->region);
	coalesced_open(&w->coalesced, NULL, &w->ring, &w->mmio);
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	coalesced_close(&w->coalesced);
	bus_close(&w->mmio);
	free(w);
	return 0;
}

static void writes_come_in_their_order(void **state)
{
	struct world *w = *state;

	assert_ptr_equal(w->mmio.coalesced, &w->coalesced.queue);
	assert_true(queue(w, 0xa0010, 2, 0x1234));
	assert_true(queue(w, 0xa0010, 4, 0xffffffff55667788));
	assert_true(queue(w, 0xa0000, 1, 1));
	w->mmio.coalesced->drain(w->mmio.coalesced);
	assert_int_equal(w->count, 3);
	assert_int_equal(w->addrs[0], 0x10);
	assert_int_equal(w->values[0], 0x1234);
	assert_int_equal(w->values[1], 0x55667788);
	assert_int_equal(w->addrs[2], 0);
	assert_int_equal(w->ring.first, w->ring.last);
	coalesced_drain(&w->coalesced);
	assert_int_equal(w->count, 3);
}

static void a_full_ring_wraps(void **state)
{
	struct world *w = *state;
	unsigned total = 0;

	for (unsigned round = 0; round < 2; round++) {
		while (queue(w, 0xa0000 + total, 1, total & 0xff))
			total++;
		coalesced_drain(&w->coalesced);
	}
	assert_int_equal(total, 2 * (COALESCED_ENTRIES - 1));
	assert_int_equal(w->count, total);
	for (unsigned i = 0; i < total; i++)
		assert_int_equal(w->addrs[i], i);
}

static void what_comes_meanwhile_is_made_too(void **state)
{
	struct world *w = *state;

	w->refill = true;
	queue(w, 0xa0000, 1, 1);
	coalesced_drain(&w->coalesced);
	assert_int_equal(w->count, 2);
	assert_int_equal(w->addrs[1], 99);
}

static void nonsense_in_the_ring_does_no_harm(void **state)
{
	struct world *w = *state;

	queue(w, 0xa0000, 9, 1);
	queue(w, 0xa0000, 0, 1);
	queue(w, ~0ull, 8, 1);
	queue(w, 0x100000000000, 4, 1);
	queue(w, 0xa0004, 4, 7);
	w->ring.first += 4 * COALESCED_ENTRIES;
	coalesced_drain(&w->coalesced);
	assert_int_equal(w->count, 1);
	assert_int_equal(w->values[0], 7);
}

static void without_a_ring_nothing_is_posted(void **state)
{
	struct world *w = *state;

	coalesced_close(&w->coalesced);
	coalesced_open(&w->coalesced, NULL, NULL, &w->mmio);
	assert_null(w->mmio.coalesced);
	coalesced_drain(&w->coalesced);
	assert_int_equal(w->count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(writes_come_in_their_order, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_ring_wraps, setup, teardown),
		cmocka_unit_test_setup_teardown(what_comes_meanwhile_is_made_too, setup, teardown),
		cmocka_unit_test_setup_teardown(nonsense_in_the_ring_does_no_harm, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_ring_nothing_is_posted, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
