/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The unit of systemd that a process belongs to, which is the first service or scope in the path of
 * its cgroup. What is below belongs to it: in
 * "/user.slice/user-1000.slice/user@1000.service/app.slice/term.scope" a user's manager, which ends
 * with the user's last session. Any thread.
 */
#ifndef HOST_SCAN_PROCESS_UNIT_H
#define HOST_SCAN_PROCESS_UNIT_H

#include <limits.h>

#include "base/types.h"
#include "kernel/sysroot.h"

struct process_unit {
	char name[NAME_MAX + 1]; /* "gdm.service", "session-2.scope" */
	bool of_system;          /* in system.slice */
	bool of_user;            /* in user.slice */
	/* It is a graphical session, or a user's manager, which starts the programs of desktops. */
	bool in_desktop;
};

/* @pid: 0 for the calling process. Returns 0, or -ENOENT if it is in no unit, or not known. */
int process_unit_read(const struct sysroot *sysroot, int pid, struct process_unit *unit);

#endif
