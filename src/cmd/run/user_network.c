// SPDX-License-Identifier: GPL-2.0-or-later
/* What `tenon run` starts as another process; not for the command line. */
#include <string.h>

#include "base/child.h"
#include "cmd/cmd.h"
#include "vm/net/slirp.h"

int cmd_user_network(int argc, char **argv)
{
	struct slirp_config config = { .reach_host = argc > 1 && !strcmp(argv[1], "host=on") };
	struct err err = { 0 };
	int ret = 0;

	for (int i = 2; i < argc && config.nr_forwards < NET_FORWARDS_MAX && !ret; i++)
		ret = net_forward_parse(argv[i], &config.forwards[config.nr_forwards++], &err);
	if (!ret && !slirp_serve(CHILD_FIRST_FD, CHILD_FIRST_FD + 1, &config, &err))
		return EXIT_FINE;
	log_err(&err);
	return EXIT_CANNOT;
}
