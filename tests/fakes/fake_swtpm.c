// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_swtpm.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "vm/tpm/crb.h"
#include "vm/tpm/ctrl.h"

#define RC_CANCELED 0x909

static void note(struct fake_swtpm *fake, const char *name)
{
	size_t len = strlen(fake->order);

	pthread_mutex_lock(&fake->lock);
	snprintf(fake->order + len, sizeof(fake->order) - len, "%s%s", len ? " " : "", name);
	pthread_mutex_unlock(&fake->lock);
}

static void add(struct fake_swtpm *fake, unsigned *counter)
{
	pthread_mutex_lock(&fake->lock);
	++*counter;
	pthread_mutex_unlock(&fake->lock);
}

static enum fake_swtpm_fault fault(struct fake_swtpm *fake)
{
	enum fake_swtpm_fault fault;

	pthread_mutex_lock(&fake->lock);
	fault = fake->fault;
	pthread_mutex_unlock(&fake->lock);
	return fault;
}

static void respond(struct fake_swtpm *fake, u32 code, u8 last)
{
	u8 response[TPM_HEAD_SIZE + 1];
	u32 length = sizeof(response);
	size_t piece = fault(fake) == FAKE_SPLIT ? 1 : sizeof(response);

	if (fault(fake) == FAKE_SHORT)
		length = TPM_HEAD_SIZE - 1;
	if (fault(fake) == FAKE_LONG)
		length = CRB_BUFFER_SIZE + 1;
	put_be16(response, TPM_NO_SESSIONS);
	put_be32(response + TPM_HEAD_LENGTH, length);
	put_be32(response + TPM_HEAD_CODE, code);
	response[TPM_HEAD_SIZE] = last;
	for (size_t i = 0; i < sizeof(response); i += piece)
		send(fake->own_data, response + i, piece, MSG_NOSIGNAL);
}

/* Returns whether the thread goes on. */
static bool serve_data(struct fake_swtpm *fake)
{
	u8 command[CRB_BUFFER_SIZE];
	ssize_t n = recv(fake->own_data, command, sizeof(command), 0);

	if (n <= 0)
		return false;
	add(fake, &fake->nr_commands);
	switch (fault(fake)) {
	case FAKE_CLOSES:
		return false;
	case FAKE_SILENT:
	case FAKE_WAITS:
		break;
	case FAKE_FAILURE_MODE:
		respond(fake, TPM_RC_FAILURE, 0);
		break;
	default:
		respond(fake, 0, command[n - 1]);
	}
	return true;
}

static int take_fd_of(struct msghdr *header)
{
	struct cmsghdr *files = CMSG_FIRSTHDR(header);
	int fd = -1;

	if (files && files->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(files), sizeof(fd));
	return fd;
}

static u32 answer_of(struct fake_swtpm *fake, u32 command, u8 *rest, size_t *size)
{
	*size = 0;
	switch (command) {
	case TPM_CTRL_CAPABILITY:
		note(fake, "capability");
		*size = 4;
		put_be32(rest, fault(fake) == FAKE_OLD ? 1 : 0xffff);
		return 0;
	case TPM_CTRL_DATA_FD:
		note(fake, "data-fd");
		return 0;
	case TPM_CTRL_STOP:
		note(fake, "stop");
		return 0;
	case TPM_CTRL_BUFFER_SIZE:
		note(fake, "size");
		*size = 12;
		put_be32(rest, fault(fake) == FAKE_BIG ? 4096 : CRB_BUFFER_SIZE);
		put_be32(rest + 4, 0xaf8);
		put_be32(rest + 8, 4096);
		return 0;
	case TPM_CTRL_INIT:
		note(fake, "init");
		add(fake, &fake->nr_inits);
		return fault(fake) == FAKE_REFUSES ? 0x101 : 0;
	case TPM_CTRL_ESTABLISHED:
		note(fake, "established");
		*size = 4;
		put_be32(rest, 0);
		rest[0] = fake->established;
		return 0;
	case TPM_CTRL_LOCALITY:
		note(fake, "locality");
		return 0;
	case TPM_CTRL_CANCEL:
		note(fake, "cancel");
		add(fake, &fake->nr_cancels);
		return 0;
	}
	return 10;
}

static bool serve_ctrl(struct fake_swtpm *fake)
{
	char space[CMSG_SPACE(sizeof(int))];
	u8 message[64], answer[16];
	struct iovec iov = { message, sizeof(message) };
	struct msghdr header = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = space,
		.msg_controllen = sizeof(space) };
	ssize_t n = recvmsg(fake->own_ctrl, &header, 0);
	size_t size;
	u32 command;

	if (n < 4)
		return false;
	command = get_be32(message);
	if (command == TPM_CTRL_DATA_FD)
		fake->own_data = take_fd_of(&header);
	if (fault(fake) == FAKE_MUTE)
		return true;
	put_be32(answer, answer_of(fake, command, answer + 4, &size));
	send(fake->own_ctrl, answer, 4 + size, MSG_NOSIGNAL);
	if (command == TPM_CTRL_CANCEL && fault(fake) == FAKE_WAITS)
		respond(fake, RC_CANCELED, 0);
	return true;
}

static void *run(void *arg)
{
	struct fake_swtpm *fake = arg;
	bool goes_on = true;

	if (fault(fake) == FAKE_UNASKED)
		send(fake->own_ctrl, "!", 1, MSG_NOSIGNAL);
	while (goes_on) {
		struct pollfd files[] = {
			{ .fd = fake->own_ctrl, .events = POLLIN },
			{ .fd = fake->own_data, .events = POLLIN },
		};

		if (poll(files, 2, -1) < 0)
			continue;
		if (files[0].revents)
			goes_on = serve_ctrl(fake);
		if (goes_on && files[1].revents)
			goes_on = serve_data(fake);
	}
	shutdown(fake->own_ctrl, SHUT_RDWR);
	if (fake->own_data >= 0)
		shutdown(fake->own_data, SHUT_RDWR);
	return NULL;
}

void fake_swtpm_start(struct fake_swtpm *fake, enum fake_swtpm_fault fault)
{
	int pair[2];

	*fake = (struct fake_swtpm){ .data = -1, .own_data = -1, .fault = fault };
	pthread_mutex_init(&fake->lock, NULL);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		perror("socketpair");
	fake->ctrl = pair[0];
	fake->own_ctrl = pair[1];
	pthread_create(&fake->thread, NULL, run, fake);
}

void fake_swtpm_set(struct fake_swtpm *fake, enum fake_swtpm_fault fault)
{
	pthread_mutex_lock(&fake->lock);
	fake->fault = fault;
	pthread_mutex_unlock(&fake->lock);
}

unsigned fake_swtpm_count(struct fake_swtpm *fake, const unsigned *counter)
{
	unsigned n;

	pthread_mutex_lock(&fake->lock);
	n = *counter;
	pthread_mutex_unlock(&fake->lock);
	return n;
}

void fake_swtpm_stop(struct fake_swtpm *fake)
{
	shutdown(fake->ctrl, SHUT_RDWR);
	pthread_join(fake->thread, NULL);
	close(fake->ctrl);
	close(fake->own_ctrl);
	if (fake->data >= 0)
		close(fake->data);
	if (fake->own_data >= 0)
		close(fake->own_data);
	pthread_mutex_destroy(&fake->lock);
}
