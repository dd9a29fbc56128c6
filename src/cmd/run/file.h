/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine files of `tenon run`: tenon-vm.conf(5). A file is a YAML mapping from the names in
 * run_options[] to one text, or to a list of texts for an option that may be given repeatedly.
 * Nothing else of YAML is taken: no nesting, anchors, aliases, tags or further documents.
 */
#ifndef CMD_RUN_FILE_H
#define CMD_RUN_FILE_H

#include <stdio.h>

#include "cmd/run/options.h"

/* More than this is no machine's description. */
#define RUN_FILE_MAX (1 * MIB)

/*
 * Applies the file at @path. Relative paths in it are below its directory. An error names
 * file:line.
 */
int run_file_read(struct run_request *request, const char *path, struct err *err);

/* The same for @size bytes; @name is for messages. */
int run_file_parse(struct run_request *request, const char *name, const void *bytes, size_t size,
	struct err *err);

/* Writes a file that gives @request. Refuses a text that is not UTF-8. */
int run_file_write(const struct run_request *request, FILE *out, struct err *err);

#endif
