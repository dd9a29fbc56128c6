// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/dma_queue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/bytes.h"

/* Less than a huge page: the kernel would back the default stack of 8 MiB with one. */
#define STACK_SIZE (128 * KIB)

void dma_queue_open(struct dma_queue *queue, const struct dma_queue_ops *ops, void *owner)
{
	*queue = (struct dma_queue){ .ops = ops, .owner = owner };
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->changed, NULL);
}

void dma_queue_close(struct dma_queue *queue)
{
	if (!queue->ops)
		return;
	pthread_mutex_lock(&queue->lock);
	queue->stop = true;
	pthread_mutex_unlock(&queue->lock);
	for (unsigned i = 0; i < queue->nr_workers; i++)
		pthread_join(queue->workers[i], NULL);
	free(queue->chunks);
	pthread_cond_destroy(&queue->changed);
	pthread_mutex_destroy(&queue->lock);
	*queue = (struct dma_queue){ 0 };
}

int dma_queue_add(struct dma_queue *queue, struct range range, char *host)
{
	if (array_room(queue->chunks, queue->nr, 1))
		return -ENOMEM;
	queue->chunks[queue->nr++] = (struct dma_chunk){ range, host, DMA_CHUNK_WAITS };
	queue->left++;
	queue->total += range.size;
	return 0;
}

static int by_address(const void *a, const void *b)
{
	u64 x = ((const struct dma_chunk *)a)->range.start;
	u64 y = ((const struct dma_chunk *)b)->range.start;

	return (x > y) - (x < y);
}

static void put_in_order(struct dma_queue *queue)
{
	struct dma_chunk *chunks = queue->chunks;
	size_t first = 0, low_end;

	qsort(chunks, queue->nr, sizeof(*chunks), by_address);
	while (first < queue->nr && chunks[first].range.start < MIB)
		first++;
	for (low_end = first; low_end < queue->nr && chunks[low_end].range.start < 4 * GIB;)
		low_end++;
	if (low_end > first + 1) {
		struct dma_chunk top = chunks[low_end - 1];

		memmove(&chunks[first + 1], &chunks[first],
			(low_end - 1 - first) * sizeof(*chunks));
		chunks[first] = top;
	}
}

static struct dma_chunk *take(struct dma_queue *queue)
{
	while (!queue->stop && !queue->failure.code && queue->next < queue->nr) {
		struct dma_chunk *chunk = &queue->chunks[queue->next++];

		if (chunk->state == DMA_CHUNK_WAITS) {
			chunk->state = DMA_CHUNK_BUSY;
			return chunk;
		}
	}
	return NULL;
}

/* Returns whether this ends the work: the first failure does, and so does the last chunk. */
static bool finish(struct dma_queue *queue, struct dma_chunk *chunk, const struct err *err)
{
	bool failed = queue->failure.code;

	chunk->state = err->code ? DMA_CHUNK_GONE : DMA_CHUNK_MAPPED;
	queue->left--;
	if (!err->code)
		queue->mapped += chunk->range.size;
	else if (!failed)
		queue->failure = *err;
	pthread_cond_broadcast(&queue->changed);
	return !failed && (err->code || !queue->left);
}

static void *work(void *arg)
{
	struct dma_queue *queue = arg;
	struct dma_chunk *chunk;

	pthread_mutex_lock(&queue->lock);
	while ((chunk = take(queue))) {
		struct err err = { 0 };
		bool ends;

		pthread_mutex_unlock(&queue->lock);
		queue->ops->map(queue->owner, chunk, &err);
		pthread_mutex_lock(&queue->lock);
		ends = finish(queue, chunk, &err);
		pthread_mutex_unlock(&queue->lock);
		if (ends)
			queue->ops->ended(queue->owner);
		pthread_mutex_lock(&queue->lock);
	}
	pthread_mutex_unlock(&queue->lock);
	return NULL;
}

static int start_worker(struct dma_queue *queue, const pthread_attr_t *attr)
{
	pthread_t *worker = &queue->workers[queue->nr_workers];
	char name[16];
	int ret = pthread_create(worker, attr, work, queue);

	if (ret)
		return ret;
	snprintf(name, sizeof(name), "dma map %u", queue->nr_workers);
	pthread_setname_np(*worker, name);
	queue->nr_workers++;
	return 0;
}

int dma_queue_start(struct dma_queue *queue, unsigned workers, struct err *err)
{
	pthread_attr_t attr;
	int ret;

	put_in_order(queue);
	if (!queue->nr) {
		queue->ops->ended(queue->owner);
		return 0;
	}
	ret = pthread_attr_init(&attr);
	if (!ret) {
		pthread_attr_setstacksize(&attr, STACK_SIZE);
		for (unsigned i = 0; i < workers && i < DMA_QUEUE_MAX_WORKERS && !ret; i++)
			ret = start_worker(queue, &attr);
		pthread_attr_destroy(&attr);
	}
	/* Fewer threads than requested suffice. */
	return queue->nr_workers ? 0 : err_sys(err, ret, "cannot start to map guest memory");
}

static bool is_in(const struct dma_chunk *chunk, struct range range)
{
	return chunk->state != DMA_CHUNK_GONE && range_overlaps(chunk->range, range);
}

/* Chunks that wait are just forgotten. Returns whether there were any. */
static bool drop_waiting(struct dma_queue *queue, struct range range)
{
	bool any = false;

	for (size_t i = 0; i < queue->nr; i++) {
		struct dma_chunk *chunk = &queue->chunks[i];

		if (!is_in(chunk, range) || chunk->state != DMA_CHUNK_WAITS)
			continue;
		queue->left--;
		queue->total -= chunk->range.size;
		chunk->state = DMA_CHUNK_GONE;
		any = true;
	}
	return any;
}

/* Unmaps chunks that are mapped, or being mapped right now. Returns whether there were any. */
static bool drop_mapped(struct dma_queue *queue, struct range range)
{
	bool any = false;

	for (size_t i = 0; i < queue->nr; i++) {
		struct dma_chunk *chunk = &queue->chunks[i];

		if (!is_in(chunk, range))
			continue;
		while (chunk->state == DMA_CHUNK_BUSY)
			pthread_cond_wait(&queue->changed, &queue->lock);
		if (chunk->state == DMA_CHUNK_MAPPED)
			queue->ops->unmap(queue->owner, chunk->range);
		chunk->state = DMA_CHUNK_GONE;
		any = true;
	}
	return any;
}

bool dma_queue_drop(struct dma_queue *queue, struct range range)
{
	bool any, ended;

	if (!queue->ops)
		return false;
	pthread_mutex_lock(&queue->lock);
	ended = !queue->left;
	/* Drop waiting chunks first, or the workers would map each of them just before its turn. */
	any = drop_waiting(queue, range);
	any |= drop_mapped(queue, range);
	ended = !ended && !queue->left && !queue->failure.code;
	pthread_mutex_unlock(&queue->lock);
	if (ended)
		queue->ops->ended(queue->owner);
	return any;
}

int dma_queue_result(struct dma_queue *queue, struct err *err)
{
	int ret = 0;

	if (!queue->ops)
		return 0;
	pthread_mutex_lock(&queue->lock);
	if (queue->failure.code) {
		*err = queue->failure;
		ret = -err->code;
	} else if (queue->left) {
		ret = -EINPROGRESS;
	}
	pthread_mutex_unlock(&queue->lock);
	return ret;
}

void dma_queue_progress(struct dma_queue *queue, u64 *mapped, u64 *total)
{
	if (!queue->ops)
		return;
	pthread_mutex_lock(&queue->lock);
	*mapped += queue->mapped;
	*total += queue->total;
	pthread_mutex_unlock(&queue->lock);
}
