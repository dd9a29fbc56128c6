/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keyboard controller of a PC, with a PS/2 keyboard and mouse: ports 60h and 64h, IRQ 1 and 12
 * (Intel UPI-41AH/42AH as IBM programmed it; PS/2 Hardware Interface Technical Reference, "Keyboard
 * and Auxiliary Device Controller").
 *
 * The machine owns the struct. The caller's lock guards it and is held around the callbacks. The
 * functions of @input take that lock and may be called from any thread.
 */
#ifndef VM_DEV_I8042_H
#define VM_DEV_I8042_H

#include "vm/bus/bus.h"
#include "vm/dev/input.h"
#include "vm/dev/ps2_keyboard.h"
#include "vm/dev/ps2_mouse.h"
#include "vm/irq/line.h"

#define I8042_KEYBOARD_IRQ 1
#define I8042_MOUSE_IRQ    12
#define I8042_MEMORY       32

struct i8042 {
	struct input input;
	struct bus *pio;
	struct bus_region data_port;    /* 60 */
	struct bus_region command_port; /* 64 */
	pthread_mutex_t *lock;
	struct irq_line *keyboard_irq, *mouse_irq;
	/* The guest asks for a reset. On a vCPU's thread. */
	void (*request)(void *owner, const char *by);
	void *owner;

	struct ps2_keyboard keyboard;
	struct ps2_mouse mouse;
	u8 memory[I8042_MEMORY]; /* the controller's RAM; byte 0 is its command byte */
	u8 status;
	u8 output_port;
	u8 data;           /* what port 60h reads */
	u8 command;        /* the command that waits for its parameter at port 60h, or 0 */
	u8 reply;          /* the controller's own answer, */
	bool has_reply;    /* valid if this is set, */
	bool reply_is_aux; /* and to be sent as if it came from the mouse */
	bool released;     /* the last byte of scan set 2 was the release prefix */
};

/* Fails if another device has the ports. */
int i8042_open(struct i8042 *i8042, struct bus *pio, struct irq_line *keyboard_irq,
	struct irq_line *mouse_irq, pthread_mutex_t *lock,
	void (*request)(void *owner, const char *by), void *owner);
/* Safe on a zeroed struct. */
void i8042_close(struct i8042 *i8042);
/* Sets the state after power-on. No vCPU runs. */
void i8042_reset(struct i8042 *i8042);

#endif
