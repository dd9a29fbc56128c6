// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon top`: what all machines cost at present, again and again. */
#include "cmd/stats/top.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/stats/repeat.h"
#include "cmd/ui/json.h"
#include "cmd/ui/options.h"
#include "cmd/ui/table.h"
#include "cmd/ui/term.h"

#define CLEAR "\033[H\033[J"

struct top_args {
	struct repeat repeat;
	bool json;
};

struct top {
	struct top_machine *machines[MACHINES_MAX];
	unsigned nr;
};

static struct top_machine *find(struct top *top, int pid)
{
	for (unsigned i = 0; i < top->nr; i++)
		if (top->machines[i]->pid == pid)
			return top->machines[i];
	return NULL;
}

static void drop(struct top *top, unsigned i)
{
	top_machine_close(top->machines[i]);
	free(top->machines[i]);
	top->machines[i] = top->machines[--top->nr];
}

/* A machine that appears has its first reading now, and figures from the next on. */
static int take(struct top *top, struct err *err)
{
	int pids[MACHINES_MAX];
	unsigned nr = machines_find(pids);

	for (unsigned i = 0; i < top->nr; i++)
		top->machines[i]->seen = false;
	for (unsigned i = 0; i < nr; i++) {
		struct top_machine *machine = find(top, pids[i]);
		struct err ended = { 0 };

		if (machine) {
			machine->seen = !top_machine_read(machine, &ended);
			continue;
		}
		machine = calloc(1, sizeof(*machine));
		if (!machine)
			return err_sys(err, ENOMEM, "cannot hold the statistics");
		if (top_machine_open(machine, pids[i], &ended)) {
			free(machine);
			continue;
		}
		machine->seen = true;
		top->machines[top->nr++] = machine;
	}
	for (unsigned i = top->nr; i-- > 0;)
		if (!top->machines[i]->seen)
			drop(top, i);
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct top_machine *one = *(const struct top_machine *const *)a;
	const struct top_machine *other = *(const struct top_machine *const *)b;
	double cost = top_percent(one, one->now.process.time, one->before.process.time);
	double other_cost = top_percent(other, other->now.process.time, other->before.process.time);

	if (cost != other_cost)
		return cost > other_cost ? -1 : 1;
	return one->pid < other->pid ? -1 : 1;
}

/* "12.3M", in bytes a second */
static void add_bytes(struct table *table, bool known, double rate)
{
	static const char units[] = " KMGT";
	unsigned unit = 0;

	for (; rate >= 1000 && units[unit + 1]; unit++)
		rate /= 1024;
	if (!known)
		table_text(table, FAINT, "-");
	else if (unit)
		table_cell(table, PLAIN, "%.1f%c", rate, units[unit]);
	else
		table_cell(table, PLAIN, "%.0f", rate);
}

static void add_row(struct table *table, const struct top_machine *m)
{
	const struct top_counters *now = &m->now, *before = &m->before;
	const char *cause;
	u64 exits = top_exits(m, &cause);

	table_text(table, STRONG, *m->name ? m->name : "(no name)");
	table_cell(table, PLAIN, "%d", m->pid);
	table_cell(table, PLAIN, "%.0f", top_percent(m, now->process.time, before->process.time));
	table_cell(table, PLAIN, "%.0f",
		top_percent(m, now->process.guest_time, before->process.guest_time));
	table_cell(table, PLAIN, "%llu", (unsigned long long)exits);
	table_text(table, PLAIN, cause ? cause : "");
	add_bytes(table, now->has_disks, top_rate(m, now->read, before->read));
	add_bytes(table, now->has_disks, top_rate(m, now->written, before->written));
	add_bytes(table, now->has_taps, top_rate(m, now->received, before->received));
	add_bytes(table, now->has_taps, top_rate(m, now->sent, before->sent));
	if (now->to_map)
		table_cell(table, now->mapped < now->to_map ? DOUBTFUL : PLAIN, "%d %%",
			(int)(100.0 * (double)now->mapped / (double)now->to_map));
	else
		table_text(table, FAINT, "-");
}

static void print(const struct top *top)
{
	static const struct table_column columns[] = {
		{ "NAME" },
		{ "PID", .right = true, .leave = 4 },
		{ "CPU %", .right = true },
		{ "GUEST %", .right = true, .leave = 3 },
		{ "EXITS/s", .right = true },
		{ "MOST", .least = 8, .leave = 2 },
		{ "READ/s", .right = true },
		{ "WRITE/s", .right = true },
		{ "RECEIVE/s", .right = true, .leave = 1 },
		{ "SEND/s", .right = true, .leave = 1 },
		{ "DMA", .right = true, .leave = 5 },
	};
	struct table *table = table_new(columns, ARRAY_SIZE(columns));
	struct term term = term_of(stdout);

	if (isatty(STDOUT_FILENO))
		fputs(CLEAR, stdout);
	for (unsigned i = 0; table && i < top->nr; i++)
		add_row(table, top->machines[i]);
	if (!top->nr)
		puts("No machine runs here that this user may look at.");
	else if (table)
		table_print(table, &term);
	table_free(table);
}

static void add_rate(struct json_object *json, const char *name, bool known, double rate)
{
	if (known)
		json_add_number(json, name, (s64)(rate + 0.5));
	else
		json_add_null(json, name);
}

static struct json_object *row_json(const struct top_machine *m)
{
	const struct top_counters *now = &m->now, *before = &m->before;
	struct json_object *json = json_object_new_object();
	const char *cause;
	u64 exits = top_exits(m, &cause);

	json_add_text(json, "name", *m->name ? m->name : NULL);
	json_add_number(json, "pid", m->pid);
	json_add_number(json, "cpus", m->exits.nr_cpus);
	add_rate(
		json, "cpu_percent", true, top_percent(m, now->process.time, before->process.time));
	add_rate(json, "guest_percent", true,
		top_percent(m, now->process.guest_time, before->process.guest_time));
	json_add_number(json, "exits", (s64)exits);
	json_add_text(json, "most_exits", cause);
	add_rate(json, "read", now->has_disks, top_rate(m, now->read, before->read));
	add_rate(json, "written", now->has_disks, top_rate(m, now->written, before->written));
	add_rate(json, "received", now->has_taps, top_rate(m, now->received, before->received));
	add_rate(json, "sent", now->has_taps, top_rate(m, now->sent, before->sent));
	json_add_number(json, "mapped", (s64)now->mapped);
	json_add_number(json, "to_map", (s64)now->to_map);
	return json;
}

static void print_json(const struct top *top)
{
	struct json_object *json = json_object_new_object(), *list = json_object_new_array();

	json_add_number(json, "schema_version", JSON_SCHEMA_VERSION);
	for (unsigned i = 0; i < top->nr; i++)
		json_object_array_add(list, row_json(top->machines[i]));
	json_add(json, "machines", list);
	puts(json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN));
	json_object_put(json);
}

static int top_main(const struct cmd_call *call, struct err *err)
{
	const struct top_args *args = call->args;
	own_free struct top *top = calloc(1, sizeof(*top));
	int ret = top ? take(top, err) : err_sys(err, ENOMEM, "cannot begin");

	for (u64 n = 0; !ret && repeat_await(&args->repeat, n); n++) {
		ret = take(top, err);
		if (ret)
			break;
		qsort(top->machines, top->nr, sizeof(struct top_machine *), compare);
		if (args->json)
			print_json(top);
		else
			print(top);
		fflush(stdout);
	}
	while (top && top->nr)
		drop(top, 0);
	return ret ? EXIT_CANNOT : EXIT_FINE;
}

static const struct cmd_option options[] = {
	{ "interval", 0, OPTION_VALUE, "SECONDS", "from one table to the next (default 2)",
		repeat_apply_interval, .field = offsetof(struct top_args, repeat.interval) },
	{ "count", 0, OPTION_VALUE, "N", "so many tables (default 0: until it is ended)",
		repeat_apply_count, .field = offsetof(struct top_args, repeat.count) },
	TERM_OPTION_WIDE,
	{ "json", 0, OPTION_FLAG, NULL, "print JSON, one object a line for each interval",
		.field = FLAG_FIELD(struct top_args, json) },
	{ 0 },
};

static void top_init(void *args)
{
	*(struct top_args *)args = (struct top_args){ .repeat.interval = 2 };
}

const struct cmd cmd_top = {
	.name = "top",
	.summary = "show what all machines cost at present",
	.description =
		"Shows all machines that this user may look at, the busiest first, until Ctrl-C: "
		"processor\n"
		"time, exits and their most frequent cause, what its disks and taps transfer, and "
		"how much of\n"
		"its memory is mapped for its devices.\n",
	.options = options,
	.exits = { "done" },
	.args_size = sizeof(struct top_args),
	.init = top_init,
	.main = top_main,
};
