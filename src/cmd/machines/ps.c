// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon ps` and `tenon status`: this user's machines. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/machines/describe.h"
#include "cmd/ui/json.h"
#include "cmd/ui/size.h"
#include "cmd/ui/table.h"
#include "cmd/ui/term.h"

struct ps_args {
	bool json;
	const char *name; /* of `status` */
};

static const struct cmd_option options[] = {
	TERM_OPTION_WIDE,
	{ "json", 0, OPTION_FLAG, NULL, "print JSON", .field = FLAG_FIELD(struct ps_args, json) },
	{ 0 },
};

static const char *text_of(struct json_object *json, const char *member)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(json, member, &value);
	return value ? json_object_get_string(value) : NULL;
}

static s64 number_of(struct json_object *json, const char *member)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(json, member, &value);
	return json_object_get_int64(value);
}

/* "3 d 4 h", "4 h 12 min", "12 min", "5 s" */
static void add_uptime(struct table *table, struct json_object *machine)
{
	s64 seconds = number_of(machine, "uptime"), minutes = seconds / 60, hours = minutes / 60;

	if (!text_of(machine, "uptime"))
		table_text(table, PLAIN, "");
	else if (hours >= 24)
		table_cell(table, PLAIN, "%d d %d h", (int)(hours / 24), (int)(hours % 24));
	else if (hours)
		table_cell(table, PLAIN, "%d h %d min", (int)hours, (int)(minutes % 60));
	else if (minutes)
		table_cell(table, PLAIN, "%d min", (int)minutes);
	else
		table_cell(table, PLAIN, "%d s", (int)seconds);
}

static void add_devices(struct table *table, struct json_object *machine)
{
	struct json_object *list = NULL;
	char text[512] = "", shown[512];
	size_t at = 0;

	json_object_object_get_ex(machine, "devices", &list);
	for (size_t i = 0; i < json_object_array_length(list) && at < sizeof(text); i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", i ? " " : "",
			json_object_get_string(json_object_array_get_idx(list, i)));
	log_printable(shown, sizeof(shown), text);
	table_text(table, PLAIN, shown);
}

static void add_row(struct table *table, struct json_object *machine)
{
	const char *state = text_of(machine, "state"), *waits = text_of(machine, "waits_for");
	char shown[160], size[SIZE_TEXT];

	table_text(table, STRONG, text_of(machine, "name"));
	log_printable(shown, sizeof(shown), state ? state : "?");
	table_cell(table, PLAIN, "%s%s%s", shown, waits ? ", " : "", waits ? waits : "");
	table_text(table, PLAIN, text_of(machine, "cpus") ? text_of(machine, "cpus") : "");
	table_text(table, PLAIN,
		text_of(machine, "memory") ? size_text(size, (u64)number_of(machine, "memory"))
					   : "");
	add_uptime(table, machine);
	table_text(table, PLAIN, text_of(machine, "pid") ? text_of(machine, "pid") : "");
	add_devices(table, machine);
}

static void print(struct json_object *list)
{
	static const struct table_column columns[] = {
		{ "NAME" },
		{ "STATE", .least = 8 },
		{ "CPUS", .right = true },
		{ "MEMORY", .right = true },
		{ "UPTIME", .right = true, .leave = 1 },
		{ "PID", .right = true, .leave = 2 },
		{ "DEVICES", .least = 12 },
	};
	struct table *table = table_new(columns, ARRAY_SIZE(columns));
	struct term term = term_of(stdout);

	for (size_t i = 0; table && i < json_object_array_length(list); i++)
		add_row(table, json_object_array_get_idx(list, i));
	if (table)
		table_print(table, &term);
	table_free(table);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *problem = text_of(json_object_array_get_idx(list, i), "problem");

		if (problem)
			log_warn("%s", problem);
	}
}

/* A machine that ends meanwhile, or ended without a word, is not listed. */
static int ps_main(const struct cmd_call *call, struct err *err)
{
	const struct ps_args *args = call->args;
	struct json_object *list = json_object_new_array(), *json;
	own_free char **names = NULL;
	int n = machine_names(&names);

	for (int i = 0; i < n; i++) {
		struct err one = { 0 };
		struct json_object *machine = machine_describe(names[i], &one);

		if (machine)
			json_object_array_add(list, machine);
		else if (one.code != ENOENT && one.code != ECONNRESET)
			log_warn("%s", one.text);
	}
	if (n < 0)
		err_sys(err, -n, "cannot list the machines");
	if (n >= 0 && args->json) {
		json = json_object_new_object();
		json_add(json, "machines", list);
		json_print(json);
	} else {
		if (n >= 0 && json_object_array_length(list))
			print(list);
		else if (n >= 0)
			puts("No machine is defined, and none with a name runs.");
		json_object_put(list);
	}
	return n < 0 ? EXIT_CANNOT : EXIT_FINE;
}

static int status_operands(const struct cmd_call *call, struct err *err)
{
	((struct ps_args *)call->args)->name = call->operands[0];
	return 0;
}

static int status_main(const struct cmd_call *call, struct err *err)
{
	const struct ps_args *args = call->args;
	struct json_object *machine = machine_describe(args->name, err), *list;
	int code;

	if (!machine)
		return EXIT_CANNOT;
	code = text_of(machine, "pid") ? EXIT_FINE : EXIT_FINDINGS;
	if (args->json) {
		json_print(machine);
		return code;
	}
	list = json_object_new_array();
	json_object_array_add(list, machine);
	print(list);
	json_object_put(list);
	return code;
}

const struct cmd cmd_ps = {
	.name = "ps",
	.summary = "list the machines that run or are defined",
	.description = "Lists this user's machines: those that run and have a name, and those that "
		       "have a machine\n"
		       "file, as `tenon new` makes it.\n",
	.options = options,
	.exits = { "done" },
	.args_size = sizeof(struct ps_args),
	.main = ps_main,
};

const struct cmd cmd_status = {
	.name = "status",
	.summary = "say what a machine does",
	.operands = "MACHINE",
	.description =
		"Says what a machine does: its state, its virtual processors, its memory, its "
		"process, the\n"
		"devices that it has.\n",
	.options = options,
	.exits = { "it runs", "it does not run", NULL,
		"there is no such machine, or it does not "
		"answer" },
	.args_size = sizeof(struct ps_args),
	.take_operands = status_operands,
	.main = status_main,
};
