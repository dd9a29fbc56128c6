// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/change/undo.h"

#include <stdio.h>

#include "base/log.h"
#include "cmd/ui/json.h"

const struct cmd_option undo_options[] = {
	CHANGE_OPTIONS(struct undo_args, sysroot, json, verbose),
	{ 0 },
};

static const char *const names[] = {
	[UNDO_DONE] = "put-back",
	[UNDO_IN_FORCE] = "in-force",
	[UNDO_FAILED] = "failed",
	[UNDO_FILES] = "not-persistent",
	[UNDO_NOTHING] = "nothing",
};

/* The command that rebuilds the initramfs, which still contains the deleted files; or NULL. */
static const char *after(const struct journal *journal, enum undo_result result)
{
	const char *command = NULL;

	for (unsigned i = 0; journal && i < journal->nr_ops; i++)
		if (journal->ops[i].op.kind == PLAN_FILE &&
			(result == UNDO_DONE ? journal->ops[i].begun
					     : result == UNDO_FILES && journal->ops[i].undone) &&
			plan_file_maker(journal->ops[i].op.file))
			command = plan_file_maker(journal->ops[i].op.file);
	return command;
}

static struct json_object *result_json(
	const struct journal *journal, enum undo_result result, const struct err *err)
{
	struct json_object *json = json_object_new_object();
	struct json_object *devices = json_object_new_array();

	for (unsigned i = 0; journal && i < journal->nr_devices; i++)
		json_object_array_add(devices, json_object_new_string(journal->devices[i]));
	json_add(json, "devices", devices);
	json_add_text(json, "time", journal ? journal->time : NULL);
	json_add_text(json, "result", names[result]);
	json_add_text(json, "error", result == UNDO_FAILED ? err->text : NULL);
	json_add_text(json, "help", result == UNDO_FAILED && *err->help ? err->help : NULL);
	json_add_text(json, "run_after", after(journal, result));
	return json;
}

void undo_tell(struct json_object *list, const struct journal *journal, enum undo_result result,
	const struct err *err)
{
	if (list)
		json_object_array_add(list, result_json(journal, result, err));
	if (result == UNDO_FAILED) {
		log_err(err);
		return;
	}
	for (unsigned i = 0; !list && i < journal->nr_devices; i++)
		printf(result == UNDO_DONE        ? "%s is as it was\n"
			: result == UNDO_IN_FORCE ? "%s is with VFIO since %s\n"
						  : "%s stays with VFIO until a reboot\n",
			journal->devices[i], journal->time);
	if (!list && after(journal, result))
		printf("Run `%s`: the initramfs still gives them to VFIO at the next start.\n",
			after(journal, result));
}

void undo_tell_nothing(struct json_object *list, const char *device, const char *what)
{
	struct json_object *json, *devices;

	if (!list) {
		printf("%s %s\n", device, what);
		return;
	}
	json = result_json(NULL, UNDO_NOTHING, NULL);
	devices = json_object_new_array();
	json_object_array_add(devices, json_object_new_string(device));
	json_add(json, "devices", devices);
	json_object_array_add(list, json);
}
