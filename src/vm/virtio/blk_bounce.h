/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies of what is transferred, for requests whose memory the file cannot take itself. A guest
 * can have hundreds of requests under way in each of a hundred queues, so a machine's disks share
 * one budget. A queue may always have one copy, so that it goes on; a request that finds no room
 * waits until another of its queue gives its copy back.
 *
 * Of the block device's files alone. On the queue's thread.
 */
#ifndef VM_VIRTIO_BLK_BOUNCE_H
#define VM_VIRTIO_BLK_BOUNCE_H

#include "base/types.h"

#define BLK_BOUNCE_SIZE   (1 * MIB)  /* of a copy, at most */
#define BLK_BOUNCE_BUDGET (64 * MIB) /* of all copies, but for the first of each queue */

struct blk_request;

/*
 * Gives @request->bounce @size bytes. -EAGAIN: it waits, and blk_request_resume() is called later.
 * -ENOMEM.
 */
int blk_bounce_get(struct blk_request *request, size_t size);
/* Takes it back. Others that waited go on. */
void blk_bounce_put(struct blk_request *request);

#endif
