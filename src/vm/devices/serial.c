// SPDX-License-Identifier: GPL-2.0-or-later
/* COM1, whose other end is the machine's console. */
#include "vm/dev/serial.h"

#include "vm/devices/kinds.h"

struct com1 {
	struct serial serial;
	struct irq_pin irq;
};

static int attach(void *dev, const struct device_parts *parts, struct err *err)
{
	struct com1 *com1 = dev;
	int ret;

	irq_pin_init(&com1->irq, parts->irq, SERIAL_COM1_IRQ);
	ret = serial_open(
		&com1->serial, parts->pio, SERIAL_COM1, &com1->irq.line, &parts->board->lock);
	if (ret)
		return err_sys(err, -ret, "cannot make the serial port");
	stream_connect(&com1->serial.stream, parts->console);
	return 0;
}

static void reset(void *dev)
{
	serial_reset(&((struct com1 *)dev)->serial);
}

static void close(void *dev)
{
	serial_close(&((struct com1 *)dev)->serial);
}

static void capture(const void *dev, struct blob *state)
{
	const struct serial *serial = &((const struct com1 *)dev)->serial;
	const u8 registers[] = { serial->dll, serial->dlm, serial->ier, serial->fcr, serial->lcr,
		serial->mcr, serial->scr, serial->lsr_errors, serial->msr_deltas };

	blob_add(state, registers, sizeof(registers));
}

const struct device_kind serial_kind = {
	.name = "serial",
	.size = sizeof(struct com1),
	.attach = attach,
	.reset = reset,
	.close = close,
	.capture = capture,
};
