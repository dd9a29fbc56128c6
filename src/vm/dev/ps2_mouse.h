/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PS/2 mouse with three buttons, and a wheel for those who know the knock of the IntelliMouse:
 * sample rates 200, 100, 80 in a row. Two more buttons, of another knock, it does not have.
 *
 * Motion is added up until there is room for a report of it, so that none of it is lost.
 *
 * The struct is the controller's, whose lock guards it.
 */
#ifndef VM_DEV_PS2_MOUSE_H
#define VM_DEV_PS2_MOUSE_H

#include "vm/dev/ps2_queue.h"

struct ps2_mouse {
	struct ps2_queue replies; /* to commands; before reports */
	struct ps2_queue reports;
	u8 command;  /* that waits for its parameter, or 0 */
	bool wheel;  /* has been knocked for */
	u8 rates[3]; /* the last ones that were set, the newest last */
	u8 resolution;
	bool scale_2; /* told in the status, and otherwise nothing */
	bool reporting, remote, wrap;
	/* What is not reported yet: right, down and towards the person are positive. */
	int x, y, z;
	u8 buttons, reported; /* INPUT_*, and as last told */
};

/* As after power-on. */
void ps2_mouse_reset(struct ps2_mouse *mouse);
void ps2_mouse_write(struct ps2_mouse *mouse, u8 byte);
bool ps2_mouse_take(struct ps2_mouse *mouse, u8 *byte);
/* @buttons: bit 0 the left, 1 the right, 2 the middle one. */
void ps2_mouse_move(struct ps2_mouse *mouse, int x, int y, int z, u8 buttons);

#endif
