/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Port 402h, to which firmware writes its log. A read returns E9h, which tells SeaBIOS and debug
 * builds of OVMF that the port exists.
 *
 * The machine owns the struct. The caller's lock guards it and is held around the callback.
 */
#ifndef VM_DEV_DEBUG_PORT_H
#define VM_DEV_DEBUG_PORT_H

#include "vm/bus/bus.h"

#define DEBUG_PORT      0x402
#define DEBUG_PORT_LINE 256

struct debug_port {
	struct bus *pio;
	struct bus_region region;
	void (*line)(void *owner, const char *text);
	void *owner;
	size_t len;
	char text[DEBUG_PORT_LINE];
};

/*
 * @line gets each line without its newline, on a vCPU's thread. Unprintable characters become dots,
 * and a line that is too long comes in pieces.
 */
int debug_port_open(struct debug_port *port, struct bus *pio, pthread_mutex_t *lock,
	void (*line)(void *owner, const char *text), void *owner);
void debug_port_close(struct debug_port *port);

#endif
