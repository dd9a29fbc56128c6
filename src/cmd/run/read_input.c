// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon run --input` starts this command as another process; users do not. */
#include <string.h>

#include "base/child.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "vm/input/reader.h"

enum { TOGGLE, START, COMMAND, PATHS };

static int read_input_main(const struct cmd_call *call, struct err *err)
{
	struct input_reader_config config = { .toggle = NR_SEAT_TOGGLES };

	if (call->nr_operands < PATHS)
		return EXIT_USAGE;
	for (unsigned i = 0; i < NR_SEAT_TOGGLES; i++)
		if (!strcmp(call->operands[TOGGLE], seat_toggle_names[i]))
			config.toggle = i;
	if (config.toggle == NR_SEAT_TOGGLES)
		return EXIT_USAGE;
	config.start_at_host = !strcmp(call->operands[START], "host");
	config.command = *call->operands[COMMAND] == '/' ? call->operands[COMMAND] : NULL;
	config.paths = (const char *const *)call->operands + PATHS;
	config.nr_paths = call->nr_operands - PATHS;
	return input_reader_run(&config, CHILD_FIRST_FD, err) ? EXIT_CANNOT : EXIT_FINE;
}

const struct cmd cmd_read_input = {
	.name = "read-input",
	.operands = "TOGGLE guest|host COMMAND [DEVICE...]",
	.description = "Reads keyboards and mice for a guest; `tenon run --input` starts it.\n",
	.main = read_input_main,
};
