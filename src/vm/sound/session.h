/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose session plays a machine's sound. A sound server belongs to a user's session, and root
 * usually has none: a machine that root starts plays through that of who sits at the host.
 */
#ifndef VM_SOUND_SESSION_H
#define VM_SOUND_SESSION_H

#include <sys/types.h>

#include "base/err.h"
#include "vm/sound/sound_config.h"

#define SOUND_PATH_MAX 96 /* of the directory of a session's sockets */
#define SOUND_NOBODY   ((uid_t)-1)

struct sound_session {
	bool found;   /* false: nobody has a session */
	bool changes; /* the process becomes @uid and @gid */
	uid_t uid;
	gid_t gid;
	char directory[SOUND_PATH_MAX]; /* where the session's sockets are (XDG_RUNTIME_DIR) */
	char name[64];                  /* of the user */
	const char *why;                /* they were chosen */
};

/* What the host says of sessions. */
struct sound_session_facts {
	uid_t self;
	const char *runtime;     /* the environment's XDG_RUNTIME_DIR, or NULL */
	const char *directories; /* "/run/user", which has a directory for each user's sessions */
	uid_t asked;             /* user=NAME; SOUND_NOBODY: not given, as for those below */
	uid_t login;             /* who logged in to the session that this process belongs to */
	uid_t sudo;              /* who called sudo */
	uid_t seat;              /* whose session the host's screen shows */
};

/*
 * Chooses by the facts. Another user than root has their own session. For root it is, in this
 * order: who was asked for, whose the environment's directory is, who logged in, who called sudo,
 * and who is at the screen; the first of them who has a session.
 */
void sound_session_choose(struct sound_session *session, const struct sound_session_facts *facts);

/* Finds it. -ENOENT, -EPERM: the user that @config names cannot be. */
int sound_session_find(
	struct sound_session *session, const struct sound_config *config, struct err *err);

#endif
