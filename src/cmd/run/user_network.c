// SPDX-License-Identifier: GPL-2.0-or-later
/* What `tenon run` starts as another process; not for the command line. */
#include "base/child.h"
#include "cmd/cmd.h"
#include "vm/net/slirp.h"

int cmd_user_network(int argc, char **argv)
{
	struct err err = { 0 };

	if (!slirp_serve(CHILD_FIRST_FD, CHILD_FIRST_FD + 1, &err))
		return EXIT_FINE;
	log_err(&err);
	return EXIT_CANNOT;
}
