// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"

/* "@name" stands for a name of the abstract namespace. Returns the address's size, or 0. */
static socklen_t address_of(const char *name, struct sockaddr_un *address)
{
	size_t length = strlen(name);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if ((*name != '/' && *name != '@') || length < 2 || length >= sizeof(address->sun_path))
		return 0;
	memcpy(address->sun_path, name, length);
	if (*name == '@')
		address->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

int notify_open(void)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address;
	socklen_t size = name ? address_of(name, &address) : 0;
	own_fd int fd = -1;

	if (!name)
		return -1;
	if (size)
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, size))
		close_fd(&fd);
	if (fd < 0)
		log_warn("nobody is told that the machine runs: NOTIFY_SOCKET=%s leads nowhere",
			name);
	unsetenv("NOTIFY_SOCKET");
	return take_fd(&fd);
}

void notify_say(int fd, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (fd < 0)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (send(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_debug("cannot say %s: %s", text, strerror(errno));
}

/* The kernel chooses a name that is free. */
int notify_listen(char name[NOTIFY_NAME_SIZE], struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t size = sizeof(address);
	own_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int on = 1;

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)) ||
		setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) ||
		getsockname(fd, (struct sockaddr *)&address, &size))
		return err_sys(err, errno, "cannot make a socket for the machine's messages");
	size -= offsetof(struct sockaddr_un, sun_path);
	*name = '@';
	memcpy(name + 1, address.sun_path + 1, size - 1);
	name[size] = '\0';
	return take_fd(&fd);
}

ssize_t notify_receive(int fd, pid_t session, char *text, size_t size)
{
	char control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec bytes = { .iov_base = text, .iov_len = size - 1 };
	struct msghdr message = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *head = n < 0 ? NULL : CMSG_FIRSTHDR(&message);
	struct ucred from = { 0 };

	if (n < 0)
		return -errno;
	text[n] = '\0';
	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_CREDENTIALS)
		memcpy(&from, CMSG_DATA(head), sizeof(from));
	return from.pid && getsid(from.pid) == session ? n : -EPERM;
}
