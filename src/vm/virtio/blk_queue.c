// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/virtio/blk_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/eventfd.h"
#include "base/thread.h"

/* Between two looks at whether the machine is asked to end. */
#define LOOK_MS 100

void blk_queue_finish(struct blk_queue *queue, struct blk_request *request, u32 written)
{
	virtq_push(&queue->vq, &request->chain, written);
	request->next = queue->free;
	queue->free = request;
	queue->in_flight--;
}

static void broken(struct blk_queue *queue)
{
	queue->broken = true;
	log_guest("%s: queue %u: the driver's ring makes no sense", queue->blk->dev.name,
		queue->index);
	virtio_dev_fail(&queue->blk->dev);
}

static struct blk_request *take_free(struct blk_queue *queue)
{
	struct blk_request *request = queue->free;

	queue->free = request->next;
	request->chain.iov = request->iov;
	request->chain.max_iov = BLK_MAX_IOV;
	queue->in_flight++;
	return request;
}

static void put_free(struct blk_queue *queue, struct blk_request *request)
{
	request->next = queue->free;
	queue->free = request;
	queue->in_flight--;
}

static bool is_stopped(const struct blk_queue *queue)
{
	return __atomic_load_n(&queue->stop, __ATOMIC_ACQUIRE);
}

/*
 * Takes what there is, but no more than a ring of requests: those that are answered at once are
 * free again, and a driver that offers them faster than this takes them would keep it here. Returns
 * whether more may be there.
 */
static bool take_requests(struct blk_queue *queue)
{
	for (unsigned n = 0; n < BLK_QUEUE_SIZE && queue->free && !queue->broken; n++) {
		struct blk_request *request = take_free(queue);
		int ret = virtq_pop(&queue->vq, &request->chain);

		if (ret == 1)
			ret = blk_request_start(request);
		if (ret == 1)
			continue;
		put_free(queue, request);
		if (ret)
			broken(queue);
		return false;
	}
	return queue->free && !queue->broken;
}

/* The queue cannot go on until the driver resets the device. */
static void await_stop(struct blk_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	while (!is_stopped(queue))
		pthread_cond_wait(&queue->changed, &queue->lock);
	pthread_mutex_unlock(&queue->lock);
}

int blk_queue_step(struct blk_queue *queue, bool block)
{
	int ret;

	if (take_requests(queue))
		block = false;
	/* What was answered without waiting. */
	virtq_call(&queue->vq);
	if (!queue->broken && virtq_want_kicks(&queue->vq, true))
		block = false;
	ret = block_io_wait(&queue->block.io, block);
	if (!queue->broken)
		virtq_want_kicks(&queue->vq, false);
	virtq_call(&queue->vq);
	return ret;
}

static void serve(struct blk_queue *queue)
{
	while (!is_stopped(queue)) {
		if (!blk_queue_step(queue, true))
			continue;
		broken(queue);
		await_stop(queue);
	}
	while (queue->in_flight && !block_io_wait(&queue->block.io, true))
		continue;
	virtq_call(&queue->vq);
}

/* Reports the thread's state, and waits until another is wanted. */
static enum blk_queue_state rest(struct blk_queue *queue, enum blk_queue_state is)
{
	enum blk_queue_state wanted;

	pthread_mutex_lock(&queue->lock);
	queue->is = is;
	pthread_cond_broadcast(&queue->changed);
	while (queue->wanted == is)
		pthread_cond_wait(&queue->changed, &queue->lock);
	wanted = queue->is = queue->wanted;
	pthread_mutex_unlock(&queue->lock);
	return wanted;
}

static void *run(void *arg)
{
	struct blk_queue *queue = arg;

	pthread_setname_np(pthread_self(), "tenon-disk");
	thread_set_kind(THREAD_DISK);
	queue->open_result = block_io_open(&queue->block.io);
	while (rest(queue, BLK_QUEUE_IDLE) == BLK_QUEUE_RUNS)
		serve(queue);
	if (!queue->open_result)
		block_io_close(&queue->block.io);
	return NULL;
}

/* @wait: waits until the thread has reached the state. */
static void ask(struct blk_queue *queue, enum blk_queue_state wanted, bool wait)
{
	pthread_mutex_lock(&queue->lock);
	queue->wanted = wanted;
	__atomic_store_n(&queue->stop, wanted != BLK_QUEUE_RUNS, __ATOMIC_RELEASE);
	pthread_cond_broadcast(&queue->changed);
	pthread_mutex_unlock(&queue->lock);
	if (!wait)
		return;
	eventfd_signal(queue->block.io.wake);
	pthread_mutex_lock(&queue->lock);
	while (queue->is != wanted)
		if (!thread_wait_within(&queue->changed, &queue->lock, LOOK_MS) &&
			thread_end_is_asked())
			__atomic_store_n(&queue->cut, true, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&queue->lock);
}

static int start_thread(struct blk_queue *queue)
{
	int ret = -pthread_create(&queue->thread, NULL, run, queue);

	if (ret)
		return ret;
	queue->has_thread = true;
	pthread_mutex_lock(&queue->lock);
	while (queue->is != BLK_QUEUE_IDLE)
		pthread_cond_wait(&queue->changed, &queue->lock);
	pthread_mutex_unlock(&queue->lock);
	return queue->open_result;
}

int blk_queue_open(struct blk_queue **made, struct blk *blk, unsigned index, struct err *err)
{
	struct blk_queue *queue = calloc(1, sizeof(*queue));
	int ret = -ENOMEM;

	*made = queue;
	if (queue) {
		queue->blk = blk;
		queue->index = index;
		queue->is = BLK_QUEUE_ENDS;
		queue->stop = true;
		block_queue_init(&queue->block, blk->dev.name, &blk->file, BLK_QUEUE_SIZE);
		queue->block.stop = &queue->cut;
		if (blk->bounce_used)
			queue->block.bounce_used = blk->bounce_used;
		pthread_mutex_init(&queue->lock, NULL);
		pthread_cond_init(&queue->changed, NULL);
		queue->requests = calloc(BLK_QUEUE_SIZE, sizeof(*queue->requests));
	}
	for (unsigned i = 0; queue && queue->requests && i < BLK_QUEUE_SIZE; i++) {
		queue->requests[i].queue = queue;
		queue->requests[i].next = queue->free;
		queue->free = &queue->requests[i];
	}
	if (queue && queue->requests)
		ret = start_thread(queue);
	return ret ? err_sys(err, -ret, "%s: cannot make queue %u", blk->dev.name, index) : 0;
}

void blk_queue_close(struct blk_queue *queue)
{
	if (!queue)
		return;
	if (queue->has_thread) {
		ask(queue, BLK_QUEUE_ENDS, false);
		pthread_join(queue->thread, NULL);
	}
	pthread_cond_destroy(&queue->changed);
	pthread_mutex_destroy(&queue->lock);
	free(queue->requests);
	free(queue);
}

int blk_queue_start(struct blk_queue *queue, struct err *err)
{
	struct virtio_queue *setup = &queue->blk->dev.queues[queue->index];
	int ret = virtq_open(&queue->vq, &queue->blk->dev, setup, err);

	if (ret)
		return ret;
	queue->block.io.wake = setup->kick;
	queue->broken = queue->cut = false;
	ask(queue, BLK_QUEUE_RUNS, false);
	return 0;
}

void blk_queue_stop(struct blk_queue *queue, bool finish)
{
	__atomic_store_n(&queue->cut, !finish, __ATOMIC_RELEASE);
	ask(queue, BLK_QUEUE_IDLE, true);
	virtq_close(&queue->vq);
}
