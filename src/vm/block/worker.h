/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thread that serves a disk for a device: it takes what the driver asks for, by work(), and waits
 * for that and for what is done. Registers are written on vCPUs' threads, which wake it and go on.
 *
 * The caller owns the struct. open, close and wake from any thread; everything on @queue, and
 * work(), from the worker's own.
 */
#ifndef VM_BLOCK_WORKER_H
#define VM_BLOCK_WORKER_H

#include <pthread.h>

#include "vm/block/request.h"

struct block_worker_config {
	const char *thread; /* its name, at most 15 characters */
	const char *name;   /* of the disk, for messages; outlives the worker */
	const struct block_file *file;
	unsigned depth;   /* requests at once */
	u64 *bounce_used; /* of the machine's budget (vm/block/request.h); NULL: its own */
	bool no_thread;   /* for tests: the caller runs block_worker_step(), with plain calls */
	/* Starts what there is to start, and returns. After each wake, and after requests end. */
	void (*work)(void *owner);
	/* The host takes no more work from us; work() is not called any more. */
	void (*broken)(void *owner);
	void *owner;
};

struct block_worker {
	struct block_worker_config config;
	struct block_queue queue;
	int wake; /* eventfd */
	pthread_t thread;
	bool has_thread;
	bool stop; /* atomic */

	pthread_mutex_t lock; /* of the next two */
	pthread_cond_t opened;
	bool is_open;
	int open_result;
};

int block_worker_open(
	struct block_worker *worker, const struct block_worker_config *config, struct err *err);
/* No request is under way. Safe on a zeroed struct. */
void block_worker_close(struct block_worker *worker);
void block_worker_wake(struct block_worker *worker);
/* One round of the thread: work(), then what is done; waits for that where @block. 0, or -errno. */
int block_worker_step(struct block_worker *worker, bool block);

#endif
