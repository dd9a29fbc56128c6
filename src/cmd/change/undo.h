/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by `tenon release` and `tenon recover`: reports on transactions that are undone. */
#ifndef CMD_CHANGE_UNDO_H
#define CMD_CHANGE_UNDO_H

#include <json-c/json.h>

#include "cmd/change/session.h"

struct undo_args {
	const char *sysroot;
	bool json, verbose;
};

/* The options of both commands, whose target begins with a struct undo_args. */
extern const struct cmd_option undo_options[];

/* What became of one transaction. */
enum undo_result {
	UNDO_DONE,
	UNDO_IN_FORCE, /* it is in force and stays so */
	UNDO_FAILED,   /* the error says why */
	UNDO_FILES,    /* it is in force, but no longer after a reboot */
	UNDO_NOTHING,  /* there was nothing to undo */
};

/*
 * Prints the result, or adds it to @list if that is not NULL. @journal: NULL if not even that could
 * be read.
 */
void undo_tell(struct json_object *list, const struct journal *journal, enum undo_result result,
	const struct err *err);

/* Prints that there was nothing to undo for a device, or adds that to @list. */
void undo_tell_nothing(struct json_object *list, const char *device, const char *what);

#endif
