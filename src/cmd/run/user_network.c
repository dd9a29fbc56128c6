// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon run` starts this command as another process; users do not. */
#include <string.h>

#include "base/child.h"
#include "cmd/cmd.h"
#include "vm/net/slirp.h"

static int user_network_main(const struct cmd_call *call, struct err *err)
{
	struct slirp_config config = { .reach_host = !strcmp(call->operands[0], "host=on") };
	int ret = 0;

	if (call->nr_operands < 2)
		return EXIT_USAGE;
	config.unconfined = !strcmp(call->operands[1], "sandbox=off");
	for (unsigned i = 2; i < call->nr_operands && !ret; i++) {
		if (config.nr_forwards == NET_FORWARDS_MAX)
			return EXIT_USAGE;
		ret = net_forward_parse(
			call->operands[i], &config.forwards[config.nr_forwards++], err);
	}
	if (!ret)
		ret = slirp_serve(CHILD_FIRST_FD, CHILD_FIRST_FD + 1, &config, err);
	return ret ? EXIT_CANNOT : EXIT_FINE;
}

const struct cmd cmd_user_network = {
	.name = "user-network",
	.operands = "host=on|off sandbox=on|off [FORWARD...]",
	.description = "Serves the network of a guest's card; `tenon run` starts it.\n",
	.main = user_network_main,
};
