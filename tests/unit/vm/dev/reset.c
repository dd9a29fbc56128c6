// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/reset.h"

#include <stdlib.h>

#include "unit.h"
#include "vm/dev/debug_port.h"

struct bench {
	struct bus pio;
	pthread_mutex_t lock;
	struct reset reset;
	struct debug_port log;
	unsigned requests;
	const char *by;
	char lines[4096];
};

static void on_request(void *owner, const char *by)
{
	struct bench *b = owner;

	b->requests++;
	b->by = by;
}

static void on_line(void *owner, const char *text)
{
	struct bench *b = owner;

	strcat(b->lines, text);
	strcat(b->lines, "|");
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	bus_open(&b->pio);
	pthread_mutex_init(&b->lock, NULL);
	assert_int_equal(reset_open(&b->reset, &b->pio, &b->lock, on_request, b), 0);
	assert_int_equal(debug_port_open(&b->log, &b->pio, &b->lock, on_line, b), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	debug_port_close(&b->log);
	reset_close(&b->reset);
	bus_close(&b->pio);
	pthread_mutex_destroy(&b->lock);
	free(b);
	return 0;
}

static void cf9_resets_by_bit_2(void **state)
{
	static const struct {
		u8 value;
		unsigned requests;
		u8 reads;
	} cases[] = {
		{ 0x00, 0, 0x00 },
		{ 0x02, 0, 0x02 },
		{ 0x06, 1, 0x02 },
		{ 0x0e, 1, 0x0a },
		{ 0x0f, 1, 0x0a },
		{ 0x04, 1, 0x00 },
		{ 0xf1, 0, 0x00 },
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		b->requests = 0;
		reset_cf9_ops.write(&b->reset, 0, 1, cases[i].value);
		assert_int_equal(b->requests, cases[i].requests);
		assert_int_equal(reset_cf9_ops.read(&b->reset, 0, 1), cases[i].reads);
	}
	assert_string_equal(b->by, "port CF9");
	reset_reset(&b->reset);
	assert_int_equal(reset_cf9_ops.read(&b->reset, 0, 1), 0);
}

static void port_92_keeps_a20_and_resets(void **state)
{
	struct bench *b = *state;

	/* SeaBIOS: read, set bit 1, write without bit 0. */
	assert_int_equal(bus_read(&b->pio, 0x92, 1), 0x02);
	bus_write(&b->pio, 0x92, 1, 0x00);
	assert_int_equal(bus_read(&b->pio, 0x92, 1), 0x00);
	bus_write(&b->pio, 0x92, 1, 0x02);
	assert_int_equal(bus_read(&b->pio, 0x92, 1), 0x02);
	assert_int_equal(b->requests, 0);
	bus_write(&b->pio, 0x92, 1, 0x03);
	assert_int_equal(b->requests, 1);
	assert_string_equal(b->by, "port 92");
}

static void print(struct bench *b, const char *text)
{
	while (*text)
		bus_write(&b->pio, DEBUG_PORT, 1, (u8)*text++);
}

static void firmware_finds_its_log(void **state)
{
	struct bench *b = *state;

	assert_int_equal(bus_read(&b->pio, DEBUG_PORT, 1), 0xe9);
	print(b, "SeaBIOS\nrel");
	print(b, "-1.16\r\n\n\tx\x1b[2J\xff\n");
	assert_string_equal(b->lines, "SeaBIOS|rel-1.16|\tx.[2J.|");
}

static void a_line_without_end_comes_in_pieces(void **state)
{
	struct bench *b = *state;

	for (unsigned i = 0; i < 2 * DEBUG_PORT_LINE; i++)
		print(b, "x");
	assert_int_equal(strlen(b->lines), 2 * DEBUG_PORT_LINE);
	/* And the rest of it at the end. */
	debug_port_close(&b->log);
	assert_int_equal(strlen(b->lines), 2 * DEBUG_PORT_LINE + 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(cf9_resets_by_bit_2),
		TEST(port_92_keeps_a20_and_resets),
		TEST(firmware_finds_its_log),
		TEST(a_line_without_end_comes_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
