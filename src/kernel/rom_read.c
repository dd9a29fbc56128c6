// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/rom_read.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/own.h"

#define WAKE_TRIES 30 /* tenths of a second; D3cold to D0 takes up to a second and a half */
#define LIMIT      (64 * MIB)
#define CHUNK      (64 * KIB)

/* What was changed, and thus has to be undone. */
struct undo {
	bool power;
	bool memory;
	bool rom;
	char control[16]; /* power/control as it was */
};

static ssize_t read_text(const struct rom_port *port, enum rom_file file, char *text, size_t size)
{
	ssize_t n = port->read(port->ctx, file, text, size - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return n;
}

static int write_text(const struct rom_port *port, enum rom_file file, const char *text)
{
	ssize_t n = port->write(port->ctx, file, text, strlen(text), 0);

	if (n < 0)
		return n;
	return (size_t)n == strlen(text) ? 0 : -EIO;
}

static int wake(const struct rom_port *port, struct undo *undo, struct err *err)
{
	char state[16] = "";
	int ret;

	/* A kernel without power management has no such file and suspends no device. */
	if (read_text(port, ROM_FILE_POWER_CONTROL, undo->control, sizeof(undo->control)) >= 0 &&
		strcmp(undo->control, "on")) {
		ret = write_text(port, ROM_FILE_POWER_CONTROL, "on");
		if (ret)
			return err_sys(err, -ret, "cannot keep it awake through power/control");
		undo->power = true;
	}
	for (int i = 0; i < WAKE_TRIES; i++) {
		ssize_t n = read_text(port, ROM_FILE_POWER_STATE, state, sizeof(state));

		if (n < 0 || !strcmp(state, "D0") || !strcmp(state, "unknown"))
			return 0;
		port->pause(port->ctx);
	}
	err_set(err, ENODEV, "it is asleep (%s) and does not wake", state);
	return err_help(err,
		"Its ROM can be read only in D0. Write 0 to its d3cold_allowed, or bind it to the "
		"driver that knows how to wake it, and try again.");
}

static int read_command(const struct rom_port *port, u16 *command, struct err *err)
{
	u8 head[6];
	ssize_t n = port->read(port->ctx, ROM_FILE_CONFIG, head, sizeof(head), 0);

	if (n < 0)
		return err_sys(err, -n, "cannot read its configuration space");
	if (n < (ssize_t)sizeof(head))
		return err_set(err, EIO, "cannot read its configuration space: too short");
	if (get_le16(head) == 0xffff) {
		err_set(err, ENODEV, "it does not answer: its configuration space reads as FFs");
		return err_help(err,
			"It has lost power or its link. A rescan of the bus or a cold boot of the "
			"host brings it back.");
	}
	*command = get_le16(head + PCI_COMMAND);
	return 0;
}

/* Changes only the memory bit, and keeps the register's other bits as they are now. */
static int set_memory(const struct rom_port *port, bool on, bool *was_on, struct err *err)
{
	u16 command = 0;
	u8 bytes[2];
	ssize_t n;
	int ret;

	ret = read_command(port, &command, err);
	if (ret)
		return ret;
	*was_on = command & PCI_COMMAND_MEMORY;
	if (*was_on == on)
		return 0;
	put_le16(bytes, command ^ PCI_COMMAND_MEMORY);
	n = port->write(port->ctx, ROM_FILE_CONFIG, bytes, sizeof(bytes), PCI_COMMAND);
	if (n < 0)
		err_sys(err, -n, "cannot write its command register");
	if (n == -EPERM)
		return err_help(err, "A kernel that is locked down (Secure Boot) lets nobody write "
				     "configuration "
				     "space. Bind the card to a driver that turns memory decoding "
				     "on, and try again.");
	if (n < 0)
		return n;
	if (n != sizeof(bytes))
		return err_set(err, EIO, "cannot write its command register: too few bytes taken");
	return 0;
}

static int read_failed(int code, struct err *err)
{
	err_sys(err, code, "cannot read its ROM");
	if (code == EIO)
		return err_help(err, "The kernel could not map the ROM, or found no 55 AA at its "
				     "start; the kernel's "
				     "log (dmesg) tells which.");
	return -code;
}

static int read_all(const struct rom_port *port, u8 **bytes, size_t *size, struct err *err)
{
	own_free u8 *buf = NULL;
	size_t done = 0;

	for (;;) {
		u8 *bigger = realloc(buf, done + CHUNK);
		ssize_t n;

		if (!bigger)
			return err_sys(err, ENOMEM, "cannot read its ROM");
		buf = bigger;
		n = port->read(port->ctx, ROM_FILE_ROM, buf + done, CHUNK, done);
		if (n < 0)
			return read_failed(-n, err);
		if (n == 0)
			break;
		done += n;
		if (done > LIMIT)
			return err_set(err, EFBIG, "its ROM does not end");
	}
	*size = done;
	*bytes = take_ptr(&buf);
	return 0;
}

static int prepare(const struct rom_port *port, struct undo *undo, struct err *err)
{
	bool was_on = true;
	int ret;

	ret = wake(port, undo, err);
	if (ret)
		return ret;
	ret = set_memory(port, true, &was_on, err);
	if (ret)
		return ret;
	undo->memory = !was_on;
	/* Undo it also if this write fails: it may have taken effect nevertheless. */
	undo->rom = true;
	ret = write_text(port, ROM_FILE_ROM, "1");
	if (ret)
		return err_sys(err, -ret, "cannot turn its ROM on");
	return 0;
}

/* Undoes prepare() in reverse order. Tries all of it and reports the first failure. */
static int restore(const struct rom_port *port, const struct undo *undo, struct err *err)
{
	struct err later = { 0 };
	int first = 0, ret;
	bool was_on;

	if (undo->rom) {
		/* Exactly these two bytes: see the top of the header. */
		ret = write_text(port, ROM_FILE_ROM, "0\n");
		if (ret)
			first = err_sys(err, -ret, "cannot turn its ROM off again");
	}
	if (undo->memory) {
		ret = set_memory(port, false, &was_on, first ? &later : err);
		first = first ? first : ret;
	}
	if (undo->power) {
		ret = write_text(port, ROM_FILE_POWER_CONTROL, undo->control);
		if (ret && !first)
			first = err_sys(
				err, -ret, "cannot set power/control back to '%s'", undo->control);
	}
	return first;
}

/*
 * Blocks the signals that a person or a service manager sends, but not those of faults such as
 * SIGSEGV.
 */
static void hold_signals(sigset_t *old)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGHUP);
	sigaddset(&held, SIGQUIT);
	sigaddset(&held, SIGTSTP);
	sigaddset(&held, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &held, old);
}

int rom_read(const struct rom_port *port, u8 **bytes, size_t *size, struct err *err)
{
	struct err undo_err = { 0 };
	struct undo undo = { 0 };
	own_free u8 *got = NULL;
	sigset_t old;
	int ret, undo_rc;

	hold_signals(&old);
	ret = prepare(port, &undo, err);
	if (!ret)
		ret = read_all(port, &got, size, err);
	undo_rc = restore(port, &undo, &undo_err);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (undo_rc && ret)
		return err_help(err, "Undoing failed too: %.400s.", undo_err.text);
	if (undo_rc) {
		*err = undo_err;
		return undo_rc;
	}
	if (ret)
		return ret;
	*bytes = take_ptr(&got);
	return 0;
}
