// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Submission and completion queues: NVM Express 1.4, 4.1 and 4.6. A command is copied from guest
 * memory once, and only the copy is examined.
 */
#include "vm/nvme/internal.h"

#include <string.h>
#include <sys/eventfd.h>

#define CQE_STATUS 14
#define STATUS_DNR BIT(14) /* do not retry: the same command would fail again */
#define TYPE_MEDIA 2

bool nvme_intx_level(const struct nvme *nvme)
{
	for (unsigned i = 0; i < NVME_NR_QUEUES; i++) {
		const struct nvme_cq *cq = &nvme->cqs[i];

		if (cq->ring && cq->interrupts && cq->head != cq->tail &&
			!(cq->vector < 32 && nvme->intms & BIT(cq->vector)))
			return true;
	}
	return false;
}

/* Locked. */
static void interrupt(struct nvme *nvme, const struct nvme_cq *cq)
{
	if (!cq->interrupts)
		return;
	if (nvme->by_msix)
		eventfd_write(nvme->vectors[cq->vector], 1);
	else
		eventfd_write(nvme->intx_call, 1);
}

void nvme_give_back(struct nvme_request *r)
{
	r->next = r->sq->free;
	r->sq->free = r;
}

/* Locked: posts a completion, for which there is room. */
static void post(struct nvme *nvme, struct nvme_cq *cq, struct nvme_request *r)
{
	u8 entry[NVME_CQE] = { 0 }, *at = cq->ring + cq->tail * NVME_CQE;
	bool media = r->status >> 8 == TYPE_MEDIA;
	u16 status = (u16)(r->status | (r->status && !media ? STATUS_DNR : 0));

	put_le32(entry, r->result);
	put_le16(entry + 8, r->sq_head);
	put_le16(entry + 10, (u16)r->sq->id);
	put_le16(entry + 12, r->id);
	put_le16(entry + CQE_STATUS, (u16)(status << 1 | cq->phase));
	/* The phase bit tells the driver that the entry is valid, so it is written last. */
	memcpy(at, entry, CQE_STATUS - 2);
	__atomic_store_n((u32 *)(void *)(at + CQE_STATUS - 2), htole32(get_le32(entry + 12)),
		__ATOMIC_RELEASE);
	cq->tail++;
	if (cq->tail == cq->size) {
		cq->tail = 0;
		cq->phase = !cq->phase;
	}
	nvme_give_back(r);
	nvme_cq_watch(nvme, cq);
	interrupt(nvme, cq);
}

void nvme_cq_post_waiting(struct nvme *nvme, struct nvme_cq *cq)
{
	while (cq->waiting && !nvme_cq_full(nvme, cq)) {
		struct nvme_request *r = cq->waiting;
		struct nvme_sq *sq = r->sq;

		cq->waiting = r->next;
		if (!cq->waiting)
			cq->last = &cq->waiting;
		post(nvme, cq, r);
		/* The queue may be able to take another command. */
		block_worker_wake(&sq->worker);
	}
}

static void complete(struct nvme *nvme, struct nvme_request *r)
{
	struct nvme_cq *cq = &nvme->cqs[r->sq->cq];

	r->sq_head = (u16)r->sq->head;
	if (!cq->waiting && !nvme_cq_full(nvme, cq)) {
		post(nvme, cq, r);
		return;
	}
	r->next = NULL;
	*cq->last = r;
	cq->last = &r->next;
}

/* Drops waiting completions of a submission queue that is being deleted. */
static void drop_waiting(struct nvme_cq *cq, const struct nvme_sq *sq)
{
	struct nvme_request **at = &cq->waiting, *r;

	while ((r = *at)) {
		if (sq && r->sq != sq) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		nvme_give_back(r);
	}
	cq->last = at;
}

void nvme_sq_emptied(struct nvme *nvme, struct nvme_sq *sq)
{
	struct nvme_request *deletion = sq->deletion;
	struct nvme_cq *cq = &nvme->cqs[sq->cq];

	if (!deletion || sq->running)
		return;
	drop_waiting(cq, sq);
	cq->nr_sqs--;
	sq->ring = NULL;
	sq->deletion = NULL;
	deletion->status = NVME_OK;
	deletion->sq->running--;
	nvme->running--;
	if (nvme->stopping)
		nvme_give_back(deletion);
	else
		complete(nvme, deletion);
}

void nvme_queues_clear(struct nvme *nvme)
{
	for (unsigned i = 0; i < NVME_NR_QUEUES; i++) {
		struct nvme_cq *cq = &nvme->cqs[i];
		struct nvme_sq *sq = &nvme->sqs[i];

		if (cq->ring)
			drop_waiting(cq, NULL);
		*cq = (struct nvme_cq){ 0 };
		cq->last = &cq->waiting;
		sq->ring = NULL;
	}
	nvme->shadow = nvme->event_index = NULL;
	nvme->nr_events = 0;
}

void nvme_end(struct nvme_request *r, enum nvme_status status)
{
	struct nvme_sq *sq = r->sq;
	struct nvme *nvme = sq->nvme;

	pthread_mutex_lock(&nvme->lock);
	r->status = status;
	sq->running--;
	nvme->running--;
	if (nvme->stopping || sq->deletion || !sq->ring)
		nvme_give_back(r);
	else
		complete(nvme, r);
	nvme_sq_emptied(nvme, sq);
	if (!nvme->running)
		nvme_drained(nvme);
	pthread_mutex_unlock(&nvme->lock);
}

/* Locked: takes the next command, or returns NULL. */
static struct nvme_request *fetch(struct nvme_sq *sq)
{
	struct nvme *nvme = sq->nvme;
	struct nvme_request *r = sq->free;

	if (!r || !sq->ring || sq->deletion || nvme->stopping || !nvme->master ||
		!(nvme->csts & NVME_CSTS_RDY) || nvme->csts & (NVME_CSTS_CFS | NVME_CSTS_SHST) ||
		nvme_sq_empty(sq))
		return NULL;
	sq->free = r->next;
	memcpy(r->command, sq->ring + sq->head * NVME_SQE, NVME_SQE);
	sq->head = (sq->head + 1) % sq->size;
	r->id = get_le16(r->command + 2);
	r->result = 0;
	sq->running++;
	nvme->running++;
	return r;
}

static void on_shut_down(struct block_request *block, int result)
{
	struct nvme *nvme = container_of(block, struct nvme, last);

	pthread_mutex_lock(&nvme->lock);
	nvme->flushing = false;
	if (nvme->csts & NVME_SHST_BUSY)
		nvme->csts = (nvme->csts & ~NVME_CSTS_SHST) | NVME_SHST_DONE;
	if (!--nvme->running)
		nvme_drained(nvme);
	pthread_mutex_unlock(&nvme->lock);
}

/* Called on the admin queue's thread once no command runs. */
static void finish_shutdown(struct nvme *nvme)
{
	bool now;

	pthread_mutex_lock(&nvme->lock);
	now = nvme->csts & NVME_SHST_BUSY && !nvme->running && !nvme->flushing;
	if (now) {
		nvme->flushing = true;
		nvme->running++;
	}
	pthread_mutex_unlock(&nvme->lock);
	if (!now)
		return;
	nvme->last = (struct block_request){
		.queue = &nvme->sqs[0].worker.queue,
		.kind = BLOCK_FLUSH,
		.done = on_shut_down,
	};
	block_request_start(&nvme->last);
}

void nvme_work(void *owner)
{
	struct nvme_sq *sq = owner;

	if (!sq->id)
		finish_shutdown(sq->nvme);
	for (unsigned i = 0; i < NVME_DEPTH; i++) {
		struct nvme_request *r;

		pthread_mutex_lock(&sq->nvme->lock);
		r = fetch(sq);
		pthread_mutex_unlock(&sq->nvme->lock);
		if (!r)
			return;
		if (nvme_dword(r, 0) & NVME_FUSE_PSDT)
			nvme_end(r, NVME_INVALID_FIELD);
		else if (sq->id)
			nvme_io_start(r);
		else
			nvme_admin_start(r);
	}
	/* There may be more commands, but completions come first. */
	block_worker_wake(&sq->worker);
}

void nvme_broken(void *owner)
{
	struct nvme_sq *sq = owner;

	pthread_mutex_lock(&sq->nvme->lock);
	sq->nvme->csts |= NVME_CSTS_CFS;
	sq->nvme->dead = true;
	nvme_drained(sq->nvme);
	pthread_mutex_unlock(&sq->nvme->lock);
}
