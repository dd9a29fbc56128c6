// SPDX-License-Identifier: GPL-2.0-or-later
/* The admin commands: NVM Express 1.4, chapter 5. */
#include "vm/nvme/internal.h"

#include <string.h>

#define QUEUE_CONTIGUOUS BIT(0)
#define QUEUE_INTERRUPTS BIT(1)

#define CNS_NAMESPACE   0
#define CNS_CONTROLLER  1
#define CNS_ACTIVE      2
#define CNS_DESCRIPTORS 3

#define LOG_ERRORS   1
#define LOG_HEALTH   2
#define LOG_FIRMWARE 3
#define LOG_MAX      512
#define KELVIN       303

#define FEATURE_FIRST     0x01
#define FEATURE_LBA_RANGE 0x03 /* optional, not supported */
#define FEATURE_NR_QUEUES 0x07
#define FEATURE_VECTOR    0x09
#define FEATURE_SAVE      BIT(31)
#define SELECT_CURRENT    0
#define SELECT_SUPPORTED  3
#define CHANGEABLE        4

static u8 *queue_memory(struct nvme_request *r, u32 size)
{
	u64 base = get_le64(r->command + 24);

	return base % NVME_PAGE ? NULL : mem_ram_ptr(&r->sq->nvme->ram, base, size);
}

/* The checks for both kinds of queues. @exists: a queue with that number exists. */
static enum nvme_status check_queue(const struct nvme *nvme, u32 id, u32 size, bool exists)
{
	if (!id || id > nvme->nr_io || exists)
		return NVME_QID_INVALID;
	if (size < 2 || size > NVME_MAX_QUEUE)
		return NVME_QUEUE_SIZE;
	return NVME_OK;
}

static enum nvme_status create_cq(struct nvme_request *r)
{
	struct nvme *nvme = r->sq->nvme;
	u32 id = nvme_dword(r, 10) & 0xffff, size = (nvme_dword(r, 10) >> 16) + 1;
	u32 flags = nvme_dword(r, 11), vector = flags >> 16;
	enum nvme_status status =
		check_queue(nvme, id, size, id <= NVME_MAX_IO_QUEUES && nvme->cqs[id].ring);
	struct nvme_cq *cq;

	if (status)
		return status;
	if ((nvme->cc & NVME_CC_IOCQES) >> 20 != NVME_IOCQES || !(flags & QUEUE_CONTIGUOUS))
		return NVME_INVALID_FIELD;
	if (vector > nvme->nr_io)
		return NVME_INVALID_VECTOR;
	cq = &nvme->cqs[id];
	*cq = (struct nvme_cq){
		.ring = queue_memory(r, size * NVME_CQE),
		.size = size,
		.phase = true,
		.interrupts = flags & QUEUE_INTERRUPTS,
		.vector = (u16)vector,
	};
	cq->last = &cq->waiting;
	nvme_shadow_reset(nvme, id, true);
	return cq->ring ? NVME_OK : NVME_INVALID_FIELD;
}

static enum nvme_status create_sq(struct nvme_request *r)
{
	struct nvme *nvme = r->sq->nvme;
	u32 id = nvme_dword(r, 10) & 0xffff, size = (nvme_dword(r, 10) >> 16) + 1;
	u32 flags = nvme_dword(r, 11), cq = flags >> 16;
	enum nvme_status status =
		check_queue(nvme, id, size, id <= NVME_MAX_IO_QUEUES && nvme->sqs[id].ring);
	struct nvme_sq *sq;

	if (status)
		return status;
	if (!cq || cq > nvme->nr_io || !nvme->cqs[cq].ring)
		return NVME_CQ_INVALID;
	if ((nvme->cc & NVME_CC_IOSQES) >> 16 != NVME_IOSQES || !(flags & QUEUE_CONTIGUOUS))
		return NVME_INVALID_FIELD;
	sq = &nvme->sqs[id];
	sq->ring = queue_memory(r, size * NVME_SQE);
	if (!sq->ring)
		return NVME_INVALID_FIELD;
	sq->size = size;
	sq->head = sq->tail = 0;
	sq->cq = (u16)cq;
	nvme->cqs[cq].nr_sqs++;
	nvme_shadow_reset(nvme, id, false);
	return NVME_OK;
}

static enum nvme_status delete_cq(struct nvme_request *r)
{
	struct nvme *nvme = r->sq->nvme;
	u32 id = nvme_dword(r, 10) & 0xffff;

	if (!id || id > nvme->nr_io || !nvme->cqs[id].ring)
		return NVME_QID_INVALID;
	if (nvme->cqs[id].nr_sqs)
		return NVME_INVALID_DELETION;
	nvme->cqs[id].ring = NULL;
	return NVME_OK;
}

/*
 * Locked. The command completes once no command of the queue runs. Returns true if the deletion has
 * begun.
 */
static bool delete_sq(struct nvme_request *r, enum nvme_status *status)
{
	struct nvme *nvme = r->sq->nvme;
	u32 id = nvme_dword(r, 10) & 0xffff;

	*status = NVME_QID_INVALID;
	if (!id || id > nvme->nr_io || !nvme->sqs[id].ring || nvme->sqs[id].deletion)
		return false;
	nvme->sqs[id].deletion = r;
	nvme_sq_emptied(nvme, &nvme->sqs[id]);
	return true;
}

static enum nvme_status identify(struct nvme_request *r)
{
	struct nvme *nvme = r->sq->nvme;
	u32 cns = nvme_dword(r, 10) & 0xff, ns = nvme_dword(r, 1);
	u8 data[NVME_PAGE] = { 0 };

	switch (cns) {
	case CNS_NAMESPACE:
		if (ns != NVME_NSID)
			return NVME_INVALID_NS;
		nvme_identify_namespace(nvme, data);
		break;
	case CNS_CONTROLLER:
		nvme_identify_controller(nvme, data);
		break;
	case CNS_ACTIVE:
		if (ns >= NVME_ALL_NS - 1)
			return NVME_INVALID_NS;
		if (ns < NVME_NSID)
			put_le32(data, NVME_NSID);
		break;
	case CNS_DESCRIPTORS:
		if (ns != NVME_NSID)
			return NVME_INVALID_NS;
		nvme_identify_descriptors(nvme, data);
		break;
	default:
		return NVME_INVALID_FIELD;
	}
	return nvme_reply(r, data, sizeof(data));
}

/* 5.14: returns the size of the log page, or 0 if there is no such page. */
static u32 fill_log(u32 id, u8 *data)
{
	switch (id) {
	case LOG_ERRORS:
		return 64;
	case LOG_HEALTH:
		put_le16(data + 1, KELVIN);
		data[3] = 100; /* available spare, in per cent */
		data[4] = 10;
		data[112] = 1; /* starts */
		return 512;
	case LOG_FIRMWARE:
		data[0] = 1;
		memcpy(data + 8, NVME_FIRMWARE, 8);
		return 512;
	}
	return 0;
}

static enum nvme_status get_log(struct nvme_request *r)
{
	u8 data[LOG_MAX] = { 0 };
	u32 size = fill_log(nvme_dword(r, 10) & 0xff, data);
	u64 dwords = (nvme_dword(r, 10) >> 16 | (u64)(nvme_dword(r, 11) & 0xffff) << 16) + 1;
	u64 offset = get_le64(r->command + 48);

	if (!size)
		return NVME_INVALID_LOG;
	if (offset % 4 || offset >= size)
		return NVME_INVALID_FIELD;
	size -= (u32)offset;
	return nvme_reply(r, data + offset, dwords * 4 < size ? (u32)dwords * 4 : size);
}

static bool has_feature(u32 feature)
{
	return feature >= FEATURE_FIRST && feature < NVME_NR_FEATURES &&
	       feature != FEATURE_LBA_RANGE;
}

static enum nvme_status set_features(struct nvme_request *r)
{
	struct nvme *nvme = r->sq->nvme;
	u32 feature = nvme_dword(r, 10) & 0xff, value = nvme_dword(r, 11);

	if (nvme_dword(r, 10) & FEATURE_SAVE)
		return NVME_NOT_SAVEABLE;
	if (!has_feature(feature))
		return NVME_INVALID_FIELD;
	if (feature == FEATURE_NR_QUEUES) {
		/* Grants the number of queues that exist, whatever was requested. */
		if ((value & 0xffff) == 0xffff || value >> 16 == 0xffff)
			return NVME_INVALID_FIELD;
		r->result = nvme_feature_default(nvme, feature);
		return NVME_OK;
	}
	if (feature == FEATURE_VECTOR) {
		if ((value & 0xffff) > nvme->nr_io)
			return NVME_INVALID_FIELD;
		nvme->vector_features[value & 0xffff] = value & 0x1ffff;
		return NVME_OK;
	}
	nvme->features[feature] = value;
	return NVME_OK;
}

static enum nvme_status get_features(struct nvme_request *r)
{
	struct nvme *nvme = r->sq->nvme;
	u32 feature = nvme_dword(r, 10) & 0xff, select = nvme_dword(r, 10) >> 8 & 7;
	u32 vector = nvme_dword(r, 11) & 0xffff;

	if (!has_feature(feature) || select > SELECT_SUPPORTED)
		return NVME_INVALID_FIELD;
	if (feature == FEATURE_VECTOR && vector > nvme->nr_io)
		return NVME_INVALID_FIELD;
	if (select == SELECT_SUPPORTED)
		r->result = CHANGEABLE;
	else if (feature == FEATURE_VECTOR)
		r->result = select == SELECT_CURRENT ? nvme->vector_features[vector] : vector;
	else
		r->result = select == SELECT_CURRENT ? nvme->features[feature]
						     : nvme_feature_default(nvme, feature);
	return NVME_OK;
}

/*
 * Locked. Async event requests wait for events that never occur. They do not fail, because a driver
 * repeats a failed one again and again. Only the id is kept; the request is freed.
 */
static bool park_event(struct nvme_request *r, enum nvme_status *status)
{
	struct nvme *nvme = r->sq->nvme;

	*status = NVME_ASYNC_LIMIT;
	if (nvme->nr_events == NVME_MAX_EVENTS)
		return false;
	nvme->events[nvme->nr_events++] = r->id;
	r->sq->running--;
	nvme->running--;
	nvme_give_back(r);
	if (!nvme->running)
		nvme_drained(nvme);
	return true;
}

/* Locked: executes the commands that complete immediately. */
static enum nvme_status perform(struct nvme_request *r)
{
	switch ((enum nvme_admin)r->command[0]) {
	case NVME_CREATE_SQ:
		return create_sq(r);
	case NVME_DELETE_CQ:
		return delete_cq(r);
	case NVME_CREATE_CQ:
		return create_cq(r);
	case NVME_GET_LOG:
		return get_log(r);
	case NVME_IDENTIFY:
		return identify(r);
	case NVME_ABORT:
		r->result = 1; /* the command was not aborted */
		return NVME_OK;
	case NVME_SET_FEATURES:
		return set_features(r);
	case NVME_GET_FEATURES:
		return get_features(r);
	case NVME_DOORBELL_BUFFER:
		return nvme_shadow_set(
			r->sq->nvme, get_le64(r->command + 24), get_le64(r->command + 32));
	case NVME_DELETE_SQ:
	case NVME_ASYNC_EVENT:
		break;
	}
	return NVME_INVALID_OPCODE;
}

void nvme_admin_start(struct nvme_request *r)
{
	struct nvme *nvme = r->sq->nvme;
	enum nvme_status status = NVME_OK;
	bool kept = false;

	pthread_mutex_lock(&nvme->lock);
	if (nvme->stopping)
		status = NVME_INTERNAL; /* the guest never sees this */
	else if (r->command[0] == NVME_DELETE_SQ)
		kept = delete_sq(r, &status);
	else if (r->command[0] == NVME_ASYNC_EVENT)
		kept = park_event(r, &status);
	else
		status = perform(r);
	pthread_mutex_unlock(&nvme->lock);
	if (!kept)
		nvme_end(r, status);
}
