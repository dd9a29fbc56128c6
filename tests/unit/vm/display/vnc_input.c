// SPDX-License-Identifier: GPL-2.0-or-later
/* Keys and pointers of viewers. */
#include "bench.h"

static void keys_reach_the_keyboard(void **state)
{
	struct bench *b = *state;
	struct viewer v;

	start_unix(b, NULL);
	join(&v, b);
	press(&v, XK_Shift_L, true);
	press(&v, 'A', true);
	press(&v, 'A', false);
	press(&v, 0x010020ac, true); /* no key */
	press(&v, XK_Up, true);
	wait_for_keys(b, 4);
	assert_int_equal(b->keys[0].key, 0x2a);
	assert_int_equal(b->keys[1].key, 0x1e);
	assert_true(b->keys[1].down);
	assert_false(b->keys[2].down);
	assert_int_equal(b->keys[3].key, INPUT_KEY_EXTENDED | 0x48);
	/* What is held when the viewer goes is let go. */
	leave(&v);
	wait_for_keys(b, 6);
	assert_int_equal(b->keys[4].key, 0x2a);
	assert_int_equal(b->keys[5].key, INPUT_KEY_EXTENDED | 0x48);
	assert_false(b->keys[4].down || b->keys[5].down);
}

static bool is_never_ready(struct input *input)
{
	return false;
}

/* Viewers that leave a backlog of keys, for a guest that reads none, do not keep their places. */
static void a_backlog_goes_with_its_viewer(void **state)
{
	struct bench *b = *state;
	struct viewer v;
	u64 start_ms;

	b->input.ready = is_never_ready;
	start_unix(b, NULL);
	for (unsigned i = 0; i < VNC_CLIENTS; i++) {
		join(&v, b);
		for (unsigned n = 0; n < 150; n++)
			press(&v, 'A', !(n % 2));
		leave(&v);
	}
	start_ms = now_ms();
	usleep(500000);
	join(&v, b);
	leave(&v);
	assert_true(now_ms() - start_ms < 5000);
}

static void point(struct viewer *v, u8 mask, u16 x, u16 y)
{
	PUT(v, 5, mask, (u8)(x >> 8), (u8)x, (u8)(y >> 8), (u8)y);
}

static void the_pointer_moves_the_mouse(void **state)
{
	struct bench *b = *state;
	struct viewer v;

	start_unix(b, NULL);
	join(&v, b);
	/* The first place says nothing of a way. */
	point(&v, 0, 100, 100);
	point(&v, 1, 110, 95);
	point(&v, 1 | 16, 110, 95);
	point(&v, 1, 110, 95);
	point(&v, 1 | 16, 110, 95);
	point(&v, 4, 112, 95);
	point(&v, 4 | 8, 112, 95);
	press(&v, 'a', true);
	wait_for_keys(b, 1);
	pthread_mutex_lock(&b->lock);
	assert_int_equal(b->x, 12);
	assert_int_equal(b->y, -5);
	assert_int_equal(b->wheel, 1);
	assert_int_equal(b->buttons, INPUT_RIGHT);
	pthread_mutex_unlock(&b->lock);
	leave(&v);
	wait_for_keys(b, 2);
	vnc_close(&b->vnc);
	assert_int_equal(b->buttons, 0);
}

static void on_place(struct input *input, const struct input_place *place, int wheel, u8 buttons)
{
	struct bench *b = container_of(input, struct bench, input);

	pthread_mutex_lock(&b->lock);
	b->x = place->x;
	b->y = place->y;
	b->wheel = place->dx;
	b->buttons = buttons;
	pthread_mutex_unlock(&b->lock);
}

/* An input that takes places gets the pointer's as a part of the screen's size. */
static void the_pointer_has_a_place(void **state)
{
	struct bench *b = *state;
	struct viewer v;

	b->input.place = on_place;
	start_unix(b, NULL);
	join(&v, b);
	point(&v, 0, SCAN_BLANK_WIDTH - 1, 0);
	point(&v, 1, SCAN_BLANK_WIDTH - 3, SCAN_BLANK_HEIGHT - 1);
	press(&v, 'a', true);
	wait_for_keys(b, 1);
	pthread_mutex_lock(&b->lock);
	assert_int_equal(b->x, (SCAN_BLANK_WIDTH - 3) * INPUT_PLACE_MAX / (SCAN_BLANK_WIDTH - 1));
	assert_int_equal(b->y, INPUT_PLACE_MAX);
	assert_int_equal(b->wheel, -2);
	assert_int_equal(b->buttons, INPUT_LEFT);
	pthread_mutex_unlock(&b->lock);
	leave(&v);
	wait_for_keys(b, 2);
	vnc_close(&b->vnc);
	assert_int_equal(b->buttons, 0);
	assert_int_equal(b->y, INPUT_PLACE_MAX);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keys_reach_the_keyboard),
		TEST(a_backlog_goes_with_its_viewer),
		TEST(the_pointer_moves_the_mouse),
		TEST(the_pointer_has_a_place),
	};

	/* As the machine has it. */
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
