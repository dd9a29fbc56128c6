// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/virtio/vhost_user.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/own.h"
#include "unit.h"
#include "vm/virtio/vhost_user_message.h"

#define PATIENCE 300

/* A back end on a thread: it answers as it should, but for what a test changes. */
struct backend {
	int fd;
	pthread_t thread;
	u64 features;
	u64 protocol;
	/* What a test changes: on this request it does something else. */
	u32 odd_request;
	enum { ODD_NOT, ODD_SILENT, ODD_CLOSES, ODD_REFUSES, ODD_REQUEST, ODD_SIZE, ODD_FILE } odd;

	u32 seen[64];
	unsigned nr_seen;
	struct vhost_user_message last[32]; /* by request */
	unsigned nr_fds[32];
	u8 config[8];
};

struct bench {
	struct backend backend;
	struct vhost_user user;
	int ours;
};

static bool receive(struct backend *b, struct vhost_user_message *m, unsigned *nr_fds)
{
	char control[CMSG_SPACE(sizeof(int) * 8)];
	struct iovec part = { &m->header, sizeof(m->header) };
	struct msghdr header = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *c;

	*nr_fds = 0;
	if (recvmsg(b->fd, &header, MSG_WAITALL) != sizeof(m->header))
		return false;
	c = CMSG_FIRSTHDR(&header);
	if (c) {
		*nr_fds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (unsigned i = 0; i < *nr_fds; i++)
			close(((int *)CMSG_DATA(c))[i]);
	}
	return !m->header.size ||
	       recv(b->fd, &m->body, m->header.size, MSG_WAITALL) == m->header.size;
}

/* Fills the body of the answer; returns whether there is one. */
static bool answer(struct backend *b, struct vhost_user_message *m)
{
	bool asked = m->header.flags & VHOST_USER_NEED_REPLY;

	switch (m->header.request) {
	case VHOST_USER_GET_FEATURES:
		m->body.value = b->features;
		break;
	case VHOST_USER_GET_PROTOCOL_FEATURES:
		m->body.value = b->protocol;
		break;
	case VHOST_USER_GET_QUEUE_NUM:
		m->body.value = 4;
		break;
	case VHOST_USER_GET_VRING_BASE:
		m->body.state.value = 77;
		return true;
	case VHOST_USER_GET_CONFIG:
		memcpy(m->body.config.bytes, b->config, sizeof(b->config));
		return true;
	default:
		m->body.value = 0;
		if (!asked)
			return false;
	}
	m->header.size = sizeof(u64);
	return true;
}

static void send_file(struct backend *b, const struct vhost_user_message *m)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { (void *)m, sizeof(m->header) + m->header.size };
	struct msghdr header = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&header);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &b->fd, sizeof(int));
	sendmsg(b->fd, &header, MSG_NOSIGNAL);
}

/* Returns false when the conversation is over. */
static bool reply(struct backend *b, struct vhost_user_message *m)
{
	bool odd = b->odd_request == m->header.request;

	if (!answer(b, m))
		return true;
	m->header.flags = VHOST_USER_VERSION | VHOST_USER_REPLY;
	if (odd && b->odd == ODD_SILENT)
		return true;
	if (odd && b->odd == ODD_CLOSES)
		return false;
	if (odd && b->odd == ODD_REFUSES)
		m->body.value = 1;
	if (odd && b->odd == ODD_REQUEST)
		m->header.request++;
	if (odd && b->odd == ODD_SIZE)
		m->header.size = 0x7fffffff;
	if (odd && b->odd == ODD_FILE)
		send_file(b, m);
	else if (odd && b->odd == ODD_SIZE)
		send(b->fd, m, sizeof(m->header), MSG_NOSIGNAL);
	else
		send(b->fd, m, sizeof(m->header) + m->header.size, MSG_NOSIGNAL);
	return true;
}

static void *run(void *owner)
{
	struct backend *b = owner;
	struct vhost_user_message m;
	unsigned nr_fds;

	while (receive(b, &m, &nr_fds)) {
		u32 request = m.header.request;

		b->seen[b->nr_seen++ % ARRAY_SIZE(b->seen)] = request;
		b->last[request] = m;
		b->nr_fds[request] = nr_fds;
		if (!reply(b, &m))
			break;
	}
	shutdown(b->fd, SHUT_RDWR);
	return NULL;
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	bench->ours = pair[0];
	bench->backend = (struct backend){
		.fd = pair[1],
		.features = 0x1f0000000 | VHOST_USER_F_PROTOCOL_FEATURES,
		.protocol = 0xffff,
		.config = { 1, 2, 3, 4, 5, 6, 7, 8 },
	};
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	vhost_user_close(&bench->user);
	pthread_join(bench->backend.thread, NULL);
	close_fd(&bench->backend.fd);
	free(bench);
	return 0;
}

static int open_user(struct bench *bench, struct err *err)
{
	pthread_create(&bench->backend.thread, NULL, run, &bench->backend);
	return vhost_user_open(&bench->user, bench->ours, "back end", PATIENCE, err);
}

static void opened(struct bench *bench)
{
	struct err err = { 0 };

	assert_int_equal(open_user(bench, &err), 0);
}

static void test_open(void **state)
{
	struct bench *bench = *state;

	opened(bench);
	assert_int_equal(bench->user.features, 0x1b0000000);
	assert_int_equal(bench->user.max_queues, 4);
	/* Nothing is taken that this front end would not understand. */
	assert_int_equal(bench->backend.last[VHOST_USER_SET_PROTOCOL_FEATURES].body.value,
		VHOST_USER_PROTOCOL_MQ | VHOST_USER_PROTOCOL_REPLY_ACK |
			VHOST_USER_PROTOCOL_CONFIG);
	assert_false(vhost_user_is_broken(&bench->user));
}

static void test_features(void **state)
{
	struct bench *bench = *state;
	struct err err = { 0 };

	opened(bench);
	assert_int_equal(vhost_user_set_features(&bench->user, 0x180000001, &err), 0);
	/* What was not offered is not asked for. */
	assert_int_equal(bench->backend.last[VHOST_USER_SET_FEATURES].body.value,
		0x180000000 | VHOST_USER_F_PROTOCOL_FEATURES);
}

static void test_memory(void **state)
{
	struct bench *bench = *state;
	struct vhost_user_region regions[VHOST_USER_MAX_REGIONS + 1] = {
		{ 0, 0xa0000, 0x7f0000000000, 1, 0 },
		{ 0x100000000, 0x1000, 0x7f0080000000, 2, 0x80000000 },
	};
	struct vhost_user_message *m = &bench->backend.last[VHOST_USER_SET_MEM_TABLE];
	struct err err = { 0 };

	opened(bench);
	assert_int_equal(vhost_user_set_memory(&bench->user, regions, 2, &err), 0);
	assert_int_equal(m->header.size, 8 + 2 * 32);
	assert_int_equal(m->body.memory.nr, 2);
	assert_int_equal(m->body.memory.regions[1].gpa, 0x100000000);
	assert_int_equal(m->body.memory.regions[1].offset, 0x80000000);
	assert_int_equal(bench->backend.nr_fds[VHOST_USER_SET_MEM_TABLE], 2);
	assert_int_equal(vhost_user_set_memory(&bench->user, regions, 9, &err), -E2BIG);
	assert_false(vhost_user_is_broken(&bench->user));
}

static void test_ring(void **state)
{
	struct bench *bench = *state;
	own_fd int kick = eventfd(0, EFD_CLOEXEC);
	const struct vhost_user_ring ring = {
		.size = 256, .base = 5, .desc = (void *)16, .kick_fd = kick, .call_fd = kick
	};
	struct backend *b = &bench->backend;
	struct err err = { 0 };
	u32 base = 0;

	opened(bench);
	assert_int_equal(vhost_user_start_ring(&bench->user, 3, &ring, &err), 0);
	assert_int_equal(b->last[VHOST_USER_SET_VRING_NUM].body.state.value, 256);
	assert_int_equal(b->last[VHOST_USER_SET_VRING_BASE].body.state.value, 5);
	assert_int_equal(b->last[VHOST_USER_SET_VRING_ADDR].body.address.index, 3);
	assert_int_equal(b->last[VHOST_USER_SET_VRING_ADDR].body.address.desc, 16);
	assert_int_equal(b->nr_fds[VHOST_USER_SET_VRING_KICK], 1);
	assert_int_equal(b->nr_fds[VHOST_USER_SET_VRING_CALL], 1);
	assert_int_equal(b->last[VHOST_USER_SET_VRING_ENABLE].body.state.value, 1);
	/* The doorbell starts the ring, so all else is known before it. */
	assert_int_equal(b->seen[b->nr_seen - 2], VHOST_USER_SET_VRING_KICK);
	assert_int_equal(vhost_user_stop_ring(&bench->user, 3, &base, &err), 0);
	assert_int_equal(base, 77);
}

static void test_ring_of_an_old_back_end(void **state)
{
	struct bench *bench = *state;
	own_fd int kick = eventfd(0, EFD_CLOEXEC);
	const struct vhost_user_ring ring = { .size = 16, .kick_fd = kick, .call_fd = kick };
	struct err err = { 0 };
	u8 config[8];

	bench->backend.features = 1;
	opened(bench);
	assert_int_equal(bench->user.max_queues, 1);
	assert_int_equal(vhost_user_start_ring(&bench->user, 0, &ring, &err), 0);
	/* A reply: what was sent before has arrived. */
	assert_int_equal(vhost_user_stop_ring(&bench->user, 0, NULL, &err), 0);
	assert_int_equal(bench->backend.last[VHOST_USER_SET_VRING_ENABLE].header.request, 0);
	assert_int_equal(vhost_user_get_config(&bench->user, config, 8, &err), -EOPNOTSUPP);
}

static void test_config(void **state)
{
	struct bench *bench = *state;
	struct vhost_user_message *m = &bench->backend.last[VHOST_USER_SET_CONFIG];
	struct err err = { 0 };
	u8 config[8] = { 0 };

	opened(bench);
	assert_int_equal(vhost_user_get_config(&bench->user, config, 8, &err), 0);
	assert_memory_equal(config, bench->backend.config, 8);
	assert_int_equal(vhost_user_set_config(&bench->user, 4, "\x09", 1, &err), 0);
	assert_int_equal(m->header.size, 13);
	assert_int_equal(m->body.config.offset, 4);
	assert_int_equal(m->body.config.bytes[0], 9);
	assert_int_equal(vhost_user_get_config(&bench->user, config, 257, &err), -EINVAL);
	assert_int_equal(vhost_user_set_config(&bench->user, 250, config, 8, &err), -EINVAL);
	assert_int_equal(vhost_user_set_config(&bench->user, ~0u, config, 8, &err), -EINVAL);
	assert_false(vhost_user_is_broken(&bench->user));
}

static const struct {
	u32 request;
	int odd;
	int code;
	const char *text;
} odd_cases[] = {
	{ VHOST_USER_GET_FEATURES, ODD_SILENT, ETIMEDOUT, "ask for features: no answer in time" },
	{ VHOST_USER_GET_FEATURES, ODD_CLOSES, ECONNRESET, "it closed the connection" },
	{ VHOST_USER_GET_PROTOCOL_FEATURES, ODD_REQUEST, EPROTO, "answered something else" },
	{ VHOST_USER_GET_QUEUE_NUM, ODD_SIZE, EPROTO, "wrong size" },
	{ VHOST_USER_SET_OWNER, ODD_REFUSES, EIO, "take it: it refused" },
};

static void test_odd_answers_when_it_opens(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(odd_cases); i++) {
		struct bench *bench;
		struct err err = { 0 };

		setup((void **)&bench);
		bench->backend.odd_request = odd_cases[i].request;
		bench->backend.odd = odd_cases[i].odd;
		assert_int_equal(open_user(bench, &err), -odd_cases[i].code);
		assert_non_null(strstr(err.text, odd_cases[i].text));
		assert_null(bench->user.name);
		teardown((void **)&bench);
	}
}

static void test_broken_for_good(void **state)
{
	struct bench *bench = *state;
	struct err err = { 0 };

	bench->backend.odd_request = VHOST_USER_GET_VRING_BASE;
	bench->backend.odd = ODD_SILENT;
	opened(bench);
	assert_int_equal(vhost_user_stop_ring(&bench->user, 0, NULL, &err), -ETIMEDOUT);
	assert_true(vhost_user_is_broken(&bench->user));
	assert_int_equal(vhost_user_set_features(&bench->user, 0, &err), -EPIPE);
	assert_int_equal(vhost_user_stop_ring(&bench->user, 0, NULL, &err), -EPIPE);
}

static void test_its_end_is_seen(void **state)
{
	struct bench *bench = *state;

	opened(bench);
	shutdown(bench->backend.fd, SHUT_RDWR);
	assert_true(vhost_user_is_broken(&bench->user));
}

static unsigned count_fds(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void test_files_nobody_asked_for(void **state)
{
	struct bench *bench = *state;
	struct err err = { 0 };
	unsigned before;

	bench->backend.odd_request = VHOST_USER_GET_VRING_BASE;
	bench->backend.odd = ODD_FILE;
	opened(bench);
	before = count_fds();
	assert_int_equal(vhost_user_stop_ring(&bench->user, 0, NULL, &err), 0);
	assert_int_equal(count_fds(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_open, setup, teardown),
		cmocka_unit_test_setup_teardown(test_features, setup, teardown),
		cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ring, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ring_of_an_old_back_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_config, setup, teardown),
		cmocka_unit_test(test_odd_answers_when_it_opens),
		cmocka_unit_test_setup_teardown(test_broken_for_good, setup, teardown),
		cmocka_unit_test_setup_teardown(test_its_end_is_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(test_files_nobody_asked_for, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
