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
};

/* The initramfs still has what the files that were deleted told it. */
static const char *after(const struct journal *journal, enum undo_result result)
{
	const char *command = NULL;

	for (unsigned i = 0; journal && result == UNDO_DONE && i < journal->nr_ops; i++)
		if (journal->ops[i].op.kind == PLAN_FILE && journal->ops[i].begun &&
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
		printf("%s %s%s\n", journal->devices[i],
			result == UNDO_DONE ? "is as it was" : "is with VFIO since ",
			result == UNDO_DONE ? "" : journal->time);
	if (!list && after(journal, result))
		printf("Run `%s`: the initramfs still gives them to VFIO at the next start.\n",
			after(journal, result));
}
