// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/sound/connector.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/own.h"

/* A message of four bytes, and perhaps a descriptor. */
struct reply {
	struct iovec part;
	struct msghdr message;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
};

static void reply_init(struct reply *reply, int *code)
{
	*reply = (struct reply){ .part = { code, sizeof(*code) } };
	reply->message = (struct msghdr){ .msg_iov = &reply->part, .msg_iovlen = 1 };
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	own_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return -errno;
	return take_fd(&fd);
}

static void answer(int link, const char *path)
{
	own_fd int fd = connect_to(path);
	int code = fd < 0 ? fd : 0;
	struct reply reply;
	struct cmsghdr *head;

	reply_init(&reply, &code);
	if (fd >= 0) {
		reply.message.msg_control = reply.control;
		reply.message.msg_controllen = sizeof(reply.control);
		head = CMSG_FIRSTHDR(&reply.message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	}
	sendmsg(link, &reply.message, MSG_NOSIGNAL);
}

int connector_start(const char *path, struct err *err)
{
	own_fd int ours = -1, theirs = -1;
	int pair[2];
	pid_t pid;
	char asked;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return err_sys(err, errno, "cannot make a socket");
	ours = pair[0];
	theirs = pair[1];
	pid = fork();
	if (pid < 0)
		return err_sys(err, errno, "cannot start a process");
	if (pid)
		return take_fd(&ours);
	prctl(PR_SET_NAME, "tenon-connect");
	/* It has nothing but its end: not the guest's sound, nor the machine. */
	if (theirs != STDIN_FILENO)
		dup3(theirs, STDIN_FILENO, O_CLOEXEC);
	close_range(STDERR_FILENO + 1, ~0u, 0);
	while (recv(STDIN_FILENO, &asked, 1, 0) == 1)
		answer(STDIN_FILENO, path);
	_exit(0);
}

int connector_ask(int connector)
{
	const char ask = 1;
	int code = -EPIPE, fd;
	struct cmsghdr *head;
	struct reply reply;

	reply_init(&reply, &code);
	reply.message.msg_control = reply.control;
	reply.message.msg_controllen = sizeof(reply.control);
	if (send(connector, &ask, 1, MSG_NOSIGNAL) != 1 ||
		recvmsg(connector, &reply.message, MSG_CMSG_CLOEXEC) != sizeof(code))
		return -EPIPE;
	if (code)
		return code;
	head = CMSG_FIRSTHDR(&reply.message);
	if (!head || head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof(fd)))
		return -EPIPE;
	memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	return fd;
}
