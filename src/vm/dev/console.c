// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/console.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"

#define ESCAPE_KEY 0x01 /* Ctrl-A */
#define DRAIN_MS   500
#define EOL        "\r\n"

static const char help[] =
	EOL "Ctrl-A x  end the machine" EOL "Ctrl-A p  pause the guest, or resume it" EOL
	    "Ctrl-A a  send Ctrl-A" EOL "Ctrl-A h  show this list" EOL;

int console_parse(const char *spec, struct console_config *config, struct err *err)
{
	*config = (struct console_config){ .in_fd = STDIN_FILENO, .out_fd = STDOUT_FILENO };
	if (!strcmp(spec, "stdio")) {
		config->kind = CONSOLE_STDIO;
	} else if (!strcmp(spec, "none")) {
		config->kind = CONSOLE_NONE;
	} else if (!strncmp(spec, "file:", 5) && spec[5]) {
		config->kind = CONSOLE_FILE;
		config->path = spec + 5;
	} else {
		err_set(err, EINVAL, "'%s' is no console", spec);
		return err_help(err, "A console is stdio, file:PATH or none.");
	}
	return 0;
}

/* Gives up the output; the guest's further output is discarded. */
static void give_up(struct console *console, const struct err *why)
{
	if (!console_out_shut(&console->out))
		return;
	loop_remove(console->loop, &console->in);
	loop_remove(console->loop, &console->out_ready);
	console->in_ended = true;
	stream_resume(&console->stream);
	console->ops->event(console->owner, CONSOLE_GONE, why);
}

static void lost(struct console *console, int code, const char *what)
{
	struct err err = { 0 };

	err_sys(&err, code, "%s", what);
	give_up(console, &err);
}

/* A full disk ends the log file, not the machine. */
static void refused(struct console *console, int code)
{
	const char *what = "cannot write the guest's serial output";

	if (!console->out.is_file)
		lost(console, code, what);
	else if (console_out_shut(&console->out))
		log_warn("%s: %s; the rest of it is lost", what, strerror(code));
}

static void write_output(struct console *console)
{
	bool resume;
	int ret = console_out_write(&console->out, &resume);

	loop_watch(console->loop, &console->out_ready, ret ? 0 : EPOLLOUT);
	if (resume)
		stream_resume(&console->stream);
	if (ret < 0)
		refused(console, -ret);
}

static void out_ready(void *owner, u32 events)
{
	struct console *console = owner;

	if (events & (EPOLLERR | EPOLLHUP))
		lost(console, events & EPOLLHUP ? EIO : EPIPE, "the console's reader is gone");
	else
		write_output(console);
}

static size_t console_take(struct stream *end, const u8 *bytes, size_t len)
{
	struct console *console = container_of(end, struct console, stream);
	bool first;
	size_t taken = console_out_put(&console->out, bytes, len, &first);

	/* If the queue was not empty, it is being written already. */
	if (first)
		loop_post(console->loop, &console->work);
	return taken;
}

static void console_resume(struct stream *end)
{
	struct console *console = container_of(end, struct console, stream);

	loop_post(console->loop, &console->work);
}

static void say(struct console *console, const char *text)
{
	console_take(&console->stream, (const u8 *)text, strlen(text));
}

static void type(struct console *console, u8 key)
{
	if (!ring_put(&console->input, &key, 1))
		log_debug("console: the guest reads nothing, key dropped");
}

static void escape(struct console *console, u8 key)
{
	switch (key) {
	case 'x':
		console->ops->event(console->owner, CONSOLE_QUIT, NULL);
		break;
	case 'p':
		console->ops->event(console->owner, CONSOLE_PAUSE, NULL);
		break;
	case 'a':
		type(console, ESCAPE_KEY);
		break;
	case 'h':
		say(console, help);
		break;
	}
}

static void accept_input(struct console *console, const u8 *bytes, size_t len)
{
	if (!console->in_is_tty) {
		ring_put(&console->input, bytes, len);
		return;
	}
	for (size_t i = 0; i < len; i++) {
		bool escaped = console->in_escape;

		console->in_escape = !escaped && bytes[i] == ESCAPE_KEY;
		if (escaped)
			escape(console, bytes[i]);
		else if (!console->in_escape)
			type(console, bytes[i]);
	}
}

static void offer_input(struct console *console)
{
	const u8 *bytes;
	size_t n, taken;

	while ((n = ring_peek(&console->input, &bytes))) {
		taken = stream_put(&console->stream, bytes, n);
		ring_drop(&console->input, taken);
		if (taken < n)
			return;
	}
}

static void end_input(struct console *console)
{
	loop_remove(console->loop, &console->in);
	console->in_waits = false;
	console->in_ended = true;
	if (console->in_is_tty)
		lost(console, EIO, "the terminal hung up");
}

static void pause_input(struct console *console)
{
	/* Remove it from the loop, because a hang-up would be reported again and again. */
	loop_remove(console->loop, &console->in);
	console->in_waits = false;
}

static void read_input(struct console *console)
{
	u8 bytes[CONSOLE_IN_SIZE];
	size_t room = ring_room(&console->input);
	ssize_t n;

	if (console->in_is_tty) {
		/* Read keys at any time, so that the escape key always works. */
		room = sizeof(bytes);
		if (!terminal_is_ours(&console->terminal)) {
			pause_input(console);
			return;
		}
	}
	n = read(console->in.fd, bytes, room);
	if (n > 0)
		accept_input(console, bytes, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		end_input(console);
	offer_input(console);
	if (!console->in_is_tty && !ring_room(&console->input))
		pause_input(console);
}

static void in_ready(void *owner, u32 events)
{
	read_input(owner);
}

/* Waits for input. A file that cannot be polled is read when the guest takes input. */
static int want_input(struct console *console, struct err *err)
{
	int ret;

	if (console->in.fd < 0 || console->in_ended || console->in_waits)
		return 0;
	if (console->in_is_tty && !terminal_is_ours(&console->terminal))
		return 0;
	ret = loop_add(console->loop, &console->in, err);
	console->in_waits = !ret;
	if (ret == -EPERM) {
		if (!console->input.len) {
			read_input(console);
			loop_post(console->loop, &console->work);
		}
		return 0;
	}
	return ret;
}

/* Runs when the guest has written into an empty queue, or takes input again. */
static void console_work(void *owner)
{
	struct console *console = owner;
	struct err err = { 0 };

	write_output(console);
	offer_input(console);
	if (ring_room(&console->input) && want_input(console, &err))
		give_up(console, &err);
}

static int open_output(struct console *console, int fd, u64 max, struct err *err)
{
	int ret = console_out_open(&console->out, fd, max, err);

	if (ret)
		return ret;
	console->out_ready =
		(struct loop_source){ .fd = console->out.fd, .ready = out_ready, .owner = console };
	ret = loop_add(console->loop, &console->out_ready, err);
	return ret == -EPERM ? 0 : ret;
}

static int open_stdio(struct console *console, const struct console_config *config, struct err *err)
{
	bool nonblocking;
	int ret = open_output(console, config->out_fd, 0, err);

	if (ret)
		return ret;
	ret = terminal_reopen(config->in_fd, &nonblocking, err);
	if (ret < 0)
		return ret;
	console->in = (struct loop_source){
		.fd = ret, .events = EPOLLIN, .ready = in_ready, .owner = console
	};
	console->in_is_tty = isatty(console->in.fd);
	console->terminal.fd = console->in_is_tty ? console->in.fd : -1;
	if (terminal_is_ours(&console->terminal)) {
		ret = terminal_raw(&console->terminal, err);
		if (ret)
			return ret;
	}
	loop_post(console->loop, &console->work);
	return 0;
}

/* Only this user may read the guest's output, and a symbolic link must not redirect it. */
static int open_file(struct console *console, const char *path, u64 max, struct err *err)
{
	/* O_NONBLOCK: do not wait here for the reader of a named pipe. */
	int flags = O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	struct stat st;
	/*
	 * A file is read back later. A pipe must not be opened for reading, as it would then be its
	 * own reader.
	 */
	int mode = !lstat(path, &st) && !S_ISREG(st.st_mode) ? O_WRONLY : O_RDWR | O_TRUNC;
	own_fd int fd = open(path, flags | mode, 0600);

	if (fd < 0 && errno == ELOOP) {
		err_sys(err, ELOOP, "cannot open %s for the guest's serial output", path);
		return err_help(err, "It is a symbolic link; name the file that it leads to.");
	}
	if (fd < 0)
		return err_sys(err, errno, "cannot open %s for the guest's serial output", path);
	return open_output(console, fd, max, err);
}

int console_open(struct console *console, const struct console_config *config, struct loop *loop,
	const struct console_ops *ops, void *owner, struct err *err)
{
	int ret = 0;

	*console = (struct console){
		.loop = loop,
		.ops = ops,
		.owner = owner,
		.stream = { .take = console_take, .resume = console_resume },
		.terminal = { .fd = -1 },
		.work = { .run = console_work, .owner = console },
		.in = { .fd = -1 },
		.input = { .bytes = console->input_bytes, .size = CONSOLE_IN_SIZE },
	};
	console_out_init(&console->out);
	if (config->kind == CONSOLE_STDIO)
		ret = open_stdio(console, config, err);
	else if (config->kind == CONSOLE_FILE)
		ret = open_file(console, config->path, config->max, err);
	if (ret)
		console_close(console);
	return ret;
}

void console_close(struct console *console)
{
	if (!console->loop)
		return;
	loop_remove(console->loop, &console->in);
	loop_remove(console->loop, &console->out_ready);
	loop_unpost(console->loop, &console->work);
	console_out_drain(&console->out, DRAIN_MS);
	terminal_restore(&console->terminal);
	close_fd(&console->in.fd);
	console_out_close(&console->out);
	console->loop = NULL;
}

void console_restore(struct console *console)
{
	terminal_restore(&console->terminal);
}

void console_continue(struct console *console)
{
	struct err err = { 0 };

	if (!console->in_is_tty || console->in_ended || !terminal_is_ours(&console->terminal))
		return;
	/* The process that was in the foreground has left its own modes. */
	terminal_restore(&console->terminal);
	if (terminal_raw(&console->terminal, &err))
		log_err(&err);
	loop_post(console->loop, &console->work);
}
