// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/sound/session.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/library.h"
#include "base/own.h"

/* A number, and nothing else but a newline; -1, which is no user, is what the kernel says for
 * "none". */
static uid_t parse_uid(const char *text)
{
	unsigned long uid;
	char *end;

	errno = 0;
	uid = text ? strtoul(text, &end, 10) : 0;
	if (!text || errno || end == text || (*end && *end != '\n') || uid >= SOUND_NOBODY)
		return SOUND_NOBODY;
	return (uid_t)uid;
}

static bool take(struct sound_session *session, const struct sound_session_facts *facts, uid_t uid,
	const char *why)
{
	const struct passwd *entry;
	struct stat st;

	if (uid == SOUND_NOBODY || (!uid && facts->asked == SOUND_NOBODY))
		return false;
	snprintf(session->directory, sizeof(session->directory), "%s/%u", facts->directories, uid);
	entry = getpwuid(uid);
	if (!entry || stat(session->directory, &st) || !S_ISDIR(st.st_mode) || st.st_uid != uid)
		return false;
	session->found = true;
	session->changes = uid != facts->self;
	session->uid = uid;
	session->gid = entry->pw_gid;
	session->why = why;
	snprintf(session->name, sizeof(session->name), "%s", entry->pw_name);
	return true;
}

/* The directory that the environment names belongs to whose session it is. */
static bool take_environment(struct sound_session *session, const struct sound_session_facts *facts)
{
	const struct passwd *entry;
	struct stat st;

	if (!facts->runtime || *facts->runtime != '/' || stat(facts->runtime, &st) ||
		!S_ISDIR(st.st_mode) || (facts->self && st.st_uid != facts->self))
		return false;
	if ((size_t)snprintf(session->directory, sizeof(session->directory), "%s",
		    facts->runtime) >= sizeof(session->directory))
		return false;
	entry = getpwuid(st.st_uid);
	session->found = entry != NULL;
	session->changes = st.st_uid != facts->self;
	session->uid = st.st_uid;
	session->gid = entry ? entry->pw_gid : 0;
	session->why = "XDG_RUNTIME_DIR";
	snprintf(session->name, sizeof(session->name), "%s", entry ? entry->pw_name : "");
	return session->found;
}

void sound_session_choose(struct sound_session *session, const struct sound_session_facts *facts)
{
	*session = (struct sound_session){ .uid = facts->self };
	if (facts->asked != SOUND_NOBODY) {
		take(session, facts, facts->asked, "user=");
		return;
	}
	if (take_environment(session, facts))
		return;
	if (facts->self) {
		take(session, facts, facts->self, "who starts the machine");
		return;
	}
	if (!take(session, facts, facts->login, "who has logged in") &&
		!take(session, facts, facts->sudo, "who called sudo"))
		take(session, facts, facts->seat, "who sits at the host");
}

/* systemd-logind knows whose session the first seat's screen shows. */
static uid_t user_at_seat(void)
{
	int (*get_active)(const char *seat, char **session, uid_t *uid);
	const struct library_function functions[] = { { "sd_seat_get_active", &get_active } };
	struct err err = { 0 };
	uid_t uid;

	if (library_load("libsystemd.so.0", "libsystemd0", functions, ARRAY_SIZE(functions), NULL,
		    &err) ||
		get_active("seat0", NULL, &uid) < 0)
		return SOUND_NOBODY;
	return uid;
}

static uid_t user_of_login(void)
{
	own_fd int fd = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC);
	char text[32] = "";

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return SOUND_NOBODY;
	return parse_uid(text);
}

static int find_asked(struct sound_session_facts *facts, const char *name, struct err *err)
{
	const struct passwd *entry = getpwnam(name);

	if (!entry)
		return err_set(err, ENOENT, "--sound: there is no user %s", name);
	if (facts->self && entry->pw_uid != facts->self)
		return err_set(err, EPERM, "--sound: only root can play as %s", name);
	facts->asked = entry->pw_uid;
	return 0;
}

int sound_session_find(
	struct sound_session *session, const struct sound_config *config, struct err *err)
{
	struct sound_session_facts facts = {
		.self = geteuid(),
		.runtime = getenv("XDG_RUNTIME_DIR"),
		.directories = "/run/user",
		.asked = SOUND_NOBODY,
		.login = SOUND_NOBODY,
		.sudo = SOUND_NOBODY,
		.seat = SOUND_NOBODY,
	};
	int ret = config->user ? find_asked(&facts, config->user, err) : 0;

	if (!facts.self) {
		facts.login = user_of_login();
		facts.sudo = parse_uid(getenv("SUDO_UID"));
		facts.seat = user_at_seat();
	}
	sound_session_choose(session, &facts);
	return ret;
}
