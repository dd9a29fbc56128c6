/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keyboard controller of a PC, with a PS/2 keyboard and mouse: ports 60h and 64h, IRQ 1 and 12
 * (Intel UPI-41AH/42AH as IBM programmed it; PS/2 Hardware Interface Technical Reference, "Keyboard
 * and Auxiliary Device Controller").
 *
 * The struct is the machine's. The caller's lock, held around the callbacks, guards it;
 * @input is for any thread and takes it.
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
	u8 memory[I8042_MEMORY]; /* of the controller; 0 is its command byte */
	u8 status;
	u8 output_port;
	u8 data;           /* what port 60 gives */
	u8 command;        /* that waits for its parameter at port 60, or 0 */
	u8 reply;          /* of the controller's own, */
	bool has_reply;    /* if there is one that waits, */
	bool reply_is_aux; /* and as if it came from the mouse */
	bool released;     /* the last byte of set 2 was that of a release */
};

/* Where nobody else has the ports yet. */
int i8042_open(struct i8042 *i8042, struct bus *pio, struct irq_line *keyboard_irq,
	struct irq_line *mouse_irq, pthread_mutex_t *lock,
	void (*request)(void *owner, const char *by), void *owner);
/* Safe on a zeroed struct. */
void i8042_close(struct i8042 *i8042);
/* As after power-on. With the vCPUs stopped. */
void i8042_reset(struct i8042 *i8042);

#endif
