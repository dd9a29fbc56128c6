/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A queue of guest memory chunks that wait to be mapped for DMA, and the threads that map them.
 *
 * The order is that in which firmware and kernels touch memory: the first MiB, then the end of the
 * RAM below 4 GiB (where firmware runs, and ACPI tables or an initial RAM disk lie), and then
 * upward. All of it must be mapped before a device does DMA; the order only makes it likely that
 * pages are ready when the guest comes to them.
 *
 * Chunks are added before the queue is started. The struct must not move between open and close.
 * Any thread may call dma_queue_drop(); the owner calls all other functions.
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
	/* Called by several workers at the same time. */
	int (*map)(void *owner, const struct dma_chunk *chunk, struct err *err);
	void (*unmap)(void *owner, struct range range);
	/*
	 * No chunk waits any more, or one failed: see dma_queue_result(). Called on any thread,
	 * perhaps more than once.
	 */
	void (*ended)(void *owner);
};

struct dma_queue {
	const struct dma_queue_ops *ops; /* NULL: not open */
	void *owner;
	pthread_mutex_t lock; /* protects everything below */
	pthread_cond_t changed;
	struct dma_chunk *chunks;
	size_t nr;
	size_t next;        /* the first chunk that may still wait */
	size_t left;        /* chunks that wait or are busy */
	u64 mapped, total;  /* bytes */
	struct err failure; /* code 0: none */
	bool stop;
	pthread_t workers[DMA_QUEUE_MAX_WORKERS];
	unsigned nr_workers;
};

void dma_queue_open(struct dma_queue *queue, const struct dma_queue_ops *ops, void *owner);
/* Stops the workers as soon as each has finished its current chunk. Unmaps nothing. */
void dma_queue_close(struct dma_queue *queue);

/* Returns 0 or -ENOMEM, without a message. */
int dma_queue_add(struct dma_queue *queue, struct range range, char *host);
/* @workers: 1 to DMA_QUEUE_MAX_WORKERS. */
int dma_queue_start(struct dma_queue *queue, unsigned workers, struct err *err);

/*
 * @range leaves the guest's memory: waits for chunks that are being mapped, forgets those that wait
 * and unmaps the rest. Returns whether any chunk lay there; each chunk lies wholly inside or
 * outside.
 */
bool dma_queue_drop(struct dma_queue *queue, struct range range);

/*
 * 0: all is mapped; -EINPROGRESS; or -errno of the first failure, with the message that map() left.
 */
int dma_queue_result(struct dma_queue *queue, struct err *err);
/* Adds this queue's bytes to @mapped and @total. */
void dma_queue_progress(struct dma_queue *queue, u64 *mapped, u64 *total);

#endif
