// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/display/vnc_server.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/own.h"
#include "vm/display/bochs.h"
#include "vm/display/vnc.h"
#include "vm/display/vnc_link.h"

/* The machine's keyboard and mouse. */
struct remote {
	struct input input;
	int link;
	pthread_mutex_t lock;    /* of @motion */
	struct vnc_event motion; /* of the pointer, not sent yet; kind 0: none */
};

static struct remote *of(struct input *input)
{
	return container_of(input, struct remote, input);
}

static bool on_ready(struct input *input)
{
	struct pollfd room = { .fd = of(input)->link, .events = POLLOUT };

	return poll(&room, 1, 0) == 1 && room.revents & POLLOUT;
}

static bool tell(const struct remote *remote, const struct vnc_event *event)
{
	return send(remote->link, event, sizeof(*event), MSG_DONTWAIT | MSG_NOSIGNAL) ==
	       sizeof(*event);
}

static void on_key(struct input *input, u8 key, bool down)
{
	tell(of(input), &(struct vnc_event){ .kind = VNC_KEY, .key = key, .down = down });
}

/* What a mouse can be moved in one event. */
static s32 sum(s32 a, int b)
{
	s64 c = (s64)a + b;

	return (s32)(c < -VNC_FARTHEST ? -VNC_FARTHEST : c > VNC_FARTHEST ? VNC_FARTHEST : c);
}

/* Where there is no room, motions add up until there is. */
static void on_place(struct input *input, const struct input_place *place, int wheel, u8 buttons)
{
	struct remote *remote = of(input);
	struct vnc_event *motion = &remote->motion;

	pthread_mutex_lock(&remote->lock);
	motion->kind = VNC_POINTER;
	motion->x = sum(motion->x, place->dx);
	motion->y = sum(motion->y, place->dy);
	motion->place_x = place->x;
	motion->place_y = place->y;
	motion->wheel = sum(motion->wheel, wheel);
	motion->down = buttons;
	if (tell(remote, motion))
		*motion = (struct vnc_event){ 0 };
	pthread_mutex_unlock(&remote->lock);
}

static int hear_hello(int link, struct vnc_hello *hello, struct err *err)
{
	if (recv(link, hello, sizeof(*hello), 0) != sizeof(*hello) || hello->kind != VNC_HELLO)
		return err_set(err, EPROTO, "`tenon run` starts this command");
	hello->password[VNC_PASSWORD_MAX] = '\0';
	hello->name[VNC_NAME_MAX - 1] = '\0';
	return 0;
}

/* Until the machine ends. It says nothing more. */
static void await_end(int link)
{
	u8 bytes[VNC_MESSAGE_MAX];
	ssize_t n;

	do
		n = recv(link, bytes, sizeof(bytes), 0);
	while (n > 0 || (n < 0 && errno == EINTR));
}

int vnc_serve(int listener, int pixels, int link, enum confine_mode mode, struct err *err)
{
	const struct vnc_event ready = { .kind = VNC_READY };
	struct remote remote = {
		.input = { .ready = on_ready, .key = on_key, .place = on_place },
		.link = link,
	};
	struct vnc_config config = { .listener = listener, .input = &remote.input };
	struct screen screen = { .fd = -1 };
	struct vnc_hello hello;
	struct vnc vnc = { 0 };
	const int least = 0;
	int ret;

	prctl(PR_SET_NAME, "tenon-display");
	pthread_mutex_init(&remote.lock, NULL);
	/* Keys that the guest has no room for wait with their viewer, not here. */
	setsockopt(link, SOL_SOCKET, SO_SNDBUF, &least, sizeof(least));
	ret = hear_hello(link, &hello, err);
	if (!ret)
		ret = screen_open(&screen, pixels, BOCHS_MEMORY, err);
	config.name = hello.name;
	config.password = hello.has_password ? hello.password : NULL;
	config.screen = &screen;
	if (!ret)
		ret = vnc_open(&vnc, &config, err);
	if (!ret)
		ret = vnc_confine(mode, err);
	if (!ret)
		ret = vnc_start(&vnc, err);
	if (!ret && tell(&remote, &ready))
		await_end(link);
	/* The process ends, so that nothing waits for viewers that do not read. */
	return ret;
}
