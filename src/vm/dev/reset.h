/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The chipset's registers with which a guest resets a PC: the reset control register CF9h (Intel
 * ICH9, 13.7.5) and port 92h. The keyboard controller has a third way (vm/dev/i8042.h).
 *
 * The machine owns the struct. The caller's lock guards it and is held around the callbacks.
 */
#ifndef VM_DEV_RESET_H
#define VM_DEV_RESET_H

#include "vm/bus/bus.h"

struct reset {
	struct bus *pio;
	struct bus_region fast_port; /* 92 */
	/* Called on a vCPU's thread when the guest asks for a reset. @by names the port. */
	void (*request)(void *owner, const char *by);
	void *owner;
	u8 cf9;
	u8 fast;
};

/* Implements port CF9h (offset 0, one byte) with a struct reset as owner: see struct mch. */
extern const struct bus_ops reset_cf9_ops;

int reset_open(struct reset *reset, struct bus *pio, pthread_mutex_t *lock,
	void (*request)(void *owner, const char *by), void *owner);
void reset_close(struct reset *reset);
/* Sets the state after power-on. No vCPU runs. */
void reset_reset(struct reset *reset);

#endif
