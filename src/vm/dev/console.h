/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's end of the guest's serial port: the terminal that tenon runs in (or the pipes
 * that stand in for it), a file that takes the output, or nothing.
 *
 * On a terminal the keyboard is the guest's, all but Ctrl-A: then x ends the machine, p pauses or
 * resumes it, a sends a Ctrl-A, h lists the keys. That works also while the guest reads nothing;
 * what it has no room for is dropped. From a pipe or file no more is read than the guest takes.
 *
 * Output is kept in CONSOLE_OUT_SIZE bytes until the terminal takes it; a terminal that is
 * stopped stops the guest's transmitter and nothing else. Handlers run on the loop's thread;
 * the guest's end of the stream may call from any. The process ignores SIGPIPE.
 */
#ifndef VM_DEV_CONSOLE_H
#define VM_DEV_CONSOLE_H

#include "base/loop.h"
#include "vm/dev/console_out.h"
#include "vm/dev/ring.h"
#include "vm/dev/stream.h"
#include "vm/dev/terminal.h"

#define CONSOLE_IN_SIZE 4096

struct console_config {
	enum console_kind { CONSOLE_STDIO, CONSOLE_FILE, CONSOLE_NONE } kind;
	const char *path;  /* of CONSOLE_FILE */
	u64 max;           /* bytes of that file; 0: any. The older half goes where it is full */
	int in_fd, out_fd; /* of CONSOLE_STDIO; the console makes its own files of them */
};

enum console_event {
	CONSOLE_QUIT,  /* Ctrl-A x */
	CONSOLE_PAUSE, /* Ctrl-A p: pauses the guest, or resumes it */
	CONSOLE_GONE,  /* the terminal hung up, or nobody reads the output any more */
};

struct console_ops {
	/* On the loop's thread. @why: NULL but for CONSOLE_GONE. */
	void (*event)(void *owner, enum console_event event, const struct err *why);
};

struct console {
	struct loop *loop;
	const struct console_ops *ops;
	void *owner;
	struct stream stream; /* connect the guest's end here */
	struct terminal terminal;
	struct loop_work work;

	struct loop_source in;
	bool in_waits; /* @in is in the loop */
	bool in_ended;
	bool in_is_tty;
	bool in_escape; /* Ctrl-A came */
	struct ring input;

	struct loop_source out_ready; /* in the loop if it can be waited for */
	struct console_out out;

	u8 input_bytes[CONSOLE_IN_SIZE];
};

/* @spec: "stdio", "none" or "file:PATH"; *@config points into it. */
int console_parse(const char *spec, struct console_config *config, struct err *err);

int console_open(struct console *console, const struct console_config *config, struct loop *loop,
	const struct console_ops *ops, void *owner, struct err *err);
/* Writes out what waits, for a second at most, and restores the terminal. */
void console_close(struct console *console);

/* Gives the terminal its modes back. Async-signal-safe; for the handler of a fatal signal. */
void console_restore(struct console *console);
/* After SIGCONT: takes the terminal if this process is in the foreground now. */
void console_continue(struct console *console);

#endif
