// SPDX-License-Identifier: GPL-2.0-or-later
/* The controller's registers (NVM Express 1.4, 3.1), and its start and stop (7.3 and 7.6). */
#include "vm/nvme/internal.h"

#define CAP (NVME_CAP_NVM | NVME_CAP_TO | NVME_CAP_CQR | (NVME_MAX_QUEUE - 1))

#define FEATURE_CACHE       0x06
#define FEATURE_NR_QUEUES   0x07
#define FEATURE_TEMPERATURE 0x04
#define HOT                 0x0157 /* 70 degrees Celsius, in kelvin */

u32 nvme_feature_default(const struct nvme *nvme, unsigned feature)
{
	switch (feature) {
	case FEATURE_CACHE:
		return 1;
	case FEATURE_NR_QUEUES:
		return (nvme->nr_io - 1) | (nvme->nr_io - 1) << 16;
	case FEATURE_TEMPERATURE:
		return HOT;
	}
	return 0;
}

static void forget(struct nvme *nvme)
{
	nvme_queues_clear(nvme);
	for (unsigned i = 0; i < NVME_NR_FEATURES; i++)
		nvme->features[i] = nvme_feature_default(nvme, i);
	for (unsigned i = 0; i < NVME_NR_QUEUES; i++)
		nvme->vector_features[i] = i;
}

/* The queues' threads read it without the lock, to leave long commands unfinished. */
static void set_stopping(struct nvme *nvme, bool stopping)
{
	__atomic_store_n(&nvme->stopping, stopping, __ATOMIC_RELEASE);
}

void nvme_drained(struct nvme *nvme)
{
	pthread_cond_broadcast(&nvme->idle);
	if (nvme->csts & NVME_SHST_BUSY)
		block_worker_wake(&nvme->sqs[0].worker);
	if (!nvme->stopping)
		return;
	set_stopping(nvme, false);
	forget(nvme);
	nvme->csts = 0;
	/* The driver has enabled the controller again without waiting. */
	if (nvme->cc & NVME_CC_EN)
		nvme->csts = NVME_CSTS_CFS;
}

static void stop(struct nvme *nvme)
{
	set_stopping(nvme, true);
	if (!nvme->running || nvme->dead)
		nvme_drained(nvme);
}

static void await_idle(struct nvme *nvme)
{
	while (nvme->running && !nvme->dead) {
		if (nvme->sqs[0].worker.has_thread) {
			pthread_cond_wait(&nvme->idle, &nvme->lock);
			continue;
		}
		pthread_mutex_unlock(&nvme->lock);
		for (unsigned i = 0; i <= nvme->nr_io; i++)
			block_io_wait(&nvme->sqs[i].worker.queue.io, false);
		pthread_mutex_lock(&nvme->lock);
	}
}

void nvme_reset(struct nvme *nvme)
{
	pthread_mutex_lock(&nvme->lock);
	nvme->cc = 0;
	stop(nvme);
	await_idle(nvme);
	nvme->csts = nvme->dead ? NVME_CSTS_CFS : 0;
	nvme->aqa = nvme->intms = 0;
	nvme->asq = nvme->acq = 0;
	pthread_mutex_unlock(&nvme->lock);
}

/* 7.6.1. Enabling fails unless the admin queues are in RAM. */
static void start(struct nvme *nvme)
{
	struct nvme_sq *sq = &nvme->sqs[0];
	struct nvme_cq *cq = &nvme->cqs[0];
	u32 sq_size = (nvme->aqa & 0xfff) + 1, cq_size = (nvme->aqa >> 16 & 0xfff) + 1;

	nvme->csts = NVME_CSTS_CFS;
	if (nvme->stopping || nvme->dead || mem_ram(nvme->mem, &nvme->ram) ||
		nvme->cc & (NVME_CC_CSS | NVME_CC_MPS | NVME_CC_AMS) || sq_size < 2 || cq_size < 2)
		return;
	nvme_queues_clear(nvme);
	sq->ring = mem_ram_ptr(&nvme->ram, nvme->asq, (u64)sq_size * NVME_SQE);
	cq->ring = mem_ram_ptr(&nvme->ram, nvme->acq, (u64)cq_size * NVME_CQE);
	if (!sq->ring || !cq->ring) {
		sq->ring = cq->ring = NULL;
		return;
	}
	sq->size = sq_size;
	sq->head = sq->tail = 0;
	sq->cq = 0;
	cq->size = cq_size;
	cq->phase = true;
	cq->interrupts = true;
	cq->nr_sqs = 1;
	nvme->csts = NVME_CSTS_RDY;
}

/*
 * 7.6.2: completed commands must be on disk before the driver is told that the shutdown is
 * complete.
 */
static void shut_down(struct nvme *nvme)
{
	nvme->csts = (nvme->csts & ~NVME_CSTS_SHST) | NVME_SHST_BUSY;
	block_worker_wake(&nvme->sqs[0].worker);
}

static void write_cc(struct nvme *nvme, u32 value)
{
	u32 before = nvme->cc;

	nvme->cc = value & NVME_CC_BITS;
	if (nvme->cc & NVME_CC_EN && !(before & NVME_CC_EN))
		start(nvme);
	else if (!(nvme->cc & NVME_CC_EN) && before & NVME_CC_EN)
		stop(nvme);
	if (nvme->cc & NVME_CC_SHN && !(before & NVME_CC_SHN))
		shut_down(nvme);
	else if (!(nvme->cc & NVME_CC_SHN) && !nvme->stopping)
		nvme->csts &= ~NVME_CSTS_SHST;
}

static u32 read_dword(const struct nvme *nvme, u32 offset)
{
	switch (offset) {
	case NVME_CAP:
		return (u32)CAP;
	case NVME_CAP + 4:
		return (u32)(CAP >> 32);
	case NVME_VS:
		return NVME_VERSION;
	case NVME_INTMS:
	case NVME_INTMC:
		return nvme->intms;
	case NVME_CC:
		return nvme->cc;
	case NVME_CSTS:
		return nvme->csts;
	case NVME_AQA:
		return nvme->aqa;
	case NVME_ASQ:
		return (u32)nvme->asq;
	case NVME_ASQ + 4:
		return (u32)(nvme->asq >> 32);
	case NVME_ACQ:
		return (u32)nvme->acq;
	case NVME_ACQ + 4:
		return (u32)(nvme->acq >> 32);
	}
	return 0;
}

static void set_half(u64 *value, bool high, u32 half)
{
	if (high)
		*value = (u32)*value | (u64)half << 32;
	else
		*value = (*value & ~0xffffffffull) | (half & ~(NVME_PAGE - 1));
}

static void write_dword(struct nvme *nvme, u32 offset, u32 value)
{
	switch (offset) {
	case NVME_INTMS:
		nvme->intms |= value;
		break;
	case NVME_INTMC:
		nvme->intms &= ~value;
		break;
	case NVME_CC:
		write_cc(nvme, value);
		break;
	case NVME_AQA:
		nvme->aqa = value & NVME_AQA_BITS;
		break;
	case NVME_ASQ:
	case NVME_ASQ + 4:
		set_half(&nvme->asq, offset & 4, value);
		break;
	case NVME_ACQ:
	case NVME_ACQ + 4:
		set_half(&nvme->acq, offset & 4, value);
		break;
	default:
		if (offset >= NVME_DOORBELLS)
			nvme_ring(nvme, offset, value);
	}
}

/* Reads 4 or 8 bytes; a smaller read returns a part of a dword. */
u64 nvme_register_read(struct nvme *nvme, u32 offset, unsigned size)
{
	u64 value;

	pthread_mutex_lock(&nvme->lock);
	value = read_dword(nvme, offset & ~3u);
	if (size == 8)
		value |= (u64)read_dword(nvme, (offset & ~3u) + 4) << 32;
	pthread_mutex_unlock(&nvme->lock);
	return value >> (8 * (offset & 3));
}

/* Doorbells may also be written with two bytes. */
void nvme_register_write(struct nvme *nvme, u32 offset, unsigned size, u64 value)
{
	bool moved;

	if (offset % 4 || (size < 4 && (offset < NVME_DOORBELLS || size != 2)))
		return;
	pthread_mutex_lock(&nvme->lock);
	write_dword(nvme, offset, (u32)value);
	if (size == 8)
		write_dword(nvme, offset + 4, (u32)(value >> 32));
	moved = !nvme->by_msix && nvme_intx_level(nvme) != nvme->level;
	pthread_mutex_unlock(&nvme->lock);
	if (moved)
		nvme_sync_intx(nvme);
}
