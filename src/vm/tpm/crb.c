// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/tpm/crb.h"

#include <string.h>

#include "base/bytes.h"

/* INTF_ID */
#define TYPE_CRB      (1 << 0)
#define VERSION_CRB   (1 << 4)
#define TRANSFER_64   (3 << 11)
#define CAP_CRB       BIT(14)
#define SELECTOR_CRB  (1 << 17)
#define VENDOR_IBM    0x1014 /* the maker of libtpms and of the TPM's own properties */
#define DEVICE        0x0001
#define START_INVOKE  BIT(0)
#define CANCEL_INVOKE BIT(0)

void crb_reset(struct crb *crb)
{
	*crb = (struct crb){ .idle = true };
}

static u32 read_register(const struct crb *crb, u32 offset)
{
	switch (offset) {
	case CRB_LOC_STATE:
		return CRB_REG_VALID | (crb->assigned ? CRB_LOC_ASSIGNED : 0) |
		       (crb->established ? 0 : CRB_NOT_ESTABLISHED);
	case CRB_LOC_STS:
		return crb->assigned ? CRB_GRANTED : 0;
	case CRB_INTF_ID:
		return TYPE_CRB | VERSION_CRB | TRANSFER_64 | CAP_CRB | SELECTOR_CRB;
	case CRB_INTF_ID_HIGH:
		return VENDOR_IBM | DEVICE << 16;
	case CRB_CTRL_STS:
		return (crb->error ? CRB_STS_ERROR : 0) | (crb->idle ? CRB_STS_IDLE : 0);
	case CRB_CTRL_CANCEL:
		return crb->cancel ? CANCEL_INVOKE : 0;
	case CRB_CTRL_START:
		return crb->started ? START_INVOKE : 0;
	case CRB_CMD_SIZE:
	case CRB_RSP_SIZE:
		return CRB_BUFFER_SIZE;
	case CRB_CMD_LADDR:
	case CRB_RSP_ADDR:
		return CRB_ADDRESS + CRB_BUFFER;
	}
	return 0;
}

static u8 read_byte(const struct crb *crb, u32 offset)
{
	if (offset >= CRB_BUFFER)
		return crb->buffer[offset - CRB_BUFFER];
	return (u8)(read_register(crb, offset & ~3u) >> 8 * (offset & 3));
}

u64 crb_read(const struct crb *crb, u32 offset, unsigned size)
{
	u64 value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (u64)read_byte(crb, offset + i) << 8 * i;
	return value;
}

/* A driver that wants both gives the locality up, and gets it again. */
static void control_locality(struct crb *crb, u32 value)
{
	if (value & CRB_RELINQUISH)
		crb->assigned = false;
	/* There is no other locality to seize it from. */
	if (value & (CRB_REQUEST_ACCESS | CRB_SEIZE))
		crb->assigned = true;
}

static void request(struct crb *crb, u32 value)
{
	if (crb->started)
		return;
	if (value & CRB_CMD_READY)
		crb->idle = false;
	else if (value & CRB_GO_IDLE)
		crb->idle = true;
}

static unsigned write_register(struct crb *crb, u32 offset, u32 value, u32 mask)
{
	switch (offset) {
	case CRB_LOC_CTRL:
		control_locality(crb, value);
		break;
	case CRB_CTRL_REQ:
		request(crb, value);
		break;
	case CRB_CTRL_CANCEL:
		if (!(mask & CANCEL_INVOKE))
			break;
		crb->cancel = value & CANCEL_INVOKE;
		return crb->cancel && crb->started ? CRB_ACT_CANCEL : 0;
	case CRB_CTRL_START:
		if (!(value & START_INVOKE) || crb->started || !crb->assigned)
			break;
		crb->started = true;
		crb->idle = false;
		return CRB_ACT_START;
	}
	return 0;
}

unsigned crb_write(struct crb *crb, u32 offset, unsigned size, u64 value)
{
	const u32 end = offset + size;
	unsigned actions = 0;

	while (offset < end) {
		unsigned lane = offset & 3, n = 4 - lane;

		if (n > end - offset)
			n = end - offset;
		if (offset >= CRB_BUFFER && !crb->started) {
			for (unsigned i = 0; i < n; i++)
				crb->buffer[offset - CRB_BUFFER + i] = (u8)(value >> 8 * i);
		} else if (offset < CRB_BUFFER) {
			u32 mask = (u32)(all_ones(n) << 8 * lane);

			actions |= write_register(
				crb, offset - lane, (u32)(value << 8 * lane) & mask, mask);
		}
		value = n < 8 ? value >> 8 * n : 0;
		offset += n;
	}
	return actions;
}

u32 crb_command_length(const struct crb *crb)
{
	u32 length = get_be32(crb->buffer + TPM_HEAD_LENGTH);

	return length < TPM_HEAD_SIZE || length > CRB_BUFFER_SIZE ? 0 : length;
}

void crb_complete(struct crb *crb, const u8 *response, u32 size)
{
	memcpy(crb->buffer, response, size);
	crb->started = false;
}

void crb_complete_with(struct crb *crb, u32 code)
{
	u8 head[TPM_HEAD_SIZE];

	put_be16(head, TPM_NO_SESSIONS);
	put_be32(head + TPM_HEAD_LENGTH, sizeof(head));
	put_be32(head + TPM_HEAD_CODE, code);
	crb_complete(crb, head, sizeof(head));
}

void crb_fail(struct crb *crb)
{
	crb->error = true;
	if (crb->started)
		crb_complete_with(crb, TPM_RC_FAILURE);
}
