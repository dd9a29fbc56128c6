/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Port 402, where firmware writes its log. A read gives E9, by which SeaBIOS and debug builds
 * of OVMF know that someone listens.
 *
 * The struct is the machine's. The caller's lock, held around the callback, guards it.
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
 * @line is given each line without its end, on a vCPU's thread; what cannot be printed is a
 * dot, and a line too long comes in pieces.
 */
int debug_port_open(struct debug_port *port, struct bus *pio, pthread_mutex_t *lock,
	void (*line)(void *owner, const char *text), void *owner);
void debug_port_close(struct debug_port *port);

#endif
