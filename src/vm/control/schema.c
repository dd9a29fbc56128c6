// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * query-qmp-schema: what commands, events and answers there are, of the tables that also check and
 * dispatch them (docs/interop/qapi-schema-introspection of QEMU's qapi-code-gen).
 */
#include <stdio.h>
#include <string.h>

#include "vm/control/internal.h"

#define NAME_SIZE 96

const struct control_object control_objects[] = {
	{ "VersionTriple", { { "major", "int" }, { "minor", "int" }, { "micro", "int" } } },
	{ "VersionInfo", { { "qemu", "VersionTriple" }, { "package", "str" } } },
	{ "StatusInfo", { { "running", "bool" }, { "singlestep", "bool" }, { "status", "str" } } },
	{ "CommandInfo", { { "name", "str" } } },
	{ "CpuInfoFast", { { "cpu-index", "int" }, { "qom-path", "str" }, { "thread-id", "int" },
				 { "target", "str" } } },
	{ "MemoryInfo", { { "base-memory", "int" } } },
	{ "TenonMachine", { { "memory", "int" }, { "uptime", "int" }, { "mapped", "int" },
				  { "to-map", "int" }, { "devices", "[str]" } } },
	{ "BlockDeviceInfo", { { "file", "str" }, { "ro", "bool" }, { "drv", "str" },
				     { "encrypted", "bool" } } },
	{ "BlockInfo", { { "device", "str" }, { "type", "str" }, { "removable", "bool" },
			       { "locked", "bool" }, { "tray_open", "bool", true },
			       { "inserted", "BlockDeviceInfo", true } } },
	{ "BlockDeviceStats",
		{ { "rd_bytes", "int" }, { "wr_bytes", "int" }, { "unmap_bytes", "int" },
			{ "rd_operations", "int" }, { "wr_operations", "int" },
			{ "flush_operations", "int" }, { "unmap_operations", "int" },
			{ "x-tenon-failed-operations", "int" } } },
	{ "BlockStats", { { "device", "str" }, { "stats", "BlockDeviceStats" } } },
	{ "PciMemoryRange", { { "base", "int" }, { "limit", "int" } } },
	{ "PciMemoryRegion",
		{ { "bar", "int" }, { "type", "str" }, { "address", "int" }, { "size", "int" },
			{ "prefetch", "bool", true }, { "mem_type_64", "bool", true } } },
	{ "PciBusInfo",
		{ { "number", "int" }, { "secondary", "int" }, { "subordinate", "int" },
			{ "io_range", "PciMemoryRange" }, { "memory_range", "PciMemoryRange" },
			{ "prefetchable_range", "PciMemoryRange" } } },
	{ "PciBridgeInfo", { { "bus", "PciBusInfo" }, { "devices", "[PciDeviceInfo]", true } } },
	{ "PciDeviceClass", { { "class", "int" } } },
	{ "PciDeviceId", { { "vendor", "int" }, { "device", "int" }, { "subsystem", "int", true },
				 { "subsystem-vendor", "int", true } } },
	{ "PciDeviceInfo", { { "bus", "int" }, { "slot", "int" }, { "function", "int" },
				   { "class_info", "PciDeviceClass" }, { "id", "PciDeviceId" },
				   { "irq", "int", true }, { "irq_pin", "int" },
				   { "qdev_id", "str" }, { "pci_bridge", "PciBridgeInfo", true },
				   { "regions", "[PciMemoryRegion]" } } },
	{ "PciInfo", { { "bus", "int" }, { "devices", "[PciDeviceInfo]" } } },
	{ "AddfdInfo", { { "fdset-id", "int" }, { "fd", "int" } } },
	{ "ShutdownData", { { "guest", "bool" }, { "reason", "str" } } },
	{ "SchemaMember", { { "name", "str" }, { "type", "str" }, { "default", "any", true } } },
	{ "SchemaInfo", { { "name", "str" }, { "meta-type", "str" }, { "json-type", "str", true },
				{ "element-type", "str", true }, { "arg-type", "str", true },
				{ "ret-type", "str", true }, { "allow-oob", "bool", true },
				{ "members", "[SchemaMember]", true } } },
	{ NULL },
};

/* The object without members, which commands without arguments or answers have. */
#define EMPTY "q_empty"

static struct json_object *entry(const char *name, const char *meta)
{
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "name", json_object_new_string(name));
	json_object_object_add(json, "meta-type", json_object_new_string(meta));
	return json;
}

static void add_text(struct json_object *json, const char *key, const char *value)
{
	json_object_object_add(json, key, json_object_new_string(value));
}

/* An optional member has a default, which is not told: null. */
static struct json_object *members_json(const struct control_member *members)
{
	struct json_object *list = json_object_new_array();

	for (; members->name; members++) {
		struct json_object *json = json_object_new_object();

		add_text(json, "name", members->name);
		add_text(json, "type", members->type);
		if (members->optional)
			json_object_object_add(json, "default", NULL);
		json_object_array_add(list, json);
	}
	return list;
}

static void add_object(
	struct json_object *list, const char *name, const struct control_member *members)
{
	struct json_object *json = entry(name, "object");

	json_object_object_add(json, "members", members_json(members));
	json_object_array_add(list, json);
}

static bool is_listed(struct json_object *list, const char *name)
{
	struct json_object *value;

	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (json_object_object_get_ex(json_object_array_get_idx(list, i), "name", &value) &&
			!strcmp(json_object_get_string(value), name))
			return true;
	return false;
}

/* "[X]" is a type of its own, of which there is one entry. */
static void add_list(struct json_object *list, const char *type)
{
	struct json_object *json;
	char element[NAME_SIZE];

	if (!type || *type != '[' || is_listed(list, type))
		return;
	snprintf(element, sizeof(element), "%.*s", (int)strlen(type) - 2, type + 1);
	json = entry(type, "array");
	add_text(json, "element-type", element);
	json_object_array_add(list, json);
}

static void add_types(struct json_object *list)
{
	static const struct {
		const char *name, *json;
	} builtin[] = { { "str", "string" }, { "int", "int" }, { "bool", "boolean" },
		{ "any", "value" } };
	static const struct control_member none[1];

	for (size_t i = 0; i < ARRAY_SIZE(builtin); i++) {
		struct json_object *json = entry(builtin[i].name, "builtin");

		add_text(json, "json-type", builtin[i].json);
		json_object_array_add(list, json);
	}
	add_object(list, EMPTY, none);
	for (const struct control_object *object = control_objects; object->name; object++) {
		add_object(list, object->name, object->members);
		for (const struct control_member *m = object->members; m->name; m++)
			add_list(list, m->type);
	}
}

static void add_command(struct json_object *list, const struct control_command *command)
{
	struct json_object *json = entry(command->name, "command");
	char arguments[NAME_SIZE] = EMPTY;

	if (command->arguments[0].name) {
		snprintf(arguments, sizeof(arguments), "q_obj_%s-arg", command->name);
		add_object(list, arguments, command->arguments);
	}
	add_list(list, command->returns);
	add_text(json, "arg-type", arguments);
	add_text(json, "ret-type", command->returns ? command->returns : EMPTY);
	json_object_object_add(json, "allow-oob", json_object_new_boolean(false));
	json_object_array_add(list, json);
}

struct json_object *command_query_schema(struct control_call *call)
{
	struct json_object *list = json_object_new_array();

	add_types(list);
	for (const struct control_command *command = control_commands; command->name; command++)
		add_command(list, command);
	for (const struct control_event_row *event = control_events; event->name; event++) {
		struct json_object *json = entry(event->name, "event");

		add_text(json, "arg-type", event->data ? "ShutdownData" : EMPTY);
		json_object_array_add(list, json);
	}
	return list;
}
