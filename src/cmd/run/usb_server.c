// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon run --usb` starts this command as another process; users do not. */
#include <string.h>

#include "base/child.h"
#include "cmd/cmd.h"
#include "vm/usbhost/server.h"

enum { DEVICE, FORCE, NR_ARGS };
enum { LINK = CHILD_FIRST_FD, MEMORY, MOUNTS, SWAPS };

static int usb_server_main(const struct cmd_call *call, struct err *err)
{
	struct usb_server server = { .link = LINK, .mounts = MOUNTS, .swaps = SWAPS };

	if (call->nr_operands != NR_ARGS)
		return EXIT_USAGE;
	server.config.force = !strcmp(call->operands[FORCE], "force");
	if (usb_match_parse(&server.config.match, call->operands[DEVICE], err))
		return EXIT_USAGE;
	return usb_serve(&server, MEMORY, err) ? EXIT_CANNOT : EXIT_FINE;
}

const struct cmd cmd_usb_server = {
	.name = "usb-server",
	.operands = "DEVICE FORCE",
	.description = "Gets a USB device for a guest; `tenon run --usb` starts it.\n",
	.main = usb_server_main,
};
