// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon log`: what a machine that runs in the background has said. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/machines/client.h"
#include "cmd/machines/defined.h"

#define JOURNALCTL "/usr/bin/journalctl"
#define POLL_MS    300

struct log_args {
	bool follow;
};

static const struct cmd_option options[] = {
	{ "follow", 'f', OPTION_FLAG, NULL, "go on with what comes, until Ctrl-C",
		.field = FLAG_FIELD(struct log_args, follow) },
	{ 0 },
};

/*
 * Prints the lines that are there. A line may have been written by a machine that its guest has
 * taken over, so it may not act on the terminal.
 */
static void print_lines(FILE *f)
{
	char line[2100], shown[4096];

	clearerr(f);
	while (fgets(line, sizeof(line), f)) {
		log_printable(shown, sizeof(shown), line);
		puts(shown);
	}
	fflush(stdout);
}

/* A new start has a new file; one that has become too long has lost its older half. */
static bool has_changed(FILE *f, const char *path)
{
	struct stat ours, there;

	if (stat(path, &there) || fstat(fileno(f), &ours))
		return false;
	return ours.st_ino != there.st_ino || ours.st_size < ftello(f);
}

static int follow(FILE *f, const char *path, struct err *err)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * NS_PER_MS };

	while (!ferror(stdout)) {
		nanosleep(&pause, NULL);
		if (has_changed(f, path)) {
			f = freopen(path, "re", f);
			if (!f)
				return err_sys(err, errno, "cannot read the log %s", path);
		}
		print_lines(f);
	}
	fclose(f);
	return 0;
}

/* Whether systemd started the machine that runs: its messages go to the journal then. */
static bool is_of_systemd(const char *name)
{
	char path[64], line[1024], unit[128];
	struct err ignored = { 0 };
	struct client client;
	own_file FILE *f = NULL;
	bool found = false;

	if (!client_connect(&client, name, &ignored)) {
		snprintf(path, sizeof(path), "/proc/%d/cgroup", client.pid);
		f = fopen(path, "re");
	}
	client_disconnect(&client);
	snprintf(unit, sizeof(unit), "/tenon@%.80s.service", name);
	while (f && fgets(line, sizeof(line), f))
		found |= strstr(line, unit) != NULL;
	return found;
}

static int show_journal(const char *name, bool follows, struct err *err)
{
	char unit[128];
	const char *const argv[] = { JOURNALCTL, "--no-pager", "--output=short-iso", "-u", unit,
		follows ? "-f" : NULL, NULL };

	snprintf(unit, sizeof(unit), "tenon@%.80s.service", name);
	execv(JOURNALCTL, (char *const *)argv);
	err_sys(err, errno, "cannot run " JOURNALCTL);
	return EXIT_CANNOT;
}

static int log_main(const struct cmd_call *call, struct err *err)
{
	const struct log_args *args = call->args;
	const char *name = call->operands[0];
	own_free char *path = NULL;
	FILE *f;

	if (defined_check_name(name, err))
		return EXIT_CANNOT;
	path = defined_log(name);
	f = path && !is_of_systemd(name) ? fopen(path, "re") : NULL;
	if (!f && !access("/run/systemd/system", F_OK) && !geteuid())
		return show_journal(name, args->follow, err);
	if (!f) {
		err_set(err, ENOENT, "there is no log of a machine %s", name);
		err_help(err, "`tenon start` makes it; what `tenon run` says is on its terminal.");
		return EXIT_CANNOT;
	}
	print_lines(f);
	if (args->follow)
		return follow(f, path, err) ? EXIT_CANNOT : EXIT_FINE;
	fclose(f);
	return EXIT_FINE;
}

const struct cmd cmd_log = {
	.name = "log",
	.summary = "show the messages of a machine in the background",
	.operands = "MACHINE",
	.description = "Shows what a machine that `tenon start` or systemd runs has said since its "
		       "last start.\n",
	.options = options,
	.args_size = sizeof(struct log_args),
	.exits = { "done", NULL, NULL, "there is no such log" },
	.main = log_main,
};
