// SPDX-License-Identifier: GPL-2.0-or-later
/* Doorbells with shadows in guest memory: NVM Express 1.4, 5.7 and 7.13. */
#include "unit.h"

#include <unistd.h>

#include "base/bytes.h"
#include "fake_irq.h"
#include "fake_nvme.h"

#define ROUNDS 40

static const struct nvme_config here = { .no_threads = true };
static const struct fnvme_command flush = { NVME_FLUSH, 1 };

static void set_up(struct fnvme *f, bool msix)
{
	fnvme_open(f, here);
	fnvme_enable(f);
	if (msix)
		fnvme_msix(f);
	fnvme_create(f, 1);
	fnvme_use_shadows(f);
	fnvme_run(f);
	f->nr_rings = 0;
}

static u8 *shadow(struct fnvme *f, unsigned queue, bool completion)
{
	return guest_at(&f->guest, f->shadows + 8 * queue + 4 * completion);
}

static unsigned take_all(struct fnvme *f)
{
	unsigned taken = 0;

	while (fnvme_take(f, 1, NULL) == NVME_OK)
		taken++;
	return taken;
}

/* An idle queue asks for one ring; while it is at work, and for completions, it needs none. */
static void rings_are_saved(void **state)
{
	unsigned laps = 0, before;
	struct fnvme f;

	set_up(&f, true);
	for (unsigned round = 0; round < ROUNDS; round++) {
		before = f.queues[1].head;
		assert_int_equal(get_le32(shadow(&f, 1, false) + NVME_PAGE), f.queues[1].tail);
		for (unsigned i = 0; i < 5; i++) {
			fnvme_put(&f, 1, &flush);
			fnvme_ring(&f, 1);
			assert_int_equal(f.nr_rings, round + laps + 1);
		}
		fnvme_run(&f);
		assert_int_equal(take_all(&f), 5);
		laps += f.queues[1].head <= before;
		f.nr_rings = round + laps + 1;
	}
	assert_true(laps >= ROUNDS * 5 / FNVME_ENTRIES);
	fnvme_close(&f);
}

/* What the driver adds while the queue's thread looks for it is seen without a ring. */
static void commands_are_seen_without_a_ring(void **state)
{
	struct fnvme f;

	set_up(&f, true);
	fnvme_put(&f, 1, &flush);
	put_le32(shadow(&f, 1, false), f.queues[1].tail);
	fnvme_run(&f);
	assert_int_equal(take_all(&f), 1);
	/* The shadow counts, not what is written to the doorbell. */
	fnvme_put(&f, 1, &flush);
	fnvme_put(&f, 1, &flush);
	put_le32(shadow(&f, 1, false), f.queues[1].tail);
	fnvme_write(&f, NVME_DOORBELLS + 8, 0);
	fnvme_run(&f);
	assert_int_equal(take_all(&f), 2);
	fnvme_close(&f);
}

/* A full completion queue asks for the ring that makes room. */
static void room_is_announced(void **state)
{
	unsigned taken = 0;
	struct fnvme f;

	for (unsigned msix = 0; msix < 2; msix++) {
		set_up(&f, msix);
		for (unsigned round = 0; round < 4; round++) {
			for (unsigned i = 0; i < FNVME_ENTRIES - 1; i++)
				fnvme_put(&f, 1, &flush);
			fnvme_ring(&f, 1);
			fnvme_run(&f);
		}
		for (unsigned round = 0; round < 8; round++) {
			taken += take_all(&f);
			fnvme_run(&f);
		}
		assert_int_equal(taken, (msix + 1) * 4 * (FNVME_ENTRIES - 1));
		fnvme_close(&f);
	}
}

static void intx_falls(void **state)
{
	struct fnvme f;

	set_up(&f, false);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < 3; i++)
			fnvme_put(&f, 1, &flush);
		fnvme_ring(&f, 1);
		fnvme_run(&f);
		for (unsigned i = 0; i < 3; i++) {
			assert_true(irq_fake_line(GUEST_GSI));
			assert_int_equal(fnvme_take(&f, 1, NULL), NVME_OK);
		}
		assert_false(irq_fake_line(GUEST_GSI));
	}
	fnvme_close(&f);
}

/* A queue that is made anew begins at 0, whatever was in its shadow. */
static void a_new_queue_begins_at_the_front(void **state)
{
	struct fnvme f;

	set_up(&f, true);
	assert_int_equal(fnvme_do(&f, 1, &flush), NVME_OK);
	assert_int_equal(
		fnvme_do(&f, 0, &(struct fnvme_command){ NVME_DELETE_SQ, .dw10 = 1 }), NVME_OK);
	assert_int_equal(
		fnvme_do(&f, 0, &(struct fnvme_command){ NVME_DELETE_CQ, .dw10 = 1 }), NVME_OK);
	memset(guest_at(&f.guest, f.queues[1].cq), 0, 4096);
	f.queues[1] = (struct fnvme_queue){ f.queues[1].sq, f.queues[1].cq, .phase = true };
	put_le32(shadow(&f, 1, false), 5);
	put_le32(shadow(&f, 1, true), 5);
	fnvme_create(&f, 1);
	fnvme_run(&f);
	assert_int_equal(fnvme_take(&f, 1, NULL), FNVME_NONE);
	assert_int_equal(fnvme_do(&f, 1, &flush), NVME_OK);
	fnvme_close(&f);
}

/* Drivers may use the shadows of the admin queues, or not. */
static void the_admin_queue_takes_both(void **state)
{
	const struct fnvme_command abort = { .opcode = NVME_ABORT };
	struct fnvme f;

	set_up(&f, true);
	assert_int_equal(fnvme_do(&f, 0, &abort), NVME_OK);
	assert_int_equal(get_le32(shadow(&f, 0, false)), f.queues[0].tail);
	assert_int_equal(get_le32(shadow(&f, 0, false) + NVME_PAGE), f.queues[0].tail);
	fnvme_put(&f, 0, &abort);
	fnvme_put(&f, 0, &abort);
	fnvme_ring(&f, 0);
	put_le32(shadow(&f, 0, false), f.queues[0].tail);
	fnvme_run(&f);
	assert_int_equal(fnvme_take(&f, 0, NULL), NVME_OK);
	assert_int_equal(fnvme_take(&f, 0, NULL), NVME_OK);
	fnvme_close(&f);
}

static void the_guests_pages_are_judged(void **state)
{
	const struct {
		u64 shadow, event_index;
	} wrong[] = {
		{ 4, 0 },
		{ 0, 8 },
		{ 1ull << 50, 0 },
		{ 0, 1ull << 50 },
	};
	struct fnvme f;

	set_up(&f, true);
	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(fnvme_do(&f, 0,
					 &(struct fnvme_command){ NVME_DOORBELL_BUFFER,
						 .prp1 = f.shadows + wrong[i].shadow,
						 .prp2 = f.shadows + wrong[i].event_index }),
			NVME_INVALID_FIELD);
	/* Indices that the queues do not have. */
	put_le32(shadow(&f, 1, false), 0xffffffff);
	put_le32(shadow(&f, 1, true), FNVME_ENTRIES);
	fnvme_write(&f, NVME_DOORBELLS + 8, 0);
	fnvme_write(&f, NVME_DOORBELLS + 12, 0);
	fnvme_run(&f);
	assert_int_equal(fnvme_take(&f, 1, NULL), FNVME_NONE);
	put_le32(shadow(&f, 1, false), 0);
	assert_int_equal(fnvme_do(&f, 1, &flush), NVME_OK);
	/* Disabling the controller forgets them. */
	fnvme_write(&f, NVME_CC, 0);
	fnvme_enable(&f);
	fnvme_create(&f, 1);
	memset(shadow(&f, 0, false), 0xff, 2 * NVME_PAGE);
	assert_int_equal(fnvme_do(&f, 1, &flush), NVME_OK);
	assert_int_equal(get_le32(shadow(&f, 1, false)), 0xffffffff);
	fnvme_close(&f);
}

/* The driver adds commands while the queues' threads run; none is forgotten. */
static void threads_forget_nothing(void **state)
{
	unsigned put = 0, taken = 0, idle = 0;
	struct fnvme f;

	fnvme_open(&f, (struct nvme_config){ 0 });
	fnvme_enable(&f);
	fnvme_msix(&f);
	fnvme_create(&f, 1);
	fnvme_use_shadows(&f);
	f.nr_rings = 0;
	while (taken < 20000 && idle < 50000) {
		if (put < 20000 && put - taken < FNVME_ENTRIES - 1) {
			fnvme_put(&f, 1, &flush);
			fnvme_ring(&f, 1);
			put++;
		}
		if (fnvme_take(&f, 1, NULL) == NVME_OK) {
			taken++;
			idle = 0;
		} else if (put == 20000 || put - taken == FNVME_ENTRIES - 1) {
			idle++;
			usleep(100);
		}
	}
	assert_int_equal(taken, 20000);
	assert_true(f.nr_rings < 20000 + 20000 / (FNVME_ENTRIES - 1) + 1);
	fnvme_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rings_are_saved),
		cmocka_unit_test(commands_are_seen_without_a_ring),
		cmocka_unit_test(room_is_announced),
		cmocka_unit_test(intx_falls),
		cmocka_unit_test(a_new_queue_begins_at_the_front),
		cmocka_unit_test(the_admin_queue_takes_both),
		cmocka_unit_test(the_guests_pages_are_judged),
		cmocka_unit_test(threads_forget_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
