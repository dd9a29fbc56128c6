/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that plays a machine's sound, and records for it: this program again, as the user
 * whose session plays it. It ends when the machine does.
 */
#ifndef VM_SOUND_SERVER_H
#define VM_SOUND_SERVER_H

#include "kernel/confine.h"
#include "vm/sound/ring.h"
#include "vm/sound/session.h"

/* In the directory of a session's sockets. */
#define SOUND_PIPEWIRE_SOCKET "pipewire-0"

struct sound_server {
	enum sound_kind kind;
	const char *directory; /* of the user's sockets */
	u64 max;               /* see struct sound_config */
	u32 input_offset, input_size;
	int link, output, input; /* the machine, and files */
	struct sound_memory *memory;
	u64 played, recorded; /* positions in the rings */
	bool ready;           /* the machine was told */
};

/* The arguments of its command, for its command line. */
struct sound_args {
	const char *argv[8];
	char max[24], offset[12], size[12], directory[SOUND_PATH_MAX];
};

void sound_server_args(struct sound_args *args, const struct sound_config *config, u32 input_offset,
	u32 input_size, const struct sound_session *session);
/* What the process may do. Close it with confine_close(). */
int sound_confine(struct confine *confine, const struct sound_config *config,
	const struct sound_session *session, struct err *err);

/*
 * Serves the machine at @server->link with @memory_fd, a struct sound_memory, until it closes its
 * end. Returns 0 then.
 */
int sound_serve(struct sound_server *server, int memory_fd, struct err *err);

/* For the ways to play. Tells the machine, once, that it can run. */
void sound_server_ready(struct sound_server *server);
/* Takes the machine's messages. Returns false when it has ended. */
bool sound_server_hear(const struct sound_server *server);

/* Gives up the rights that nobody needs who has a connection already. */
int sound_server_confine(struct err *err);

/* file.c, pipewire.c, alsa.c: each of these plays until the machine ends, and returns 0 then. */
int sound_file_run(struct sound_server *server, struct err *err);
int sound_pipewire_run(struct sound_server *server, struct err *err);
int sound_alsa_run(struct sound_server *server, struct err *err);

#endif
