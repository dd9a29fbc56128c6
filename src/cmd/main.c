// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/types.h"
#include "cmd/cmd.h"

static const struct cmd commands[] = {
	{ "list", "show what can be given to a guest", cmd_list },
	{ "groups", "show the IOMMU groups and their reasons", cmd_groups },
	{ "explain", "say why a device is in its group, and what to do", cmd_explain },
	{ "rom", "show, read and correct option ROMs", cmd_rom },
	{ "check", "say whether the host is ready, and what to do", cmd_check },
	{ "vga", "show who has legacy VGA, and what that means for a guest", cmd_vga },
	{ "plan", "say what giving devices to VFIO would do", cmd_plan },
	{ "bind", "give devices to VFIO, for a virtual machine", cmd_bind },
	{ "release", "take back what bind did", cmd_release },
	{ "recover", "put back what a bind, release or reset that was cut off left", cmd_recover },
	{ "reset", "reset a device, in the way that works best for it", cmd_reset },
	{ "run", "run a virtual machine", cmd_run },
	{ "stats", "show what a running machine costs", cmd_stats },
	{ "trace", "sum up what a device was asked, from `run --trace`", cmd_trace },
	{ "export", "print planned devices for QEMU, libvirt and others", cmd_export },
	{ "capture", "write the host's facts into one file, for a report", cmd_capture },
	{ "user-network", NULL, cmd_user_network },
	{ NULL, NULL, NULL },
};

static void print_help(FILE *out)
{
	fputs("Usage: tenon COMMAND [OPTIONS]\n\nCommands:\n", out);
	for (const struct cmd *c = commands; c->name; c++)
		if (c->summary)
			fprintf(out, "  %-10s %s\n", c->name, c->summary);
	fputs("\n`tenon COMMAND --help` describes a command, tenon(1) all of them.\n", out);
}

/* What was printed has to have arrived: a full disk is no success. */
static int finish(int code)
{
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	fprintf(stderr, "tenon: error: cannot write standard output: %s\n", strerror(errno));
	return code == EXIT_FINE || code == EXIT_FINDINGS ? EXIT_CANNOT : code;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help(stdout);
		return EXIT_FINE;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("tenon " TENON_VERSION);
		return EXIT_FINE;
	}
	for (const struct cmd *c = commands; c->name; c++)
		if (!strcmp(argv[1], c->name))
			return finish(c->main(argc - 1, argv + 1));

	fprintf(stderr, "tenon: there is no command '%s'; `tenon help` lists them\n", argv[1]);
	return EXIT_USAGE;
}
