// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Doorbells (NVM Express 1.4, 3.1.16 and 3.1.17), and their shadows in guest memory (5.7 and 7.13).
 *
 * A driver that has set up shadows writes a queue's new index there first. It writes the register,
 * which costs an exit, only if the index passes the controller's EventIdx. For a submission queue,
 * EventIdx is its tail while its thread has nothing to do, and otherwise lies behind. For a
 * completion queue it is the head while completions wait for room or INTx may have to fall; with
 * MSI-X, nothing depends on the head until the queue is full.
 *
 * Linux does not use the shadows of the admin queues, other drivers may. So what is written to
 * these two registers is also written to their shadows, and the shadow counts in both cases.
 */
#include "vm/nvme/internal.h"

static u32 *entry(u8 *page, unsigned id, bool completion)
{
	return (u32 *)(void *)page + 2 * id + completion;
}

static u32 load(u8 *page, unsigned id, bool completion)
{
	return le32toh(__atomic_load_n(entry(page, id, completion), __ATOMIC_ACQUIRE));
}

/* Whoever reads the other page afterwards sees what was in it at this store or later. */
static void store(u8 *page, unsigned id, bool completion, u32 value)
{
	__atomic_store_n(entry(page, id, completion), htole32(value), __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void set_tail(struct nvme_sq *sq, u32 value)
{
	if (!sq->ring || value >= sq->size) {
		log_guest("%s: queue %u has no entry %u", sq->nvme->name, sq->id, value);
		return;
	}
	sq->tail = value;
}

static void set_head(struct nvme_cq *cq, u32 value)
{
	u32 taken, there;

	if (!cq->ring || value >= cq->size)
		return;
	/* The driver cannot have taken more entries than there were. */
	taken = (value + cq->size - cq->head) % cq->size;
	there = (cq->tail + cq->size - cq->head) % cq->size;
	if (taken <= there)
		cq->head = value;
}

static unsigned id_of(const struct nvme *nvme, const struct nvme_cq *cq)
{
	return (unsigned)(cq - nvme->cqs);
}

static void follow_head(struct nvme *nvme, struct nvme_cq *cq)
{
	set_head(cq, load(nvme->shadow, id_of(nvme, cq), true) & 0xffff);
}

bool nvme_sq_empty(struct nvme_sq *sq)
{
	struct nvme *nvme = sq->nvme;

	if (sq->head != sq->tail || !nvme->shadow)
		return sq->head == sq->tail;
	set_tail(sq, load(nvme->shadow, sq->id, false) & 0xffff);
	if (sq->head != sq->tail)
		return false;
	store(nvme->event_index, sq->id, false, sq->tail);
	/* The driver may have read EventIdx just before. */
	set_tail(sq, load(nvme->shadow, sq->id, false) & 0xffff);
	return sq->head == sq->tail;
}

static bool no_room(const struct nvme_cq *cq)
{
	return (cq->tail + 1) % cq->size == cq->head;
}

bool nvme_cq_full(struct nvme *nvme, struct nvme_cq *cq)
{
	if (!nvme->shadow || !no_room(cq))
		return no_room(cq);
	follow_head(nvme, cq);
	if (!no_room(cq))
		return false;
	store(nvme->event_index, id_of(nvme, cq), true, cq->head);
	follow_head(nvme, cq);
	return no_room(cq);
}

void nvme_cq_watch(struct nvme *nvme, struct nvme_cq *cq)
{
	u32 head;

	if (!nvme->shadow || nvme->by_msix || !cq->ring)
		return;
	/* It ends, because the head cannot pass the tail. */
	do {
		head = cq->head;
		store(nvme->event_index, id_of(nvme, cq), true, head);
		follow_head(nvme, cq);
	} while (cq->head != head);
}

void nvme_ring(struct nvme *nvme, u32 offset, u32 value)
{
	unsigned n = (offset - NVME_DOORBELLS) / 4, id = n / 2;

	if (id > nvme->nr_io || nvme->stopping)
		return;
	value &= 0xffff;
	if (nvme->shadow && !id)
		store(nvme->shadow, 0, n % 2, value);
	else if (nvme->shadow)
		value = load(nvme->shadow, id, n % 2) & 0xffff;
	if (n % 2) {
		set_head(&nvme->cqs[id], value);
		nvme_cq_watch(nvme, &nvme->cqs[id]);
		nvme_cq_post_waiting(nvme, &nvme->cqs[id]);
		return;
	}
	set_tail(&nvme->sqs[id], value);
	block_worker_wake(&nvme->sqs[id].worker);
}

void nvme_shadow_reset(struct nvme *nvme, unsigned id, bool completion)
{
	if (!nvme->shadow)
		return;
	store(nvme->shadow, id, completion, 0);
	store(nvme->event_index, id, completion, 0);
}

enum nvme_status nvme_shadow_set(struct nvme *nvme, u64 shadow, u64 event_index)
{
	u8 *pages[2];

	if (shadow % NVME_PAGE || event_index % NVME_PAGE)
		return NVME_INVALID_FIELD;
	pages[0] = mem_ram_ptr(&nvme->ram, shadow, NVME_PAGE);
	pages[1] = mem_ram_ptr(&nvme->ram, event_index, NVME_PAGE);
	if (!pages[0] || !pages[1])
		return NVME_INVALID_FIELD;
	nvme->shadow = pages[0];
	nvme->event_index = pages[1];
	store(nvme->shadow, 0, false, nvme->sqs[0].tail);
	store(nvme->shadow, 0, true, nvme->cqs[0].head);
	for (unsigned id = 0; id <= nvme->nr_io; id++) {
		if (nvme->cqs[id].ring) {
			follow_head(nvme, &nvme->cqs[id]);
			nvme_cq_watch(nvme, &nvme->cqs[id]);
			nvme_cq_post_waiting(nvme, &nvme->cqs[id]);
		}
		/* A driver may have used the shadows of queues that existed before. */
		block_worker_wake(&nvme->sqs[id].worker);
	}
	return NVME_OK;
}
