// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/input/evdev.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/own.h"
#include "unit.h"
#include "vm/input/message.h"

struct bench {
	struct loop loop;
	struct evdev evdev;
	struct input input;
	int reader; /* the reader's end */
	unsigned room;
	char told[256];
};

static void say(struct bench *b, const char *text)
{
	size_t len = strlen(b->told);

	snprintf(b->told + len, sizeof(b->told) - len, "%s%s", len ? " " : "", text);
}

static bool on_ready(struct input *input)
{
	return container_of(input, struct bench, input)->room;
}

static void on_key(struct input *input, u8 key, bool down)
{
	struct bench *b = container_of(input, struct bench, input);
	char text[16];

	snprintf(text, sizeof(text), "%c%02x", down ? '+' : '-', key);
	say(b, text);
	b->room -= b->room > 0;
}

static void on_pointer(struct input *input, int x, int y, int wheel, u8 buttons)
{
	struct bench *b = container_of(input, struct bench, input);
	char text[48];

	snprintf(text, sizeof(text), "%d,%d,%d,%u", x, y, wheel, buttons);
	say(b, text);
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err err;
	int pair[2];

	assert_int_equal(loop_open(&b->loop, &clock_system, &err), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	b->input = (struct input){ .ready = on_ready, .key = on_key, .pointer = on_pointer };
	b->evdev = (struct evdev){ .loop = &b->loop, .fd = pair[0] };
	b->reader = pair[1];
	b->room = 100;
	assert_int_equal(evdev_connect(&b->evdev, &b->input, &err), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	evdev_close(&b->evdev);
	close_fd(&b->reader);
	loop_close(&b->loop);
	free(b);
	return 0;
}

static void put(struct bench *b, struct input_message message)
{
	assert_int_equal(send(b->reader, &message, sizeof(message), 0), sizeof(message));
}

static void turn(struct bench *b, unsigned times)
{
	struct err err;

	while (times--)
		assert_int_equal(loop_step(&b->loop, 20, &err), 0);
}

static void test_passes(void **state)
{
	struct bench *b = *state;

	put(b, (struct input_message){ INPUT_KEY, 0x1e, 1 });
	put(b, (struct input_message){ INPUT_KEY, 0x1e, 0 });
	put(b, (struct input_message){ INPUT_POINTER, INPUT_LEFT, -1, 30, -7 });
	put(b, (struct input_message){ 200, 1, 1 });
	/* A message of another size is none. */
	assert_int_equal(send(b->reader, "x", 1, 0), 1);
	put(b, (struct input_message){ INPUT_KEY, 0x1f, 1 });
	turn(b, 2);
	assert_string_equal(b->told, "+1e -1e 30,-7,-1,1 +1f");
}

/* A guest that has no room for a key gets it later, and nothing overtakes it. */
static void test_waits_for_room(void **state)
{
	struct bench *b = *state;

	b->room = 1;
	put(b, (struct input_message){ INPUT_KEY, 1, 1 });
	put(b, (struct input_message){ INPUT_KEY, 1, 0 });
	put(b, (struct input_message){ INPUT_POINTER, 0, 0, 5, 5 });
	turn(b, 3);
	assert_string_equal(b->told, "+01");
	b->room = 10;
	turn(b, 3);
	assert_string_equal(b->told, "+01 -01 5,5,0,0");
}

/* Nothing stays pressed in the guest when the reader has died. */
static void test_reader_dies(void **state)
{
	struct bench *b = *state;

	put(b, (struct input_message){ INPUT_KEY, 0x1d, 1 });
	put(b, (struct input_message){ INPUT_POINTER, INPUT_RIGHT, 0, 0, 0 });
	turn(b, 1);
	close_fd(&b->reader);
	turn(b, 1);
	assert_string_equal(b->told, "+1d 0,0,0,2 -1d 0,0,0,0");
	/* And the lights have nowhere to go. */
	b->input.leds(b->input.leds_owner, INPUT_LED_CAPS);
}

/* Nor does the key that waits for room when it dies, and the loop does not spin meanwhile. */
static void test_reader_dies_meanwhile(void **state)
{
	struct bench *b = *state;

	b->room = 1;
	put(b, (struct input_message){ INPUT_KEY, 1, 1 });
	put(b, (struct input_message){ INPUT_KEY, 2, 1 });
	put(b, (struct input_message){ INPUT_KEY, 3, 1 });
	turn(b, 1);
	close_fd(&b->reader);
	turn(b, 1);
	b->room = 10;
	turn(b, 3);
	assert_string_equal(b->told, "+01 -01");
	assert_null(b->loop.sources);
}

static void test_lights(void **state)
{
	struct bench *b = *state;
	struct input_message message;

	evdev_begin(&b->evdev);
	b->input.leds(b->input.leds_owner, INPUT_LED_CAPS | INPUT_LED_NUM);
	assert_int_equal(recv(b->reader, &message, sizeof(message), 0), sizeof(message));
	assert_int_equal(message.kind, INPUT_BEGIN);
	assert_int_equal(recv(b->reader, &message, sizeof(message), 0), sizeof(message));
	assert_int_equal(message.kind, INPUT_LEDS);
	assert_int_equal(message.code, INPUT_LED_CAPS | INPUT_LED_NUM);
}

static void test_arguments(void **state)
{
	const struct input_config config = { .wanted = true,
		.paths = { "/dev/input/event3", "/dev/input/event4" },
		.nr_paths = 2,
		.toggle = SEAT_SCROLL_LOCK,
		.start_at_host = true };
	static const char *const expected[] = { "/proc/self/exe", "read-input", "scrolllock",
		"host", "none", "/dev/input/event3", "/dev/input/event4", NULL };
	struct evdev_args args;

	evdev_reader_args(&args, &config);
	for (unsigned i = 0; expected[i]; i++)
		assert_string_equal(args.argv[i], expected[i]);
	assert_null(args.argv[ARRAY_SIZE(expected) - 1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_passes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_waits_for_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reader_dies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reader_dies_meanwhile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lights, setup, teardown),
		cmocka_unit_test(test_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
