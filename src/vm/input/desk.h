/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The input devices of a desk, /dev/input/event*, by libevdev: opened, opened again when they come
 * back, grabbed and given back. Their events go to a struct seat.
 *
 * The reader's process owns the struct.
 */
#ifndef VM_INPUT_DESK_H
#define VM_INPUT_DESK_H

#include <sys/types.h>

#include "vm/input/evdev_library.h"
#include "vm/input/seat.h"

struct desk_device {
	const char *path; /* as the user named it; NULL: found by desk_scan() */
	char found[32];   /* the name below /dev/input of one that was found */
	int fd;           /* -1: not there */
	dev_t number;
	struct libevdev *dev;
	bool keyboard;
};

struct desk {
	struct evdev_library library;
	struct seat *seat;
	struct desk_device devices[SEAT_DEVICES];
	bool automatic; /* takes every keyboard and mouse of the first seat */
	bool grabbed;
};

/* @paths: of the @nr devices, at most SEAT_DEVICES, all of which have to be there; 0: automatic. */
int desk_open(struct desk *desk, struct seat *seat, const char *const *paths, unsigned nr,
	struct err *err);
void desk_close(struct desk *desk);

/* Opens what has come (again). Returns whether a device is still missing. */
bool desk_scan(struct desk *desk);
/* Reads events of a device whose file is readable, a bounded number of them. */
void desk_read(struct desk *desk, unsigned device);
/* Tells the seat which keys are held now. */
void desk_refresh(struct desk *desk);

/* Takes the devices from the host. Returns -errno, with none taken: -EBUSY if another has them. */
int desk_grab(struct desk *desk, struct err *err);
void desk_release(struct desk *desk);
/* @leds: INPUT_LED_* */
void desk_set_leds(struct desk *desk, u8 leds);

#endif
