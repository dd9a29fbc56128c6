/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PS/2 mouse with three buttons, and a wheel for drivers that enable it with the IntelliMouse
 * sequence: sample rates 200, 100, 80 in a row. It does not have the two more buttons that another
 * sequence enables.
 *
 * Motion is added up until there is room for a report, so that none of it is lost.
 *
 * The keyboard controller owns the struct and guards it with its lock.
 */
#ifndef VM_DEV_PS2_MOUSE_H
#define VM_DEV_PS2_MOUSE_H

#include "vm/dev/ps2_queue.h"

struct ps2_mouse {
	struct ps2_queue replies; /* answers to commands; they are sent before reports */
	struct ps2_queue reports;
	u8 command;  /* the command that waits for its parameter, or 0 */
	bool wheel;  /* the driver has enabled it */
	u8 rates[3]; /* the last three sample rates that were set, the newest last */
	u8 resolution;
	bool scale_2; /* scaling 2:1: shown in the status, without effect */
	bool reporting, remote, wrap;
	/* Motion that is not reported yet: right, down and towards the person are positive. */
	int x, y, z;
	u8 buttons, reported; /* INPUT_*: held now, and as last reported */
};

/* Sets the state after power-on. */
void ps2_mouse_reset(struct ps2_mouse *mouse);
void ps2_mouse_write(struct ps2_mouse *mouse, u8 byte);
bool ps2_mouse_take(struct ps2_mouse *mouse, u8 *byte);
/* @buttons: bit 0 the left, 1 the right, 2 the middle one. */
void ps2_mouse_move(struct ps2_mouse *mouse, int x, int y, int z, u8 buttons);

#endif
