/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What these tests have in common. */
#ifndef UNIT_VM_DEV_CONSOLE_BENCH_H
#define UNIT_VM_DEV_CONSOLE_BENCH_H

#include "vm/dev/console.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/serial_reg.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "fake.h"
#include "unit.h"
#include "vm/dev/serial.h"

#define CTRL_A "\x01"

struct bench {
	struct loop loop;
	struct console console;
	/* The guest's end: takes @accepts bytes more. */
	struct stream guest;
	size_t accepts;
	char got[16384];
	size_t got_len;
	char screen[1024];
	size_t screen_len;
	unsigned resumed;
	unsigned quits, gone;
	struct err why;
	int master, slave; /* of the terminal */
	int in[2], out[2]; /* pipes: read end, write end */
};

static inline size_t guest_take(struct stream *end, const u8 *bytes, size_t len)
{
	struct bench *b = container_of(end, struct bench, guest);
	size_t n = len < b->accepts ? len : b->accepts;

	memcpy(b->got + b->got_len, bytes, n);
	b->got_len += n;
	b->accepts -= n;
	return n;
}

static inline void guest_resume(struct stream *end)
{
	container_of(end, struct bench, guest)->resumed++;
}

static inline void on_event(void *owner, enum console_event event, const struct err *why)
{
	struct bench *b = owner;

	if (event == CONSOLE_QUIT) {
		b->quits++;
		return;
	}
	b->gone++;
	b->why = *why;
}

static const struct console_ops ops = { on_event };

static inline int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err err = { 0 };

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(loop_open(&b->loop, &clock_system, &err), 0);
	b->guest = (struct stream){ guest_take, guest_resume };
	b->accepts = sizeof(b->got);
	b->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	assert_true(b->master >= 0 && !grantpt(b->master) && !unlockpt(b->master));
	b->slave = open(ptsname(b->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(b->slave >= 0);
	assert_int_equal(pipe2(b->in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(b->out, O_CLOEXEC), 0);
	*state = b;
	return 0;
}

static inline int teardown(void **state)
{
	struct bench *b = *state;

	console_close(&b->console);
	loop_close(&b->loop);
	close_fd(&b->master);
	close_fd(&b->slave);
	for (int i = 0; i < 2; i++) {
		close_fd(&b->in[i]);
		close_fd(&b->out[i]);
	}
	free(b);
	return 0;
}

/*
 * Until nothing happens any more: what goes through a pseudo-terminal takes its time. That it
 * ends at all shows that the console does not spin.
 */
static inline void step(struct bench *b)
{
	struct pollfd pending = { .fd = b->loop.epoll_fd, .events = POLLIN };
	struct err err = { 0 };
	int rounds = 0;

	while (poll(&pending, 1, 30) == 1) {
		assert_int_equal(loop_step(&b->loop, 0, &err), 0);
		assert_true(rounds++ < 1000);
	}
}

static inline void open_on(struct bench *b, int in_fd, int out_fd)
{
	struct console_config config = { .kind = CONSOLE_STDIO, .in_fd = in_fd, .out_fd = out_fd };
	struct err err = { 0 };

	assert_int_equal(console_open(&b->console, &config, &b->loop, &ops, b, &err), 0);
	stream_connect(&b->console.stream, &b->guest);
	step(b);
}

/* On a busy machine what is typed may arrive later than step() waits. */
#define EVENTUALLY(b, what)                                 \
	do {                                                \
		for (int i_ = 0; !(what) && i_ < 200; i_++) \
			step(b);                            \
		assert_true(what);                          \
	} while (0)

static inline void type(struct bench *b, const char *keys)
{
	size_t len = strlen(keys);

	while (len) {
		ssize_t n = write(b->master, keys, len);

		if (n > 0) {
			keys += n;
			len -= (size_t)n;
		}
		step(b);
	}
}

static inline size_t print(struct bench *b, const char *text, size_t len)
{
	struct err err = { 0 };
	size_t n = b->console.stream.take(&b->console.stream, (const u8 *)text, len);

	assert_int_equal(loop_step(&b->loop, 0, &err), 0);
	return n;
}

static inline size_t on_screen(struct bench *b, char *text, size_t size)
{
	ssize_t n = read(b->master, text, size - 1);

	text[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* Whether @text is on the screen, among all that was printed so far. */
static inline bool shows(struct bench *b, const char *text)
{
	size_t room = sizeof(b->screen) - b->screen_len;

	b->screen_len += on_screen(b, b->screen + b->screen_len, room);
	return strstr(b->screen, text);
}

#endif
