/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal that tenon runs in: its modes while the keyboard is the guest's, and files of
 * our own on what we inherited, so that setting them non-blocking changes nothing for the
 * shell and other programs on the same terminal.
 */
#ifndef VM_DEV_TERMINAL_H
#define VM_DEV_TERMINAL_H

#include <termios.h>

#include "base/err.h"

struct terminal {
	int fd; /* -1, or not a terminal: nothing is ever changed */
	bool raw;
	struct termios saved;
};

/* No key means anything to the kernel any more; output is processed as before. */
int terminal_raw(struct terminal *terminal, struct err *err);
/* Puts the modes back. Async-signal-safe, from any thread, any number of times. */
void terminal_restore(struct terminal *terminal);
/* False while a shell has this process in the background: a read would stop it. */
bool terminal_is_ours(const struct terminal *terminal);

/*
 * A file of our own on what @fd refers to. *@nonblocking: whether reads and writes return at
 * once. Returns the file, or -errno.
 */
int terminal_reopen(int fd, bool *nonblocking, struct err *err);

#endif
