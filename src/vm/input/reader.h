/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that reads a machine's keyboards and mice, and that takes them from the host while
 * the guest has them. It ends with the machine, however that ends, and the kernel then gives the
 * devices back to the host.
 */
#ifndef VM_INPUT_READER_H
#define VM_INPUT_READER_H

#include "base/err.h"
#include "vm/input/seat.h"

struct input_reader_config {
	const char *const
		*paths; /* of the devices; none: all keyboards and mice of the first seat */
	unsigned nr_paths;
	enum seat_toggle toggle;
	bool start_at_host;  /* else the guest gets the devices when it starts */
	const char *command; /* run with "guest" or "host" when the side changes; or NULL */
};

/*
 * Serves the machine at @fd, a SOCK_SEQPACKET socket (vm/input/message.h), until it closes its end.
 * Returns 0 then.
 */
int input_reader_run(const struct input_reader_config *config, int fd, struct err *err);

#endif
