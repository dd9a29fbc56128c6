// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/control/listener.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/own.h"

#define BACKLOG 8

int listener_open(const char *file, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	own_fd int fd = -1;
	mode_t mask;
	int ret;

	if (strlen(file) >= sizeof(address.sun_path))
		return err_sys(err, ENAMETOOLONG, "cannot make the socket %s", file);
	strcpy(address.sun_path, file);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(err, errno, "cannot make the socket %s", file);
	unlink(file);
	mask = umask(0177);
	ret = bind(fd, (struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
	umask(mask);
	if (!ret && listen(fd, BACKLOG))
		ret = -errno;
	return ret ? err_sys(err, -ret, "cannot make the socket %s", file) : take_fd(&fd);
}

int listener_accept(int listener, uid_t user)
{
	own_fd int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
		return -errno;
	return !peer.uid || peer.uid == user ? take_fd(&fd) : -EPERM;
}
