// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/serial.h"

#include <linux/serial_reg.h>

#include "base/log.h"

#define IER_MASK 0x0f
#define MCR_MASK 0x1f
/* The lines of a connected terminal: carrier, ready, clear to send. */
#define MSR_CONNECTED (UART_MSR_DCD | UART_MSR_DSR | UART_MSR_CTS)
#define MSR_LINES     0xf0

static bool in_loopback(const struct serial *serial)
{
	return serial->mcr & UART_MCR_LOOP;
}

static bool fifos_on(const struct serial *serial)
{
	return serial->fcr & UART_FCR_ENABLE_FIFO;
}

static size_t rx_room(const struct serial *serial)
{
	size_t limit = fifos_on(serial) ? SERIAL_FIFO : 1;

	return serial->rx.len < limit ? limit - serial->rx.len : 0;
}

static size_t rx_trigger(const struct serial *serial)
{
	static const u8 levels[] = { 1, 4, 8, 14 };

	return fifos_on(serial) ? levels[serial->fcr >> 6] : 1;
}

/* The pending interrupt of highest priority, without the FIFO bits (data sheet, table 4). */
static u8 interrupt_id(const struct serial *serial)
{
	if ((serial->ier & UART_IER_RLSI) && serial->lsr_errors)
		return UART_IIR_RLSI;
	if (serial->ier & UART_IER_RDI) {
		if (serial->rx.len >= rx_trigger(serial))
			return UART_IIR_RDI;
		/* The line is idle immediately, so bytes below the trigger level have timed out. */
		if (serial->rx.len)
			return UART_IIR_RX_TIMEOUT;
	}
	if ((serial->ier & UART_IER_THRI) && serial->thre_pending)
		return UART_IIR_THRI;
	if ((serial->ier & UART_IER_MSI) && serial->msr_deltas)
		return UART_IIR_MSI;
	return UART_IIR_NO_INT;
}

static void update_irq(struct serial *serial)
{
	irq_line_set(serial->irq,
		interrupt_id(serial) != UART_IIR_NO_INT && (serial->mcr & UART_MCR_OUT2));
}

static void resume_peer(struct serial *serial)
{
	if (!serial->peer_waits || in_loopback(serial) || serial->rx.len)
		return;
	serial->peer_waits = false;
	stream_resume(&serial->stream);
}

/* Passes on the queued bytes. The transmitter is empty if all of them were taken. */
static void transmit(struct serial *serial)
{
	const u8 *bytes;
	size_t n, sent;

	while ((n = ring_peek(&serial->tx, &bytes))) {
		sent = stream_put(&serial->stream, bytes, n);
		ring_drop(&serial->tx, sent);
		if (sent < n)
			return;
	}
	serial->thre_pending = true;
}

static void loop_back(struct serial *serial, u8 byte)
{
	if (rx_room(serial))
		ring_put(&serial->rx, &byte, 1);
	else
		serial->lsr_errors |= UART_LSR_OE;
	serial->thre_pending = true;
}

static void write_thr(struct serial *serial, u8 byte)
{
	serial->thre_pending = false;
	if (in_loopback(serial)) {
		loop_back(serial, byte);
		return;
	}
	if (!ring_put(&serial->tx, &byte, 1))
		log_guest("serial port: the guest writes on although nobody reads: output lost");
	/* If older bytes are queued, the other end is full and will call back. */
	if (serial->tx.len == 1)
		transmit(serial);
}

static u8 read_rbr(struct serial *serial)
{
	const u8 *bytes;
	u8 byte;

	if (!ring_peek(&serial->rx, &bytes))
		return 0;
	byte = *bytes;
	ring_drop(&serial->rx, 1);
	resume_peer(serial);
	return byte;
}

static void write_ier(struct serial *serial, u8 value)
{
	u8 enabled = value & IER_MASK & ~serial->ier;

	serial->ier = value & IER_MASK;
	/* Enabling the interrupt while the register is empty raises it; drivers probe for this. */
	if ((enabled & UART_IER_THRI) && !serial->tx.len)
		serial->thre_pending = true;
}

static u8 read_iir(struct serial *serial)
{
	u8 id = interrupt_id(serial);

	if (id == UART_IIR_THRI)
		serial->thre_pending = false;
	return id | (fifos_on(serial) ? 0xc0 : 0);
}

static void write_fcr(struct serial *serial, u8 value)
{
	bool toggled = (value ^ serial->fcr) & UART_FCR_ENABLE_FIFO;

	if (toggled || (value & UART_FCR_CLEAR_RCVR))
		ring_drop(&serial->rx, serial->rx.len);
	serial->fcr = value & UART_FCR_ENABLE_FIFO ? value & (0xc0 | UART_FCR_ENABLE_FIFO) : 0;
	resume_peer(serial);
}

static u8 msr_lines(const struct serial *serial)
{
	u8 lines = 0;

	if (!in_loopback(serial))
		return MSR_CONNECTED;
	if (serial->mcr & UART_MCR_RTS)
		lines |= UART_MSR_CTS;
	if (serial->mcr & UART_MCR_DTR)
		lines |= UART_MSR_DSR;
	if (serial->mcr & UART_MCR_OUT1)
		lines |= UART_MSR_RI;
	if (serial->mcr & UART_MCR_OUT2)
		lines |= UART_MSR_DCD;
	return lines;
}

static void write_mcr(struct serial *serial, u8 value)
{
	u8 before = msr_lines(serial);
	u8 changed;

	serial->mcr = value & MCR_MASK;
	changed = before ^ msr_lines(serial);
	/* Only the trailing edge of the ring indicator sets its delta bit. */
	if (!(before & UART_MSR_RI))
		changed &= ~UART_MSR_RI;
	serial->msr_deltas |= changed >> 4;
	resume_peer(serial);
}

static u8 read_msr(struct serial *serial)
{
	u8 value = msr_lines(serial) | serial->msr_deltas;

	serial->msr_deltas = 0;
	return value;
}

static u8 read_lsr(struct serial *serial)
{
	u8 value = serial->lsr_errors;

	serial->lsr_errors = 0;
	if (serial->rx.len)
		value |= UART_LSR_DR;
	if (!serial->tx.len)
		value |= UART_LSR_THRE | UART_LSR_TEMT;
	return value;
}

static u8 read_register(struct serial *serial, u64 reg)
{
	bool dlab = serial->lcr & UART_LCR_DLAB;

	switch (reg) {
	case UART_RX:
		return dlab ? serial->dll : read_rbr(serial);
	case UART_IER:
		return dlab ? serial->dlm : serial->ier;
	case UART_IIR:
		return read_iir(serial);
	case UART_LCR:
		return serial->lcr;
	case UART_MCR:
		return serial->mcr;
	case UART_LSR:
		return read_lsr(serial);
	case UART_MSR:
		return read_msr(serial);
	default:
		return serial->scr;
	}
}

static void write_register(struct serial *serial, u64 reg, u8 value)
{
	bool dlab = serial->lcr & UART_LCR_DLAB;

	switch (reg) {
	case UART_TX:
		if (dlab)
			serial->dll = value;
		else
			write_thr(serial, value);
		break;
	case UART_IER:
		if (dlab)
			serial->dlm = value;
		else
			write_ier(serial, value);
		break;
	case UART_FCR:
		write_fcr(serial, value);
		break;
	case UART_LCR:
		serial->lcr = value;
		break;
	case UART_MCR:
		write_mcr(serial, value);
		break;
	case UART_SCR:
		serial->scr = value;
		break;
	}
}

/* Each register is a byte; a wider access reads several of them. */
static u64 serial_read(void *owner, u64 offset, unsigned size)
{
	struct serial *serial = owner;
	u64 value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (u64)read_register(serial, offset + i) << (8 * i);
	update_irq(serial);
	return value;
}

static void serial_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct serial *serial = owner;

	for (unsigned i = 0; i < size; i++)
		write_register(serial, offset + i, (u8)(value >> (8 * i)));
	update_irq(serial);
}

static const struct bus_ops serial_ops = { serial_read, serial_write };

static size_t serial_take(struct stream *end, const u8 *bytes, size_t len)
{
	struct serial *serial = container_of(end, struct serial, stream);
	size_t taken = 0;

	pthread_mutex_lock(serial->lock);
	if (!in_loopback(serial)) {
		taken = len < rx_room(serial) ? len : rx_room(serial);
		ring_put(&serial->rx, bytes, taken);
	}
	serial->peer_waits = taken < len;
	update_irq(serial);
	pthread_mutex_unlock(serial->lock);
	return taken;
}

static void serial_resume(struct stream *end)
{
	struct serial *serial = container_of(end, struct serial, stream);

	pthread_mutex_lock(serial->lock);
	if (serial->tx.len)
		transmit(serial);
	update_irq(serial);
	pthread_mutex_unlock(serial->lock);
}

static void set_defaults(struct serial *serial)
{
	serial->dll = serial->dlm = serial->ier = serial->fcr = serial->lcr = 0;
	serial->mcr = serial->scr = serial->lsr_errors = serial->msr_deltas = 0;
	serial->thre_pending = false;
	ring_drop(&serial->rx, serial->rx.len);
}

int serial_open(struct serial *serial, struct bus *pio, u16 base, struct irq_line *irq,
	pthread_mutex_t *lock)
{
	*serial = (struct serial){
		.pio = pio,
		.lock = lock,
		.irq = irq,
		.stream = { .take = serial_take, .resume = serial_resume },
		.rx = { .bytes = serial->rx_bytes, .size = SERIAL_FIFO },
		.tx = { .bytes = serial->tx_bytes, .size = SERIAL_TX_SIZE },
		.region = {
			.name = "serial port",
			.range = { base, SERIAL_PORTS },
			.rank = FLAT_RANK_PLATFORM,
			.ops = &serial_ops,
			.owner = serial,
			.lock = lock,
		},
	};
	return bus_add(pio, &serial->region);
}

void serial_close(struct serial *serial)
{
	if (serial->pio)
		bus_remove(serial->pio, &serial->region);
	serial->pio = NULL;
}

void serial_reset(struct serial *serial)
{
	pthread_mutex_lock(serial->lock);
	set_defaults(serial);
	update_irq(serial);
	resume_peer(serial);
	pthread_mutex_unlock(serial->lock);
}
