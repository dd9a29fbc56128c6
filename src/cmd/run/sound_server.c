// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon run --sound` starts this command as another process; users do not. */
#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "cmd/cmd.h"
#include "vm/sound/server.h"

enum { KIND, DIRECTORY, MAX, OFFSET, SIZE, NR_ARGS };
enum { LINK = CHILD_FIRST_FD, MEMORY, OUTPUT, INPUT };

static int sound_server_main(const struct cmd_call *call, struct err *err)
{
	struct sound_server server = { .link = LINK, .output = OUTPUT, .input = INPUT };
	char *const *args = call->operands;

	if (call->nr_operands != NR_ARGS)
		return EXIT_USAGE;
	for (unsigned i = 0; i < SOUND_NR_KINDS; i++)
		if (!strcmp(args[KIND], sound_kinds[i]))
			server.kind = (enum sound_kind)i;
	if (server.kind == SOUND_OFF)
		return EXIT_USAGE;
	server.directory = args[DIRECTORY];
	server.max = strtoull(args[MAX], NULL, 10);
	server.input_offset = (u32)strtoul(args[OFFSET], NULL, 10);
	server.input_size = (u32)strtoul(args[SIZE], NULL, 10);
	return sound_serve(&server, MEMORY, err) ? EXIT_CANNOT : EXIT_FINE;
}

const struct cmd cmd_sound_server = {
	.name = "sound-server",
	.operands = "KIND DIRECTORY MAX OFFSET SIZE",
	.description = "Plays a guest's sound; `tenon run --sound` starts it.\n",
	.main = sound_server_main,
};
