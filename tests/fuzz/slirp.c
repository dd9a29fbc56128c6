// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The link of the process that runs libslirp: frames of a hostile guest, cut anywhere, and the
 * bookkeeping of its sockets and timers. libslirp itself is not called.
 */
#include "vm/net/slirp.c"

#include "fuzz.h"

struct step {
	u8 kind;
	u8 size[2];
};

enum { LINK_SENDS, PACKET, POLLS, TIMER_NEW, TIMER_MOD, TIMER_FREE, TIMERS_RUN, NR_KINDS };

static struct server server;
static size_t nr_input;
static volatile u8 sink;

/* In the place of libslirp's: it has no sockets of its own. */
static void fill_polls(Slirp *slirp, uint32_t *timeout, SlirpAddPollCb add, void *owner)
{
	*timeout = 0;
	CLAIM(add(server.link, SLIRP_POLL_IN, owner) < MAX_POLLS);
}

static void take_polls(Slirp *slirp, int failed, SlirpGetREventsCb get, void *owner)
{
	get(1, owner);
}

static void take_input(Slirp *slirp, const uint8_t *frame, int size)
{
	CLAIM(size >= 0 && size <= NET_FRAME_MAX);
	if (size)
		sink = frame[0] ^ frame[size - 1];
	nr_input += (size_t)size;
}

static void expired(void *owner)
{
	on_timer_mod(server.timers, now_ms() + 1, owner);
}

static void drain(int fd)
{
	static u8 bytes[1 << 16];

	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

static void poll_sockets(unsigned nr)
{
	server.nr_polls = 1;
	for (unsigned i = 0; i < nr; i++) {
		int index = on_add_poll((int)i, (int)i, &server);

		CLAIM(index < 0 ? server.nr_polls == MAX_POLLS : index < MAX_POLLS);
		if (index >= 0)
			server.polls[index].revents = (short)i;
		on_get_events(index, &server);
	}
}

static void take_step(const struct step *s, int far_end, const u8 **data, size_t *left)
{
	size_t size = s->size[0] | s->size[1] << 8, n = size < *left ? size : *left;

	switch (s->kind % NR_KINDS) {
	case LINK_SENDS:
		if (send(far_end, *data, n, MSG_DONTWAIT) == (ssize_t)n) {
			*data += n;
			*left -= n;
		}
		read_link(&server);
		CLAIM(server.in_end <= sizeof(server.in));
		break;
	case PACKET:
		on_packet(*data, n, &server);
		drain(far_end);
		break;
	case POLLS:
		poll_sockets((unsigned)size % (MAX_POLLS + 10));
		break;
	case TIMER_NEW:
		on_timer_new(expired, &server, &server);
		break;
	case TIMER_MOD:
		if (server.timers)
			on_timer_mod(server.timers, now_ms() + (s64)size - 1000, &server);
		break;
	case TIMER_FREE:
		if (server.timers)
			on_timer_free(server.timers, &server);
		break;
	case TIMERS_RUN:
		run_timers(&server);
		CLAIM(until_timer(&server, 100) <= 100);
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct step step;
	int pair[2];

	memset(&server, 0, sizeof(server));
	server.library.input = take_input;
	server.library.fill = fill_polls;
	server.library.poll = take_polls;
	CLAIM(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	server.link = pair[0];
	nr_input = 0;
	for (unsigned n = 0; n < 500 && size >= sizeof(step) && !server.ended; n++) {
		memcpy(&step, data, sizeof(step));
		data += sizeof(step);
		size -= sizeof(step);
		take_step(&step, pair[1], &data, &size);
	}
	/* Until the guest's end is closed. */
	shutdown(pair[1], SHUT_WR);
	serve(&server);
	CLAIM(server.ended);
	while (server.timers)
		on_timer_free(server.timers, &server);
	close_fd(&pair[0]);
	close_fd(&pair[1]);
	return 0;
}
