/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine: a q35-compatible PC that runs on KVM, made of the parts in the directories beside
 * this file. machine.c is the one place that knows all of them; it puts them together in order,
 * runs the event loop on the caller's thread, and takes them apart in reverse.
 */
#ifndef VM_MACHINE_H
#define VM_MACHINE_H

#include "base/err.h"
#include "vm/machine_config.h"

enum machine_end {
	MACHINE_POWERED_OFF,  /* by the guest */
	MACHINE_QUIT,         /* by the console's escape */
	MACHINE_EXITED,       /* by the guest, with a status: --emulate debug-exit */
	MACHINE_RESET,        /* by the guest, with no_reboot */
	MACHINE_TRIPLE_FAULT, /* with no_reboot */
	MACHINE_SIGNALLED,    /* SIGTERM or SIGINT */
	MACHINE_CONSOLE_GONE, /* the terminal hung up */
	MACHINE_DEVICE_LOST,  /* the host takes an assigned device away, or the device failed */
	MACHINE_BROKEN,       /* KVM cannot go on */
};

struct machine_result {
	enum machine_end end;
	int signal;      /* the signal of MACHINE_SIGNALLED */
	unsigned status; /* the status of MACHINE_EXITED */
	char why[768];   /* the reason, for the last three ends; else "" */
};

/* Why a machine has ended, in the words of QEMU's protocol; *@by_guest: whether the guest did it.
 */
const char *machine_end_reason(enum machine_end end, bool *by_guest);

/*
 * Runs a machine until it ends. Returns 0 with @result filled in, or -errno with @err set when it
 * could not be started or reset. In both cases everything is closed, and the host's devices are
 * back in the state that they had before.
 */
int machine_run(
	const struct machine_config *config, struct machine_result *result, struct err *err);

#endif
