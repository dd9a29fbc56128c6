// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/virtio/blk_bounce.h"

#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "vm/virtio/blk_queue.h"

#define ALIGN 4096u

static bool charge(struct blk_queue *queue, u64 size)
{
	u64 *used = queue->blk->bounce_used;

	if (__atomic_add_fetch(used, size, __ATOMIC_RELAXED) <= BLK_BOUNCE_BUDGET ||
		!queue->nr_bounces)
		return true;
	__atomic_sub_fetch(used, size, __ATOMIC_RELAXED);
	return false;
}

static void give_back(struct blk_queue *queue, u64 size)
{
	__atomic_sub_fetch(queue->blk->bounce_used, size, __ATOMIC_RELAXED);
}

int blk_bounce_get(struct blk_request *request, size_t size)
{
	struct blk_queue *queue = request->queue;

	size = round_up(size, ALIGN);
	if (!charge(queue, size)) {
		struct blk_request **last = &queue->waiting;

		while (*last)
			last = &(*last)->next;
		request->next = NULL;
		*last = request;
		return -EAGAIN;
	}
	request->bounce = aligned_alloc(ALIGN, size);
	if (!request->bounce) {
		give_back(queue, size);
		return -ENOMEM;
	}
	request->bounce_size = size;
	queue->nr_bounces++;
	return 0;
}

void blk_bounce_put(struct blk_request *request)
{
	struct blk_queue *queue = request->queue;

	free(request->bounce);
	request->bounce = NULL;
	give_back(queue, request->bounce_size);
	queue->nr_bounces--;
	/* One may find no memory, and then nobody else would wake the rest. */
	do {
		struct blk_request *next = queue->waiting;

		if (!next)
			return;
		queue->waiting = next->next;
		blk_request_resume(next);
	} while (!queue->nr_bounces);
}
