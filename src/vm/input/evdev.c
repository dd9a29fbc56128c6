// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/input/evdev.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/own.h"
#include "kernel/confine.h"
#include "vm/input/message.h"

#define START_MS    5000
#define END_MS      1000
#define RETRY_MS    2
#define AT_ONCE_MAX 64 /* messages before other sources of the loop get their turn */

/*
 * What the reader opens: this program, devices also when they come back, and udev's notes about
 * them.
 */
static const struct landlock_rule rules[] = {
	{ CHILD_THIS_PROGRAM, LANDLOCK_READ | LANDLOCK_EXECUTE },
	{ "/dev/input", LANDLOCK_READ | LANDLOCK_WRITE },
	{ "/run/udev/data", LANDLOCK_READ },
};

static void send_message(const struct evdev *evdev, struct input_message message)
{
	/* If the socket is full the reader hangs, and lights are of no importance. */
	if (evdev->fd >= 0 &&
		send(evdev->fd, &message, sizeof(message), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		log_debug("keyboard and mouse: %s", strerror(errno));
}

static void on_leds(void *owner, u8 leds)
{
	send_message(owner, (struct input_message){ INPUT_LEDS, leds });
}

/* Returns whether the next message may follow. */
static bool take(struct evdev *evdev, const struct input_message *message)
{
	switch (message->kind) {
	case INPUT_KEY:
		if (evdev->held.input->ready(evdev->held.input)) {
			input_held_key(&evdev->held, message->code, message->value);
			return true;
		}
		evdev->next = (struct key_wait){ true, message->code, message->value };
		return false;
	case INPUT_POINTER:
		input_held_pointer(
			&evdev->held, message->x, message->y, message->value, message->code);
		return true;
	default:
		return true;
	}
}

static void wait_for_room(struct evdev *evdev)
{
	loop_watch(evdev->loop, &evdev->source, 0);
	loop_timer_set(evdev->loop, &evdev->timer,
		clock_monotonic(evdev->loop->clock) + RETRY_MS * NS_PER_MS);
}

static void on_room(void *owner)
{
	struct evdev *evdev = owner;

	if (evdev->fd < 0 || !evdev->next.waits)
		return;
	if (!evdev->held.input->ready(evdev->held.input)) {
		wait_for_room(evdev);
		return;
	}
	evdev->next.waits = false;
	input_held_key(&evdev->held, evdev->next.key, evdev->next.down);
	loop_watch(evdev->loop, &evdev->source, EPOLLIN);
}

/* Nothing stays pressed when the reader is gone, and what waits for room is not pressed any more.
 */
static void reader_is_gone(struct evdev *evdev)
{
	loop_remove(evdev->loop, &evdev->source);
	loop_timer_cancel(evdev->loop, &evdev->timer);
	evdev->next.waits = false;
	input_held_release(&evdev->held);
}

static void on_message(void *owner, u32 events)
{
	struct evdev *evdev = owner;
	struct input_message message;

	/* While a key waits, the loop tells only that the other end is closed. */
	if (evdev->next.waits) {
		reader_is_gone(evdev);
		return;
	}
	for (unsigned i = 0; i < AT_ONCE_MAX; i++) {
		ssize_t n = recv(evdev->fd, &message, sizeof(message), MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			reader_is_gone(evdev);
			return;
		}
		if (n == sizeof(message) && !take(evdev, &message)) {
			wait_for_room(evdev);
			return;
		}
	}
}

static void on_end(void *owner, const char *how)
{
	log_warn("the process that reads keyboard and mouse %s; they are the host's, and the guest "
		 "goes on without them",
		how);
}

void evdev_reader_args(struct evdev_args *args, const struct input_config *config)
{
	const char **at = args->argv;

	*at++ = CHILD_THIS_PROGRAM;
	*at++ = "read-input";
	*at++ = seat_toggle_names[config->toggle];
	*at++ = config->start_at_host ? "host" : "guest";
	*at++ = config->command ? config->command : "none";
	for (unsigned i = 0; i < config->nr_paths; i++)
		*at++ = config->paths[i];
	*at = NULL;
}

/* Waits until the reader has opened the devices. */
static int await_ready(struct evdev *evdev, struct err *err)
{
	struct pollfd readable = { .fd = evdev->fd, .events = POLLIN };
	char said[INPUT_FAILURE_MAX + 1] = "", *help = said;
	ssize_t n = 0;

	if (poll(&readable, 1, START_MS) == 1)
		n = recv(evdev->fd, said, sizeof(said) - 1, MSG_DONTWAIT);
	if (n == sizeof(struct input_message)) {
		child_works(&evdev->child);
		return 0;
	}
	if (n > 0) {
		strsep(&help, "\n");
		err_set(err, EIO, "%s", said);
		return help && *help ? err_help(err, "%s", help) : -EIO;
	}
	err_set(err, EIO, "keyboard and mouse cannot be read");
	return child_explain(&evdev->child, err);
}

static int start(struct evdev *evdev, const struct input_config *config, bool unconfined, int fd,
	struct err *err)
{
	/* A command of the user's may need all that this process may do. */
	const bool as_we_are = unconfined || config->command;
	/*
	 * Without root, a user namespace would hide who the desk's other machines are, if they are
	 * root's: chain.c trusts these.
	 */
	const bool namespaces = !as_we_are && !geteuid();
	struct confine confined = { .ruleset = -1 };
	struct evdev_args args;
	const struct child_config child = {
		.name = "input",
		.argv = args.argv,
		.fds = &fd,
		.nr_fds = 1,
		.prepare = as_we_are ? NULL : confine_enter,
		.prepare_argument = &confined,
		.own_pids = namespaces,
		.own_users = namespaces,
		.loop = evdev->loop,
		.ended = on_end,
		.owner = evdev,
	};
	int ret;

	evdev_reader_args(&args, config);
	ret = confine_open(&confined, rules, ARRAY_SIZE(rules), err);
	/* Machines of one desk meet by names of the host's network namespace. */
	confined.has_network = true;
	confined.own_mounts = namespaces;
	if (!ret)
		ret = child_start(&evdev->child, &child, err);
	confine_close(&confined);
	return ret ? ret : await_ready(evdev, err);
}

int evdev_open(struct evdev *evdev, const struct input_config *config, bool unconfined,
	struct loop *loop, struct err *err)
{
	own_fd int theirs = -1;
	int pair[2], ret;

	*evdev = (struct evdev){ .loop = loop, .fd = -1 };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return err_sys(err, errno, "cannot make a socket for keyboard and mouse");
	evdev->fd = pair[0];
	theirs = pair[1];
	ret = start(evdev, config, unconfined, theirs, err);
	if (ret)
		evdev_close(evdev);
	return ret;
}

int evdev_connect(struct evdev *evdev, struct input *input, struct err *err)
{
	evdev->held.input = input;
	evdev->timer = (struct loop_timer){ .expired = on_room, .owner = evdev };
	evdev->source = (struct loop_source){
		.fd = evdev->fd, .events = EPOLLIN, .ready = on_message, .owner = evdev
	};
	input->leds = on_leds;
	input->leds_owner = evdev;
	return loop_add(evdev->loop, &evdev->source, err);
}

void evdev_begin(struct evdev *evdev)
{
	send_message(evdev, (struct input_message){ INPUT_BEGIN });
}

void evdev_close(struct evdev *evdev)
{
	if (!evdev->loop)
		return;
	if (evdev->held.input) {
		evdev->held.input->leds = NULL;
		loop_timer_cancel(evdev->loop, &evdev->timer);
		loop_remove(evdev->loop, &evdev->source);
	}
	close_fd(&evdev->fd);
	child_stop(&evdev->child, END_MS);
}
