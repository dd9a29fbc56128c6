// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of commands, which query-commands, query-qmp-schema and the check of arguments use,
 * too. Names, arguments and answers are those of QEMU's protocol.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vm/control/internal.h"
#include "vm/vcpu/vcpu.h"

const char *call_text(const struct control_call *call, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(call->arguments, name, &value)
		       ? json_object_get_string(value)
		       : NULL;
}

bool call_flag(const struct control_call *call, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(call->arguments, name, &value) &&
	       json_object_get_boolean(value);
}

s64 call_number(const struct control_call *call, const char *name, s64 none)
{
	struct json_object *value;

	return json_object_object_get_ex(call->arguments, name, &value)
		       ? json_object_get_int64(value)
		       : none;
}

static struct json_object *query_status(struct control_call *call)
{
	bool paused = call->control->ops->is_paused(call->control->owner);
	bool asleep = call->control->ops->is_asleep(call->control->owner);
	const char *status = paused ? "paused" : asleep ? "suspended" : "running";
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "status", json_object_new_string(status));
	json_object_object_add(json, "singlestep", json_object_new_boolean(false));
	json_object_object_add(json, "running", json_object_new_boolean(!paused && !asleep));
	return json;
}

static struct json_object *query_version(struct control_call *call)
{
	return qmp_version();
}

static struct json_object *query_cpus_fast(struct control_call *call)
{
	const struct vcpus *vcpus = call->control->vcpus;
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; vcpus && i < vcpus->nr; i++) {
		struct json_object *cpu = json_object_new_object();
		char path[64];

		snprintf(path, sizeof(path), "/machine/cpu[%u]", i);
		json_object_object_add(cpu, "cpu-index", json_object_new_int((int)i));
		json_object_object_add(cpu, "qom-path", json_object_new_string(path));
		json_object_object_add(
			cpu, "thread-id", json_object_new_int(vcpus_thread(vcpus, i)));
		json_object_object_add(cpu, "target", json_object_new_string("x86_64"));
		json_object_array_add(list, cpu);
	}
	return list;
}

/* What QEMU's protocol has no command for. */
static struct json_object *query_machine(struct control_call *call)
{
	struct json_object *json = json_object_new_object(), *list = json_object_new_array();
	struct control_facts facts = { 0 };
	char text[PCI_ADDR_SIZE];

	call->control->ops->look(call->control->owner, &facts);
	for (unsigned i = 0; i < facts.nr_devices; i++)
		json_object_array_add(
			list, json_object_new_string(pci_addr_text(facts.devices[i], text)));
	json_object_object_add(json, "memory", json_object_new_int64((s64)facts.memory));
	json_object_object_add(
		json, "uptime", json_object_new_int64((s64)(facts.uptime / NS_PER_S)));
	json_object_object_add(json, "mapped", json_object_new_int64((s64)facts.mapped));
	json_object_object_add(json, "to-map", json_object_new_int64((s64)facts.total));
	json_object_object_add(json, "devices", list);
	return json;
}

static struct json_object *query_memory_size(struct control_call *call)
{
	struct json_object *json = json_object_new_object();
	struct control_facts facts = { 0 };

	call->control->ops->look(call->control->owner, &facts);
	json_object_object_add(json, "base-memory", json_object_new_int64((s64)facts.memory));
	return json;
}

static struct json_object *query_commands(struct control_call *call)
{
	struct json_object *list = json_object_new_array();

	for (const struct control_command *command = control_commands; command->name; command++) {
		struct json_object *json = json_object_new_object();

		json_object_object_add(json, "name", json_object_new_string(command->name));
		json_object_array_add(list, json);
	}
	return list;
}

static struct json_object *stop(struct control_call *call)
{
	call->control->ops->pause(call->control->owner);
	return NULL;
}

static struct json_object *cont(struct control_call *call)
{
	call->control->ops->resume(call->control->owner);
	return NULL;
}

static struct json_object *system_reset(struct control_call *call)
{
	call->control->ops->reset(call->control->owner);
	return NULL;
}

static struct json_object *system_powerdown(struct control_call *call)
{
	call->control->ops->press_power(call->control->owner);
	return NULL;
}

static struct json_object *system_wakeup(struct control_call *call)
{
	const struct control_ops *ops = call->control->ops;

	if (!ops->is_asleep(call->control->owner))
		err_set(&call->err, EINVAL,
			"Unable to wake up: guest is not in suspended state"); /* QEMU's words */
	else
		ops->wake(call->control->owner);
	return NULL;
}

static struct json_object *quit(struct control_call *call)
{
	call->control->ops->quit(call->control->owner);
	return NULL;
}

/* The front end answers it; it is here for query-commands. */
static struct json_object *qmp_capabilities(struct control_call *call)
{
	return NULL;
}

#define TRAY                                                                                 \
	{                                                                                    \
		{ "device", "str", true }, { "id", "str", true }, { "force", "bool", true }, \
	}

const struct control_command control_commands[] = {
	{ "qmp_capabilities", qmp_capabilities },
	{ "query-block", command_query_block, "[BlockInfo]" },
	{ "query-blockstats", command_query_blockstats, "[BlockStats]" },
	{ "query-commands", query_commands, "[CommandInfo]" },
	{ "query-cpus-fast", query_cpus_fast, "[CpuInfoFast]" },
	{ "query-memory-size-summary", query_memory_size, "MemoryInfo" },
	{ "query-pci", command_query_pci, "[PciInfo]" },
	{ "query-qmp-schema", command_query_schema, "[SchemaInfo]" },
	{ "query-status", query_status, "StatusInfo" },
	{ "query-version", query_version, "VersionInfo" },
	{ "cont", cont },
	{ "quit", quit },
	{ "stop", stop },
	{ "system_powerdown", system_powerdown },
	{ "system_reset", system_reset },
	{ "system_wakeup", system_wakeup },
	{ "eject", command_eject, NULL, TRAY },
	{ "blockdev-open-tray", command_eject, NULL, TRAY },
	{ "blockdev-close-tray", command_close_tray, NULL,
		{ { "device", "str", true }, { "id", "str", true } } },
	{ "add-fd", command_add_fd, "AddfdInfo",
		{ { "fdset-id", "int", true }, { "opaque", "str", true } } },
	{ "remove-fd", command_remove_fd, NULL, { { "fdset-id", "int" }, { "fd", "int", true } } },
	{ "screendump", command_screendump, NULL,
		{ { "filename", "str" }, { "device", "str", true }, { "head", "int", true },
			{ "format", "str", true } } },
	{ "human-monitor-command", command_human, "str",
		{ { "command-line", "str" }, { "cpu-index", "int", true } } },
	{ "x-tenon-query-machine", query_machine, "TenonMachine" },
	{ NULL },
};

const struct control_command *control_find(const char *name)
{
	const struct control_command *command = control_commands;

	while (command->name && strcmp(command->name, name))
		command++;
	return command->name ? command : NULL;
}
