// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/account.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"

/* Below this are users of programs (login.defs(5), UID_MIN). */
#define FIRST_PERSON 1000

static void take(struct account *account, const struct passwd *entry, const char *why)
{
	*account = (struct account){
		.changes = true, .uid = entry->pw_uid, .gid = entry->pw_gid, .why = why
	};
	snprintf(account->name, sizeof(account->name), "%s", entry->pw_name);
}

void account_default(struct account *account, const struct account *system, const char *login)
{
	unsigned long uid;
	const struct passwd *entry;
	char *end;

	if (system->changes && system->uid && system->uid < FIRST_PERSON) {
		*account = *system;
		account->why = "the system user for machines";
		return;
	}
	*account = (struct account){ .why = "there is no user " ACCOUNT_SYSTEM
					    ", and nobody has logged in" };
	if (!login)
		return;
	errno = 0;
	uid = strtoul(login, &end, 10);
	/* (uid_t)-1: it is no process of a session. */
	if (errno || end == login || (*end && *end != '\n') || !uid || uid >= (uid_t)-1)
		return;
	entry = getpwuid((uid_t)uid);
	if (entry && entry->pw_uid)
		take(account, entry, "who has logged in");
}

static int find(struct account *account, const char *asked, struct err *err)
{
	const struct passwd *entry = getpwnam(asked);

	if (!entry)
		return err_set(err, ENOENT, "--user: there is no user %s", asked);
	if (entry->pw_uid == geteuid()) {
		account->why = "--user";
		return 0;
	}
	if (geteuid())
		return err_set(err, EPERM, "--user: only root can become %s", asked);
	take(account, entry, "--user");
	return 0;
}

int account_choose(struct account *account, const char *asked, struct err *err)
{
	own_fd int fd = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC);
	const struct passwd *entry;
	struct account system = { 0 };
	char login[32] = "";

	*account = (struct account){ .why = "it is not root" };
	if (asked)
		return find(account, asked, err);
	if (geteuid())
		return 0;
	if (fd >= 0 && read(fd, login, sizeof(login) - 1) < 0)
		*login = '\0';
	entry = getpwnam(ACCOUNT_SYSTEM);
	if (entry)
		take(&system, entry, NULL);
	account_default(account, &system, *login ? login : NULL);
	return 0;
}
