// SPDX-License-Identifier: GPL-2.0-or-later
/* The commands of the NVM command set: NVM Express 1.4, chapter 6. */
#include "vm/nvme/internal.h"

#include <errno.h>
#include <stdlib.h>

#define FEATURE_CACHE 0x06
#define FUA           BIT(30)
#define DEALLOCATE    BIT(25)
#define DSM_DISCARD   BIT(2)
#define RANGE_SIZE    16u

static void on_done(struct block_request *block, int result)
{
	struct nvme_request *r = container_of(block, struct nvme_request, block);

	if (!result)
		nvme_end(r, NVME_OK);
	else
		nvme_end(r, block->kind == BLOCK_READ ? NVME_READ_FAILED : NVME_WRITE_FAULT);
}

static bool has_cache(const struct nvme *nvme)
{
	return __atomic_load_n(&nvme->features[FEATURE_CACHE], __ATOMIC_RELAXED) & 1;
}

static void submit(struct nvme_request *r, enum block_kind kind, bool through)
{
	int ret;

	r->block.queue = &r->sq->worker.queue;
	r->block.kind = kind;
	r->block.through = through || !has_cache(r->sq->nvme);
	ret = block_request_start(&r->block);
	if (!ret)
		return;
	free(r->ranges);
	r->ranges = NULL;
	nvme_end(r, ret == -EROFS ? NVME_WRITE_PROTECTED : NVME_LBA_RANGE);
}

/* Sets the range, in logical blocks. Returns false if the namespace does not contain all of it. */
static bool set_range(struct nvme_request *r, u64 block, u64 nr)
{
	const struct block_file *file = &r->sq->nvme->file;
	u64 all = file->size / file->block;

	if (block > all || nr > all - block)
		return false;
	r->block.offset = block * file->block;
	r->block.left = nr * file->block;
	return true;
}

static void read_write(struct nvme_request *r, enum block_kind kind)
{
	u64 nr = (nvme_dword(r, 12) & 0xffff) + 1;
	enum nvme_status status;

	if (nr * r->sq->nvme->file.block > NVME_MAX_DATA) {
		nvme_end(r, NVME_INVALID_FIELD);
		return;
	}
	if (!set_range(r, get_le64(r->command + 40), nr)) {
		nvme_end(r, NVME_LBA_RANGE);
		return;
	}
	status = nvme_gather(r, (u32)r->block.left);
	if (status) {
		nvme_end(r, status);
		return;
	}
	r->block.data = r->iov;
	r->block.nr_data = r->nr_iov;
	r->block.done = on_done;
	submit(r, kind, nvme_dword(r, 12) & FUA);
}

static void write_zeroes(struct nvme_request *r)
{
	if (!set_range(r, get_le64(r->command + 40), (nvme_dword(r, 12) & 0xffff) + 1)) {
		nvme_end(r, NVME_LBA_RANGE);
		return;
	}
	r->block.unmap = nvme_dword(r, 12) & DEALLOCATE;
	r->block.done = on_done;
	submit(r, BLOCK_WRITE_ZEROES, nvme_dword(r, 12) & FUA);
}

static void flush(struct nvme_request *r)
{
	r->block.done = on_done;
	submit(r, BLOCK_FLUSH, false);
}

static void next_range(struct nvme_request *r);

static void on_discarded(struct block_request *block, int result)
{
	struct nvme_request *r = container_of(block, struct nvme_request, block);

	if (!result) {
		next_range(r);
		return;
	}
	free(r->ranges);
	r->ranges = NULL;
	nvme_end(r, NVME_WRITE_FAULT);
}

/* Starts the next range, skipping empty ones. */
static void next_range(struct nvme_request *r)
{
	const u8 *range = NULL;
	enum nvme_status status = NVME_OK;

	while (r->next_range < r->nr_ranges && !range) {
		range = r->ranges + RANGE_SIZE * r->next_range++;
		if (!get_le32(range + 4))
			range = NULL;
	}
	if (range && set_range(r, get_le64(range + 8), get_le32(range + 4))) {
		r->block.done = on_discarded;
		submit(r, BLOCK_DISCARD, false);
		return;
	}
	if (range)
		status = NVME_LBA_RANGE;
	free(r->ranges);
	r->ranges = NULL;
	nvme_end(r, status);
}

/* 6.7: hints on how ranges are used are accepted and ignored. */
static void data_set_management(struct nvme_request *r)
{
	enum nvme_status status;

	if (!(nvme_dword(r, 11) & DSM_DISCARD)) {
		nvme_end(r, NVME_OK);
		return;
	}
	r->nr_ranges = (nvme_dword(r, 10) & 0xff) + 1;
	r->next_range = 0;
	r->ranges = malloc(r->nr_ranges * RANGE_SIZE);
	status = r->ranges ? nvme_take(r, r->ranges, r->nr_ranges * RANGE_SIZE) : NVME_INTERNAL;
	if (!status) {
		next_range(r);
		return;
	}
	free(r->ranges);
	r->ranges = NULL;
	nvme_end(r, status);
}

void nvme_io_start(struct nvme_request *r)
{
	u32 ns = nvme_dword(r, 1);
	u8 opcode = r->command[0];

	if (ns != NVME_NSID && !(opcode == NVME_FLUSH && ns == NVME_ALL_NS)) {
		nvme_end(r, NVME_INVALID_NS);
		return;
	}
	switch ((enum nvme_io)opcode) {
	case NVME_FLUSH:
		flush(r);
		return;
	case NVME_WRITE:
		read_write(r, BLOCK_WRITE);
		return;
	case NVME_READ:
		read_write(r, BLOCK_READ);
		return;
	case NVME_WRITE_ZEROES:
		write_zeroes(r);
		return;
	case NVME_DSM:
		data_set_management(r);
		return;
	}
	nvme_end(r, NVME_INVALID_OPCODE);
}
