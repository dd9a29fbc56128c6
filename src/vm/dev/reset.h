/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ways in which a guest resets a PC by its chipset: the reset control register CF9 (Intel ICH9,
 * 13.7.5) and port 92. The keyboard controller has a third one (vm/dev/i8042.h).
 *
 * The struct is the machine's. The caller's lock, held around the callbacks, guards it.
 */
#ifndef VM_DEV_RESET_H
#define VM_DEV_RESET_H

#include "vm/bus/bus.h"

struct reset {
	struct bus *pio;
	struct bus_region fast_port; /* 92 */
	/* The guest asks for a reset, by the port that @by names. On a vCPU's thread. */
	void (*request)(void *owner, const char *by);
	void *owner;
	u8 cf9;
	u8 fast;
};

/* Serves port CF9 (offset 0, one byte) with a struct reset as owner: see struct mch. */
extern const struct bus_ops reset_cf9_ops;

int reset_open(struct reset *reset, struct bus *pio, pthread_mutex_t *lock,
	void (*request)(void *owner, const char *by), void *owner);
void reset_close(struct reset *reset);
/* As after power-on. With the vCPUs stopped. */
void reset_reset(struct reset *reset);

#endif
