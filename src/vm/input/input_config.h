/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's keyboards and mice that a machine shares with its host, as --input asks for them. */
#ifndef VM_INPUT_INPUT_CONFIG_H
#define VM_INPUT_INPUT_CONFIG_H

#include "vm/input/seat.h"

struct input_config {
	bool wanted;
	bool automatic; /* all keyboards and mice of the first seat; then there are no @paths */
	const char *paths[SEAT_DEVICES];
	unsigned nr_paths;
	enum seat_toggle toggle;
	bool start_at_host;  /* else the guest gets them when it starts */
	const char *command; /* run with "guest" or "host" when the side changes; or NULL */
};

#endif
