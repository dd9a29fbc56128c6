/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One command on the data channel of swtpm, for tpm.c. */
#ifndef VM_TPM_EXCHANGE_H
#define VM_TPM_EXCHANGE_H

#include "vm/tpm/tpm.h"

/*
 * Sends @length bytes of @command and receives the response into @response, of CRB_BUFFER_SIZE
 * bytes; sets *@size. Runs on the TPM's thread, without its lock. Returns 0, -ETIMEDOUT, -EPIPE,
 * -EPROTO for what is no response, or -ESHUTDOWN if the TPM is being closed.
 */
int tpm_exchange(struct tpm *tpm, const u8 *command, u32 length, u8 *response, u32 *size);

/* Waits until @tpm is woken. Returns 0, -EPIPE or -EPROTO if swtpm does something meanwhile. */
int tpm_await(struct tpm *tpm);

#endif
