// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * human-monitor-command: what scripts ask QEMU's monitor for people. The words are QEMU's, because
 * scripts look for them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "vm/control/internal.h"

/* Calls a command of the table without arguments; NULL: it failed, or answers nothing. */
static struct json_object *ask(struct control_call *call, const char *name)
{
	struct control_call inner = { .control = call->control, .client = call->client };
	struct json_object *json = control_find(name)->run(&inner);

	if (inner.err.code)
		json_object_put(json);
	return inner.err.code ? NULL : json;
}

static s64 number_of(struct json_object *json, const char *name)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(json, name, &value);
	return json_object_get_int64(value);
}

static const char *text_of(struct json_object *json, const char *name)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(json, name, &value);
	return value ? json_object_get_string(value) : "";
}

static void info_status(struct control_call *call, FILE *out)
{
	struct json_object *json = ask(call, "query-status");

	fprintf(out, "VM status: %s\r\n", text_of(json, "status"));
	json_object_put(json);
}

static void info_version(struct control_call *call, FILE *out)
{
	struct json_object *json = ask(call, "query-version"), *qemu = NULL;

	json_object_object_get_ex(json, "qemu", &qemu);
	fprintf(out, "%d.%d.%d%s\r\n", (int)number_of(qemu, "major"), (int)number_of(qemu, "minor"),
		(int)number_of(qemu, "micro"), text_of(json, "package"));
	json_object_put(json);
}

static void info_cpus(struct control_call *call, FILE *out)
{
	struct json_object *list = ask(call, "query-cpus-fast");

	for (size_t i = 0; i < json_object_array_length(list); i++)
		fprintf(out, "%s CPU #%zu: thread_id=%d\r\n", i ? " " : "*", i,
			(int)number_of(json_object_array_get_idx(list, i), "thread-id"));
	json_object_put(list);
}

static void print_function(struct json_object *json, FILE *out)
{
	struct json_object *id = NULL, *class = NULL, *bridge = NULL, *list = NULL;

	json_object_object_get_ex(json, "id", &id);
	json_object_object_get_ex(json, "class_info", &class);
	fprintf(out,
		"  Bus %2d, device %3d, function %d:\r\n    Class %04x: PCI device %04x:%04x\r\n",
		(int)number_of(json, "bus"), (int)number_of(json, "slot"),
		(int)number_of(json, "function"), (unsigned)number_of(class, "class"),
		(unsigned)number_of(id, "vendor"), (unsigned)number_of(id, "device"));
	if (json_object_object_get_ex(json, "regions", &list))
		for (size_t i = 0; i < json_object_array_length(list); i++) {
			struct json_object *bar = json_object_array_get_idx(list, i);

			fprintf(out, "      BAR%d: %s at 0x%llx, %llu bytes\r\n",
				(int)number_of(bar, "bar"), text_of(bar, "type"),
				(unsigned long long)number_of(bar, "address"),
				(unsigned long long)number_of(bar, "size"));
		}
	fprintf(out, "      id \"%s\"\r\n", text_of(json, "qdev_id"));
	list = NULL;
	if (!json_object_object_get_ex(json, "pci_bridge", &bridge) ||
		!json_object_object_get_ex(bridge, "devices", &list))
		return;
	for (size_t i = 0; i < json_object_array_length(list); i++)
		print_function(json_object_array_get_idx(list, i), out);
}

static void info_pci(struct control_call *call, FILE *out)
{
	struct json_object *buses = ask(call, "query-pci"), *list = NULL;

	if (!buses)
		fputs("Error: the guest's PCI devices are busy; ask again\r\n", out);
	else
		json_object_object_get_ex(json_object_array_get_idx(buses, 0), "devices", &list);
	for (size_t i = 0; list && i < json_object_array_length(list); i++)
		print_function(json_object_array_get_idx(list, i), out);
	json_object_put(buses);
}

static void info_block(struct control_call *call, FILE *out)
{
	struct json_object *list = ask(call, "query-block"), *medium, *value;

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *json = json_object_array_get_idx(list, i);

		fprintf(out, "%s%s", i ? "\r\n" : "", text_of(json, "device"));
		if (json_object_object_get_ex(json, "inserted", &medium))
			fprintf(out, ": %s (%s%s)\r\n", text_of(medium, "file"),
				text_of(medium, "drv"),
				json_object_object_get_ex(medium, "ro", &value) &&
						json_object_get_boolean(value)
					? ", read-only"
					: "");
		else
			fputs(": [not inserted]\r\n", out);
		if (json_object_object_get_ex(json, "tray_open", &value))
			fprintf(out, "    Removable device: %slocked, tray %s\r\n",
				json_object_object_get_ex(json, "locked", &medium) &&
						json_object_get_boolean(medium)
					? ""
					: "not ",
				json_object_get_boolean(value) ? "open" : "closed");
	}
	json_object_put(list);
}

static const struct {
	const char *line, *command;                          /* without an answer */
	void (*print)(struct control_call *call, FILE *out); /* or with one */
} lines[] = {
	{ "info status", .print = info_status },
	{ "info version", .print = info_version },
	{ "info cpus", .print = info_cpus },
	{ "info pci", .print = info_pci },
	{ "info block", .print = info_block },
	{ "system_powerdown", "system_powerdown" },
	{ "system_reset", "system_reset" },
	{ "stop", "stop" },
	{ "cont", "cont" },
	{ "c", "cont" },
	{ "quit", "quit" },
	{ "q", "quit" },
};

static void run_line(struct control_call *call, const char *line, FILE *out)
{
	char words[64] = "", word[32];
	int used = 0, n;

	/* With one space between words, as people write it. */
	while (sscanf(line + used, "%31s%n", word, &n) == 1 &&
		strlen(words) + strlen(word) + 2 < sizeof(words)) {
		snprintf(words + strlen(words), sizeof(words) - strlen(words), "%s%s",
			*words ? " " : "", word);
		used += n;
	}
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (strcmp(lines[i].line, words))
			continue;
		if (lines[i].print)
			lines[i].print(call, out);
		else
			json_object_put(ask(call, lines[i].command));
		return;
	}
	fprintf(out, "unknown command: '%.60s'\r\n", line);
}

struct json_object *command_human(struct control_call *call)
{
	own_free char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out) {
		err_sys(&call->err, ENOMEM, "no memory for the answer");
		return NULL;
	}
	run_line(call, call_text(call, "command-line"), out);
	fclose(out);
	return json_object_new_string(text);
}
