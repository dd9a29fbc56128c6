// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/control/control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "vm/control/internal.h"

#define BACKLOG 8

/* The file's mode keeps others out already. */
static bool may_connect(const struct control *control, int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) &&
	       (!peer.uid || peer.uid == control->user);
}

static void on_connection(void *owner, u32 events)
{
	struct control *control = owner;
	struct control_client *client;
	unsigned slot = 0;
	int fd = accept4(control->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	while (slot < CONTROL_CLIENTS && control->clients[slot])
		slot++;
	if (slot == CONTROL_CLIENTS || !may_connect(control, fd)) {
		log_debug("a client of the control socket is refused: %s",
			slot == CONTROL_CLIENTS ? "there are too many" : "it is another user's");
		close(fd);
		return;
	}
	client = client_open(control, slot, fd);
	if (client)
		qmp_greet(client);
}

static int listen_at(struct control *control, const char *file)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t mask;
	int ret;

	if (strlen(file) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, file);
	control->listener.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (control->listener.fd < 0)
		return -errno;
	/* What a machine that was killed has left. */
	unlink(file);
	mask = umask(0177);
	ret = bind(control->listener.fd, (struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
	umask(mask);
	if (ret)
		return ret;
	strcpy(control->file, file);
	return listen(control->listener.fd, BACKLOG) ? -errno : 0;
}

int control_open_at(struct control *control, const char *file, struct loop *loop,
	const struct control_ops *ops, void *owner, struct err *err)
{
	int ret;

	control->loop = loop;
	control->ops = ops;
	control->owner = owner;
	control->user = geteuid();
	control->listener = (struct loop_source){
		.fd = -1, .events = EPOLLIN, .ready = on_connection, .owner = control
	};
	ret = listen_at(control, file);
	if (ret)
		err_sys(err, -ret, "cannot make the control socket %s", file);
	else
		ret = loop_add(loop, &control->listener, err);
	return ret;
}

void control_close(struct control *control)
{
	if (!control->loop)
		return;
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		if (control->clients[i])
			client_close(control->clients[i]);
	loop_remove(control->loop, &control->listener);
	close_fd(&control->listener.fd);
	/* It stays if the process has become another user since; the next machine removes it. */
	if (*control->file)
		unlink(control->file);
	*control->file = '\0';
	if (control->lock > 0)
		close_fd(&control->lock);
	control->loop = NULL;
}
