/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's end of the guest's serial port: the terminal that tenon runs in (or the pipes
 * that stand in for it), a file that takes the output, or nothing.
 *
 * On a terminal the keyboard is the guest's, all but Ctrl-A: then x ends the machine, p pauses or
 * resumes it, a sends a Ctrl-A, h lists the keys. These keys work even if the guest does not read;
 * bytes for which there is no room are dropped. From a pipe or file, no more is read than the guest
 * takes.
 *
 * Output waits in a buffer of CONSOLE_OUT_SIZE bytes until the terminal takes it. A stopped
 * terminal stops the guest's transmitter and nothing else. Handlers run on the loop's thread; the
 * guest's end of the stream may call from any thread. The process ignores SIGPIPE.
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
	const char *path; /* of CONSOLE_FILE */
	/*
	 * Maximum size of that file in bytes; 0: no limit. When it is full, its older half is
	 * deleted.
	 */
	u64 max;
	int in_fd, out_fd; /* of CONSOLE_STDIO; the console reopens them for itself */
};

enum console_event {
	CONSOLE_QUIT,  /* Ctrl-A x */
	CONSOLE_PAUSE, /* Ctrl-A p: pauses the guest, or resumes it */
	CONSOLE_GONE,  /* the terminal hung up, or nobody reads the output any more */
};

struct console_ops {
	/* On the loop's thread. @why: NULL except for CONSOLE_GONE. */
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
	bool in_waits; /* @in is registered with the loop */
	bool in_ended;
	bool in_is_tty;
	bool in_escape; /* the last byte was Ctrl-A */
	struct ring input;

	struct loop_source out_ready; /* in the loop, if its file supports polling */
	struct console_out out;

	u8 input_bytes[CONSOLE_IN_SIZE];
};

/* @spec: "stdio", "none" or "file:PATH"; *@config points into it. */
int console_parse(const char *spec, struct console_config *config, struct err *err);

int console_open(struct console *console, const struct console_config *config, struct loop *loop,
	const struct console_ops *ops, void *owner, struct err *err);
/* Writes the waiting output, for at most a second, and restores the terminal. */
void console_close(struct console *console);

/* Restores the terminal's modes. Async-signal-safe, for the handler of a fatal signal. */
void console_restore(struct console *console);
/* After SIGCONT: takes the terminal if this process is in the foreground now. */
void console_continue(struct console *console);

#endif
