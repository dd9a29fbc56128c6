// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/trace/summary.h"
#include "cmd/ui/json.h"
#include "cmd/ui/table.h"
#include "cmd/ui/term.h"

struct trace_args {
	bool json;
};

static const struct cmd_option options[] = {
	TERM_OPTION_WIDE,
	{ "json", 0, OPTION_FLAG, NULL, "print JSON",
		.field = FLAG_FIELD(struct trace_args, json) },
	{ 0 },
};

/* The name of a map, such as "0000:01:00.0 BAR 0", or what is known of an unnamed one. */
static const char *name_of(const struct trace_map *map, char text[TRACE_MAP_NAME])
{
	if (map && *map->name)
		return map->name;
	snprintf(text, TRACE_MAP_NAME, map ? "map %u" : "no map", map ? map->map : 0);
	return text;
}

static u64 offset_in(const struct trace_map *map, u64 addr)
{
	return map && addr >= map->addr ? addr - map->addr : addr;
}

static void print_registers(const struct trace_summary *s, const struct term *term)
{
	static const struct table_column columns[] = {
		{ "WHERE", .least = 12 },
		{ "OFFSET", .right = true },
		{ "BYTES", .right = true },
		{ "READS", .right = true },
		{ "WRITES", .right = true },
		{ "CHANGES", .right = true, .leave = 1 },
		{ "FIRST", .right = true },
		{ "LAST", .right = true },
	};
	struct table *table = table_new(columns, ARRAY_SIZE(columns));

	for (size_t i = 0; table && i < s->nr_registers; i++) {
		const struct trace_register *reg = &s->registers[i];
		const struct trace_map *map = trace_summary_map(s, reg->map);
		char name[TRACE_MAP_NAME];

		table_text(table, PLAIN, name_of(map, name));
		table_cell(table, PLAIN, "%llx", (unsigned long long)offset_in(map, reg->addr));
		table_cell(table, PLAIN, "%u", reg->width);
		table_cell(table, PLAIN, "%llu", (unsigned long long)reg->reads);
		table_cell(table, PLAIN, "%llu", (unsigned long long)reg->writes);
		table_cell(table, FAINT, "%llu", (unsigned long long)reg->changes);
		table_cell(table, PLAIN, "%llx", (unsigned long long)reg->first);
		table_cell(table, PLAIN, "%llx", (unsigned long long)reg->last);
	}
	if (table)
		table_print(table, term);
	table_free(table);
}

static void print_marks(const struct trace_summary *s, const struct term *term)
{
	if (s->nr_marks)
		term_print(term, STRONG, "\nMarks\n");
	for (size_t i = 0; i < s->nr_marks; i++)
		term_print(term, PLAIN, "%8llu  %s\n", (unsigned long long)s->marks[i].count,
			s->marks[i].text);
}

static void print(const struct trace_summary *s)
{
	struct term term = term_of(stdout);

	print_registers(s, &term);
	print_marks(s, &term);
	if (s->left_out)
		term_print(&term, BAD, "\n%llu events were too many to keep.\n",
			(unsigned long long)s->left_out);
}

static struct json_object *registers_json(const struct trace_summary *s)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < s->nr_registers; i++) {
		const struct trace_register *reg = &s->registers[i];
		const struct trace_map *map = trace_summary_map(s, reg->map);
		struct json_object *json = json_object_new_object();
		char name[TRACE_MAP_NAME];

		json_add_text(json, "where", name_of(map, name));
		json_add_hex(json, "offset", offset_in(map, reg->addr), 1);
		json_add_number(json, "bytes", reg->width);
		json_add_number(json, "reads", (s64)reg->reads);
		json_add_number(json, "writes", (s64)reg->writes);
		json_add_number(json, "changes", (s64)reg->changes);
		json_add_hex(json, "first", reg->first, 1);
		json_add_hex(json, "last", reg->last, 1);
		json_object_array_add(list, json);
	}
	return list;
}

static void print_json(const struct trace_summary *s)
{
	struct json_object *json = json_object_new_object();
	struct json_object *marks = json_object_new_array();

	for (size_t i = 0; i < s->nr_marks; i++) {
		struct json_object *mark = json_object_new_object();

		json_add_text(mark, "text", s->marks[i].text);
		json_add_number(mark, "count", (s64)s->marks[i].count);
		json_object_array_add(marks, mark);
	}
	json_add_number(json, "events", (s64)s->events);
	json_add_number(json, "not_understood", (s64)s->others);
	json_add_number(json, "left_out", (s64)s->left_out);
	json_add(json, "registers", registers_json(s));
	json_add(json, "marks", marks);
	json_print(json);
}

/* @first: the number of the first line that could not be parsed. */
static int read_trace(const char *path, struct trace_summary *summary, u64 *first, struct err *err)
{
	own_file FILE *file = fopen(path, "re");
	own_free char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int ret = 0;

	if (!file)
		return err_sys(err, errno, "cannot read %s", path);
	for (u64 number = 1; !ret && (n = getline(&line, &room, file)) > 0; number++) {
		u64 others = summary->others;

		ret = trace_summary_add(summary, line, (size_t)n);
		if (summary->others && !others)
			*first = number;
	}
	if (ret || ferror(file))
		return err_sys(err, ret ? -ret : errno, "cannot read %s", path);
	if (!summary->is_trace)
		return err_set(err, EINVAL, "%s is no trace: it has no line 'VERSION %d'", path,
			MMIOTRACE_FORMAT);
	return 0;
}

static int trace_main(const struct cmd_call *call, struct err *err)
{
	const struct trace_args *args = call->args;
	struct trace_summary summary = { 0 };
	int code = EXIT_CANNOT;
	u64 first = 0;

	if (!read_trace(call->operands[0], &summary, &first, err)) {
		if (args->json)
			print_json(&summary);
		else
			print(&summary);
		if (summary.others)
			log_warn("%s: %llu lines are not understood; the first is line %llu",
				call->operands[0], (unsigned long long)summary.others,
				(unsigned long long)first);
		code = summary.others ? EXIT_FINDINGS : EXIT_FINE;
	}
	trace_summary_close(&summary);
	return code;
}

const struct cmd cmd_trace = {
	.name = "trace",
	.summary = "sum up what a device was asked, from `run --trace`",
	.operands = "FILE",
	.description =
		"Sums up what `tenon run --trace FILE` wrote, or another trace in the format of "
		"Linux's\n"
		"mmiotrace: for each register how often it was read and written, and the values.\n",
	.options = options,
	.exits = { "it is a trace", "it is one with lines that are not understood" },
	.args_size = sizeof(struct trace_args),
	.main = trace_main,
};
