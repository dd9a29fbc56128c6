// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/net/slirp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/own.h"
#include "kernel/confine.h"
#include "vm/net/link.h"
#include "vm/net/slirp_library.h"

/* The limit on the sockets of a guest, and so on what it can make this process poll. */
#define MAX_POLLS 4096

#define COUNT       sizeof(u32)
#define BUFFER_SIZE (2 * (COUNT + NET_FRAME_MAX))

struct timer {
	SlirpTimerCb expired;
	void *owner;
	s64 deadline; /* ms; -1: not set */
	struct timer *next;
};

struct server {
	struct slirp_library library;
	Slirp *slirp;
	int link;
	bool ended;
	struct timer *timers;
	struct pollfd polls[MAX_POLLS]; /* the link, then the guest's sockets */
	unsigned nr_polls;
	u8 in[BUFFER_SIZE];
	size_t in_end;
};

static bool send_all(struct server *s, const void *bytes, size_t left, int flags)
{
	while (left) {
		ssize_t n = send(s->link, bytes, left, MSG_NOSIGNAL | flags);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			s->ended = true;
			return false;
		}
		bytes = (const char *)bytes + n;
		left -= n;
	}
	return true;
}

/* Waits while the guest does not take frames: dropping them would cost more later. */
static ssize_t on_packet(const void *bytes, size_t size, void *owner)
{
	struct server *s = owner;
	u8 count[COUNT];

	put_be32(count, (u32)size);
	if (send_all(s, count, sizeof(count), MSG_MORE))
		send_all(s, bytes, size, 0);
	return (ssize_t)size;
}

static void on_guest_error(const char *message, void *owner)
{
}

static s64 now_ns(void *owner)
{
	return (s64)clock_monotonic(&clock_system);
}

static s64 now_ms(void)
{
	return now_ns(NULL) / (s64)NS_PER_MS;
}

static void *on_timer_new(SlirpTimerCb expired, void *timer_owner, void *owner)
{
	struct server *s = owner;
	struct timer *timer = malloc(sizeof(*timer));

	if (!timer)
		return NULL;
	*timer = (struct timer){ expired, timer_owner, -1, s->timers };
	s->timers = timer;
	return timer;
}

static void on_timer_free(void *which, void *owner)
{
	struct server *s = owner;
	struct timer **place = &s->timers;

	while (*place && *place != which)
		place = &(*place)->next;
	if (*place)
		*place = (*place)->next;
	free(which);
}

static void on_timer_mod(void *which, s64 deadline, void *owner)
{
	((struct timer *)which)->deadline = deadline;
}

static void on_fd(int fd, void *owner)
{
}

static void on_notify(void *owner)
{
}

static const struct {
	int slirp;
	short poll;
} events[] = {
	{ SLIRP_POLL_IN, POLLIN },
	{ SLIRP_POLL_OUT, POLLOUT },
	{ SLIRP_POLL_PRI, POLLPRI },
	{ SLIRP_POLL_ERR, POLLERR },
	{ SLIRP_POLL_HUP, POLLHUP },
};

static int on_add_poll(int fd, int wanted, void *owner)
{
	struct server *s = owner;
	struct pollfd *p = &s->polls[s->nr_polls];

	if (s->nr_polls == MAX_POLLS)
		return -1;
	*p = (struct pollfd){ .fd = fd };
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		if (wanted & events[i].slirp)
			p->events |= events[i].poll;
	return (int)s->nr_polls++;
}

static int on_get_events(int index, void *owner)
{
	struct server *s = owner;
	int got = 0;

	for (size_t i = 0; index >= 0 && i < ARRAY_SIZE(events); i++)
		if (s->polls[index].revents & events[i].poll)
			got |= events[i].slirp;
	return got;
}

static void run_timers(struct server *s)
{
	struct timer *timer = s->timers;
	s64 now = now_ms();

	while (timer) {
		struct timer *next = timer->next;

		if (timer->deadline >= 0 && timer->deadline <= now) {
			timer->deadline = -1;
			timer->expired(timer->owner);
		}
		timer = next;
	}
}

static int until_timer(const struct server *s, u32 wait)
{
	s64 now = now_ms();

	for (const struct timer *t = s->timers; t; t = t->next)
		if (t->deadline >= 0 && t->deadline - now < wait)
			wait = t->deadline > now ? (u32)(t->deadline - now) : 0;
	return wait > INT32_MAX ? -1 : (int)wait;
}

static void take_frames(struct server *s)
{
	size_t at = 0;

	while (s->in_end - at >= COUNT) {
		u32 size = get_be32(s->in + at);

		if (size > NET_FRAME_MAX) {
			s->ended = true;
			return;
		}
		if (s->in_end - at < COUNT + size)
			break;
		s->library.input(s->slirp, s->in + at + COUNT, (int)size);
		at += COUNT + size;
	}
	memmove(s->in, s->in + at, s->in_end - at);
	s->in_end -= at;
}

static void read_link(struct server *s)
{
	ssize_t n = recv(s->link, s->in + s->in_end, sizeof(s->in) - s->in_end, MSG_DONTWAIT);

	if (n > 0) {
		s->in_end += n;
		take_frames(s);
	} else if (!n || (errno != EAGAIN && errno != EINTR)) {
		s->ended = true;
	}
}

static void serve(struct server *s)
{
	while (!s->ended) {
		u32 wait = UINT32_MAX;
		int n;

		s->polls[0] = (struct pollfd){ .fd = s->link, .events = POLLIN };
		s->nr_polls = 1;
		s->library.fill(s->slirp, &wait, on_add_poll, s);
		n = poll(s->polls, s->nr_polls, until_timer(s, wait));
		if (n < 0 && errno != EINTR)
			return;
		s->library.poll(s->slirp, n < 0, on_get_events, s);
		if (n > 0 && s->polls[0].revents)
			read_link(s);
		run_timers(s);
	}
}

/* These files must stay readable, because the host's name server may change. */
static const struct landlock_rule files[] = {
	{ "/etc", LANDLOCK_READ },
	{ "/run/systemd/resolve", LANDLOCK_READ },
	{ "/run/resolvconf", LANDLOCK_READ },
	{ "/run/NetworkManager", LANDLOCK_READ },
};

/* This program runs already, so it needs to execute no other. */
static int refuse_programs(struct err *err)
{
	static const char *const refused[] = { "execve", "execveat", "fork", "vfork",
		"io_uring_setup", "io_uring_enter", "io_uring_register", NULL };
	const struct syscall_filter_config config = { .refused = refused, .threads = true };
	struct syscall_filter filter;
	int ret = syscall_filter_make(&filter, &config, err);

	if (ret)
		return ret;
	ret = syscall_filter_enforce(&filter);
	syscall_filter_free(&filter);
	return ret ? err_sys(err, -ret, "cannot give up rights") : 0;
}

static int confine_this(struct err *err)
{
	struct confine confine;
	int ret = confine_open(&confine, files, ARRAY_SIZE(files), err);

	if (ret)
		return ret;
	confine.has_network = true;
	confine.isolated = true;
	confine.is_other = true;
	confine.uid = CONFINE_NOBODY;
	confine.gid = CONFINE_NOBODY;
	ret = confine_enter(&confine);
	confine_close(&confine);
	return ret ? err_sys(err, -ret, "cannot give up rights") : refuse_programs(err);
}

/* This process parses the guest's packets, so it keeps as few rights as possible. */
static int drop_rights(bool unconfined, struct err *err)
{
	int ret;

	prctl(PR_SET_NAME, "tenon-slirp");
	if (unconfined)
		return 0;
	ret = confine_this(err);
	if (ret)
		return ret;
	/* Changing the user clears PR_SET_PDEATHSIG, so this comes after it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || prctl(PR_SET_DUMPABLE, 0))
		return err_sys(err, errno, "cannot give up rights");
	return 0;
}

static Slirp *open_slirp(struct server *s, bool reach_host)
{
	static const SlirpCb callbacks = {
		.send_packet = on_packet,
		.guest_error = on_guest_error,
		.clock_get_ns = now_ns,
		.timer_new = on_timer_new,
		.timer_free = on_timer_free,
		.timer_mod = on_timer_mod,
		.register_poll_fd = on_fd,
		.unregister_poll_fd = on_fd,
		.notify = on_notify,
	};
	SlirpConfig config = {
		.version = 1,
		.in_enabled = true,
		.vnetwork.s_addr = htonl(0x0a000200),
		.vnetmask.s_addr = htonl(0xffffff00),
		.vhost.s_addr = htonl(0x0a000202),
		.vnameserver.s_addr = htonl(0x0a000203),
		.vdhcp_start.s_addr = htonl(0x0a00020f),
		.in6_enabled = true,
		.vprefix_len = 64,
		.if_mtu = SLIRP_MTU,
		.if_mru = SLIRP_MTU,
		.disable_host_loopback = !reach_host,
	};

	inet_pton(AF_INET6, "fec0::", &config.vprefix_addr6);
	inet_pton(AF_INET6, "fec0::2", &config.vhost6);
	inet_pton(AF_INET6, "fec0::3", &config.vnameserver6);
	return s->library.open(&config, &callbacks, s);
}

/* Forwards to the address that DHCP gives the guest. */
static int add_forward(struct server *s, const struct net_forward *forward, struct err *err)
{
	struct in_addr guest = { htonl(0x0a00020f) };
	char text[NET_FORWARD_TEXT];

	net_forward_text(forward, text);
	if (forward->family != AF_INET) {
		err_set(err, EAFNOSUPPORT, "cannot forward %s with libslirp", text);
		return err_help(err, "Install the package passt, or name an address of IPv4.");
	}
	if (s->library.forward(
		    s->slirp, 0, forward->address.in4, forward->port, guest, forward->guest_port))
		return err_sys(err, errno, "cannot forward %s", text);
	return 0;
}

static int add_forwards(struct server *s, const struct slirp_config *config, struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; i < config->nr_forwards && !ret; i++)
		ret = add_forward(s, &config->forwards[i], err);
	return ret;
}

int slirp_serve(int link, int ready, const struct slirp_config *config, struct err *err)
{
	own_free struct server *s = calloc(1, sizeof(*s));
	int ret = s ? slirp_library_load(&s->library, err) : -ENOMEM;

	if (!s)
		return err_sys(err, ENOMEM, "cannot start");
	if (ret)
		return ret;
	s->link = link;
	s->slirp = open_slirp(s, config->reach_host);
	if (!s->slirp)
		return err_set(err, EIO, "libslirp does not start");
	/* Before the rights are dropped, because ports below 1024 need root. */
	ret = add_forwards(s, config, err);
	if (!ret)
		ret = drop_rights(config->unconfined, err);
	if (!ret && write(ready, "\n", 1) == 1) {
		close(ready);
		serve(s);
	}
	s->library.close(s->slirp);
	return ret;
}
