// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/act.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "cmd/cmd.h"

#define CHANGE_SECONDS 60
#define LOCK_SECONDS   10

enum { OPT_FORCE = 256, OPT_JSON, OPT_SYSROOT, OPT_DRIVER };

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "sysroot", required_argument, NULL, OPT_SYSROOT },
	{ "driver", required_argument, NULL, OPT_DRIVER },
	{ 0 },
};

static int usage(const struct act_syntax *syntax, const char *what, const char *value)
{
	log_error("%s: %s%s%s%s", syntax->name, what, value ? " '" : "", value ? value : "",
		value ? "'" : "");
	fprintf(stderr, "`tenon %s --help` describes the command.\n", syntax->name);
	return EXIT_USAGE;
}

static int apply(
	struct act_args *args, const struct act_syntax *syntax, int option, const char *value)
{
	switch (option) {
	case 'h':
		fputs(syntax->help, stdout);
		return EXIT_FINE;
	case 'v':
		log_set_level(LOG_DEBUG);
		return -1;
	case OPT_JSON:
		args->json = true;
		return -1;
	case OPT_SYSROOT:
		args->sysroot = value;
		return -1;
	case OPT_FORCE:
		args->force = true;
		return syntax->options & ARGS_FORCE ? -1
						    : usage(syntax, "unknown option --force", NULL);
	case OPT_DRIVER:
		args->driver = value;
		return syntax->options & ARGS_DRIVER
			       ? -1
			       : usage(syntax, "unknown option --driver", NULL);
	}
	return usage(syntax, "unknown option, or its value is missing", NULL);
}

static int parse_devices(
	struct act_args *args, const struct act_syntax *syntax, int argc, char **argv)
{
	if (argc < (int)syntax->min_devices)
		return usage(syntax, "name a PCI address, such as 01:00.0", NULL);
	if (argc > (int)syntax->max_devices)
		return usage(syntax, "unexpected", argv[syntax->max_devices]);
	args->devices = calloc(argc + 1, sizeof(*args->devices));
	if (!args->devices) {
		log_error("out of memory");
		return EXIT_CANNOT;
	}
	for (int i = 0; i < argc; i++)
		if (pci_addr_parse(argv[i], &args->devices[args->count++]))
			return usage(syntax, "not a PCI address such as 01:00.0:", argv[i]);
	return -1;
}

int act_parse(struct act_args *args, const struct act_syntax *syntax, int argc, char **argv)
{
	int option;

	*args = (struct act_args){ .sysroot = "" };
	opterr = 0;
	while ((option = getopt_long(argc, argv, "hv", options, NULL)) != -1) {
		int rc = apply(args, syntax, option, optarg);

		if (rc >= 0)
			return rc;
	}
	return parse_devices(args, syntax, argc - optind, argv + optind);
}

static bool interrupted(void)
{
	sigset_t pending;

	sigpending(&pending);
	return sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) ||
	       sigismember(&pending, SIGHUP);
}

static void tell_debug(void *arg, const char *text)
{
	log_debug("%s", text);
}

static void hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int act_session_open(struct act_session *session, const char *sysroot, struct err *err)
{
	int rc;

	*session = (struct act_session){
		.tree = { .fd = -1 },
		.store = { .folder = -1, .lock = -1 },
		.fx = { &effects_of_kernel, &session->tree, CHANGE_SECONDS },
		.act = { &session->fx, &session->store, interrupted, tell_debug },
	};
	hold_signals();
	rc = tree_open(&session->tree, sysroot, err);
	return rc ? rc : store_open(&session->store, &session->tree, true, LOCK_SECONDS, err);
}

void act_session_close(struct act_session *session)
{
	store_close(&session->store);
	tree_close(&session->tree);
}
