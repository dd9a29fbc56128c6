/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a machine gives up before its guest runs, once everything that it needs is open: root's
 * identity (if it is to run as another user), capabilities, the right to gain new privileges,
 * access to files by name (Landlock), and, for each kind of thread, the system calls that it does
 * not need. docs/design/threat-model.md gives the reasons.
 */
#ifndef VM_SANDBOX_SANDBOX_H
#define VM_SANDBOX_SANDBOX_H

#include "base/err.h"
#include "base/types.h"

enum sandbox_mode {
	SANDBOX_ON, /* as far as the host supports it; a message names what is missing */
	SANDBOX_OFF,
	SANDBOX_LOG, /* system calls are not refused: the kernel's log lists those that would be */
	SANDBOX_STRICT, /* all of it, or the machine does not start */
};

struct sandbox_config {
	enum sandbox_mode mode;
	/* The user to switch to if root started the machine; NULL: see kernel/account.h. */
	const char *user;
	/* Socket files that must be removed at the end, or NULL: the display's, the control's. */
	const char *socket, *control;
};

/*
 * Call it on the machine's main thread while no vCPU runs, when all threads have been created but
 * those that the machine creates at run time. Threads created at run time inherit the filter of the
 * thread that creates them.
 */
int sandbox_enter(const struct sandbox_config *config, struct err *err);

#endif
