/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registers of a TPM 2.0 with a Command Response Buffer: TCG PC Client Platform TPM Profile
 * (PTP) 1.05, section 6.5.3. There is locality 0 alone; there are no interrupts; commands and
 * responses share one buffer.
 *
 * This is a pure model, which executes no command: the owner does what crb_write() returns, and
 * calls crb_complete() or crb_fail() at the end. The owner does the locking.
 *
 * A driver may read and write with any size and alignment: a write acts on the bytes that it
 * covers. Where the profile leaves the choice, this is lenient: the buffer can be written in each
 * state but Command Execution, and a command starts without a request of cmdReady before.
 */
#ifndef VM_TPM_CRB_H
#define VM_TPM_CRB_H

#include "base/types.h"

#define CRB_ADDRESS     0xfed40000
#define CRB_SIZE        0x1000
#define CRB_BUFFER_SIZE 0xf80

/* Offsets. Registers have 32 bits, except CRB_RSP_ADDR. */
enum crb_register {
	CRB_LOC_STATE = 0x00,
	CRB_LOC_CTRL = 0x08,
	CRB_LOC_STS = 0x0c,
	CRB_INTF_ID = 0x30,
	CRB_INTF_ID_HIGH = 0x34, /* vendor in the low half, device in the high */
	CRB_CTRL_REQ = 0x40,     /* where the control area of the TPM2 table begins */
	CRB_CTRL_STS = 0x44,
	CRB_CTRL_CANCEL = 0x48,
	CRB_CTRL_START = 0x4c,
	CRB_CMD_SIZE = 0x58,
	CRB_CMD_LADDR = 0x5c,
	CRB_CMD_HADDR = 0x60,
	CRB_RSP_SIZE = 0x64,
	CRB_RSP_ADDR = 0x68,
	CRB_BUFFER = 0x80,
};

/* LOC_STATE */
#define CRB_NOT_ESTABLISHED BIT(0) /* no dynamic launch (TPM_HASH_START) since the reset */
#define CRB_LOC_ASSIGNED    BIT(1)
#define CRB_REG_VALID       BIT(7)
/* LOC_CTRL */
#define CRB_REQUEST_ACCESS BIT(0)
#define CRB_RELINQUISH     BIT(1)
#define CRB_SEIZE          BIT(2)
/* LOC_STS */
#define CRB_GRANTED BIT(0)
/* CTRL_REQ */
#define CRB_CMD_READY BIT(0)
#define CRB_GO_IDLE   BIT(1)
/* CTRL_STS */
#define CRB_STS_ERROR BIT(0)
#define CRB_STS_IDLE  BIT(1)

/* The head of a command and of a response (TPM 2.0 Library, part 1, section 18), big-endian. */
#define TPM_HEAD_SIZE   10
#define TPM_HEAD_LENGTH 2 /* u32: of head and body */
#define TPM_HEAD_CODE   6 /* u32: of the command, or of the response */
#define TPM_NO_SESSIONS 0x8001
#define TPM_RC_FAILURE  0x101
#define TPM_RC_SIZE     0x142 /* TPM_RC_COMMAND_SIZE */

/* What the owner has to do after a write. */
enum crb_action {
	CRB_ACT_START = BIT(0),  /* execute the command in @buffer */
	CRB_ACT_CANCEL = BIT(1), /* cancel the command that is being executed */
};

struct crb {
	u8 buffer[CRB_BUFFER_SIZE];
	bool assigned; /* the locality */
	bool idle;
	bool started; /* Command Execution */
	bool cancel;
	bool error;
	bool established;
};

/* The state after power-on. */
void crb_reset(struct crb *crb);

/* @offset + @size is at most CRB_SIZE; @size: 1 to 8 bytes. */
u64 crb_read(const struct crb *crb, u32 offset, unsigned size);
/* Returns bits of enum crb_action. */
unsigned crb_write(struct crb *crb, u32 offset, unsigned size, u64 value);

/* The length of the command in @buffer by its head; 0 if that is impossible. */
u32 crb_command_length(const struct crb *crb);

/* The command has been executed: @size bytes of its response, at most CRB_BUFFER_SIZE. */
void crb_complete(struct crb *crb, const u8 *response, u32 size);
/* Completes a command with a response that is only a head with this code. */
void crb_complete_with(struct crb *crb, u32 code);
/* The TPM has failed, and stays so until a reset: so says the status, and each response. */
void crb_fail(struct crb *crb);

#endif
