// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/sound/server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/child.h"
#include "base/privileges.h"

void sound_server_args(struct sound_args *args, const struct sound_config *config, u32 input_offset,
	u32 input_size, const struct sound_session *session)
{
	snprintf(args->max, sizeof(args->max), "%llu", (unsigned long long)config->max);
	snprintf(args->offset, sizeof(args->offset), "%u", input_offset);
	snprintf(args->size, sizeof(args->size), "%u", input_size);
	snprintf(args->directory, sizeof(args->directory), "%s",
		*session->directory ? session->directory : "/nonexistent");
	memcpy(args->argv,
		(const char *const[8]){ CHILD_THIS_PROGRAM, "sound-server",
			sound_kinds[config->kind], args->directory, args->max, args->offset,
			args->size, NULL },
		sizeof(args->argv));
}

int sound_confine(struct confine *confine, const struct sound_config *config,
	const struct sound_session *session, struct err *err)
{
	static const struct landlock_rule rules[] = {
		{ CHILD_THIS_PROGRAM, LANDLOCK_READ | LANDLOCK_EXECUTE },
		{ "/etc/pipewire", LANDLOCK_READ },
		{ "/etc/alsa", LANDLOCK_READ },
		{ "/etc/asound.conf", LANDLOCK_READ },
		{ "/dev/snd", LANDLOCK_READ | LANDLOCK_WRITE },
	};
	int ret = confine_open(confine, rules, ARRAY_SIZE(rules), err);

	/* By it, ALSA's programs of one user share a device. */
	confine->has_ipc = config->kind == SOUND_ALSA || config->kind == SOUND_ON;
	/* Who only has files open can be nobody. */
	confine->is_other = session->changes || config->kind == SOUND_FILE;
	confine->uid = config->kind == SOUND_FILE ? CONFINE_NOBODY : session->uid;
	confine->gid = config->kind == SOUND_FILE ? CONFINE_NOBODY : session->gid;
	return ret;
}

void sound_server_ready(struct sound_server *server)
{
	const u8 ready = 1;

	if (!server->ready)
		send(server->link, &ready, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	server->ready = true;
}

bool sound_server_hear(const struct sound_server *server)
{
	u8 message[16];
	ssize_t nr;

	do
		nr = recv(server->link, message, sizeof(message), MSG_DONTWAIT);
	while (nr > 0);
	return nr < 0 && (errno == EAGAIN || errno == EINTR);
}

/*
 * What its user could have others do for it, by a connection or a signal, is not for a process that
 * talks to a sound server. Each of these fails.
 */
static const char *const refused[] = { "connect", "bind", "listen", "accept", "accept4", "kill",
	"tkill", "rt_sigqueueinfo", "pidfd_open", "pidfd_send_signal", "execve", "execveat", "fork",
	"vfork", "io_uring_setup", NULL };

int sound_server_confine(struct err *err)
{
	const struct syscall_filter_config config = { .refused = refused, .threads = true };
	struct syscall_filter filter;
	int ret = syscall_filter_make(&filter, &config, err);

	if (ret)
		return ret;
	ret = privileges_no_new();
	if (!ret)
		ret = syscall_filter_enforce(&filter);
	syscall_filter_free(&filter);
	return ret ? err_sys(err, -ret, "cannot give up rights") : 0;
}

/*
 * PipeWire, where its library and a socket are, or ALSA. A session of which neither is there yet
 * may have PipeWire later.
 */
static int run_any(struct sound_server *server, struct err *err)
{
	struct err why = { 0 };
	char path[SOUND_PATH_MAX + 32];
	int ret;

	snprintf(path, sizeof(path), "%s/" SOUND_PIPEWIRE_SOCKET, server->directory);
	if (access(path, F_OK) && !access("/dev/snd", F_OK)) {
		ret = sound_alsa_run(server, &why);
		if (!ret)
			return 0;
	}
	ret = sound_pipewire_run(server, err);
	if (ret && !sound_alsa_run(server, &why))
		return 0;
	return ret;
}

int sound_serve(struct sound_server *server, int memory_fd, struct err *err)
{
	void *memory = mmap(
		NULL, sizeof(*server->memory), PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd, 0);

	prctl(PR_SET_NAME, "tenon-sound");
	if (memory == MAP_FAILED)
		return err_set(err, EINVAL, "`tenon run` starts this command");
	server->memory = memory;
	/* The end of the machine closes its end of the socket; what it played is played first. */
	signal(SIGTERM, SIG_IGN);
	switch (server->kind) {
	case SOUND_FILE:
		return sound_file_run(server, err);
	case SOUND_PIPEWIRE:
		return sound_pipewire_run(server, err);
	case SOUND_ALSA:
		return sound_alsa_run(server, err);
	default:
		return run_any(server, err);
	}
}
