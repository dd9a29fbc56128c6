// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * made-host DIRECTORY: makes up a host there, for --sysroot; made-host --state DIRECTORY: prints
 * what a bind may change in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_host.h"

int main(int argc, char **argv)
{
	char *state;

	if (argc == 2) {
		fake_host_in(argv[1], fake_desktop, nr_made_desktop);
		return 0;
	}
	if (argc != 3 || strcmp(argv[1], "--state"))
		return 2;
	state = fake_state(argv[2]);
	fputs(state, stdout);
	free(state);
	return 0;
}
