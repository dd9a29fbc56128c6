/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal that tenon runs in. It is in raw mode while the guest has the keyboard. Inherited
 * files are reopened, so that making them non-blocking does not affect the shell and other programs
 * on the same terminal.
 */
#ifndef VM_DEV_TERMINAL_H
#define VM_DEV_TERMINAL_H

#include <termios.h>

#include "base/err.h"

struct terminal {
	int fd; /* -1 or not a terminal: its modes are never changed */
	bool raw;
	struct termios saved;
};

/* Sets raw mode: the kernel no longer interprets any key; it processes output as before. */
int terminal_raw(struct terminal *terminal, struct err *err);
/* Restores the modes. Async-signal-safe; from any thread, any number of times. */
void terminal_restore(struct terminal *terminal);
/* False while a shell has this process in the background: a read would stop it. */
bool terminal_is_ours(const struct terminal *terminal);

/*
 * Reopens the file behind @fd. *@nonblocking: whether reads and writes do not block. Returns the
 * new file descriptor, or -errno.
 */
int terminal_reopen(int fd, bool *nonblocking, struct err *err);

#endif
