/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An error that a person can act on: what was attempted, on what, what the kernel said, and
 * what to do. The caller owns the object; every function that can fail for an outside reason
 * takes one as its last argument, sets it once where the failure is seen, and returns -errno.
 * Callers above wrap it with their context.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/types.h"

struct err {
	int code;       /* positive errno, 0 while nothing failed */
	char text[768]; /* one sentence without full stop or newline */
	char help[512]; /* what to do about it, may be empty; may hold several lines */
};

/* Sets the message and the code (a positive errno). Returns -code. */
int err_set(struct err *err, int code, const char *fmt, ...) PRINTF(3, 4);

/* As err_set(), with ": <strerror(code)>" appended to the message. */
int err_sys(struct err *err, int code, const char *fmt, ...) PRINTF(3, 4);

/* Puts "<context>: " before the message. Returns -code, or -EIO if no error was set. */
int err_wrap(struct err *err, const char *fmt, ...) PRINTF(2, 3);

/* Sets the help. Returns -code, so that `return err_help(...)` can end a function. */
int err_help(struct err *err, const char *fmt, ...) PRINTF(2, 3);

void err_clear(struct err *err);

#endif
