// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon stats`: what a running machine costs, from KVM's statistics. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <time.h>

#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/stats/show.h"
#include "cmd/ui/options.h"

static const char help[] =
	"Usage: tenon stats [OPTIONS] [PID]\n"
	"\n"
	"Shows what the running machine of process PID costs: exits and other events a second, by\n"
	"cause, from KVM's statistics. Without PID, the only machine that there is.\n"
	"\n"
	"  --interval SECONDS   count for so long (default 1)\n"
	"  --count N            N times (default 1; 0: until the machine ends)\n"
	"  --all                also what did not happen, and numbers that are not events\n"
	"  --json               JSON, one object a line for each interval\n"
	"  -h, --help           print this text\n"
	"\n"
	"Exit codes: 0 done, 2 wrong usage, 3 not possible.\n";

static const struct option options[] = {
	{ "interval", required_argument, NULL, 'i' },
	{ "count", required_argument, NULL, 'c' },
	{ "all", no_argument, NULL, 'a' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct stats_request {
	int pid;
	u64 interval; /* seconds */
	u64 count;
	bool all;
	bool json;
};

/* The only machine of the host. */
static int find(int *pid, struct err *err)
{
	int pids[MACHINES_MAX];
	unsigned nr = machines_find(pids);
	char list[256];
	size_t len = 0;

	if (nr == 1) {
		*pid = pids[0];
		return 0;
	}
	if (!nr)
		return err_set(err, ENOENT, "no machine runs here that this user may look at");
	for (unsigned i = 0; i < nr && len + 16 < sizeof(list); i++)
		len += snprintf(list + len, sizeof(list) - len, " %d", pids[i]);
	err_set(err, EINVAL, "%u machines run here", nr);
	return err_help(err, "tenon stats PID, with one of%s", list);
}

static void wait_for(u64 seconds)
{
	struct timespec left = { .tv_sec = (time_t)seconds };

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

static int show(struct stats_sample *sample, const struct stats_request *request, struct err *err)
{
	int ret = stats_sample_take(sample, err);

	for (u64 i = 0; !ret && (!request->count || i < request->count); i++) {
		wait_for(request->interval);
		if (machine_has_ended(&sample->files))
			return 0;
		ret = stats_sample_take(sample, err);
		if (!ret && request->json)
			stats_print_json(sample, request->all);
		else if (!ret)
			stats_print(sample, request->all);
		fflush(stdout);
	}
	return ret;
}

static int run(struct stats_request *request, struct err *err)
{
	struct stats_sample sample;
	int ret = request->pid ? 0 : find(&request->pid, err);

	if (!ret)
		ret = stats_sample_open(&sample, request->pid, err);
	if (ret)
		return ret;
	ret = show(&sample, request, err);
	stats_sample_close(&sample);
	return ret;
}

static int apply(struct stats_request *request, int option, const char *value, struct err *err)
{
	switch (option) {
	case 'i':
		return option_number("--interval", value, 1, 86400, &request->interval, err);
	case 'c':
		return option_number("--count", value, 0, ~0u, &request->count, err);
	case 'a':
		request->all = true;
		return 0;
	case 'j':
		request->json = true;
		return 0;
	}
	return err_set(err, EINVAL, "there is no such option, or it lacks a value");
}

static int parse_pid(struct stats_request *request, int nr, char **words, struct err *err)
{
	u64 pid = 0;
	int ret = 0;

	if (nr > 1)
		return err_set(err, EINVAL, "left over: '%s'", words[1]);
	if (nr)
		ret = option_number("PID", words[0], 1, 1u << 30, &pid, err);
	request->pid = (int)pid;
	return ret;
}

int cmd_stats(int argc, char **argv)
{
	struct stats_request request = { .interval = 1, .count = 1 };
	struct err err = { 0 };
	int option, ret = 0;

	opterr = 0;
	while (!ret && (option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		ret = apply(&request, option, optarg, &err);
	}
	if (!ret)
		ret = parse_pid(&request, argc - optind, argv + optind, &err);
	if (ret) {
		err_wrap(&err, "stats");
		log_err(&err);
		return EXIT_USAGE;
	}
	if (run(&request, &err)) {
		log_err(&err);
		return EXIT_CANNOT;
	}
	return EXIT_FINE;
}
