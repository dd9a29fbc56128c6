/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The registers, commands and status codes of NVM Express 1.4 that this controller has. */
#ifndef VM_NVME_REGS_H
#define VM_NVME_REGS_H

#include "base/types.h"

/* 3.1. */
#define NVME_CAP       0x00
#define NVME_VS        0x08
#define NVME_INTMS     0x0c
#define NVME_INTMC     0x10
#define NVME_CC        0x14
#define NVME_CSTS      0x1c
#define NVME_AQA       0x24
#define NVME_ASQ       0x28
#define NVME_ACQ       0x30
#define NVME_DOORBELLS 0x1000 /* 3.1.24: four bytes for each queue, submission and completion */

#define NVME_VERSION   0x00010400
#define NVME_MAX_QUEUE 1024u /* entries */
#define NVME_CAP_CQR   BIT_ULL(16)
#define NVME_CAP_TO    (40ull << 24) /* 20 s */
#define NVME_CAP_NVM   BIT_ULL(37)
#define NVME_CC_EN     BIT(0)
#define NVME_CC_CSS    0x70u
#define NVME_CC_MPS    0x780u
#define NVME_CC_AMS    0x3800u
#define NVME_CC_SHN    0xc000u
#define NVME_CC_IOSQES 0xf0000u
#define NVME_CC_IOCQES 0xf00000u
#define NVME_CC_BITS   0xfffff1u
#define NVME_CSTS_RDY  BIT(0)
#define NVME_CSTS_CFS  BIT(1)
#define NVME_CSTS_SHST 0xcu
#define NVME_SHST_BUSY BIT(2)
#define NVME_SHST_DONE BIT(3)
#define NVME_AQA_BITS  0x0fff0fffu

#define NVME_PAGE   4096u
#define NVME_SQE    64u
#define NVME_CQE    16u
#define NVME_IOSQES 6u
#define NVME_IOCQES 4u
#define NVME_NSID   1u
#define NVME_ALL_NS 0xffffffffu

/* In the first dword of a command, 4.2. */
#define NVME_FUSE_PSDT 0xc300u

enum nvme_admin {
	NVME_DELETE_SQ = 0x00,
	NVME_CREATE_SQ = 0x01,
	NVME_GET_LOG = 0x02,
	NVME_DELETE_CQ = 0x04,
	NVME_CREATE_CQ = 0x05,
	NVME_IDENTIFY = 0x06,
	NVME_ABORT = 0x08,
	NVME_SET_FEATURES = 0x09,
	NVME_GET_FEATURES = 0x0a,
	NVME_ASYNC_EVENT = 0x0c,
	NVME_DOORBELL_BUFFER = 0x7c,
};

enum nvme_io {
	NVME_FLUSH = 0x00,
	NVME_WRITE = 0x01,
	NVME_READ = 0x02,
	NVME_WRITE_ZEROES = 0x08,
	NVME_DSM = 0x09,
};

/* Status: the type in bits 8 to 10, the code in bits 0 to 7, 4.6.1. */
enum nvme_status {
	NVME_OK = 0x000,
	NVME_INVALID_OPCODE = 0x001,
	NVME_INVALID_FIELD = 0x002,
	NVME_TRANSFER_ERROR = 0x004,
	NVME_INTERNAL = 0x006,
	NVME_INVALID_NS = 0x00b,
	NVME_INVALID_OFFSET = 0x013,
	NVME_WRITE_PROTECTED = 0x020,
	NVME_LBA_RANGE = 0x080,
	NVME_CQ_INVALID = 0x100,
	NVME_QID_INVALID = 0x101,
	NVME_QUEUE_SIZE = 0x102,
	NVME_ASYNC_LIMIT = 0x105,
	NVME_INVALID_VECTOR = 0x108,
	NVME_INVALID_LOG = 0x109,
	NVME_INVALID_DELETION = 0x10c,
	NVME_NOT_SAVEABLE = 0x10d,
	NVME_WRITE_FAULT = 0x280,
	NVME_READ_FAILED = 0x281,
};

#endif
