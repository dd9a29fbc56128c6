/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One queue of a block device: its thread, and the requests on their way through it. The thread
 * lives as long as the queue; it stands still until the queue is started.
 *
 * Of blk.h's files alone. open, start, stop and close come from one thread at a time.
 */
#ifndef VM_VIRTIO_BLK_QUEUE_H
#define VM_VIRTIO_BLK_QUEUE_H

#include <pthread.h>

#include "vm/block/request.h"
#include "vm/virtio/blk.h"
#include "vm/virtio/queue.h"

#define BLK_QUEUE_SIZE 256
#define BLK_SEG_MAX    (BLK_QUEUE_SIZE - 2)
/* The data's segments, the header and the status, and room for buffers that RAM's parts cut. */
#define BLK_MAX_IOV (BLK_QUEUE_SIZE + MEM_RAM_PARTS)

struct blk_request {
	struct block_request block;
	struct blk_queue *queue;
	struct virtq_chain chain;
	struct iovec iov[BLK_MAX_IOV];
	u8 *status;               /* in the guest's memory */
	struct blk_request *next; /* free ones */
};

enum blk_queue_state { BLK_QUEUE_IDLE, BLK_QUEUE_RUNS, BLK_QUEUE_ENDS };

struct blk_queue {
	struct blk *blk;
	unsigned index;
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock; /* of the next three */
	pthread_cond_t changed;
	enum blk_queue_state wanted, is;
	int open_result;
	bool stop; /* atomic: it is not wanted to run */

	/* Of the thread while it runs: */
	struct block_queue block;
	struct virtq vq;
	struct blk_request *requests, *free;
	unsigned in_flight;
	bool broken;
};

int blk_queue_open(struct blk_queue **queue, struct blk *blk, unsigned index, struct err *err);
/* NULL is fine. */
void blk_queue_close(struct blk_queue *queue);
int blk_queue_start(struct blk_queue *queue, struct err *err);
void blk_queue_stop(struct blk_queue *queue);

/*
 * On the thread, while it runs: takes what requests there are, and puts back what is done. Waits
 * for one or the other where @block. Returns 0, or -errno where nothing more can be done.
 */
int blk_queue_step(struct blk_queue *queue, bool block);

/* Whether it has been told to stop: what is long is left then. */
bool blk_queue_is_stopped(const struct blk_queue *queue);

/*
 * On the thread: judges the request in @request->chain and sets about it, or answers at once. 1,
 * or -EPROTO where there is nowhere to answer to.
 */
int blk_request_start(struct blk_request *request);
/* The request has its answer and goes back to the driver. */
void blk_queue_finish(struct blk_queue *queue, struct blk_request *request, u32 written);

#endif
