// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon stats`: what a running machine costs, from KVM's statistics. */
#include <errno.h>
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/stats/repeat.h"
#include "cmd/stats/show.h"
#include "cmd/ui/options.h"
#include "cmd/ui/term.h"

struct stats_request {
	int pid;
	struct repeat repeat;
	bool all;
	bool json;
};

/* Finds the only machine on the host. */
static int find(int *pid, struct err *err)
{
	int pids[MACHINES_MAX];
	unsigned nr = machines_find(pids);
	char list[384], name[MACHINE_NAME_SIZE];
	size_t len = 0;

	if (nr == 1) {
		*pid = pids[0];
		return 0;
	}
	if (!nr)
		return err_set(err, ENOENT, "no machine runs here that this user may look at");
	for (unsigned i = 0; i < nr && len + 16 < sizeof(list); i++) {
		machine_name(pids[i], name);
		len += snprintf(list + len, sizeof(list) - len, "%s %d", i ? "," : "", pids[i]);
		if (*name && len < sizeof(list))
			len += snprintf(list + len, sizeof(list) - len, " (%.64s)", name);
	}
	err_set(err, EINVAL, "%u machines run here", nr);
	return err_help(err, "tenon stats PID, with one of%s", list);
}

static int show(struct stats_sample *sample, const struct stats_request *request, struct err *err)
{
	int ret = stats_sample_take(sample, err);

	for (u64 n = 0; !ret && repeat_await(&request->repeat, n); n++) {
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

static const struct cmd_option options[] = {
	{ "interval", 0, OPTION_VALUE, "SECONDS", "count for so long (default 1)",
		repeat_apply_interval, .field = offsetof(struct stats_request, repeat.interval) },
	{ "count", 0, OPTION_VALUE, "N", "N times (default 1; 0: until the machine ends)",
		repeat_apply_count, .field = offsetof(struct stats_request, repeat.count) },
	{ "all", 0, OPTION_FLAG, NULL, "also what did not happen, and numbers that are not events",
		.field = FLAG_FIELD(struct stats_request, all) },
	TERM_OPTION_WIDE,
	{ "json", 0, OPTION_FLAG, NULL, "print JSON, one object a line for each interval",
		.field = FLAG_FIELD(struct stats_request, json) },
	{ 0 },
};

static void stats_init(void *args)
{
	*(struct stats_request *)args =
		(struct stats_request){ .repeat = { .interval = 1, .count = 1 } };
}

static int stats_operands(const struct cmd_call *call, struct err *err)
{
	struct stats_request *request = call->args;
	u64 pid = 0;
	int ret = 0;

	if (call->nr_operands)
		ret = option_number("PID", call->operands[0], 1, 1u << 30, &pid, err);
	request->pid = (int)pid;
	return ret;
}

static int stats_main(const struct cmd_call *call, struct err *err)
{
	return run(call->args, err) ? EXIT_CANNOT : EXIT_FINE;
}

const struct cmd cmd_stats = {
	.name = "stats",
	.summary = "show what a running machine costs",
	.operands = "[PID]",
	.description =
		"Shows what the running machine of process PID costs: exits and other events a "
		"second, by\n"
		"cause, from KVM's statistics. Without PID, the only machine that there is.\n",
	.options = options,
	.exits = { "done" },
	.args_size = sizeof(struct stats_request),
	.init = stats_init,
	.take_operands = stats_operands,
	.main = stats_main,
};
