/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of a machine: from its control socket if it runs, else from its machine file. */
#ifndef CMD_MACHINES_DESCRIBE_H
#define CMD_MACHINES_DESCRIBE_H

#include <json-c/json.h>

#include "base/err.h"

/*
 * Describes machine @name as docs/user/json.md says, for `ps` and `status`. The caller releases it.
 * NULL with @err set: there is no such machine (ENOENT), or it does not answer.
 */
struct json_object *machine_describe(const char *name, struct err *err);

/*
 * The names of this user's machines, running or defined, each once and sorted. Returns their
 * number or -errno; the caller frees *@names, which is one piece of memory.
 */
int machine_names(char ***names);

#endif
