/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A swtpm on a thread of the test: it answers the control channel as swtpm 0.7.1 does, and TPM
 * commands with a response that repeats the command's last byte. It can misbehave.
 */
#ifndef FAKE_SWTPM_H
#define FAKE_SWTPM_H

#include <pthread.h>

#include "base/types.h"

enum fake_swtpm_fault {
	FAKE_NONE,
	FAKE_SILENT,       /* takes commands and does not answer */
	FAKE_CLOSES,       /* closes both channels at a command */
	FAKE_SHORT,        /* a response whose head says 9 bytes */
	FAKE_LONG,         /* ... and more than the buffer */
	FAKE_SPLIT,        /* the response comes byte by byte */
	FAKE_UNASKED,      /* a byte that nobody asked for, at the start */
	FAKE_WAITS,        /* answers when a cancel comes, with TPM_RC_CANCELED */
	FAKE_FAILURE_MODE, /* answers TPM_RC_FAILURE */
	FAKE_REFUSES,      /* error 0x101 to INIT */
	FAKE_OLD,          /* has no capability but INIT */
	FAKE_BIG,          /* chooses a larger buffer */
	FAKE_MUTE,         /* does not answer the control channel */
};

struct fake_swtpm {
	int ctrl, data; /* the monitor's ends; ->data only after fake_swtpm_channel() */
	pthread_t thread;
	int own_ctrl, own_data;
	enum fake_swtpm_fault fault;
	bool established;
	pthread_mutex_t lock;
	unsigned nr_inits, nr_commands, nr_cancels; /* read with fake_swtpm_count() */
	char order[256];                            /* the names of the control commands */
};

void fake_swtpm_start(struct fake_swtpm *fake, enum fake_swtpm_fault fault);
/* Sets a fault from now on. */
void fake_swtpm_set(struct fake_swtpm *fake, enum fake_swtpm_fault fault);
unsigned fake_swtpm_count(struct fake_swtpm *fake, const unsigned *counter);
/* Ends the thread by shutting the channels down, and closes them. */
void fake_swtpm_stop(struct fake_swtpm *fake);

#endif
