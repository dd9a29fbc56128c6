// SPDX-License-Identifier: GPL-2.0-or-later
/* The register sequences are those of Linux's 8250 driver, SeaBIOS and memtest86+. */
#include "vm/dev/serial.h"

#include <linux/serial_reg.h>
#include <stdlib.h>

#include "fake.h"
#include "unit.h"

struct bench {
	struct bus pio;
	struct serial serial;
	pthread_mutex_t lock;
	struct fake_line irq;
	/* The host's end: takes @accepts bytes more. */
	struct stream host;
	size_t accepts;
	char out[8192];
	size_t out_len;
	unsigned resumed;
};

static size_t host_take(struct stream *end, const u8 *bytes, size_t len)
{
	struct bench *b = container_of(end, struct bench, host);
	size_t n = len < b->accepts ? len : b->accepts;

	memcpy(b->out + b->out_len, bytes, n);
	b->out_len += n;
	b->accepts -= n;
	return n;
}

static void host_resume(struct stream *end)
{
	container_of(end, struct bench, host)->resumed++;
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	bus_open(&b->pio);
	pthread_mutex_init(&b->lock, NULL);
	fake_line_init(&b->irq);
	assert_int_equal(serial_open(&b->serial, &b->pio, SERIAL_COM1, &b->irq.line, &b->lock), 0);
	b->host = (struct stream){ host_take, host_resume };
	b->accepts = sizeof(b->out);
	stream_connect(&b->serial.stream, &b->host);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	serial_close(&b->serial);
	bus_close(&b->pio);
	pthread_mutex_destroy(&b->lock);
	free(b);
	return 0;
}

static u8 in(struct bench *b, unsigned reg)
{
	return (u8)bus_read(&b->pio, SERIAL_COM1 + reg, 1);
}

static void out(struct bench *b, unsigned reg, u8 value)
{
	bus_write(&b->pio, SERIAL_COM1 + reg, 1, value);
}

static size_t type(struct bench *b, const char *text)
{
	return b->serial.stream.take(&b->serial.stream, (const u8 *)text, strlen(text));
}

/* FIFOs on with trigger @level (0 to 3), interrupts of @ier, OUT2. */
static void start(struct bench *b, unsigned level, u8 ier)
{
	out(b, UART_FCR, (u8)(UART_FCR_ENABLE_FIFO | level << 6));
	out(b, UART_MCR, UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2);
	out(b, UART_IER, ier);
}

static void linux_finds_a_16550a(void **state)
{
	struct bench *b = *state;

	/* autoconfig(): the interrupt enable register has four bits. */
	out(b, UART_IER, 0);
	assert_int_equal(in(b, UART_IER), 0);
	out(b, UART_IER, 0xff);
	assert_int_equal(in(b, UART_IER), 0x0f);
	out(b, UART_IER, 0);
	/* In loopback the modem's outputs are its inputs. */
	out(b, UART_MCR, UART_MCR_LOOP | 0x0a);
	assert_int_equal(in(b, UART_MSR) & 0xf0, 0x90);
	out(b, UART_MCR, 0);
	/* The FIFO bits tell the type; no enhanced features behind the divisor latch. */
	out(b, UART_FCR, UART_FCR_ENABLE_FIFO);
	assert_int_equal(in(b, UART_IIR) >> 6, 3);
	out(b, UART_LCR, UART_LCR_CONF_MODE_B);
	assert_int_not_equal(in(b, UART_EFR), 0);
	/* A TI 16750 would show a fifth FIFO bit. */
	out(b, UART_LCR, UART_LCR_CONF_MODE_A);
	out(b, UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR7_64BYTE);
	assert_int_equal(in(b, UART_IIR) >> 5, 6);
	out(b, UART_LCR, 0);
	/* The scratch register is one. */
	out(b, UART_SCR, 0xa5);
	assert_int_equal(in(b, UART_SCR), 0xa5);
}

static void linux_finds_no_transmitter_bug(void **state)
{
	struct bench *b = *state;

	/* serial8250_do_startup(): each enabling of the interrupt raises it, not only the first. */
	start(b, 0, 0);
	for (int i = 0; i < 2; i++) {
		out(b, UART_IER, UART_IER_THRI);
		assert_int_equal(in(b, UART_LSR) & UART_LSR_TEMT, UART_LSR_TEMT);
		assert_int_equal(in(b, UART_IIR) & 0x0f, UART_IIR_THRI);
		assert_int_equal(in(b, UART_IIR) & 0x0f, UART_IIR_NO_INT);
		out(b, UART_IER, 0);
	}
	/* Nor does a pending interrupt survive its source being disabled. */
	out(b, UART_IER, UART_IER_THRI);
	out(b, UART_IER, 0);
	assert_int_equal(in(b, UART_IIR) & 0x0f, UART_IIR_NO_INT);
	assert_false(b->irq.line.level);
}

static void the_divisor_latch_hides_data(void **state)
{
	struct bench *b = *state;

	out(b, UART_LCR, UART_LCR_DLAB | UART_LCR_WLEN8);
	out(b, UART_DLL, 1);
	out(b, UART_DLM, 2);
	assert_int_equal(in(b, UART_DLL), 1);
	assert_int_equal(in(b, UART_DLM), 2);
	out(b, UART_LCR, UART_LCR_WLEN8);
	assert_int_equal(in(b, UART_IER), 0);
	assert_int_equal(b->out_len, 0);
	out(b, UART_TX, 'x');
	assert_int_equal(b->out_len, 1);
}

static void polled_output_arrives(void **state)
{
	struct bench *b = *state;
	const char *text = "earlycon\r\n";

	for (const char *c = text; *c; c++) {
		assert_int_equal(in(b, UART_LSR) & (UART_LSR_THRE | UART_LSR_TEMT),
			UART_LSR_THRE | UART_LSR_TEMT);
		out(b, UART_TX, (u8)*c);
	}
	assert_memory_equal(b->out, text, strlen(text));
	assert_int_equal(b->irq.rises, 0);
}

static void a_slow_reader_stops_the_transmitter_and_loses_nothing(void **state)
{
	struct bench *b = *state;

	start(b, 0, UART_IER_THRI);
	in(b, UART_IIR);
	b->accepts = 2;
	out(b, UART_TX, '1');
	out(b, UART_TX, '2');
	assert_int_equal(in(b, UART_IIR) & 0x0f, UART_IIR_THRI);
	out(b, UART_TX, '3');
	assert_int_equal(in(b, UART_LSR) & (UART_LSR_THRE | UART_LSR_TEMT), 0);
	assert_int_equal(in(b, UART_IIR) & 0x0f, UART_IIR_NO_INT);
	/* Linux's console stops waiting after 10 ms and writes on. */
	out(b, UART_TX, '4');
	b->irq.rises = 0;
	b->accepts = 100;
	b->serial.stream.resume(&b->serial.stream);
	assert_int_equal(in(b, UART_LSR) & UART_LSR_THRE, UART_LSR_THRE);
	assert_int_equal(b->irq.rises, 1);
	assert_memory_equal(b->out, "1234", 4);
	assert_int_equal(b->out_len, 4);
}

static void a_reset_keeps_what_was_written(void **state)
{
	struct bench *b = *state;

	b->accepts = 0;
	out(b, UART_TX, 'a');
	out(b, UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_XMIT);
	serial_reset(&b->serial);
	b->accepts = 10;
	b->serial.stream.resume(&b->serial.stream);
	assert_int_equal(b->out_len, 1);
	assert_int_equal(in(b, UART_IIR), UART_IIR_NO_INT);
}

static void received_characters_interrupt_at_the_trigger_or_after_a_pause(void **state)
{
	struct bench *b = *state;

	start(b, 2, UART_IER_RDI);
	assert_int_equal(type(b, "1234567"), 7);
	assert_int_equal(in(b, UART_IIR) & 0x0f, UART_IIR_RX_TIMEOUT);
	assert_int_equal(type(b, "8"), 1);
	assert_int_equal(in(b, UART_IIR) & 0x0f, UART_IIR_RDI);
	assert_true(b->irq.line.level);
	for (char c = '1'; c <= '8'; c++) {
		assert_int_equal(in(b, UART_LSR) & UART_LSR_DR, UART_LSR_DR);
		assert_int_equal(in(b, UART_RX), c);
	}
	assert_int_equal(in(b, UART_LSR) & UART_LSR_DR, 0);
	assert_false(b->irq.line.level);
	assert_int_equal(b->irq.rises, 1);
}

static void input_waits_for_room(void **state)
{
	struct bench *b = *state;

	start(b, 0, 0);
	assert_int_equal(type(b, "0123456789abcdefXY"), SERIAL_FIFO);
	assert_int_equal(type(b, "XY"), 0);
	for (int i = 0; i < SERIAL_FIFO - 1; i++)
		in(b, UART_RX);
	assert_int_equal(b->resumed, 0);
	in(b, UART_RX);
	assert_int_equal(b->resumed, 1);
	assert_int_equal(in(b, UART_LSR) & UART_LSR_OE, 0);
	assert_int_equal(type(b, "XY"), 2);
	assert_int_equal(in(b, UART_RX), 'X');
	/* Clearing the FIFO makes room, too. */
	assert_int_equal(type(b, "0123456789abcdefXY"), 15);
	out(b, UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_RCVR);
	assert_int_equal(b->resumed, 2);
	assert_int_equal(in(b, UART_LSR) & UART_LSR_DR, 0);
}

static void without_fifos_one_character_fits(void **state)
{
	struct bench *b = *state;

	assert_int_equal(type(b, "ab"), 1);
	assert_int_equal(in(b, UART_RX), 'a');
	assert_int_equal(b->resumed, 1);
	assert_int_equal(in(b, UART_IIR), UART_IIR_NO_INT);
}

static void loopback_returns_and_overruns(void **state)
{
	struct bench *b = *state;

	start(b, 0, UART_IER_RLSI | UART_IER_RDI);
	out(b, UART_MCR, UART_MCR_LOOP | UART_MCR_OUT2);
	for (int i = 0; i < SERIAL_FIFO; i++)
		out(b, UART_TX, (u8)i);
	assert_int_equal(in(b, UART_IIR) & 0x0f, UART_IIR_RDI);
	out(b, UART_TX, 0xff);
	/* The line status comes first, and a read of it clears the error. */
	assert_int_equal(in(b, UART_IIR) & 0x0f, UART_IIR_RLSI);
	assert_int_equal(in(b, UART_LSR) & UART_LSR_OE, UART_LSR_OE);
	assert_int_equal(in(b, UART_LSR) & UART_LSR_OE, 0);
	for (int i = 0; i < SERIAL_FIFO; i++)
		assert_int_equal(in(b, UART_RX), i);
	assert_int_equal(b->out_len, 0);
	/* The outside waits until the loop is opened. */
	assert_int_equal(type(b, "x"), 0);
	out(b, UART_MCR, UART_MCR_OUT2);
	assert_int_equal(b->resumed, 1);
	assert_int_equal(type(b, "x"), 1);
}

static void modem_lines_tell_what_changed(void **state)
{
	struct bench *b = *state;

	start(b, 0, UART_IER_MSI);
	assert_int_equal(in(b, UART_MSR), UART_MSR_DCD | UART_MSR_DSR | UART_MSR_CTS);
	out(b, UART_MCR, UART_MCR_LOOP | UART_MCR_OUT2 | UART_MCR_RTS);
	assert_int_equal(in(b, UART_IIR) & 0x0f, UART_IIR_MSI);
	assert_int_equal(in(b, UART_MSR), UART_MSR_DCD | UART_MSR_CTS | UART_MSR_DDSR);
	assert_int_equal(in(b, UART_IIR) & 0x0f, UART_IIR_NO_INT);
	/* The ring indicator counts when it ends. */
	out(b, UART_MCR, UART_MCR_LOOP | UART_MCR_OUT2 | UART_MCR_RTS | UART_MCR_OUT1);
	assert_int_equal(in(b, UART_MSR) & UART_MSR_ANY_DELTA, 0);
	out(b, UART_MCR, UART_MCR_LOOP | UART_MCR_OUT2 | UART_MCR_RTS);
	assert_int_equal(in(b, UART_MSR) & UART_MSR_ANY_DELTA, UART_MSR_TERI);
}

static void out2_gates_the_interrupt(void **state)
{
	struct bench *b = *state;

	start(b, 0, UART_IER_RDI);
	out(b, UART_MCR, 0);
	type(b, "x");
	assert_false(b->irq.line.level);
	assert_int_equal(in(b, UART_IIR) & 0x0f, UART_IIR_RDI);
	out(b, UART_MCR, UART_MCR_OUT2);
	assert_true(b->irq.line.level);
}

static void the_transmit_queue_is_bounded(void **state)
{
	struct bench *b = *state;

	b->accepts = 0;
	for (unsigned i = 0; i < SERIAL_TX_SIZE + 100; i++)
		out(b, UART_TX, (u8)i);
	b->accepts = sizeof(b->out);
	b->serial.stream.resume(&b->serial.stream);
	assert_int_equal(b->out_len, SERIAL_TX_SIZE);
	for (unsigned i = 0; i < SERIAL_TX_SIZE; i++)
		assert_int_equal((u8)b->out[i], (u8)i);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(linux_finds_a_16550a),
		TEST(linux_finds_no_transmitter_bug),
		TEST(the_divisor_latch_hides_data),
		TEST(polled_output_arrives),
		TEST(a_slow_reader_stops_the_transmitter_and_loses_nothing),
		TEST(a_reset_keeps_what_was_written),
		TEST(received_characters_interrupt_at_the_trigger_or_after_a_pause),
		TEST(input_waits_for_room),
		TEST(without_fifos_one_character_fits),
		TEST(loopback_returns_and_overruns),
		TEST(modem_lines_tell_what_changed),
		TEST(out2_gates_the_interrupt),
		TEST(the_transmit_queue_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
