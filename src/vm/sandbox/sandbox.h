/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a machine gives up before its guest runs, when everything that it needs is open: another
 * user's rights, capabilities, new privileges, files by name (Landlock), and system calls, for each
 * kind of thread those that it does not need. docs/design/threat-model.md says what for.
 */
#ifndef VM_SANDBOX_SANDBOX_H
#define VM_SANDBOX_SANDBOX_H

#include "base/err.h"
#include "base/types.h"

enum sandbox_mode {
	SANDBOX_ON, /* what the host has of it; the rest is said */
	SANDBOX_OFF,
	SANDBOX_LOG,    /* system calls are not refused: the kernel's log says which would be */
	SANDBOX_STRICT, /* all of it, or the machine does not start */
};

struct sandbox_config {
	enum sandbox_mode mode;
	const char *user;   /* to become, where root started the machine; NULL: nobody else */
	const char *socket; /* a file to be removed at the end, or NULL */
};

/*
 * On the machine's main thread, when all threads but those that the machine makes while it runs are
 * there, and no vCPU runs. What is said of the kinds of threads holds for those that they make.
 */
int sandbox_enter(const struct sandbox_config *config, struct err *err);

#endif
