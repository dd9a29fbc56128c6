// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/control/control.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "vm/control/internal.h"
#include "vm/control/listener.h"

static void on_connection(void *owner, u32 events)
{
	struct control *control = owner;
	struct control_client *client;
	unsigned slot = 0;
	int fd = listener_accept(control->listener.fd, control->user);

	if (fd < 0) {
		log_debug("a client of the control socket is refused: %s", strerror(-fd));
		return;
	}
	while (slot < CONTROL_CLIENTS && control->clients[slot])
		slot++;
	if (slot == CONTROL_CLIENTS) {
		log_debug("a client of the control socket is refused: there are too many");
		close(fd);
		return;
	}
	client = client_open(control, slot, fd);
	if (client)
		qmp_greet(client);
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
	ret = listener_open(file, err);
	if (ret < 0)
		return ret;
	control->listener.fd = ret;
	strcpy(control->file, file);
	return loop_add(loop, &control->listener, err);
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
	if (*control->file)
		unlink(control->file);
	control_drop_name(control);
	*control->file = '\0';
	control->loop = NULL;
}
