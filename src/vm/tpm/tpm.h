/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TPM 2.0 as the guest sees it: the registers of crb.h before a swtpm, which executes the
 * commands.
 *
 * A vCPU never waits for swtpm: a thread of this struct sends each command, and stores the response
 * in the registers. A guest's reset is also done on that thread; commands that the guest starts
 * meanwhile wait for it. If swtpm ends, breaks the protocol, or does not answer in time, the TPM
 * fails for the rest of the machine's life: the status says so, and all commands get the response
 * TPM_RC_FAILURE.
 *
 * The owner keeps swtpm's process and the two sockets. tpm_read(), tpm_write() and tpm_reset() may
 * be called on any thread.
 */
#ifndef VM_TPM_TPM_H
#define VM_TPM_TPM_H

#include <pthread.h>

#include "vm/tpm/crb.h"
#include "vm/tpm/ctrl.h"

/* The longest that Linux waits for a command, which is to make an RSA key. */
#define TPM_COMMAND_MS 300000
/* From here on a command is worth a message. */
#define TPM_SLOW_MS 15000

struct tpm_settings {
	int ctrl;         /* the control channel, with a TPM that tpm_ctrl_init() has reset */
	int data;         /* the data channel */
	bool established; /* as tpm_ctrl_init() says */
	unsigned command_ms, slow_ms, ctrl_ms;
	/*
	 * On the TPM's thread, once: the TPM has failed. @why: "swtpm has closed its connection".
	 */
	void (*failed)(void *owner, const char *why);
	/* On the TPM's thread: the TPM has answered TPM_RC_FAILURE for the first time in a boot. */
	void (*in_failure_mode)(void *owner);
	void *owner;
};

struct tpm {
	struct tpm_settings settings;
	struct tpm_ctrl ctrl;
	pthread_t thread;
	bool has_thread;
	int wake; /* eventfd */

	pthread_mutex_t lock; /* guards what follows */
	struct crb crb;
	u8 command[CRB_BUFFER_SIZE]; /* the one that waits for the thread */
	u32 length;                  /* 0: none */
	bool cancel;                 /* the command in progress */
	bool reset;                  /* before the next command */
	bool stop;
	bool broken;
	bool complained; /* in_failure_mode() was called since the reset */
};

int tpm_open(struct tpm *tpm, const struct tpm_settings *settings, struct err *err);
/* Does not wait for a command in progress. Safe on a zeroed struct. */
void tpm_close(struct tpm *tpm);

/*
 * A reset of the machine: the registers are as after power-on at once; the TPM itself is reset
 * before the next command.
 */
void tpm_reset(struct tpm *tpm);

/* The guest's accesses, as of crb.h. */
u64 tpm_read(struct tpm *tpm, u32 offset, unsigned size);
void tpm_write(struct tpm *tpm, u32 offset, unsigned size, u64 value);

#endif
