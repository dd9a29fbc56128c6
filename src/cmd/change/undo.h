/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `tenon release` and `tenon recover` share: taking transactions back, and telling of it. */
#ifndef CMD_CHANGE_UNDO_H
#define CMD_CHANGE_UNDO_H

#include <json-c/json.h>

#include "cmd/change/session.h"

struct undo_args {
	const char *sysroot;
	bool json, verbose;
};

/* Of both commands; their target begins with a struct undo_args. */
extern const struct cmd_option undo_options[];

/* What became of one transaction. */
enum undo_result {
	UNDO_DONE,
	UNDO_IN_FORCE, /* it is not to be taken back */
	UNDO_FAILED,   /* the error says why */
	UNDO_FILES,    /* it is in force, but not after a reboot any more */
	UNDO_NOTHING,  /* there was nothing to take back */
};

/*
 * Says it, or adds it to @list where that is not NULL. @journal: NULL where even that could not
 * be read.
 */
void undo_tell(struct json_object *list, const struct journal *journal, enum undo_result result,
	const struct err *err);

/* Says that there was nothing to take back for a device, or adds it to @list. */
void undo_tell_nothing(struct json_object *list, const char *device, const char *what);

#endif
