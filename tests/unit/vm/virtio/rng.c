// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/virtio/rng.h"

#include "fake_driver.h"
#include "unit.h"

struct world {
	struct guest guest;
	struct rng rng;
	struct virtio_pci pci;
	struct driver driver;
	struct ring ring;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct err err = { 0 };

	guest_open(&w->guest);
	rng_open(&w->rng, &w->guest.loop);
	assert_int_equal(virtio_pci_open(&w->pci, &w->rng.dev, &w->guest.host, GUEST_DEVFN,
				 RNG_CLASS, &w->guest.loop, &err),
		0);
	driver_open(&w->driver, &w->guest);
	assert_true(driver_negotiate(&w->driver, BIT_ULL(VIRTIO_F_VERSION_1)));
	ring_open(&w->ring, &w->driver, 0, 64, 0xffff);
	driver_ok(&w->driver);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	virtio_pci_close(&w->pci);
	guest_close(&w->guest);
	free(w);
	return 0;
}

static void test_answers(void **state)
{
	struct world *w = *state;
	u64 first = guest_alloc(&w->guest, 32, 8), second = guest_alloc(&w->guest, 32, 8);
	u8 zero[32] = { 0 };
	u32 length;
	u16 id;

	ring_add(&w->ring, &(struct buf){ first, 32, true }, 1, false);
	ring_add(&w->ring, &(struct buf){ second, 31, true }, 1, false);
	ring_kick(&w->ring);
	guest_step(&w->guest);
	assert_true(ring_take(&w->ring, &id, &length));
	assert_int_equal(length, 32);
	assert_true(ring_take(&w->ring, &id, &length));
	assert_int_equal(length, 31);
	assert_memory_not_equal(guest_at(&w->guest, first), zero, 32);
	assert_memory_not_equal(guest_at(&w->guest, first), guest_at(&w->guest, second), 31);
	assert_int_equal(*guest_at(&w->guest, second + 31), 0);
}

static void test_bounded(void **state)
{
	struct world *w = *state;
	u64 gpa = guest_alloc(&w->guest, MIB, 8);
	u32 length;
	u16 id;

	ring_add(&w->ring, &(struct buf){ gpa, MIB, true }, 1, false);
	/* Nothing to write to. */
	ring_add(&w->ring, &(struct buf){ gpa, 8, false }, 1, false);
	ring_kick(&w->ring);
	guest_step(&w->guest);
	assert_true(ring_take(&w->ring, &id, &length));
	assert_int_equal(length, RNG_MAX);
	assert_true(ring_take(&w->ring, &id, &length));
	assert_int_equal(length, 0);
}

static void test_nonsense(void **state)
{
	struct world *w = *state;

	ring_put(&w->ring, 0, 1ull << 60, 16, VRING_DESC_F_WRITE, 0);
	ring_offer(&w->ring, 0);
	ring_kick(&w->ring);
	guest_step(&w->guest);
	assert_true(driver_status(&w->driver) & VIRTIO_CONFIG_S_NEEDS_RESET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nonsense, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
