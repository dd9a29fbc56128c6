/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes that a PS/2 device sends to its controller. Bytes that do not fit are lost. */
#ifndef VM_DEV_PS2_QUEUE_H
#define VM_DEV_PS2_QUEUE_H

#include "base/types.h"

#define PS2_QUEUE 16

struct ps2_queue {
	u8 bytes[PS2_QUEUE];
	u8 first, len;
};

static inline unsigned ps2_queue_room(const struct ps2_queue *queue)
{
	return PS2_QUEUE - queue->len;
}

static inline void ps2_queue_add(struct ps2_queue *queue, u8 byte)
{
	if (queue->len < PS2_QUEUE)
		queue->bytes[(queue->first + queue->len++) % PS2_QUEUE] = byte;
}

static inline bool ps2_queue_take(struct ps2_queue *queue, u8 *byte)
{
	if (!queue->len)
		return false;
	*byte = queue->bytes[queue->first];
	queue->first = (queue->first + 1) % PS2_QUEUE;
	queue->len--;
	return true;
}

#endif
