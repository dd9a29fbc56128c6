/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One queue of a block device: its thread, and the requests that are in flight. The thread lives as
 * long as the queue; it sleeps until the queue is started.
 *
 * Used only by the files that implement blk.h. One thread at a time calls open, start, stop and
 * close.
 */
#ifndef VM_VIRTIO_BLK_QUEUE_H
#define VM_VIRTIO_BLK_QUEUE_H

#include <pthread.h>

#include "vm/block/request.h"
#include "vm/virtio/blk.h"
#include "vm/virtio/queue.h"

#define BLK_QUEUE_SIZE 256
#define BLK_SEG_MAX    (BLK_QUEUE_SIZE - 2)
/* The data's segments, header and status, and room for buffers that cross parts of RAM. */
#define BLK_MAX_IOV (BLK_QUEUE_SIZE + MEM_RAM_PARTS)

struct blk_request {
	struct block_request block;
	struct blk_queue *queue;
	struct virtq_chain chain;
	struct iovec iov[BLK_MAX_IOV];
	u8 *status;               /* in guest memory */
	struct blk_request *next; /* for the list of free requests */
};

enum blk_queue_state { BLK_QUEUE_IDLE, BLK_QUEUE_RUNS, BLK_QUEUE_ENDS };

struct blk_queue {
	struct blk *blk;
	unsigned index;
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock; /* protects the next three */
	pthread_cond_t changed;
	enum blk_queue_state wanted, is;
	int open_result;
	bool stop; /* atomic: the thread must stop */
	bool cut;  /* atomic: and what is under way need not be finished */

	/* Owned by the thread while it runs: */
	struct block_queue block;
	struct virtq vq;
	struct blk_request *requests, *free;
	unsigned in_flight;
	bool broken;
};

int blk_queue_open(struct blk_queue **queue, struct blk *blk, unsigned index, struct err *err);
/* Safe on NULL. */
void blk_queue_close(struct blk_queue *queue);
int blk_queue_start(struct blk_queue *queue, struct err *err);
/*
 * Waits for the requests in flight. @finish: the driver will see them done, because the queue only
 * pauses; otherwise long ones are cut, and so they are when the machine is asked to end.
 */
void blk_queue_stop(struct blk_queue *queue, bool finish);

/*
 * On the queue's thread, while it runs: takes all requests that are available, and puts back those
 * that are done. With @block it waits for either. Returns 0, or -errno if the queue cannot go on.
 */
int blk_queue_step(struct blk_queue *queue, bool block);

/*
 * On the queue's thread: checks the request in @request->chain and submits it, or completes it at
 * once. Returns 1, or -EPROTO if there is no place for its status.
 */
int blk_request_start(struct blk_request *request);
/* Gives a completed request back to the driver. */
void blk_queue_finish(struct blk_queue *queue, struct blk_request *request, u32 written);

#endif
