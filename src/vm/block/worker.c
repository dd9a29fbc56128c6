// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/block/worker.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/own.h"
#include "base/thread.h"

int block_worker_step(struct block_worker *worker, bool block)
{
	worker->config.work(worker->config.owner);
	return block_io_wait(&worker->queue.io, block);
}

static bool stopped(const struct block_worker *worker)
{
	return __atomic_load_n(&worker->stop, __ATOMIC_ACQUIRE);
}

static int open_io(struct block_worker *worker)
{
	struct block_io *io = &worker->queue.io;

	if (!worker->config.no_thread || io->nbd)
		return block_io_open(io);
	io->ops = &block_io_plain;
	return io->ops->open(io);
}

static void *run(void *arg)
{
	struct block_worker *worker = arg;
	int ret = open_io(worker);

	pthread_setname_np(pthread_self(), worker->config.thread);
	thread_set_kind(THREAD_DISK);
	pthread_mutex_lock(&worker->lock);
	worker->open_result = ret;
	worker->is_open = true;
	pthread_cond_signal(&worker->opened);
	pthread_mutex_unlock(&worker->lock);
	if (ret)
		return NULL;
	while (!stopped(worker) && !ret)
		ret = block_worker_step(worker, true);
	if (ret) {
		log_error("%s: the host takes no more requests: %s", worker->config.name,
			strerror(-ret));
		worker->config.broken(worker->config.owner);
	}
	block_io_close(&worker->queue.io);
	return NULL;
}

/* The thread that uses the io also opens it. */
static int start_thread(struct block_worker *worker)
{
	int ret = -pthread_create(&worker->thread, NULL, run, worker);

	if (ret)
		return ret;
	worker->has_thread = true;
	pthread_mutex_lock(&worker->lock);
	while (!worker->is_open)
		pthread_cond_wait(&worker->opened, &worker->lock);
	ret = worker->open_result;
	pthread_mutex_unlock(&worker->lock);
	return ret;
}

int block_worker_open(
	struct block_worker *worker, const struct block_worker_config *config, struct err *err)
{
	int ret = 0;

	*worker = (struct block_worker){ .config = *config, .wake = -1 };
	pthread_mutex_init(&worker->lock, NULL);
	pthread_cond_init(&worker->opened, NULL);
	block_queue_init(&worker->queue, config->name, config->file, config->depth);
	worker->queue.stop = config->cut;
	if (config->bounce_used)
		worker->queue.bounce_used = config->bounce_used;
	worker->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (worker->wake < 0)
		ret = -errno;
	worker->queue.io.wake = worker->wake;
	if (!ret && config->no_thread) {
		ret = open_io(worker);
		worker->is_open = !ret;
	} else if (!ret) {
		ret = start_thread(worker);
	}
	if (!ret)
		return 0;
	block_worker_close(worker);
	return err_sys(err, -ret, "%s: cannot serve it", config->name);
}

void block_worker_close(struct block_worker *worker)
{
	if (!worker->config.work)
		return;
	__atomic_store_n(&worker->stop, true, __ATOMIC_RELEASE);
	if (worker->has_thread) {
		block_worker_wake(worker);
		pthread_join(worker->thread, NULL);
	} else if (worker->is_open) {
		block_io_close(&worker->queue.io);
	}
	close_fd(&worker->wake);
	pthread_cond_destroy(&worker->opened);
	pthread_mutex_destroy(&worker->lock);
	*worker = (struct block_worker){ .wake = -1 };
}

void block_worker_wake(struct block_worker *worker)
{
	/* Fails only if the counter is full: then the thread has been woken already. */
	eventfd_write(worker->wake, 1);
}
