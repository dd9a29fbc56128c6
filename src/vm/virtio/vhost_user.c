// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/virtio/vhost_user.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/own.h"
#include "base/thread.h"
#include "vm/virtio/vhost_user_message.h"

/* A back end has no reason to send files. The kernel drops any more than these. */
#define MAX_STRAY_FDS 16

/* Between two looks at whether the machine ends. */
#define LOOK_MS 100

/* Waiting of one second is forgiven in this many. */
#define FORGIVE 4

#define WANTED_PROTOCOL \
	(VHOST_USER_PROTOCOL_MQ | VHOST_USER_PROTOCOL_REPLY_ACK | VHOST_USER_PROTOCOL_CONFIG)

/* The exchange of one message: its name for errors, and its deadline. */
struct talk {
	struct vhost_user *user;
	const char *what;
	u64 begun;
	u64 deadline;
	struct err *err;
};

static int fail(struct talk *talk, int code, const char *why)
{
	struct vhost_user *user = talk->user;

	user->broken = true;
	shutdown(user->fd, SHUT_RDWR);
	return err_set(talk->err, code, "%s: cannot %s: %s", user->name, talk->what, why);
}

/* Whether the machine has been ending for so long that nobody is to wait here any more. */
static bool is_over(struct vhost_user *user, u64 now)
{
	u64 stopped = user->loop ? loop_stopped_at(user->loop) : 0;

	if (!user->loop || (!stopped && !thread_end_is_asked())) {
		user->signalled = 0;
		return false;
	}
	if (!user->signalled)
		user->signalled = now;
	return now - (stopped ? stopped : user->signalled) > VHOST_USER_LAST_MS * NS_PER_MS;
}

/* Until the socket can be read or written. */
static int wait_for(struct talk *talk, short events)
{
	struct pollfd poll_fd = { .fd = talk->user->fd, .events = events };

	for (;;) {
		u64 now = clock_monotonic(&clock_system);
		u64 left = talk->deadline > now ? (talk->deadline - now) / NS_PER_MS : 0;
		int n = poll(&poll_fd, 1, left < LOOK_MS ? (int)left : LOOK_MS);

		if (n > 0)
			return 0;
		if (is_over(talk->user, now))
			return fail(talk, ECANCELED, "the machine ends");
		if (!n && !left)
			return fail(talk, ETIMEDOUT, "no answer in time");
		if (n < 0 && errno != EINTR)
			return fail(talk, errno, strerror(errno));
	}
}

/* Control data for the files of one message. */
union control {
	struct cmsghdr header; /* for its alignment */
	char bytes[CMSG_SPACE(sizeof(int) * MAX_STRAY_FDS)];
};

static void put_fds(struct msghdr *header, union control *control, const int *fds, unsigned nr)
{
	struct cmsghdr *c;

	if (!nr)
		return;
	header->msg_control = control->bytes;
	header->msg_controllen = CMSG_SPACE(sizeof(int) * nr);
	c = CMSG_FIRSTHDR(header);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int) * nr);
	memcpy(CMSG_DATA(c), fds, sizeof(int) * nr);
}

static int send_all(
	struct talk *talk, const struct vhost_user_message *m, const int *fds, unsigned nr_fds)
{
	union control control = { 0 };
	const u8 *bytes = (const u8 *)m;
	size_t left = sizeof(m->header) + m->header.size;
	bool first = true;

	while (left) {
		struct iovec part = { (void *)bytes, left };
		struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
		ssize_t n;

		put_fds(&header, &control, fds, first ? nr_fds : 0);
		n = sendmsg(talk->user->fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN) {
			int ret = wait_for(talk, POLLOUT);

			if (ret)
				return ret;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(talk, errno, strerror(errno));
		first = false;
		bytes += n;
		left -= n;
	}
	return 0;
}

static void close_strays(struct msghdr *header)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		size_t nr = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		for (size_t i = 0; c->cmsg_type == SCM_RIGHTS && i < nr; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			close(fd);
		}
	}
}

static int receive_all(struct talk *talk, void *to, size_t left)
{
	u8 *bytes = to;

	while (left) {
		union control control;
		struct iovec part = { bytes, left };
		struct msghdr header = { .msg_iov = &part,
			.msg_iovlen = 1,
			.msg_control = control.bytes,
			.msg_controllen = sizeof(control.bytes) };
		int ret = wait_for(talk, POLLIN);
		ssize_t n;

		if (ret)
			return ret;
		n = recvmsg(talk->user->fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0)
			return fail(talk, errno, strerror(errno));
		close_strays(&header);
		if (!n)
			return fail(talk, ECONNRESET, "it closed the connection");
		bytes += n;
		left -= n;
	}
	return 0;
}

/* The reply must answer @asked and have at least @min bytes; *@m is cleared first. */
static int receive(struct talk *talk, struct vhost_user_message *m, u32 asked, u32 min, u32 max)
{
	int ret;

	memset(m, 0, sizeof(*m));
	ret = receive_all(talk, &m->header, sizeof(m->header));
	if (ret)
		return ret;
	if (m->header.request != asked || !(m->header.flags & VHOST_USER_REPLY) ||
		(m->header.flags & VHOST_USER_VERSION_MASK) != VHOST_USER_VERSION)
		return fail(talk, EPROTO, "it answered something else");
	if (m->header.size < min || m->header.size > max)
		return fail(talk, EPROTO, "its answer has the wrong size");
	return receive_all(talk, &m->body, m->header.size);
}

/* What it made us wait is forgiven as time passes in which we do not wait. */
static void forgive(struct vhost_user *user, u64 now)
{
	u64 forgiven = (now - user->answered) / FORGIVE;

	user->waited -= forgiven < user->waited ? forgiven : user->waited;
}

static int begin(struct vhost_user *user, const char *what, struct talk *talk, struct err *err)
{
	u64 now;

	pthread_mutex_lock(&user->lock);
	now = clock_monotonic(&clock_system);
	forgive(user, now);
	*talk = (struct talk){ user, what, now, now + user->patience * NS_PER_MS - user->waited,
		err };
	if (!user->broken)
		return 0;
	return err_set(err, EPIPE, "%s: cannot %s: the connection is broken", user->name, what);
}

static int end(struct talk *talk, int ret)
{
	struct vhost_user *user = talk->user;
	u64 all = user->patience * NS_PER_MS;

	user->answered = clock_monotonic(&clock_system);
	user->waited += user->answered - talk->begun;
	if (user->waited > all)
		user->waited = all;
	pthread_mutex_unlock(&user->lock);
	return ret;
}

static struct vhost_user_message message(u32 request, u32 size)
{
	return (struct vhost_user_message){ .header = { request, VHOST_USER_VERSION, size } };
}

/* Sends a request and receives the reply, which has the same kind of body. */
static int ask(struct vhost_user *user, const char *what, struct vhost_user_message *m, u32 min,
	u32 max, struct err *err)
{
	u32 asked = m->header.request;
	struct talk talk;
	int ret = begin(user, what, &talk, err);

	if (!ret)
		ret = send_all(&talk, m, NULL, 0);
	if (!ret)
		ret = receive(&talk, m, asked, min, max);
	return end(&talk, ret);
}

static int ask_value(
	struct vhost_user *user, const char *what, u32 request, u64 *value, struct err *err)
{
	struct vhost_user_message m = message(request, 0);
	int ret = ask(user, what, &m, sizeof(u64), sizeof(u64), err);

	if (!ret)
		*value = m.body.value;
	return ret;
}

/*
 * Sends a request that has no reply, and waits for an acknowledgement if the back end supports
 * that.
 */
static int tell(struct vhost_user *user, const char *what, struct vhost_user_message *m,
	const int *fds, unsigned nr_fds, struct err *err)
{
	bool confirm = user->protocol & VHOST_USER_PROTOCOL_REPLY_ACK;
	u32 asked = m->header.request;
	struct talk talk;
	int ret = begin(user, what, &talk, err);

	if (confirm)
		m->header.flags |= VHOST_USER_NEED_REPLY;
	if (!ret)
		ret = send_all(&talk, m, fds, nr_fds);
	if (!ret && confirm)
		ret = receive(&talk, m, asked, sizeof(u64), sizeof(u64));
	if (!ret && confirm && m->body.value)
		ret = fail(&talk, EIO, "it refused");
	return end(&talk, ret);
}

static int tell_value(
	struct vhost_user *user, const char *what, u32 request, u64 value, struct err *err)
{
	struct vhost_user_message m = message(request, sizeof(u64));

	m.body.value = value;
	return tell(user, what, &m, NULL, 0, err);
}

static int negotiate(struct vhost_user *user, struct err *err)
{
	u64 offered, queues = 1;
	int ret = ask_value(user, "ask for features", VHOST_USER_GET_FEATURES, &offered, err);

	if (ret)
		return ret;
	user->has_protocol = offered & VHOST_USER_F_PROTOCOL_FEATURES;
	user->features = offered & ~VHOST_USER_F_PROTOCOL_FEATURES;
	if (user->has_protocol) {
		ret = ask_value(user, "ask for the protocol's features",
			VHOST_USER_GET_PROTOCOL_FEATURES, &offered, err);
		if (!ret)
			ret = tell_value(user, "choose the protocol's features",
				VHOST_USER_SET_PROTOCOL_FEATURES, offered & WANTED_PROTOCOL, err);
		if (ret)
			return ret;
		user->protocol = offered & WANTED_PROTOCOL;
	}
	if (user->protocol & VHOST_USER_PROTOCOL_MQ)
		ret = ask_value(user, "ask for the number of queues", VHOST_USER_GET_QUEUE_NUM,
			&queues, err);
	user->max_queues = queues < 0xffff ? (unsigned)queues : 0xffff;
	return ret;
}

int vhost_user_open(
	struct vhost_user *user, int fd, const char *name, int patience, struct err *err)
{
	struct vhost_user_message owner = message(VHOST_USER_SET_OWNER, 0);
	int ret;

	*user = (struct vhost_user){ .fd = fd, .name = name, .patience = patience };
	pthread_mutex_init(&user->lock, NULL);
	ret = negotiate(user, err);
	if (!ret)
		ret = tell(user, "take it", &owner, NULL, 0, err);
	if (ret)
		vhost_user_close(user);
	return ret;
}

void vhost_user_close(struct vhost_user *user)
{
	if (!user->name)
		return;
	close_fd(&user->fd);
	pthread_mutex_destroy(&user->lock);
	user->name = NULL;
}

bool vhost_user_is_broken(struct vhost_user *user)
{
	struct pollfd poll_fd = { .fd = user->fd, .events = POLLRDHUP };
	bool broken;

	pthread_mutex_lock(&user->lock);
	if (poll(&poll_fd, 1, 0) > 0)
		user->broken = true;
	broken = user->broken;
	pthread_mutex_unlock(&user->lock);
	return broken;
}

int vhost_user_set_features(struct vhost_user *user, u64 features, struct err *err)
{
	features &= user->features;
	if (user->has_protocol)
		features |= VHOST_USER_F_PROTOCOL_FEATURES;
	return tell_value(user, "set features", VHOST_USER_SET_FEATURES, features, err);
}

int vhost_user_set_memory(struct vhost_user *user, const struct vhost_user_region *regions,
	unsigned nr, struct err *err)
{
	struct vhost_user_message m = message(VHOST_USER_SET_MEM_TABLE, 0);
	int fds[VHOST_USER_MAX_REGIONS];

	if (nr > VHOST_USER_MAX_REGIONS)
		return err_set(err, E2BIG, "%s: guest memory has too many parts", user->name);
	m.header.size =
		offsetof(struct vhost_user_memory, regions) + nr * sizeof(m.body.memory.regions[0]);
	m.body.memory.nr = nr;
	for (unsigned i = 0; i < nr; i++) {
		m.body.memory.regions[i].gpa = regions[i].gpa;
		m.body.memory.regions[i].size = regions[i].size;
		m.body.memory.regions[i].address = regions[i].address;
		m.body.memory.regions[i].offset = regions[i].offset;
		fds[i] = regions[i].fd;
	}
	return tell(user, "hand over guest memory", &m, fds, nr, err);
}

static int tell_state(struct vhost_user *user, const char *what, u32 request, u32 index, u32 value,
	struct err *err)
{
	struct vhost_user_message m = message(request, sizeof(m.body.state));

	m.body.state = (struct vhost_user_state){ index, value };
	return tell(user, what, &m, NULL, 0, err);
}

static int tell_eventfd(
	struct vhost_user *user, const char *what, u32 request, u32 index, int fd, struct err *err)
{
	struct vhost_user_message m = message(request, sizeof(u64));

	m.body.value = index;
	return tell(user, what, &m, &fd, 1, err);
}

int vhost_user_start_ring(struct vhost_user *user, unsigned index,
	const struct vhost_user_ring *ring, struct err *err)
{
	struct vhost_user_message where =
		message(VHOST_USER_SET_VRING_ADDR, sizeof(where.body.address));
	int ret = tell_state(
		user, "set a ring's size", VHOST_USER_SET_VRING_NUM, index, ring->size, err);

	where.body.address = (struct vhost_user_address){
		.index = index,
		.desc = (uintptr_t)ring->desc,
		.avail = (uintptr_t)ring->avail,
		.used = (uintptr_t)ring->used,
	};
	if (!ret)
		ret = tell_state(user, "set a ring's start", VHOST_USER_SET_VRING_BASE, index,
			ring->base, err);
	if (!ret)
		ret = tell(user, "say where a ring is", &where, NULL, 0, err);
	if (!ret)
		ret = tell_eventfd(user, "set a ring's interrupt", VHOST_USER_SET_VRING_CALL, index,
			ring->call_fd, err);
	if (!ret)
		ret = tell_eventfd(user, "set a ring's doorbell", VHOST_USER_SET_VRING_KICK, index,
			ring->kick_fd, err);
	if (!ret && user->has_protocol)
		ret = tell_state(user, "enable a ring", VHOST_USER_SET_VRING_ENABLE, index, 1, err);
	return ret;
}

int vhost_user_stop_ring(struct vhost_user *user, unsigned index, u32 *base, struct err *err)
{
	struct vhost_user_message m = message(VHOST_USER_GET_VRING_BASE, sizeof(m.body.state));
	int ret;

	m.body.state.index = index;
	ret = ask(user, "stop a ring", &m, sizeof(m.body.state), sizeof(m.body.state), err);
	if (!ret && base)
		*base = m.body.state.value;
	return ret;
}

/* Checks whether the back end gives access to this part of the config space. */
static int check_config(struct vhost_user *user, u32 offset, u32 size, struct err *err)
{
	if (!(user->protocol & VHOST_USER_PROTOCOL_CONFIG))
		return err_set(err, EOPNOTSUPP, "%s has no config space", user->name);
	if (offset > VHOST_USER_MAX_CONFIG || size > VHOST_USER_MAX_CONFIG - offset)
		return err_set(err, EINVAL, "%s: config space ends before that", user->name);
	return 0;
}

int vhost_user_get_config(struct vhost_user *user, void *config, unsigned size, struct err *err)
{
	struct vhost_user_message m =
		message(VHOST_USER_GET_CONFIG, VHOST_USER_CONFIG_HEADER + size);
	int ret = check_config(user, 0, size, err);

	if (ret)
		return ret;
	m.body.config.size = size;
	/* A back end refuses by a reply of size 0. */
	ret = ask(user, "read config space", &m, 0, VHOST_USER_CONFIG_HEADER + size, err);
	if (ret)
		return ret;
	if (m.header.size != VHOST_USER_CONFIG_HEADER + size)
		return err_set(err, EIO, "%s gives no config space of %u bytes", user->name, size);
	memcpy(config, m.body.config.bytes, size);
	return 0;
}

int vhost_user_set_config(
	struct vhost_user *user, unsigned offset, const void *bytes, unsigned size, struct err *err)
{
	struct vhost_user_message m =
		message(VHOST_USER_SET_CONFIG, VHOST_USER_CONFIG_HEADER + size);
	int ret = check_config(user, offset, size, err);

	if (ret)
		return ret;
	m.body.config.offset = offset;
	m.body.config.size = size;
	memcpy(m.body.config.bytes, bytes, size);
	return tell(user, "write config space", &m, NULL, 0, err);
}
