// SPDX-License-Identifier: GPL-2.0-or-later
/* The guest and who plays its samples, each with a clock of their own. */
#include "unit.h"

#include "vm/sound/pace.h"

#define MS      48u
#define QUANTUM (10 * MS)

static struct sound_ring ring;

struct both {
	struct sound_pace pace;
	u64 at, played;
	u32 next; /* the guest's frames count */
	u32 last; /* the one that was heard last */
	unsigned silent;
	bool ordered;
};

static struct both start(void)
{
	struct both b = { .ordered = true };

	memset(&ring, 0, sizeof(ring));
	ring.runs = 1;
	sound_pace_init(&b.pace);
	return b;
}

static void guest(struct both *b, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		u32 frame = ++b->next;

		sound_ring_write(&ring, &b->at, &frame, 1);
	}
}

static void listen(struct both *b, unsigned nr)
{
	static u32 frames[SOUND_RING_FRAMES];

	sound_pace_play(&b->pace, &ring, &b->played, frames, nr);
	for (unsigned i = 0; i < nr; i++) {
		if (!frames[i]) {
			b->silent++;
			continue;
		}
		b->ordered &= frames[i] > b->last;
		b->last = frames[i];
	}
}

static void same_clocks_change_nothing(void **state)
{
	struct both b = start();

	for (unsigned i = 0; i < 60000; i++) {
		guest(&b, QUANTUM);
		listen(&b, QUANTUM);
		assert_true(b.pace.rate == 1.0);
	}
	/* A cushion of more than 8 ms at the start, and then every frame. */
	assert_int_equal(b.silent, QUANTUM);
	assert_int_equal(b.last, b.next - QUANTUM);
	assert_true(b.ordered);
	assert_int_equal(b.pace.gaps, 0);
}

/* 100 millionths are what clocks differ by at most; the listener takes frames at the given rate. */
static void drift(int millionths)
{
	struct both b = start();
	double owed = 0;

	for (unsigned i = 0; i < 600000 / 10; i++) {
		double wanted = QUANTUM * (1 + millionths / 1e6) * b.pace.rate + owed;

		guest(&b, QUANTUM);
		listen(&b, (unsigned)wanted);
		owed = wanted - (unsigned)wanted;
		assert_in_range((unsigned)(sound_ring_fill(&ring, b.played) + QUANTUM), QUANTUM,
			QUANTUM + 40 * MS);
	}
	assert_int_equal(b.pace.gaps, 0);
	assert_true(b.ordered);
}

static void other_clocks_are_followed(void **state)
{
	drift(100);
	drift(-100);
	drift(1000);
	drift(-1000);
}

static void late_guest_makes_one_gap(void **state)
{
	struct both b = start();

	for (unsigned i = 0; i < 100; i++) {
		guest(&b, QUANTUM);
		listen(&b, QUANTUM);
	}
	for (unsigned i = 0; i < 3; i++)
		listen(&b, QUANTUM);
	assert_int_equal(b.pace.gaps, 1);
	assert_int_equal(b.pace.cushion, 12 * MS);
	guest(&b, 3 * QUANTUM);
	for (unsigned i = 0; i < 100; i++) {
		guest(&b, QUANTUM);
		listen(&b, QUANTUM);
	}
	assert_int_equal(b.pace.gaps, 1);
	assert_true(b.ordered);
	assert_true(b.pace.rate == 1.0);
}

/* The end of a sound is no gap. */
static void sound_ends(void **state)
{
	struct both b = start();

	guest(&b, 3 * QUANTUM);
	ring.runs = 0;
	for (unsigned i = 0; i < 5; i++)
		listen(&b, QUANTUM);
	assert_int_equal(b.last, 3 * QUANTUM);
	assert_int_equal(b.pace.gaps, 0);
}

/* Whoever plays took 50 ms to begin: nothing is lost, and silence makes up for it. */
static void silence_shortens_what_waits(void **state)
{
	static const u32 nothing[QUANTUM];
	struct both b = start();

	guest(&b, 60 * MS);
	for (unsigned i = 0; i < 50; i++) {
		guest(&b, QUANTUM);
		listen(&b, QUANTUM);
	}
	assert_int_equal(b.silent, 0);
	assert_int_equal(b.last, 50 * QUANTUM);
	assert_true(b.pace.rate == 1.0);
	for (unsigned i = 0; i < 10; i++) {
		sound_ring_write(&ring, &b.at, nothing, QUANTUM);
		listen(&b, QUANTUM);
	}
	assert_int_equal(sound_ring_fill(&ring, b.played), 8 * MS);
	assert_int_equal(b.last, b.next);
	assert_int_equal(b.pace.gaps, 0);
	assert_true(b.pace.rate == 1.0);
}

/* And what waits for longer is lost. */
static void too_much_is_dropped(void **state)
{
	struct both b = start();

	guest(&b, 100 * MS);
	listen(&b, QUANTUM);
	assert_int_equal(b.last, 40 * MS);
	guest(&b, 300 * MS);
	listen(&b, QUANTUM);
	assert_int_equal(sound_ring_fill(&ring, b.played), 60 * MS);
	guest(&b, SOUND_RING_FRAMES * 2);
	listen(&b, QUANTUM);
	assert_int_equal(sound_ring_fill(&ring, b.played), 60 * MS);
	assert_true(b.ordered);
	/* A position that makes no sense. */
	ring.written = 17;
	listen(&b, QUANTUM);
	listen(&b, QUANTUM);
	ring.written = UINT64_MAX;
	for (unsigned i = 0; i < 1000; i++)
		listen(&b, QUANTUM);
}

static void recording_has_a_cushion(void **state)
{
	u32 frames[QUANTUM], heard[40 * MS];
	u64 at = 0, taken = 0;

	memset(&ring, 0, sizeof(ring));
	for (unsigned i = 0; i < QUANTUM; i++)
		frames[i] = i + 1;
	sound_pace_record(&ring, &at, frames, QUANTUM);
	assert_int_equal(sound_ring_read(&ring, &taken, heard, 40 * MS), 18 * MS);
	assert_int_equal(heard[8 * MS - 1], 0);
	assert_int_equal(heard[8 * MS], 1);
	assert_int_equal(heard[18 * MS - 1], QUANTUM);
	/* Without a gap none follows. */
	sound_pace_record(&ring, &at, frames, QUANTUM);
	assert_int_equal(sound_ring_read(&ring, &taken, heard, MS), MS);
	sound_pace_record(&ring, &at, frames, QUANTUM);
	assert_int_equal(sound_ring_fill(&ring, taken), 27 * MS);
	/* A guest that does not take it. */
	for (unsigned i = 0; i < 1000; i++)
		sound_pace_record(&ring, &at, frames, QUANTUM);
	assert_in_range(sound_ring_fill(&ring, taken), 200 * MS, 221 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_clocks_change_nothing),
		cmocka_unit_test(other_clocks_are_followed),
		cmocka_unit_test(late_guest_makes_one_gap),
		cmocka_unit_test(sound_ends),
		cmocka_unit_test(silence_shortens_what_waits),
		cmocka_unit_test(too_much_is_dropped),
		cmocka_unit_test(recording_has_a_cushion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
