// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/debug_port.h"

#define ANSWER 0xe9

static void end_line(struct debug_port *port)
{
	port->text[port->len] = '\0';
	if (port->len)
		port->line(port->owner, port->text);
	port->len = 0;
}

static u64 debug_read(void *owner, u64 offset, unsigned size)
{
	return ANSWER;
}

static void debug_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct debug_port *port = owner;
	char c = (char)value;

	if (c == '\n') {
		end_line(port);
		return;
	}
	if (c == '\r')
		return;
	if (port->len == DEBUG_PORT_LINE - 1)
		end_line(port);
	/* The guest must not send control characters to the terminal of whoever reads the log. */
	port->text[port->len++] = (c >= ' ' && c <= '~') || c == '\t' ? c : '.';
}

static const struct bus_ops debug_ops = { debug_read, debug_write };

int debug_port_open(struct debug_port *port, struct bus *pio, pthread_mutex_t *lock,
	void (*line)(void *owner, const char *text), void *owner)
{
	*port = (struct debug_port){
		.pio = pio,
		.line = line,
		.owner = owner,
		.region = {
			.name = "firmware log",
			.range = { DEBUG_PORT, 1 },
			.rank = FLAT_RANK_PLATFORM,
			.ops = &debug_ops,
			.owner = port,
			.lock = lock,
		},
	};
	return bus_add(pio, &port->region);
}

void debug_port_close(struct debug_port *port)
{
	if (!port->pio)
		return;
	bus_remove(port->pio, &port->region);
	end_line(port);
	port->pio = NULL;
}
