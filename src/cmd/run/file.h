/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine files of `tenon run`: tenon-vm.conf(5). A file is a YAML mapping from the names in
 * run_options[] to a string, or to a list of strings for an option that may be repeated. No other
 * feature of YAML is accepted: no nesting, anchors, aliases, tags or further documents.
 */
#ifndef CMD_RUN_FILE_H
#define CMD_RUN_FILE_H

#include <stdio.h>

#include "cmd/run/options.h"

/* No description of a machine is longer than this. */
#define RUN_FILE_MAX (1 * MIB)

/*
 * Applies the file at @path. Relative paths in it start from its directory. An error names
 * file:line.
 */
int run_file_read(struct run_request *request, const char *path, struct err *err);

/* Does the same for @size bytes; @name is for messages. */
int run_file_parse(struct run_request *request, const char *name, const void *bytes, size_t size,
	struct err *err);

/* Writes a file that describes @request. Refuses a string that is not UTF-8. */
int run_file_write(const struct run_request *request, FILE *out, struct err *err);

#endif
