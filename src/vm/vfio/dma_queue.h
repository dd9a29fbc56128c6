/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory that waits to be mapped for DMA, in chunks, and the threads that do it.
 *
 * The order is that in which firmware and kernels touch memory: the first MiB, the end of the
 * RAM below 4 GiB (firmware lives there, and an ACPI table or an initial RAM disk lies there),
 * and then upward. All of it must be mapped before a device does DMA; the order only has pages
 * ready when the guest comes to them.
 *
 * Chunks are added before the queue is started. The struct stays at one address from open to
 * close. dma_queue_drop() may come from any thread, the rest is the owner's.
 */
#ifndef VM_VFIO_DMA_QUEUE_H
#define VM_VFIO_DMA_QUEUE_H

#include <pthread.h>

#include "base/err.h"
#include "base/range.h"

#define DMA_QUEUE_MAX_WORKERS 16

enum dma_chunk_state { DMA_CHUNK_WAITS, DMA_CHUNK_BUSY, DMA_CHUNK_MAPPED, DMA_CHUNK_GONE };

struct dma_chunk {
	struct range range; /* guest physical */
	char *host;
	enum dma_chunk_state state;
};

struct dma_queue_ops {
	/* From a worker, several at a time. */
	int (*map)(void *owner, const struct dma_chunk *chunk, struct err *err);
	void (*unmap)(void *owner, struct range range);
	/*
	 * Nothing waits any more, or a chunk failed: see dma_queue_result(). Any thread, and
	 * perhaps more than once.
	 */
	void (*ended)(void *owner);
};

struct dma_queue {
	const struct dma_queue_ops *ops; /* NULL: not open */
	void *owner;
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t changed;
	struct dma_chunk *chunks;
	size_t nr;
	size_t next;        /* the first that may still wait */
	size_t left;        /* how many wait or are busy */
	u64 mapped, total;  /* bytes */
	struct err failure; /* code 0: none */
	bool stop;
	pthread_t workers[DMA_QUEUE_MAX_WORKERS];
	unsigned nr_workers;
};

void dma_queue_open(struct dma_queue *queue, const struct dma_queue_ops *ops, void *owner);
/* Stops the workers when they are done with what they have in hand. Unmaps nothing. */
void dma_queue_close(struct dma_queue *queue);

/* -ENOMEM, without a message. */
int dma_queue_add(struct dma_queue *queue, struct range range, char *host);
/* @workers: 1 to DMA_QUEUE_MAX_WORKERS. */
int dma_queue_start(struct dma_queue *queue, unsigned workers, struct err *err);

/*
 * [range] goes from the guest's memory: waits for a chunk that is being mapped, forgets those that
 * wait and unmaps the rest. Whether any chunk lay there; chunks lie wholly inside or outside.
 */
bool dma_queue_drop(struct dma_queue *queue, struct range range);

/* 0: all is mapped; -EINPROGRESS; or -errno of the first failure, with @err as map() left it. */
int dma_queue_result(struct dma_queue *queue, struct err *err);
/* Adds this queue's bytes to both. */
void dma_queue_progress(struct dma_queue *queue, u64 *mapped, u64 *total);

#endif
