// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plays through PipeWire. The library's loop is this process's; a thread of the library calls for
 * samples and brings them. Where there is no PipeWire, or it has ended, it is looked for again and
 * again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <spa/param/audio/format-utils.h>

#include "base/clock.h"
#include "base/log.h"
#include "vm/sound/connector.h"
#include "vm/sound/pace.h"
#include "vm/sound/pipewire_library.h"
#include "vm/sound/server.h"

#define AGAIN_S    1
#define IDLE_S     2 /* how long a stream without sound keeps the host's device busy */
#define LATENCY    "512/48000"
#define FRAME_SIZE 4u

/* One direction. */
struct line {
	struct player *player;
	struct pw_stream *stream; /* NULL: none */
	struct spa_hook hook;
	bool active;
	/* Of the library's thread: */
	struct sound_pace pace;
	struct spa_io_rate_match *rate;
};

struct player {
	struct sound_server *server;
	struct pipewire_library library;
	struct pw_main_loop *main_loop;
	struct pw_loop *loop;
	struct pw_context *context;
	struct pw_core *core; /* NULL: not connected */
	struct spa_hook hook;
	struct spa_source *again, *idle;
	struct line out, in;
	int connector;
	bool said;   /* that there is no PipeWire */
	bool broken; /* the connection is to be closed */
};

static void after(struct player *player, struct spa_source *timer, unsigned seconds)
{
	struct timespec value = { .tv_sec = seconds };

	pw_loop_update_timer(player->loop, timer, &value, NULL, false);
}

/* On the library's thread. */
static void on_wanted(void *owner)
{
	struct line *line = owner;
	struct player *player = line->player;
	struct pw_buffer *buffer = player->library.dequeue(line->stream);
	struct spa_data *data = buffer ? &buffer->buffer->datas[0] : NULL;
	unsigned nr, most;

	if (!buffer)
		return;
	if (data->data && data->chunk) {
		most = data->maxsize / FRAME_SIZE;
		nr = buffer->requested && buffer->requested < most ? (unsigned)buffer->requested
								   : most;
		sound_pace_play(&line->pace, &player->server->memory->play, &player->server->played,
			data->data, nr);
		if (line->rate) {
			/* PipeWire's resampler divides the rate of its input by it. */
			line->rate->rate = 1.0 / line->pace.rate;
			SPA_FLAG_UPDATE(line->rate->flags, SPA_IO_RATE_MATCH_FLAG_ACTIVE,
				line->pace.rate != 1.0);
		}
		data->chunk->offset = 0;
		data->chunk->stride = FRAME_SIZE;
		data->chunk->size = nr * FRAME_SIZE;
	}
	player->library.queue(line->stream, buffer);
}

/* On the library's thread. */
static void on_heard(void *owner)
{
	struct line *line = owner;
	struct player *player = line->player;
	struct pw_buffer *buffer = player->library.dequeue(line->stream);
	const struct spa_data *data = buffer ? &buffer->buffer->datas[0] : NULL;
	u32 offset, size;

	if (!buffer)
		return;
	if (data->data && data->chunk) {
		offset = SPA_MIN(data->chunk->offset, data->maxsize);
		size = SPA_MIN(data->chunk->size, data->maxsize - offset);
		sound_pace_record(&player->server->memory->record, &player->server->recorded,
			SPA_PTROFF(data->data, offset, u32), size / FRAME_SIZE);
	}
	player->library.queue(line->stream, buffer);
}

static void on_io(void *owner, uint32_t id, void *area, uint32_t size)
{
	struct line *line = owner;

	if (id == SPA_IO_RateMatch)
		line->rate = area && size >= sizeof(*line->rate) ? area : NULL;
}

static const struct pw_stream_events out_events = {
	.version = PW_VERSION_STREAM_EVENTS,
	.process = on_wanted,
	.io_changed = on_io,
};

static const struct pw_stream_events in_events = {
	.version = PW_VERSION_STREAM_EVENTS,
	.process = on_heard,
};

static void open_line(struct player *player, struct line *line)
{
	bool is_out = line == &player->out;
	u8 bytes[512];
	struct spa_pod_builder builder = SPA_POD_BUILDER_INIT(bytes, sizeof(bytes));
	struct spa_audio_info_raw info =
		SPA_AUDIO_INFO_RAW_INIT(.format = SPA_AUDIO_FORMAT_S16_LE, .rate = SOUND_RATE,
			.channels = 2, .position = { SPA_AUDIO_CHANNEL_FL, SPA_AUDIO_CHANNEL_FR });
	const struct spa_pod *format =
		spa_format_audio_raw_build(&builder, SPA_PARAM_EnumFormat, &info);

	line->player = player;
	sound_pace_init(&line->pace);
	line->stream = player->library.stream_new(player->core, "tenon",
		player->library.properties_new(PW_KEY_MEDIA_TYPE, "Audio", PW_KEY_MEDIA_CATEGORY,
			is_out ? "Playback" : "Capture", PW_KEY_MEDIA_ROLE, "Game",
			PW_KEY_NODE_NAME, is_out ? "tenon-playback" : "tenon-capture",
			PW_KEY_NODE_DESCRIPTION, "Tenon's guest", PW_KEY_APP_NAME, "Tenon",
			PW_KEY_NODE_LATENCY, LATENCY, NULL));
	if (!line->stream)
		return;
	player->library.stream_listen(
		line->stream, &line->hook, is_out ? &out_events : &in_events, line);
	if (player->library.stream_connect(line->stream,
		    is_out ? PW_DIRECTION_OUTPUT : PW_DIRECTION_INPUT, PW_ID_ANY,
		    PW_STREAM_FLAG_AUTOCONNECT | PW_STREAM_FLAG_MAP_BUFFERS |
			    PW_STREAM_FLAG_RT_PROCESS,
		    &format, 1) < 0)
		log_warn("PipeWire takes no stream: %s", strerror(errno));
	line->active = true;
}

static void close_line(struct player *player, struct line *line)
{
	if (line->stream)
		player->library.stream_destroy(line->stream);
	*line = (struct line){ .player = player };
}

/* Brings the streams in line with what the guest does. */
static void converge(struct player *player)
{
	const struct sound_memory *memory = player->server->memory;

	if (!player->core)
		return;
	if (sound_ring_runs(&memory->play)) {
		if (!player->out.stream)
			open_line(player, &player->out);
		else if (!player->out.active)
			player->library.stream_set_active(player->out.stream, true);
		player->out.active = true;
	} else if (player->out.active) {
		after(player, player->idle, IDLE_S);
	}
	/* A stream for recording shows on the desktop, so there is none without need. */
	if (!sound_ring_runs(&memory->record))
		close_line(player, &player->in);
	else if (!player->in.stream)
		open_line(player, &player->in);
}

static void on_idle(void *owner, uint64_t expirations)
{
	struct player *player = owner;

	if (!player->out.stream || sound_ring_runs(&player->server->memory->play))
		return;
	player->library.stream_set_active(player->out.stream, false);
	player->out.active = false;
}

static void disconnect(struct player *player)
{
	close_line(player, &player->out);
	close_line(player, &player->in);
	spa_hook_remove(&player->hook);
	player->library.disconnect(player->core);
	player->core = NULL;
	player->broken = false;
}

static void on_error(void *owner, uint32_t id, int seq, int result, const char *message)
{
	struct player *player = owner;

	log_debug("PipeWire: %s", message);
	if (id != PW_ID_CORE || result != -EPIPE)
		return;
	/* Not from within a callback of the connection's. */
	player->broken = true;
	after(player, player->again, AGAIN_S);
}

static const struct pw_core_events core_events = {
	.version = PW_VERSION_CORE_EVENTS,
	.error = on_error,
};

static void connect_to(struct player *player)
{
	int fd = connector_ask(player->connector);

	if (fd >= 0) {
		player->core = player->library.connect_fd(player->context, fd, NULL, 0);
		fd = player->core ? 0 : -errno;
	}
	if (fd < 0) {
		if (!player->said)
			log_warn("no PipeWire at %s/%s (%s); the guest plays to nobody until there "
				 "is one",
				player->server->directory, SOUND_PIPEWIRE_SOCKET, strerror(-fd));
		player->said = true;
		after(player, player->again, AGAIN_S);
		return;
	}
	if (player->said)
		log_info("PipeWire is there");
	player->said = false;
	pw_core_add_listener(player->core, &player->hook, &core_events, player);
	/* What was played meanwhile is over. */
	sound_ring_skip(&player->server->memory->play, &player->server->played, 0);
	converge(player);
}

static void on_again(void *owner, uint64_t expirations)
{
	struct player *player = owner;

	if (player->broken) {
		disconnect(player);
		if (!player->said)
			log_warn("PipeWire has ended; the guest plays to nobody until it is back");
		player->said = true;
	}
	if (!player->core)
		connect_to(player);
}

static void on_machine(void *owner, int fd, uint32_t mask)
{
	struct player *player = owner;

	if (sound_server_hear(player->server))
		converge(player);
	else
		player->library.loop_quit(player->main_loop);
}

/* The library looks for nothing in the user's directories. */
static int open_library(struct player *player, struct err *err)
{
	int ret = pipewire_library_load(&player->library, err);

	if (ret)
		return ret;
	clearenv();
	setenv("XDG_RUNTIME_DIR", player->server->directory, 1);
	setenv("PIPEWIRE_DEBUG", "0", 1);
	player->library.init(NULL, NULL);
	player->main_loop = player->library.loop_new(NULL);
	if (!player->main_loop)
		return err_sys(err, errno, "cannot use PipeWire");
	player->loop = player->library.loop_get(player->main_loop);
	player->context = player->library.context_new(player->loop, NULL, 0);
	return player->context ? 0 : err_sys(err, errno, "cannot use PipeWire");
}

int sound_pipewire_run(struct sound_server *server, struct err *err)
{
	struct player player = { .server = server, .connector = -1 };
	char path[SOUND_PATH_MAX + sizeof(SOUND_PIPEWIRE_SOCKET) + 1];
	int ret;

	snprintf(path, sizeof(path), "%s/%s", server->directory, SOUND_PIPEWIRE_SOCKET);
	player.connector = connector_start(path, err);
	ret = player.connector < 0 ? player.connector : open_library(&player, err);
	if (!ret)
		ret = sound_server_confine(err);
	if (ret)
		return ret;
	player.out.player = player.in.player = &player;
	player.again = pw_loop_add_timer(player.loop, on_again, &player);
	player.idle = pw_loop_add_timer(player.loop, on_idle, &player);
	pw_loop_add_io(
		player.loop, server->link, SPA_IO_IN | SPA_IO_HUP, false, on_machine, &player);
	sound_server_ready(server);
	connect_to(&player);
	player.library.loop_run(player.main_loop);
	/* The library's thread may be in a stream until it is closed. */
	if (player.core)
		disconnect(&player);
	return 0;
}
