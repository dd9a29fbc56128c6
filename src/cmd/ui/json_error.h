/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An error as a JSON document, for scripts that use --json. */
#ifndef CMD_UI_JSON_ERROR_H
#define CMD_UI_JSON_ERROR_H

#include "base/err.h"

/* Prints it to standard output. @exit: the command's exit code. */
void json_error_print(const struct err *err, int exit);

#endif
