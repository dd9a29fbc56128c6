// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/sound/sound.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "kernel/confine.h"
#include "kernel/memory_file.h"
#include "vm/sound/server.h"
#include "vm/sound/session.h"
#include "vm/sound/wav.h"

#define START_MS  10000
#define END_MS    2000
#define HEAD_SIZE 4096 /* of a WAV file, in which its samples begin */

const char *const sound_kinds[SOUND_NR_KINDS] = {
	[SOUND_OFF] = "off",
	[SOUND_ON] = "on",
	[SOUND_PIPEWIRE] = "pipewire",
	[SOUND_ALSA] = "alsa",
	[SOUND_FILE] = "file",
	[SOUND_NONE] = "none",
};

/* The files of the process that plays; what is not there is /dev/null. */
struct files {
	int output, input;
	u32 input_offset, input_size;
};

void sound_play(void *owner, const u32 *frames, unsigned nr)
{
	struct sound *sound = owner;

	sound_ring_write(&sound->memory->play, &sound->played, frames, nr);
}

void sound_record(void *owner, u32 *frames, unsigned nr)
{
	struct sound *sound = owner;
	unsigned got = sound_ring_read(&sound->memory->record, &sound->recorded, frames, nr);

	memset(frames + got, 0, (nr - got) * sizeof(*frames));
}

static void set_running(struct sound_ring *ring, bool runs)
{
	__atomic_store_n(&ring->runs, runs, __ATOMIC_RELEASE);
}

void sound_run(void *owner, bool plays, bool records)
{
	struct sound *sound = owner;
	const u8 wake = 0;

	/* What was left from the last time is old. */
	if (records && !sound->memory->record.runs)
		sound_ring_skip(&sound->memory->record, &sound->recorded, 0);
	set_running(&sound->memory->play, plays);
	set_running(&sound->memory->record, records);
	/* If there is no room, others that say the same are on their way. */
	if (sound->link >= 0 && send(sound->link, &wake, 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		log_debug("sound: %s", strerror(errno));
}

static void on_end(void *owner, const char *how)
{
	log_warn("the process that plays the guest's sound %s; the guest goes on in silence",
		how ? how : "has ended");
}

static int make_memory(struct sound *sound, struct err *err)
{
	void *memory;

	sound->memory_fd = memory_file_make("sound", sizeof(*sound->memory));
	if (sound->memory_fd < 0)
		return err_sys(err, -sound->memory_fd, "cannot make memory for sound");
	memory = mmap(NULL, sizeof(*sound->memory), PROT_READ | PROT_WRITE, MAP_SHARED,
		sound->memory_fd, 0);
	if (memory == MAP_FAILED)
		return err_sys(err, errno, "cannot make memory for sound");
	sound->memory = memory;
	return 0;
}

static int open_input(struct files *files, const char *path, struct err *err)
{
	u8 head[HEAD_SIZE];
	struct stat st;
	ssize_t nr;
	int ret;

	files->input = open(path ? path : "/dev/null", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (files->input < 0)
		return err_sys(err, errno, "--sound: cannot open %s", path);
	if (!path)
		return 0;
	nr = pread(files->input, head, sizeof(head), 0);
	if (nr < 0 || fstat(files->input, &st))
		return err_sys(err, errno, "--sound: cannot read %s", path);
	ret = wav_find(head, (u32)nr, &files->input_offset, &files->input_size, err);
	if (ret)
		return err_wrap(err, "--sound: %s", path);
	if (files->input_size > (u64)st.st_size - files->input_offset)
		files->input_size = (u32)(st.st_size - files->input_offset) & ~3u;
	return files->input_size ? 0 : err_set(err, EINVAL, "--sound: %s has no samples", path);
}

static int open_files(struct files *files, const struct sound_config *config, struct err *err)
{
	const char *output = config->kind == SOUND_FILE ? config->file : "/dev/null";

	files->output = open(output, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
	if (files->output < 0)
		return err_sys(err, errno, "--sound: cannot open %s", output);
	return open_input(files, config->input, err);
}

/* Waits until the process can play. */
static int await_ready(struct sound *sound, struct err *err)
{
	struct pollfd readable = { .fd = sound->link, .events = POLLIN };
	u8 said;

	if (poll(&readable, 1, START_MS) == 1 && recv(sound->link, &said, 1, MSG_DONTWAIT) == 1) {
		child_works(&sound->child);
		return 0;
	}
	err_set(err, EIO, "the guest's sound cannot be played");
	return child_explain(&sound->child, err);
}

/* Returns whether there is somebody to play for. */
static bool say_session(const struct sound_session *session)
{
	if (!session->found)
		log_info("nobody has a session on this host, so the guest plays to nobody; "
			 "--sound on,user=NAME says who");
	else if (session->changes)
		log_info("the guest's sound is played by the session of %s (%s)", session->name,
			session->why);
	return session->found;
}

static int start(struct sound *sound, const struct sound_config *config, const struct files *files,
	int theirs, struct err *err)
{
	const int fds[] = { theirs, sound->memory_fd, files->output, files->input };
	struct sound_session session = { 0 };
	struct sound_args args;
	struct confine confined;
	struct child_config child = {
		.name = "sound",
		.argv = args.argv,
		.fds = fds,
		.nr_fds = ARRAY_SIZE(fds),
		.prepare = confine_enter,
		.prepare_argument = &confined,
		.loop = sound->loop,
		.ended = on_end,
		.owner = sound,
	};
	int ret = config->kind == SOUND_FILE ? 0 : sound_session_find(&session, config, err);

	if (ret)
		return ret;
	if (config->kind != SOUND_FILE && !say_session(&session))
		return 0;
	sound_server_args(&args, config, files->input_offset, files->input_size, &session);
	ret = sound_confine(&confined, config, &session, err);
	if (!ret)
		ret = child_start(&sound->child, &child, err);
	confine_close(&confined);
	if (!ret)
		ret = await_ready(sound, err);
	if (!ret || config->kind != SOUND_ON)
		return ret;
	log_warn("%s; the guest plays to nobody (%s)", err->text, err->help);
	child_stop(&sound->child, END_MS);
	*err = (struct err){ 0 };
	return 0;
}

static int open_process(struct sound *sound, const struct sound_config *config, struct err *err)
{
	struct files files = { -1, -1, 0, 0 };
	own_fd int theirs = -1;
	int pair[2], ret;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return err_sys(err, errno, "cannot make a socket for sound");
	sound->link = pair[0];
	theirs = pair[1];
	ret = open_files(&files, config, err);
	if (!ret)
		ret = start(sound, config, &files, theirs, err);
	close_fd(&files.output);
	close_fd(&files.input);
	return ret;
}

int sound_open(
	struct sound *sound, const struct sound_config *config, struct loop *loop, struct err *err)
{
	int ret;

	*sound = (struct sound){ .loop = loop, .memory_fd = -1, .link = -1 };
	ret = make_memory(sound, err);
	if (!ret && config->kind != SOUND_NONE)
		ret = open_process(sound, config, err);
	if (ret)
		sound_close(sound);
	return ret;
}

void sound_close(struct sound *sound)
{
	if (!sound->loop)
		return;
	/* The process ends, when it has played what it has, because the socket is closed. */
	close_fd(&sound->link);
	child_stop(&sound->child, END_MS);
	if (sound->memory)
		munmap(sound->memory, sizeof(*sound->memory));
	close_fd(&sound->memory_fd);
	sound->loop = NULL;
}
