// SPDX-License-Identifier: GPL-2.0-or-later
/* What `tenon run` starts as another process; not for the command line. */
#include "base/child.h"
#include "cmd/cmd.h"
#include "vm/net/slirp.h"

static int user_network_main(const struct cmd_call *call, struct err *err)
{
	return slirp_serve(CHILD_FIRST_FD, CHILD_FIRST_FD + 1, err) ? EXIT_CANNOT : EXIT_FINE;
}

const struct cmd cmd_user_network = {
	.name = "user-network",
	.description = "Serves the network of a guest's card; `tenon run` starts it.\n",
	.main = user_network_main,
};
