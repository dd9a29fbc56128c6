/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes devices from the host for the time that a machine runs, and gives them back: from its
 * drivers (`tenon run --device ADDRESS,managed=on`), and with `--take-display` also from its
 *desktop and consoles.
 *
 * All of it is one transaction in the journal of host/act. Four processes have to do with it:
 *
 *	the caller      says what will happen, and asks. If its terminal belongs to the desktop that
 *	                is about to end, it then only waits for the next one.
 *	the supervisor  makes the changes, waits for the machine, and undoes the changes. It keeps
 *	                root's rights, and is in a session and a systemd scope of its own if the
 *	                caller's end with the desktop.
 *	the machine     is a child of the supervisor, and confines itself as in any `tenon run`.
 *	the watcher     waits for the end of the supervisor. If that was killed, the watcher ends
 *the machine and undoes the changes.
 */
#ifndef CMD_TAKE_TAKE_H
#define CMD_TAKE_TAKE_H

#include "base/err.h"
#include "pci/addr.h"

struct take_request {
	const struct pci_addr *devices;
	unsigned nr_devices;
	bool managed; /* what a program or the desktop uses is refused */
	bool yes;     /* do not ask */
	bool verbose;
	/* Runs the machine, in a process of its own, and returns an exit code. */
	int (*run)(void *arg);
	void *arg;
};

/* Returns the exit code, with @err set if something could not be done or put back. */
int take_display(const struct take_request *request, struct err *err);

#endif
