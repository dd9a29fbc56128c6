// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon run` starts this command as another process; users do not. */
#include <string.h>

#include "base/child.h"
#include "cmd/cmd.h"
#include "vm/display/vnc_server.h"

static int display_server_main(const struct cmd_call *call, struct err *err)
{
	enum confine_mode mode = CONFINE_ON;
	int ret;

	if (call->nr_operands && !strcmp(call->operands[0], "log"))
		mode = CONFINE_LOG;
	else if (call->nr_operands && !strcmp(call->operands[0], "off"))
		mode = CONFINE_OFF;
	ret = vnc_serve(CHILD_FIRST_FD, CHILD_FIRST_FD + 1, CHILD_FIRST_FD + 2, mode, err);
	return ret ? EXIT_CANNOT : EXIT_FINE;
}

const struct cmd cmd_display_server = {
	.name = "display-server",
	.operands = "[on|log|off]",
	.description = "Talks to the viewers of a guest's display; `tenon run` starts it.\n",
	.main = display_server_main,
};
