// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/cmd.h"
#include "cmd/complete/complete.h"
#include "cmd/ui/json.h"

static const char *const kinds[] = {
	[OPTION_VALUE] = "value",
	[OPTION_LIST] = "list",
	[OPTION_SWITCH] = "switch",
	[OPTION_FLAG] = "flag",
};

static struct json_object *option_json(const struct cmd_option *option)
{
	struct json_object *json = json_object_new_object();
	const char letter[] = { option->letter, '\0' };

	json_add_text(json, "name", option->name);
	json_add_text(json, "letter", option->letter ? letter : NULL);
	json_add_text(json, "kind", kinds[option->kind]);
	json_add_text(json, "argument", option->argument);
	json_add_text(json, "help", option->help);
	return json;
}

static struct json_object *cmd_json(const struct cmd *cmd)
{
	struct json_object *json = json_object_new_object();
	struct json_object *options = json_object_new_array();

	for (const struct cmd_option *o = cmd->options; o && o->name; o++)
		json_object_array_add(options, option_json(o));
	json_object_array_add(options, option_json(&option_help));
	json_add_text(json, "name", cmd->name);
	json_add_text(json, "summary", cmd->summary);
	json_add_text(json, "operands", cmd->operands);
	json_add(json, "options", options);
	return json;
}

int complete_table(struct err *err)
{
	struct json_object *json = json_object_new_object();
	struct json_object *list = json_object_new_array();

	for (const struct cmd *const *cmd = commands; *cmd; cmd++)
		if ((*cmd)->summary)
			json_object_array_add(list, cmd_json(*cmd));
	json_add(json, "commands", list);
	json_print(json);
	return 0;
}
