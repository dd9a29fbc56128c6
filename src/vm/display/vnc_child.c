// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/display/vnc_child.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/own.h"
#include "vm/display/vnc_link.h"

#define START_MS 10000
#define END_MS   1000
#define BATCH    32 /* messages for each call of the handler, so that the loop gets on */
#define PATIENCE 50 /* how often a key waits for room, */
#define KEY_MS   10 /* and how long each time */

/* Whether the key that waits is with the guest, or has waited for long enough. */
static bool pass_key(struct vnc_child *vnc)
{
	if (!vnc->has_key)
		return true;
	if (!vnc->held.input->ready(vnc->held.input) && vnc->tries++ < PATIENCE)
		return false;
	vnc->has_key = false;
	input_held_key(&vnc->held, vnc->key, vnc->down);
	return true;
}

static void hang_up(struct vnc_child *vnc)
{
	if (vnc->events.fd < 0)
		return;
	loop_timer_cancel(vnc->loop, &vnc->again);
	loop_remove(vnc->loop, &vnc->events);
	close_fd(&vnc->events.fd);
	vnc->has_key = false;
	input_held_release(&vnc->held);
}

static void give_up(struct vnc_child *vnc, const char *why)
{
	log_error("display: %s; nobody can look at it until the machine starts again", why);
	hang_up(vnc);
	child_kill(&vnc->child);
}

static int within(s32 way)
{
	return way < -VNC_FARTHEST ? -VNC_FARTHEST : way > VNC_FARTHEST ? VNC_FARTHEST : way;
}

static int on_screen(s32 place)
{
	return place < 0 ? 0 : place > INPUT_PLACE_MAX ? INPUT_PLACE_MAX : place;
}

static void take(struct vnc_child *vnc, const struct vnc_event *event)
{
	if (event->kind == VNC_KEY) {
		vnc->key = event->key;
		vnc->down = event->down;
		vnc->tries = 0;
		vnc->has_key = true;
	} else if (event->kind == VNC_POINTER) {
		const struct input_place place = {
			.x = on_screen(event->place_x),
			.y = on_screen(event->place_y),
			.dx = within(event->x),
			.dy = within(event->y),
		};

		input_held_place(&vnc->held, &place, within(event->wheel),
			event->down & (INPUT_LEFT | INPUT_RIGHT | INPUT_MIDDLE));
	}
}

/* Returns 1 with a message, 0 if there is none now, or -errno if there will be none any more. */
static int receive(struct vnc_child *vnc, struct vnc_event *event)
{
	u8 bytes[VNC_MESSAGE_MAX];
	ssize_t n = recv(vnc->events.fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_TRUNC);
	u32 kind;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n < (ssize_t)sizeof(kind))
		return n ? -EPROTO : -EPIPE;
	memcpy(&kind, bytes, sizeof(kind));
	if (kind == VNC_KEY || kind == VNC_POINTER || kind == VNC_READY) {
		if (n != sizeof(*event))
			return -EPROTO;
		memcpy(event, bytes, sizeof(*event));
	} else {
		*event = (struct vnc_event){ .kind = kind };
	}
	return n > VNC_MESSAGE_MAX ? -EPROTO : 1;
}

static void serve(struct vnc_child *vnc)
{
	struct vnc_event event;
	int ret = 1;

	for (unsigned n = 0; n < BATCH && pass_key(vnc) && ret > 0; n++) {
		ret = receive(vnc, &event);
		if (ret > 0)
			take(vnc, &event);
	}
	if (ret < 0) {
		give_up(vnc,
			ret == -EPROTO ? "its process says nonsense" : "its process has ended");
		return;
	}
	/* While a key waits, what comes next stays in the socket, which lets the other side wait.
	 */
	loop_watch(vnc->loop, &vnc->events, vnc->has_key ? 0 : EPOLLIN);
	if (vnc->has_key)
		loop_timer_set(vnc->loop, &vnc->again,
			clock_monotonic(vnc->loop->clock) + KEY_MS * NS_PER_MS);
}

static void on_event(void *owner, u32 events)
{
	struct vnc_child *vnc = owner;

	if (events & (EPOLLHUP | EPOLLERR) && !(events & EPOLLIN))
		give_up(vnc, "its process has ended");
	else
		serve(vnc);
}

static void on_again(void *owner)
{
	struct vnc_child *vnc = owner;

	if (vnc->events.fd >= 0)
		serve(vnc);
}

static int say_hello(int socket, const struct vnc_child_config *config)
{
	struct vnc_hello hello = { .kind = VNC_HELLO, .has_password = config->password != NULL };

	snprintf(hello.name, sizeof(hello.name), "%s", config->name ? config->name : "tenon");
	if (config->password)
		snprintf(hello.password, sizeof(hello.password), "%s", config->password);
	return send(socket, &hello, sizeof(hello), MSG_NOSIGNAL) == sizeof(hello) ? 0 : -errno;
}

static int await_ready(int socket)
{
	struct pollfd readable = { .fd = socket, .events = POLLIN };
	struct vnc_event event = { 0 };

	if (poll(&readable, 1, START_MS) != 1)
		return -ETIMEDOUT;
	if (recv(socket, &event, sizeof(event), MSG_DONTWAIT) != sizeof(event) ||
		event.kind != VNC_READY)
		return -EPROTO;
	return 0;
}

int vnc_child_listen(
	struct vnc_child *vnc, int socket, const struct vnc_child_config *config, struct err *err)
{
	int ret;

	vnc->loop = config->loop;
	vnc->held.input = config->input;
	vnc->again = (struct loop_timer){ .expired = on_again, .owner = vnc };
	vnc->events = (struct loop_source){
		.fd = socket, .events = EPOLLIN, .ready = on_event, .owner = vnc
	};
	ret = say_hello(socket, config);
	if (!ret)
		ret = await_ready(socket);
	if (ret)
		err_sys(err, -ret, "the process of the display does not start");
	else
		ret = loop_add(vnc->loop, &vnc->events, err);
	if (ret)
		close_fd(&vnc->events.fd);
	return ret;
}

/* The socket's other end tells, too, and is what is missed first. */
static void on_end(void *owner, const char *how)
{
	struct vnc_child *vnc = owner;

	if (vnc->events.fd >= 0)
		give_up(vnc, "its process has ended");
	if (how)
		log_debug("display: its process %s", how);
}

static int start(
	struct vnc_child *vnc, const struct vnc_child_config *config, int theirs, struct err *err)
{
	static const char *const modes[] = {
		[CONFINE_ON] = "on", [CONFINE_LOG] = "log", [CONFINE_OFF] = "off"
	};
	const char *const argv[] = { CHILD_THIS_PROGRAM, "display-server", modes[config->confine],
		NULL };
	own_fd int pixels = screen_give(config->screen);
	const int fds[] = { config->listener, pixels, theirs };
	const struct child_config child = {
		.name = "display",
		.argv = argv,
		.fds = fds,
		.nr_fds = ARRAY_SIZE(fds),
		.own_pids = config->confine != CONFINE_OFF,
		.own_users = config->confine != CONFINE_OFF,
		.loop = config->loop,
		.ended = on_end,
		.owner = vnc,
	};

	if (pixels < 0)
		return err_sys(err, -pixels, "cannot share the display's memory");
	return child_start(&vnc->child, &child, err);
}

int vnc_child_open(struct vnc_child *vnc, const struct vnc_child_config *config, struct err *err)
{
	own_fd int ours = -1, theirs = -1;
	int pair[2], ret;

	*vnc = (struct vnc_child){ .events.fd = -1 };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return err_sys(err, errno, "cannot make a socket for the display");
	ours = pair[0];
	theirs = pair[1];
	ret = start(vnc, config, theirs, err);
	if (ret)
		return ret;
	close_fd(&theirs);
	ret = vnc_child_listen(vnc, take_fd(&ours), config, err);
	if (!ret) {
		child_works(&vnc->child);
		return 0;
	}
	child_explain(&vnc->child, err);
	vnc_child_close(vnc);
	return ret;
}

void vnc_child_close(struct vnc_child *vnc)
{
	if (vnc->loop)
		hang_up(vnc);
	/* It ends when the socket is closed. */
	child_stop(&vnc->child, END_MS);
	vnc->loop = NULL;
}
