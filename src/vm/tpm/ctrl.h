/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control channel of swtpm, a TPM in a process of its own (swtpm's man/man3/swtpm_ioctls.pod):
 * a stream socket on which commands are sent and answered one by one. The TPM's own commands go
 * over another socket, which swtpm is given here.
 *
 * All numbers are big-endian: a u32 command and its body; a u32 result, and the rest of the answer
 * if the result is 0. Each function waits at most TPM_CTRL_MS, or until the other end or this one
 * is shut down. One thread at a time.
 */
#ifndef VM_TPM_CTRL_H
#define VM_TPM_CTRL_H

#include "base/err.h"

#define TPM_CTRL_MS 10000

enum tpm_ctrl_command {
	TPM_CTRL_CAPABILITY = 0x01,
	TPM_CTRL_INIT = 0x02,
	TPM_CTRL_SHUTDOWN = 0x03,
	TPM_CTRL_ESTABLISHED = 0x04,
	TPM_CTRL_LOCALITY = 0x05,
	TPM_CTRL_CANCEL = 0x09,
	TPM_CTRL_STOP = 0x0e,
	TPM_CTRL_DATA_FD = 0x10,
	TPM_CTRL_BUFFER_SIZE = 0x11,
};

struct tpm_ctrl {
	int fd;
	unsigned ms;     /* how long to wait for an answer */
	bool cancelling; /* the answer to a cancel has not been read yet */
};

/*
 * Gives swtpm the other end of the data channel, which the caller may close then. Returns
 * -ENOTSUP if swtpm lacks what is needed.
 */
int tpm_ctrl_connect(struct tpm_ctrl *ctrl, int data, struct err *err);

/*
 * Resets the TPM, as its reset pin would: it loads its state from the disk and waits for
 * TPM2_Startup. Returns -EREMOTEIO if swtpm refuses; *@result is its code then (of the TPM 1.2
 * specification), else 0.
 */
int tpm_ctrl_init(struct tpm_ctrl *ctrl, bool *established, u32 *result, struct err *err);

/*
 * Asks swtpm to cancel the command in progress, and does not wait. swtpm takes what one read()
 * returns as one command, so a second cancel before tpm_ctrl_settle() does nothing.
 */
int tpm_ctrl_cancel(struct tpm_ctrl *ctrl);
/* Asks swtpm to end, and does not wait. */
void tpm_ctrl_shutdown(struct tpm_ctrl *ctrl);
/* Reads the answer to tpm_ctrl_cancel(), after the command has ended. */
int tpm_ctrl_settle(struct tpm_ctrl *ctrl);

#endif
