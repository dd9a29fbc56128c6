/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A 16550A serial port (National PC16550D data sheet, 1995) on a PC: OUT2 gates its interrupt.
 *
 * Characters take no time: the transmitter is empty as soon as the other end of the stream has
 * taken them. While it does not take them, THRE and TEMT stay clear, and SERIAL_TX_SIZE more
 * characters are buffered for drivers that stop waiting. A written character counts as sent:
 * clearing the transmit FIFO or a reset does not lose it. The receiver asks for no more than fits,
 * so it overruns only in loopback mode.
 *
 * The machine owns the struct. @lock guards all of it and is held around the ports' callbacks and
 * around calls to the other end of the stream.
 */
#ifndef VM_DEV_SERIAL_H
#define VM_DEV_SERIAL_H

#include "vm/bus/bus.h"
#include "vm/dev/ring.h"
#include "vm/dev/stream.h"
#include "vm/irq/line.h"

#define SERIAL_COM1     0x3f8
#define SERIAL_COM1_IRQ 4
#define SERIAL_PORTS    8
#define SERIAL_FIFO     16
#define SERIAL_TX_SIZE  4096

struct serial {
	struct bus *pio;
	struct bus_region region;
	pthread_mutex_t *lock;
	struct irq_line *irq;
	struct stream stream; /* connect the host's end here */

	u8 dll, dlm, ier, fcr, lcr, mcr, scr;
	u8 lsr_errors; /* LSR bits that a read clears */
	u8 msr_deltas; /* MSR bits that a read clears */
	bool thre_pending;
	bool peer_waits; /* the other end has offered more than fitted */
	struct ring rx;
	struct ring tx;
	u8 rx_bytes[SERIAL_FIFO];
	u8 tx_bytes[SERIAL_TX_SIZE];
};

/* @base: the first of the eight ports, such as SERIAL_COM1. */
int serial_open(struct serial *serial, struct bus *pio, u16 base, struct irq_line *irq,
	pthread_mutex_t *lock);
void serial_close(struct serial *serial);
/* Sets the state after power-on. Any thread, without @lock. */
void serial_reset(struct serial *serial);

#endif
