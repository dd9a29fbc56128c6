// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon ps` and `tenon status`: this user's running machines. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/machines/client.h"
#include "cmd/ui/json.h"
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

/* Copies a member of what a machine has answered. */
static void copy(
	struct json_object *to, const char *name, struct json_object *from, const char *member)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(from, member, &value);
	json_object_object_add(to, name, json_object_get(value));
}

/* The threads of the virtual processors. */
static struct json_object *threads_of(struct json_object *cpus)
{
	struct json_object *list = json_object_new_array(), *thread;
	size_t nr = json_object_is_type(cpus, json_type_array) ? json_object_array_length(cpus) : 0;

	for (size_t i = 0; i < nr; i++)
		if (json_object_object_get_ex(
			    json_object_array_get_idx(cpus, i), "thread-id", &thread))
			json_object_array_add(list, json_object_get(thread));
	return list;
}

/* What a machine tells of itself; NULL with @err set. */
static struct json_object *describe(const char *name, struct err *err)
{
	struct json_object *json = NULL, *status = NULL, *cpus = NULL;
	struct client client;

	if (!client_connect(&client, name, err))
		status = client_ask(&client, "query-status", err);
	if (status)
		cpus = client_ask(&client, "query-cpus-fast", err);
	if (cpus) {
		json = json_object_new_object();
		json_add_text(json, "name", name);
		copy(json, "state", status, "status");
		json_object_object_add(json, "pid", json_object_new_int(client.pid));
		json_object_object_add(json, "threads", threads_of(cpus));
	}
	json_object_put(status);
	json_object_put(cpus);
	client_disconnect(&client);
	return json;
}

static const char *text_of(struct json_object *json, const char *member)
{
	struct json_object *value;

	return json_object_object_get_ex(json, member, &value) ? json_object_get_string(value)
							       : "?";
}

static void print(struct json_object *list)
{
	static const struct table_column columns[] = {
		{ "NAME" },
		{ "STATE" },
		{ "PID" },
		{ "CPUS" },
	};
	struct table *table = table_new(columns, ARRAY_SIZE(columns));
	struct term term = term_of(stdout);

	for (size_t i = 0; table && i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i), *threads = NULL;
		char state[32];

		json_object_object_get_ex(one, "threads", &threads);
		log_printable(state, sizeof(state), text_of(one, "state"));
		table_text(table, STRONG, text_of(one, "name"));
		table_text(table, PLAIN, state);
		table_text(table, PLAIN, text_of(one, "pid"));
		table_cell(table, PLAIN, "%zu", threads ? json_object_array_length(threads) : 0);
	}
	if (table)
		table_print(table, &term);
	table_free(table);
}

/* A machine that ends meanwhile, or ended without a word, is not listed. */
static int ps_main(const struct cmd_call *call, struct err *err)
{
	const struct ps_args *args = call->args;
	struct json_object *list = json_object_new_array(), *json;
	own_free char **names = NULL;
	int n = client_names(&names);

	for (int i = 0; i < n; i++) {
		struct err one = { 0 };
		struct json_object *machine = describe(names[i], &one);

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
			puts("No machine with a name runs.");
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
	struct json_object *machine = describe(args->name, err), *list;

	if (!machine)
		return EXIT_CANNOT;
	if (args->json) {
		json_print(machine);
		return EXIT_FINE;
	}
	list = json_object_new_array();
	json_object_array_add(list, machine);
	print(list);
	json_object_put(list);
	return EXIT_FINE;
}

const struct cmd cmd_ps = {
	.name = "ps",
	.summary = "list the running machines that have a name",
	.description = "Lists this user's running machines that were started with --name.\n",
	.options = options,
	.exits = { "done" },
	.args_size = sizeof(struct ps_args),
	.main = ps_main,
};

const struct cmd cmd_status = {
	.name = "status",
	.summary = "say what a running machine does",
	.operands = "NAME",
	.description = "Says what a running machine does: its state, its process, its virtual "
		       "processors.\n",
	.options = options,
	.exits = { "it runs", NULL, NULL, "no such machine runs, or it does not answer" },
	.args_size = sizeof(struct ps_args),
	.take_operands = status_operands,
	.main = status_main,
};
