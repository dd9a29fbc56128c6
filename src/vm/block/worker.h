/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thread that serves a disk for its device: work() takes the driver's commands, and the thread
 * waits for new commands and for completed requests. vCPUs that write to registers wake the thread
 * and go on.
 *
 * The caller owns the struct. Any thread may call open, close and wake; work() and everything on
 * @queue run on the worker's thread.
 */
#ifndef VM_BLOCK_WORKER_H
#define VM_BLOCK_WORKER_H

#include <pthread.h>

#include "vm/block/request.h"

struct block_worker_config {
	const char *thread; /* its name, at most 15 characters */
	const char *name;   /* of the disk, for messages; outlives the worker */
	struct block_file *file;
	unsigned depth;   /* requests at once */
	u64 *bounce_used; /* of the machine's budget (vm/block/request.h); NULL: its own */
	/* Atomic: requests that are under way need not be finished, see struct block_queue. */
	const bool *cut;
	bool no_thread; /* for tests: the caller runs block_worker_step(), with plain calls */
	/* Starts what there is to start, and returns. After each wake, and after requests end. */
	void (*work)(void *owner);
	/* The host accepts no more operations; work() is not called any more. */
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

	pthread_mutex_t lock; /* protects the next two */
	pthread_cond_t opened;
	bool is_open;
	int open_result;
};

int block_worker_open(
	struct block_worker *worker, const struct block_worker_config *config, struct err *err);
/* No request may be in flight. Safe on a zeroed struct. */
void block_worker_close(struct block_worker *worker);
void block_worker_wake(struct block_worker *worker);
/*
 * One round of the thread: calls work() and completes requests; with @block it waits for one.
 * Returns 0 or -errno.
 */
int block_worker_step(struct block_worker *worker, bool block);

#endif
