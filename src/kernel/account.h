/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which user a machine is while its guest runs. */
#ifndef KERNEL_ACCOUNT_H
#define KERNEL_ACCOUNT_H

#include <sys/types.h>

#include "base/err.h"
#include "base/types.h"

#define ACCOUNT_SYSTEM "tenon" /* the system user for machines, where a package has made it */

struct account {
	bool changes; /* false: this process stays the user that it is */
	uid_t uid;
	gid_t gid;
	char name[64];
	const char *why; /* for the log */
};

/*
 * Chooses for root: the user @asked; without that the system user, or else who has logged in: the
 * kernel keeps that number for a session's processes (/proc/self/loginuid), while anybody's
 * environment says SUDO_UID. "root" and, without any of those, root stays root. Another user stays
 * who they are. -ENOENT, -EPERM: @asked cannot be.
 */
int account_choose(struct account *account, const char *asked, struct err *err);

/*
 * The choice without @asked. @system: whether the host has that user, and its ids. @login: what
 * /proc/self/loginuid says, or NULL.
 */
void account_default(struct account *account, const struct account *system, const char *login);

#endif
