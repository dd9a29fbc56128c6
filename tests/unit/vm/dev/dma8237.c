// SPDX-License-Identifier: GPL-2.0-or-later
/* The sequences are those of drivers for floppy disks and sound cards, and of firmware. */
#include "vm/dev/dma8237.h"

#include <stdlib.h>

#include "unit.h"

struct bench {
	struct bus pio;
	pthread_mutex_t lock;
	struct dma8237 dma;
};

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	bus_open(&b->pio);
	pthread_mutex_init(&b->lock, NULL);
	assert_int_equal(dma8237_open(&b->dma, &b->pio, &b->lock), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	dma8237_close(&b->dma);
	dma8237_close(&b->dma);
	bus_close(&b->pio);
	pthread_mutex_destroy(&b->lock);
	free(b);
	return 0;
}

static void out(struct bench *b, u16 port, u8 value)
{
	bus_write(&b->pio, port, 1, value);
}

static u8 in(struct bench *b, u16 port)
{
	return (u8)bus_read(&b->pio, port, 1);
}

/* Address 12345h, 200h bytes, on channel 2, as for a floppy disk; then the count is polled. */
static void a_driver_sets_a_channel_up(void **state)
{
	struct bench *b = *state;

	out(b, 0x0a, 0x06); /* mask channel 2 */
	out(b, 0x0c, 0);    /* low bytes first */
	out(b, 0x0b, 0x46); /* single transfers, to memory */
	out(b, 0x04, 0x45);
	out(b, 0x04, 0x23);
	out(b, 0x81, 0x01);
	out(b, 0x05, 0xff);
	out(b, 0x05, 0x01);
	assert_int_equal(in(b, 0x0f), 0xff);
	out(b, 0x0a, 0x02);
	assert_int_equal(in(b, 0x0f), 0xfb);
	out(b, 0x0c, 0);
	assert_int_equal(in(b, 0x04), 0x45);
	assert_int_equal(in(b, 0x04), 0x23);
	assert_int_equal(in(b, 0x05), 0xff);
	assert_int_equal(in(b, 0x05), 0x01);
	assert_int_equal(in(b, 0x81), 0x01);
	/* No channel is requested, and none is at its end. */
	assert_int_equal(in(b, 0x08), 0);
}

/* Its registers are two ports apart. */
static void the_second_controller(void **state)
{
	struct bench *b = *state;

	out(b, 0xd8, 0);
	out(b, 0xc4, 0x34);
	out(b, 0xc4, 0x12);
	out(b, 0xd8, 0);
	assert_int_equal(in(b, 0xc4), 0x34);
	assert_int_equal(in(b, 0xc4), 0x12);
	assert_int_equal(in(b, 0xc5), 0xff);
	assert_int_equal(in(b, 0x02), 0); /* the first has its own */
	out(b, 0xd6, 0xc0);               /* channel 4 cascades the first */
	out(b, 0xd4, 0x00);
	assert_int_equal(in(b, 0xde), 0xfe);
	assert_int_equal(in(b, 0xd0), 0);
}

static void clearing(void **state)
{
	struct bench *b = *state;

	out(b, 0x0e, 0);
	assert_int_equal(in(b, 0x0f), 0xf0);
	out(b, 0x0f, 0x05);
	assert_int_equal(in(b, 0x0f), 0xf5);
	out(b, 0x00, 0x11);
	out(b, 0x0d, 0);
	assert_int_equal(in(b, 0x0f), 0xff);
	/* The low byte is the next again. */
	out(b, 0x00, 0x22);
	out(b, 0x00, 0x33);
	assert_int_equal(in(b, 0x00), 0x22);
	assert_int_equal(in(b, 0x00), 0x33);
	dma8237_reset(&b->dma);
	assert_int_equal(in(b, 0x00), 0);
	assert_int_equal(in(b, 0x0f), 0xff);
}

/* Linux takes FFh at port 87h for a PC without the controllers. */
static void page_registers_are_memory(void **state)
{
	struct bench *b = *state;

	for (u16 port = 0x80; port < 0x90; port++) {
		assert_int_equal(in(b, port), 0);
		out(b, port, (u8)(0xa0 | port));
	}
	for (u16 port = 0x80; port < 0x90; port++)
		assert_int_equal(in(b, port), (u8)(0xa0 | port));
	bus_write(&b->pio, 0x80, 2, 0x1234);
	assert_int_equal(bus_read(&b->pio, 0x80, 2), 0x1234);
	assert_int_equal(bus_read(&b->pio, 0x00, 4), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_driver_sets_a_channel_up),
		TEST(the_second_controller),
		TEST(clearing),
		TEST(page_registers_are_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
