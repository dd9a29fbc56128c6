/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of libevdev that are used here; it is loaded when a machine has --input. */
#ifndef VM_INPUT_EVDEV_LIBRARY_H
#define VM_INPUT_EVDEV_LIBRARY_H

#include "base/err.h"

struct input_event;
struct libevdev;

/* Arguments of type unsigned stand for libevdev's enumerations. */
struct evdev_library {
	int (*new_from_fd)(int fd, struct libevdev **dev);
	void (*free)(struct libevdev *dev);
	int (*grab)(struct libevdev *dev, unsigned mode);
	int (*next_event)(struct libevdev *dev, unsigned flags, struct input_event *event);
	int (*has_event_code)(const struct libevdev *dev, unsigned type, unsigned code);
	const char *(*get_name)(const struct libevdev *dev);
	int (*set_led)(struct libevdev *dev, unsigned code, unsigned value);
};

/* Returns -ENOENT if the library is not installed. */
int evdev_library_load(struct evdev_library *library, struct err *err);

#endif
