// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/input/reader.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "vm/dev/input.h"
#include "vm/input/chain.h"
#include "vm/input/desk.h"
#include "vm/input/message.h"

/* udev sets a device's name and mode some time after the device has come. */
#define LOOK_MS    250
#define LOOK_TIMES 20

enum { POLL_MACHINE, POLL_CHAIN, POLL_DIRECTORY, POLL_DEVICES };

struct reader {
	const struct input_reader_config *config;
	int machine;
	int directory; /* inotify's, of /dev/input */
	struct desk desk;
	struct seat seat;
	struct chain chain;
	bool begun;
	bool passed;    /* the devices come from another machine, or from the start */
	unsigned looks; /* how often to look for devices that are missing */
	u8 leds;
	pid_t command;
	/* What the machine was told is held, and releases that did not fit into its socket. */
	bool held[INPUT_KEYS], owed[INPUT_KEYS];
	u8 buttons;
	bool buttons_owed;
};

static bool tell(struct reader *r, struct input_message message)
{
	return send(r->machine, &message, sizeof(message), MSG_DONTWAIT | MSG_NOSIGNAL) ==
	       sizeof(message);
}

/* Sends the releases that are owed, as far as there is room. */
static void pay(struct reader *r)
{
	for (unsigned key = 0; key < INPUT_KEYS; key++)
		if (r->owed[key])
			r->owed[key] = !tell(r, (struct input_message){ INPUT_KEY, (u8)key });
	if (r->buttons_owed)
		r->buttons_owed = !tell(r, (struct input_message){ INPUT_POINTER, r->buttons });
}

static bool owes(const struct reader *r)
{
	return r->buttons_owed || memchr(r->owed, true, sizeof(r->owed));
}

/* A guest that does not take its keys loses those that do not fit, but never a release. */
static void on_key(void *owner, u8 key, bool down)
{
	struct reader *r = owner;

	pay(r);
	if (r->owed[key] || (!down && !r->held[key]))
		return;
	if (tell(r, (struct input_message){ INPUT_KEY, key, down }))
		r->held[key] = down;
	else if (!down) {
		r->owed[key] = true;
		r->held[key] = false;
	}
}

static void on_pointer(void *owner, int x, int y, int wheel, u8 buttons)
{
	struct reader *r = owner;

	r->buttons = buttons;
	r->buttons_owed = !tell(
		r, (struct input_message){ INPUT_POINTER, buttons, (s16)wheel, (s16)x, (s16)y });
}

/* Runs the user's command, and ends the one before if that still runs. */
static void run_command(struct reader *r, const char *side)
{
	if (!r->config->command)
		return;
	if (r->command > 0 && !waitpid(r->command, NULL, WNOHANG)) {
		kill(r->command, SIGKILL);
		waitpid(r->command, NULL, 0);
	}
	r->command = fork();
	if (r->command)
		return;
	execl(r->config->command, r->config->command, side, NULL);
	log_warn("cannot run %s: %s", r->config->command, strerror(errno));
	_exit(127);
}

static void take(struct reader *r)
{
	struct err err = { 0 };

	if (desk_grab(&r->desk, &err)) {
		log_warn("%s", err.text);
		return;
	}
	seat_turn(&r->seat, true);
	desk_set_leds(&r->desk, r->leds);
	run_command(r, "guest");
	log_debug("the guest has the devices");
}

static void give_back(struct reader *r)
{
	seat_turn(&r->seat, false);
	desk_release(&r->desk);
	if (chain_pass(&r->chain))
		return;
	run_command(r, "host");
	log_debug("the host has the devices");
}

static void on_toggle(void *owner)
{
	struct reader *r = owner;
	bool passed = r->passed;

	r->passed = false;
	if (r->seat.guest)
		give_back(r);
	else if (r->begun && (passed || chain_is_first(&r->chain)))
		take(r);
}

static const struct seat_ops seat_ops = { on_key, on_pointer, on_toggle };

/* Waits for all keys to be up, and takes the devices. */
static void take_when_idle(struct reader *r)
{
	if (r->seat.guest || r->passed)
		return;
	desk_refresh(&r->desk);
	r->passed = true;
	r->seat.asked = false;
	seat_ask(&r->seat);
}

/* Returns false when the machine has ended. */
static bool hear_machine(struct reader *r)
{
	struct input_message message;
	ssize_t n = recv(r->machine, &message, sizeof(message), MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n != sizeof(message))
		return n;
	if (message.kind == INPUT_BEGIN && !r->begun) {
		r->begun = true;
		if (!r->config->start_at_host)
			take_when_idle(r);
	} else if (message.kind == INPUT_LEDS) {
		r->leds = message.code;
		if (r->seat.guest)
			desk_set_leds(&r->desk, r->leds);
	}
	return true;
}

static void hear_directory(struct reader *r)
{
	char events[4096];

	if (read(r->directory, events, sizeof(events)) > 0)
		r->looks = LOOK_TIMES;
}

/* Waits for something to happen, and handles it. Returns false when the machine has ended. */
static bool step(struct reader *r)
{
	struct pollfd files[POLL_DEVICES + SEAT_DEVICES] = {
		[POLL_MACHINE] = { r->machine, (short)(owes(r) ? POLLIN | POLLOUT : POLLIN), 0 },
		[POLL_CHAIN] = { r->chain.listener, POLLIN, 0 },
		[POLL_DIRECTORY] = { r->directory, POLLIN, 0 },
	};

	for (unsigned i = 0; i < SEAT_DEVICES; i++)
		files[POLL_DEVICES + i] = (struct pollfd){ r->desk.devices[i].fd, POLLIN, 0 };
	if (poll(files, ARRAY_SIZE(files), r->looks ? LOOK_MS : -1) < 0)
		return errno == EINTR;
	if (files[POLL_MACHINE].revents & (POLLIN | POLLHUP | POLLERR) && !hear_machine(r))
		return false;
	if (files[POLL_MACHINE].revents & POLLOUT)
		pay(r);
	for (unsigned i = 0; i < SEAT_DEVICES; i++)
		if (files[POLL_DEVICES + i].revents && r->desk.devices[i].fd >= 0)
			desk_read(&r->desk, i);
	if (files[POLL_CHAIN].revents && chain_accept(&r->chain) && r->begun)
		take_when_idle(r);
	if (files[POLL_DIRECTORY].revents)
		hear_directory(r);
	if (r->looks) {
		r->looks--;
		desk_scan(&r->desk);
	}
	return true;
}

/* Machines that name the same keyboard, or all take those of the seat, share a desk. */
static void open_chain(struct reader *r)
{
	const char *first = r->config->nr_paths ? r->config->paths[0] : "seat0", *name;
	struct err err = { 0 };

	name = strrchr(first, '/');
	if (chain_open(&r->chain, name ? name + 1 : first, &err))
		log_warn("%s; the keyboard goes to the host and back only", err.text);
}

int input_reader_run(const struct input_reader_config *config, int fd, struct err *err)
{
	struct reader r = {
		.config = config,
		.machine = fd,
		.directory = inotify_init1(IN_NONBLOCK | IN_CLOEXEC),
		.chain = { .listener = -1 },
	};
	char text[INPUT_FAILURE_MAX];
	int ret;

	seat_init(&r.seat, config->toggle, &seat_ops, &r);
	ret = desk_open(&r.desk, &r.seat, config->paths, config->nr_paths, err);
	if (!ret) {
		open_chain(&r);
		if (inotify_add_watch(r.directory, "/dev/input", IN_CREATE | IN_ATTRIB) < 0)
			log_debug("devices that come later are not seen: %s", strerror(errno));
		tell(&r, (struct input_message){ INPUT_READY });
		while (step(&r))
			;
		desk_release(&r.desk);
	} else {
		snprintf(text, sizeof(text), "%s\n%s", err->text, err->help);
		send(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	desk_close(&r.desk);
	chain_close(&r.chain);
	close_fd(&r.directory);
	return ret;
}
