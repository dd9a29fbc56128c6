// SPDX-License-Identifier: GPL-2.0-or-later
/* The steps of a machine's devices, with kinds of the test's own and with those of the table. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "fake_irq.h"
#include "unit.h"
#include "vm/dev/stream.h"
#include "vm/devices/kinds.h"

static char steps[512];

static void note(const char *who, const char *step)
{
	size_t n = strlen(steps);

	snprintf(steps + n, sizeof(steps) - n, "%s%s-%s", n ? " " : "", who, step);
}

#define STEP(who, step)                                                                       \
	static int who##_##step(void *dev, const struct device_parts *parts, struct err *err) \
	{                                                                                     \
		note(#who, #step);                                                            \
		return 0;                                                                     \
	}
#define CALL(who, step)                     \
	static void who##_##step(void *dev) \
	{                                   \
		note(#who, #step);          \
	}
#define KIND(who)         \
	STEP(who, open)   \
	STEP(who, ready)  \
	STEP(who, attach) \
	STEP(who, begin) CALL(who, reset) CALL(who, pause) CALL(who, resume) CALL(who, close)

KIND(first)
KIND(second)

static int refuse(void *dev, const struct device_parts *parts, struct err *err)
{
	note("broken", "open");
	return err_set(err, EBUSY, "the device is busy");
}

static bool never(const struct machine_config *config)
{
	return false;
}

#define OPS(who)                                                                                   \
	.name = #who, .size = 1, .open = who##_open, .ready = who##_ready, .attach = who##_attach, \
	.begin = who##_begin, .reset = who##_reset, .pause = who##_pause, .resume = who##_resume,  \
	.close = who##_close

static const struct device_kind first = { OPS(first) };
static const struct device_kind second = { OPS(second) };
static const struct device_kind unwanted = { OPS(second), .wanted = never };
static const struct device_kind broken = { .name = "broken", .size = 1, .open = refuse };

static struct machine_config config;
static const struct device_parts no_parts = { .config = &config };

static void steps_go_through_the_table_and_close_backwards(void **state)
{
	const struct device_kind *const kinds[] = { &first, &unwanted, &second, NULL };
	struct device_set set;
	struct err err;

	steps[0] = '\0';
	assert_int_equal(devices_open(&set, kinds, &no_parts, &err), 0);
	assert_int_equal(devices_ready(&set, &no_parts, &err), 0);
	assert_int_equal(devices_attach(&set, &no_parts, &err), 0);
	devices_reset(&set);
	assert_int_equal(devices_begin(&set, &no_parts, &err), 0);
	devices_pause(&set);
	devices_resume(&set);
	devices_close(&set);
	assert_string_equal(steps,
		"first-open second-open first-ready second-ready first-attach second-attach "
		"first-reset second-reset first-begin second-begin second-pause first-pause "
		"first-resume second-resume second-close first-close");
}

static void what_failed_to_open_is_closed_with_what_came_before(void **state)
{
	const struct device_kind *const kinds[] = { &first, &broken, &second, NULL };
	struct device_set set;
	struct err err;

	steps[0] = '\0';
	assert_int_equal(devices_open(&set, kinds, &no_parts, &err), -EBUSY);
	assert_string_equal(err.text, "the device is busy");
	devices_close(&set);
	assert_string_equal(steps, "first-open broken-open first-close");
	devices_close(&set);
	devices_close(&(struct device_set){ 0 });
}

/* Each row is found by its name, and what it has as an option is complete. */
static void the_table_is_complete(void **state)
{
	unsigned nr = 0;

	for (; device_kinds[nr]; nr++) {
		const struct device_kind *kind = device_kinds[nr];

		assert_true(kind->name && *kind->name && kind->size);
		for (unsigned i = 0; i < nr; i++)
			assert_string_not_equal(kind->name, device_kinds[i]->name);
		if (kind->option)
			assert_true(kind->option->name && kind->option->check);
	}
	assert_true(nr <= DEVICE_KINDS_MAX);
}

/* A board without KVM, for the ISA devices of the table. */
struct bench {
	struct bus pio, mmio;
	struct mem mem;
	struct ram ram;
	struct loop loop;
	struct irq irq;
	struct board_config board_config;
	struct board board;
	struct stream console;
	struct device_parts parts;
	struct device_set set;
	unsigned exits, status;
};

static void on_exit_status(void *owner, unsigned status)
{
	struct bench *b = owner;

	b->exits++;
	b->status = status;
}

static void on_reset(void *owner, const char *by)
{
}

static size_t take(struct stream *end, const u8 *bytes, size_t len)
{
	return len;
}

static void resume(struct stream *end)
{
}

static const struct device_events events = { .reset = on_reset, .exit = on_exit_status };

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err err;

	config = (struct machine_config){ 0 };
	bus_open(&b->pio);
	bus_open(&b->mmio);
	assert_int_equal(loop_open(&b->loop, &clock_system, &err), 0);
	assert_int_equal(mem_open(&b->mem, NULL, &err), 0);
	assert_int_equal(ram_open(&b->ram, &b->mem, 16 * MIB, &err), 0);
	b->console.take = take;
	b->console.resume = resume;
	b->board_config = (struct board_config){
		.loop = &b->loop,
		.mem = &b->mem,
		.ram = &b->ram,
		.irq = &b->irq,
		.pio = &b->pio,
		.mmio = &b->mmio,
		.topology = { 1, 1, 1 },
		.reset = on_reset,
		.owner = b,
	};
	assert_int_equal(board_open(&b->board, &b->board_config, &err), 0);
	b->parts = (struct device_parts){
		.config = &config,
		.events = &events,
		.owner = b,
		.loop = &b->loop,
		.pio = &b->pio,
		.mmio = &b->mmio,
		.mem = &b->mem,
		.ram = &b->ram,
		.irq = &b->irq,
		.board = &b->board,
		.console = &b->console,
		.set = &b->set,
	};
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	devices_close(&b->set);
	board_close(&b->board);
	ram_close(&b->ram);
	mem_close(&b->mem);
	loop_close(&b->loop);
	bus_close(&b->mmio);
	bus_close(&b->pio);
	free(b);
	return 0;
}

static void open_all(struct bench *b, const struct device_kind *const *kinds)
{
	struct err err;

	assert_int_equal(devices_open(&b->set, kinds, &b->parts, &err), 0);
	assert_int_equal(devices_attach(&b->set, &b->parts, &err), 0);
	devices_reset(&b->set);
}

/* Whatever a guest has written, a reset brings back what a guest can read of a device. */
static void a_reset_brings_back_what_capture_shows(void **state)
{
	static const struct device_kind *const kinds[] = { &serial_kind, &i8042_kind, NULL };
	struct bench *b = *state;
	struct blob fresh = { 0 }, written = { 0 }, after = { 0 };

	open_all(b, kinds);
	devices_capture(&b->set, &fresh);
	for (unsigned i = 0; i < 8; i++)
		bus_write(&b->pio, 0x3f8 + i, 1, 0x55 + i);
	bus_write(&b->pio, 0x64, 1, 0x60);
	bus_write(&b->pio, 0x60, 1, 0x47);
	devices_capture(&b->set, &written);
	assert_int_equal(written.size, fresh.size);
	assert_memory_not_equal(written.data, fresh.data, fresh.size);
	devices_reset(&b->set);
	devices_capture(&b->set, &after);
	assert_int_equal(after.size, fresh.size);
	assert_memory_equal(after.data, fresh.data, fresh.size);
	blob_free(&fresh);
	blob_free(&written);
	blob_free(&after);
}

static const struct device_kind *const debug_exit_only[] = { &debug_exit_kind, NULL };

static void set_option(const char *value)
{
	for (unsigned i = 0; device_kinds[i]; i++)
		if (device_kinds[i] == &debug_exit_kind)
			config.device_options[i] = value;
}

static void debug_exit_is_there_only_if_asked_for(void **state)
{
	struct bench *b = *state;

	open_all(b, debug_exit_only);
	assert_null(device_of(&b->set, &debug_exit_kind));
	assert_int_equal(bus_read(&b->pio, 0x501, 1), 0xff);
}

static void debug_exit_ends_the_machine_with_a_status(void **state)
{
	static const struct {
		u8 value;
		unsigned status;
	} cases[] = { { 0, 1 }, { 3, 7 }, { 63, 127 }, { 64, 127 }, { 255, 127 } };
	struct bench *b = *state;

	set_option("0x600");
	open_all(b, debug_exit_only);
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		bus_write(&b->pio, 0x600, 1, cases[i].value);
		assert_int_equal(b->exits, i + 1);
		assert_int_equal(b->status, cases[i].status);
	}
}

static void debug_exit_takes_no_port_of_another_device(void **state)
{
	static const char *const wrong[] = { "", "off", "0xff", "65536", "0x501x", "-1", " 1280" };
	struct bench *b = *state;
	struct err err;

	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(debug_exit_kind.option->check(wrong[i], &err), -EINVAL);
	assert_int_equal(debug_exit_kind.option->check("on", &err), 0);
	assert_int_equal(debug_exit_kind.option->check("0x501", &err), 0);
	set_option("0xcf9");
	open_all(b, debug_exit_only);
	bus_write(&b->pio, 0xcf9, 1, 2);
	assert_int_equal(b->exits, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_go_through_the_table_and_close_backwards),
		cmocka_unit_test(what_failed_to_open_is_closed_with_what_came_before),
		cmocka_unit_test(the_table_is_complete),
		TEST(a_reset_brings_back_what_capture_shows),
		TEST(debug_exit_is_there_only_if_asked_for),
		TEST(debug_exit_ends_the_machine_with_a_status),
		TEST(debug_exit_takes_no_port_of_another_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
