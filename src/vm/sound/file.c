// SPDX-License-Identifier: GPL-2.0-or-later
/* Writes what the guest plays to a WAV file, and has it hear another one. */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/log.h"
#include "vm/sound/server.h"
#include "vm/sound/wav.h"

#define ROUND_MS 10
#define CHUNK    4096u
/* How much the guest has before it, so that a process that comes late makes no gap. */
#define AHEAD 16384u

struct recording {
	struct sound_server *server;
	u64 size; /* bytes of samples */
	u64 max;
	bool failed, full;
	u32 heard; /* bytes of the input that were passed on, of this time over */
};

static void write_header(struct recording *r)
{
	u8 header[WAV_HEADER];

	wav_header(header, (u32)r->size);
	if (pwrite(r->server->output, header, sizeof(header), 0) != sizeof(header) && !r->failed) {
		log_warn("sound: cannot write the file: %s", strerror(errno));
		r->failed = true;
	}
}

/* Writes all that the guest has played. */
static void drain(struct recording *r)
{
	struct sound_server *server = r->server;
	u32 frames[CHUNK];
	u64 before = r->size;
	unsigned nr;

	while ((nr = sound_ring_read(&server->memory->play, &server->played, frames, CHUNK))) {
		size_t size = nr * sizeof(*frames);

		if (r->size + size > r->max)
			size = r->max - r->size;
		if (size < nr * sizeof(*frames) && !r->full) {
			log_warn("sound: the file is full, and gets no more");
			r->full = true;
		}
		if (r->failed || !size)
			continue;
		if (pwrite(server->output, frames, size, (off_t)(WAV_HEADER + r->size)) !=
			(ssize_t)size) {
			log_warn("sound: cannot write the file: %s", strerror(errno));
			r->failed = true;
			continue;
		}
		r->size += size;
	}
	if (r->size != before)
		write_header(r);
}

/* Keeps the guest supplied with the input, which begins again at its end. */
static void supply(struct recording *r)
{
	struct sound_server *server = r->server;
	struct sound_ring *ring = &server->memory->record;
	u32 frames[CHUNK];

	while (server->input_size) {
		u64 taken = __atomic_load_n(&ring->taken, __ATOMIC_ACQUIRE);
		u64 ahead = server->recorded - taken;
		u32 size = server->input_size - r->heard;
		ssize_t got;

		if (ahead > AHEAD - CHUNK)
			return;
		size = size < sizeof(frames) ? size : sizeof(frames);
		got = pread(server->input, frames, size, (off_t)server->input_offset + r->heard);
		if (got < (ssize_t)sizeof(*frames)) {
			server->input_size = 0;
			return;
		}
		sound_ring_write(
			ring, &server->recorded, frames, (unsigned)((size_t)got / sizeof(*frames)));
		r->heard = (r->heard + (u32)got) % server->input_size;
	}
}

int sound_file_run(struct sound_server *server, struct err *err)
{
	struct recording r = { .server = server, .max = WAV_MAX };
	bool goes_on = true, runs;

	if (server->max && server->max < WAV_MAX + WAV_HEADER)
		r.max = server->max > WAV_HEADER ? (server->max - WAV_HEADER) & ~3ull : 0;
	/* What was in the file goes only now that there is something new. */
	if (ftruncate(server->output, 0))
		log_debug("sound: %s", strerror(errno));
	write_header(&r);
	sound_server_ready(server);
	while (goes_on) {
		struct pollfd machine = { .fd = server->link, .events = POLLIN };

		runs = sound_ring_runs(&server->memory->play) ||
		       sound_ring_runs(&server->memory->record);
		if (poll(&machine, 1, runs ? ROUND_MS : -1) < 0 && errno != EINTR)
			break;
		goes_on = sound_server_hear(server);
		drain(&r);
		if (sound_ring_runs(&server->memory->record))
			supply(&r);
	}
	return 0;
}
