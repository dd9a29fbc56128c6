// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plays through ALSA, where there is no PipeWire. A device that another program has, or that is not
 * there, is tried again and again.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/log.h"
#include "vm/sound/alsa_library.h"
#include "vm/sound/pace.h"
#include "vm/sound/server.h"

#define DEVICE     "default"
#define LATENCY_US 30000u
#define ROUND_MS   4
#define AGAIN      500u /* rounds until a device is tried again */
#define CHUNK      2048u
#define IDLE       500u /* rounds without sound until the device is for others */

struct line {
	int stream;
	struct snd_pcm *pcm; /* NULL: not open */
	unsigned wait;       /* rounds until it is tried again */
	unsigned idle;
	bool said;
};

struct player {
	struct sound_server *server;
	struct alsa_library library;
	struct sound_pace pace;
	struct line out, in;
	double owed; /* frames by which the rate differs, not yet made up for */
};

/* The library would print what this process tells in its own words. */
static void ignore(
	const char *file, int line, const char *function, int error, const char *format, ...)
{
}

static void close_line(struct player *player, struct line *line)
{
	if (line->pcm)
		player->library.close(line->pcm);
	line->pcm = NULL;
	line->idle = 0;
}

static void open_line(struct player *player, struct line *line)
{
	const struct alsa_library *alsa = &player->library;
	int ret;

	if (line->pcm || (line->wait && line->wait--))
		return;
	ret = alsa->open(&line->pcm, DEVICE, line->stream, ALSA_NONBLOCK);
	if (ret >= 0)
		ret = alsa->set_params(
			line->pcm, ALSA_S16_LE, ALSA_RW, 2, SOUND_RATE, 1, LATENCY_US);
	if (ret >= 0 && line->stream == ALSA_CAPTURE)
		ret = alsa->start(line->pcm);
	if (ret >= 0) {
		if (line->said)
			log_info("ALSA's device is there");
		line->said = false;
		sound_pace_init(&player->pace);
		return;
	}
	if (!line->said)
		log_warn("ALSA's device \"%s\" does not %s (%s); it is tried again", DEVICE,
			line->stream == ALSA_PLAYBACK ? "play" : "record", alsa->text(ret));
	line->said = true;
	line->wait = AGAIN;
	close_line(player, line);
}

/* After an underrun or the like. */
static void recover(struct player *player, struct line *line, long error)
{
	if (error == -EAGAIN)
		return;
	if (player->library.recover(line->pcm, (int)error, 1) < 0)
		close_line(player, line);
	else if (line->stream == ALSA_CAPTURE)
		player->library.start(line->pcm);
}

/*
 * Where the device's clock is another, a frame is left out or comes twice, now and then: @nr frames
 * are wanted. Returns how many there are.
 */
static unsigned adjust(struct player *player, u32 *frames, unsigned nr)
{
	player->owed += (player->pace.rate - 1.0) * nr;
	if (player->owed >= 1.0 && nr > 1) {
		player->owed -= 1.0;
		return nr - 1;
	}
	if (player->owed <= -1.0 && nr < CHUNK) {
		player->owed += 1.0;
		frames[nr] = frames[nr - 1];
		return nr + 1;
	}
	return nr;
}

static void play(struct player *player)
{
	struct sound_ring *ring = &player->server->memory->play;
	struct line *line = &player->out;
	bool runs = sound_ring_runs(ring);
	u32 frames[CHUNK];
	long room, done;
	unsigned nr;

	line->idle = runs ? 0 : line->idle + 1;
	if (runs)
		open_line(player, line);
	else if (line->idle > IDLE)
		close_line(player, line);
	if (!line->pcm)
		return;
	room = player->library.avail(line->pcm);
	if (room < 0) {
		recover(player, line, room);
		return;
	}
	if (!room)
		return;
	nr = room < (long)CHUNK - 1 ? (unsigned)room : CHUNK - 1;
	sound_pace_play(&player->pace, ring, &player->server->played, frames, nr);
	nr = adjust(player, frames, nr);
	done = player->library.write(line->pcm, frames, nr);
	if (done < 0)
		recover(player, line, done);
}

static void record(struct player *player)
{
	struct sound_ring *ring = &player->server->memory->record;
	struct line *line = &player->in;
	u32 frames[CHUNK];
	long nr;

	if (!sound_ring_runs(ring)) {
		close_line(player, line);
		return;
	}
	open_line(player, line);
	if (!line->pcm)
		return;
	nr = player->library.read(line->pcm, frames, CHUNK);
	if (nr < 0)
		recover(player, line, nr);
	else if (nr)
		sound_pace_record(ring, &player->server->recorded, frames, (unsigned)nr);
}

int sound_alsa_run(struct sound_server *server, struct err *err)
{
	struct player player = {
		.server = server,
		.out = { .stream = ALSA_PLAYBACK },
		.in = { .stream = ALSA_CAPTURE },
	};
	int ret = alsa_library_load(&player.library, err);
	bool goes_on = true, busy;

	if (ret)
		return ret;
	clearenv();
	/* By it the library's plugins for sound servers find those. */
	setenv("XDG_RUNTIME_DIR", server->directory, 1);
	player.library.set_error_handler(ignore);
	sound_pace_init(&player.pace);
	sound_server_ready(server);
	while (goes_on) {
		struct pollfd machine = { .fd = server->link, .events = POLLIN };

		busy = player.out.pcm || sound_ring_runs(&server->memory->play) ||
		       sound_ring_runs(&server->memory->record);
		if (poll(&machine, 1, busy ? ROUND_MS : -1) < 0 && errno != EINTR)
			break;
		goes_on = sound_server_hear(server);
		play(&player);
		record(&player);
	}
	return 0;
}
