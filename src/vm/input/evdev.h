/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's keyboards and mice as the source of a guest's input: starts the process that reads
 * them (vm/input/reader.h), and passes what it tells to a struct input.
 *
 * The machine owns the struct, and opens and closes it on the thread of its loop.
 */
#ifndef VM_INPUT_EVDEV_H
#define VM_INPUT_EVDEV_H

#include "base/child.h"
#include "vm/dev/input_held.h"
#include "vm/input/input_config.h"

struct evdev {
	struct child child;
	struct loop *loop;
	int fd; /* the reader's socket; -1: none */
	struct loop_source source;
	struct loop_timer timer; /* while the guest has no room for a key */
	struct key_wait {
		bool waits;
		u8 key;
		bool down;
	} next;                 /* the key for which there is no room */
	struct input_held held; /* what the guest was told */
};

/* The arguments of the reader's command, for its command line. */
#define EVDEV_ARGS_MAX (SEAT_DEVICES + 8)

struct evdev_args {
	const char *argv[EVDEV_ARGS_MAX];
};

void evdev_reader_args(struct evdev_args *args, const struct input_config *config);

/*
 * Starts the reader and waits until it has opened the devices. Nothing is taken from the host.
 * @unconfined: for debugging, the reader has this process's rights.
 */
int evdev_open(struct evdev *evdev, const struct input_config *config, bool unconfined,
	struct loop *loop, struct err *err);
/* Passes events to @input, and the lights of its keyboard back. */
int evdev_connect(struct evdev *evdev, struct input *input, struct err *err);
/* The guest runs: the reader may take the devices. */
void evdev_begin(struct evdev *evdev);
/* Gives the devices back to the host. Safe on a zeroed struct. */
void evdev_close(struct evdev *evdev);

#endif
