// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "vm/block/request.h"

#define DISK_SIZE (1 * MIB)
#define ROOM      32 /* copies of a sector that the budget has left */
#define REQUESTS  (ROOM * 3)
#define BOUNCE    4096 /* of the budget, for a sector */

struct asked {
	struct block_request request;
	struct iovec iov;
	u8 data[BLOCK_SECTOR + 1];
	int result; /* 1: none yet */
};

struct world {
	struct block_file file;
	struct block_queue queue;
	struct asked asked[REQUESTS];
	unsigned nr_done;
};

static struct world w;

static void on_done(struct block_request *request, int result)
{
	container_of(request, struct asked, request)->result = result;
	w.nr_done++;
}

static void set_up(bool read_only)
{
	int fd = memfd_create("disk", 0);
	char path[32];
	struct err err = { 0 };

	memset(&w, 0, sizeof(w));
	assert_int_equal(ftruncate(fd, DISK_SIZE), 0);
	for (u32 i = 0; i < DISK_SIZE / 4; i++)
		assert_int_equal(pwrite(fd, &i, 4, i * 4), 4);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(block_file_open(&w.file, path, read_only, false, &err), 0);
	close(fd);
	w.file.align = 512; /* as with O_DIRECT */
	block_queue_init(&w.queue, "the disk", &w.file, REQUESTS);
	w.queue.io.wake = eventfd(0, EFD_NONBLOCK);
	assert_int_equal(block_io_open(&w.queue.io), 0);
}

static void tear_down(void)
{
	block_io_close(&w.queue.io);
	close(w.queue.io.wake);
	block_file_close(&w.file);
}

/* One sector at an address that direct I/O does not take. */
static int ask(struct asked *a, enum block_kind kind, u64 offset, u64 size)
{
	a->iov = (struct iovec){ a->data + ((uintptr_t)a->data % 2 ? 0 : 1), BLOCK_SECTOR };
	a->result = 1;
	a->request = (struct block_request){
		.queue = &w.queue,
		.kind = kind,
		.offset = offset,
		.left = size,
		.data = &a->iov,
		.nr_data = 1,
		.done = on_done,
	};
	return block_request_start(&a->request);
}

static void await(unsigned nr)
{
	while (w.nr_done < nr) {
		assert_int_equal(block_io_wait(&w.queue.io, true), 0);
		assert_true(w.queue.nr_bounces <= ROOM);
	}
	assert_int_equal(w.queue.nr_bounces, 0);
}

static void copies_are_bounded_and_none_is_forgotten(void **state)
{
	u64 used = BLOCK_BOUNCE_BUDGET - ROOM * BOUNCE; /* by other disks */

	set_up(false);
	w.queue.bounce_used = &used;
	for (unsigned i = 0; i < REQUESTS; i++)
		assert_int_equal(ask(&w.asked[i], BLOCK_READ, i * BLOCK_SECTOR, BLOCK_SECTOR), 0);
	assert_int_equal(w.queue.nr_bounces, ROOM);
	await(REQUESTS);
	assert_int_equal(used, BLOCK_BOUNCE_BUDGET - ROOM * BOUNCE);
	for (unsigned i = 0; i < REQUESTS; i++) {
		const struct asked *a = &w.asked[i];

		assert_int_equal(a->result, 0);
		assert_int_equal(get_le32(a->data + ((uintptr_t)a->data % 2 ? 0 : 1)), i * 128);
	}
	tear_down();
}

/* An io that keeps what it is given; the test says when it is done. */
static struct block_op *kept;
static unsigned nr_kept;
static u64 longest;

static int keep_open(struct block_io *io)
{
	return 0;
}

static void keep_close(struct block_io *io)
{
}

static void keep_submit(struct block_io *io, struct block_op *op)
{
	kept = op;
	nr_kept++;
	if (op->length > longest)
		longest = op->length;
}

static int keep_wait(struct block_io *io, bool block)
{
	return 0;
}

static const struct block_io_ops keeper = { keep_open, keep_close, keep_submit, keep_wait };

static void ranges_are_done_in_pieces(void **state)
{
	static const enum block_kind kinds[] = { BLOCK_DISCARD, BLOCK_WRITE_ZEROES };
	bool stop;

	for (unsigned i = 0; i < 2 * ARRAY_SIZE(kinds); i++) {
		struct asked *a = &w.asked[0];

		set_up(false);
		block_io_close(&w.queue.io);
		w.queue.io.ops = &keeper;
		w.queue.stop = &stop;
		w.file.size = 4 * GIB;
		stop = false;
		nr_kept = 0;
		longest = 0;
		kept = NULL;
		assert_int_equal(ask(a, kinds[i / 2], 512, 2 * GIB), 0);
		for (unsigned n = 0; kept; n++) {
			struct block_op *op = kept;

			kept = NULL;
			stop = i % 2 && n == 4;
			w.queue.io.done(w.queue.io.owner, op, 0);
		}
		assert_true(longest <= BLOCK_MAX_RANGE);
		assert_int_equal(nr_kept, stop ? 5 : 2 * GIB / BLOCK_MAX_RANGE);
		assert_int_equal(a->result, stop ? -ECANCELED : 0);
		tear_down();
	}
}

static void what_the_disk_lacks_is_refused(void **state)
{
	static const struct {
		enum block_kind kind;
		u64 offset, size;
		int ret;
	} cases[] = {
		{ BLOCK_READ, DISK_SIZE - 512, 512, 0 },
		{ BLOCK_READ, DISK_SIZE, 512, -EINVAL },
		{ BLOCK_READ, DISK_SIZE - 512, 1024, -EINVAL },
		{ BLOCK_READ, 1, 512, -EINVAL },
		{ BLOCK_READ, 0, 511, -EINVAL },
		{ BLOCK_READ, ~0ull - 511, 1024, -EINVAL },
		{ BLOCK_READ, 512, ~0ull - 511, -EINVAL },
		{ BLOCK_READ, DISK_SIZE, 0, 0 },
		{ BLOCK_WRITE, 0, 512, -EROFS },
		{ BLOCK_DISCARD, 0, 512, -EROFS },
		{ BLOCK_WRITE_ZEROES, 0, 512, -EROFS },
		{ BLOCK_FLUSH, 0, 0, 0 },
	};

	set_up(true);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned before = w.nr_done;

		assert_int_equal(ask(&w.asked[i], cases[i].kind, cases[i].offset, cases[i].size),
			cases[i].ret);
		if (!cases[i].ret)
			await(before + 1);
		assert_int_equal(w.asked[i].result, cases[i].ret ? 1 : 0);
	}
	tear_down();
}

/* A file that has become shorter is an error, and nothing waits for ever. */
static void what_is_done_is_counted(void **state)
{
	static const enum block_kind kinds[] = { BLOCK_READ, BLOCK_WRITE, BLOCK_WRITE_ZEROES,
		BLOCK_FLUSH, BLOCK_DISCARD, BLOCK_READ };
	const struct block_counts *counts = &w.file.counts;

	set_up(false);
	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
		assert_int_equal(ask(&w.asked[i], kinds[i], i * BLOCK_SECTOR,
					 kinds[i] == BLOCK_FLUSH ? 0 : BLOCK_SECTOR),
			0);
	await(ARRAY_SIZE(kinds));
	assert_int_equal(counts->reads, 2);
	assert_int_equal(counts->read_bytes, 2 * BLOCK_SECTOR);
	assert_int_equal(counts->writes, 2);
	assert_int_equal(counts->written_bytes, 2 * BLOCK_SECTOR);
	assert_int_equal(counts->flushes, 1);
	assert_int_equal(counts->discards, 1);
	assert_int_equal(counts->discarded_bytes, BLOCK_SECTOR);
	assert_int_equal(counts->failed, 0);
	assert_int_equal(ftruncate(w.file.fd, 0), 0);
	assert_int_equal(ask(&w.asked[0], BLOCK_READ, 0, BLOCK_SECTOR), 0);
	await(ARRAY_SIZE(kinds) + 1);
	assert_int_equal(counts->failed, 1);
	assert_int_equal(counts->reads, 2);
	tear_down();
}

static void a_file_that_shrinks_is_an_error(void **state)
{
	set_up(false);
	assert_int_equal(ftruncate(w.file.fd, DISK_SIZE / 2), 0);
	assert_int_equal(ask(&w.asked[0], BLOCK_READ, DISK_SIZE / 2, 512), 0);
	await(1);
	assert_int_equal(w.asked[0].result, -EIO);
	tear_down();
}

static void zeroes_and_discards_read_as_zeroes(void **state)
{
	u32 word = 1;

	set_up(false);
	assert_int_equal(ask(&w.asked[0], BLOCK_WRITE_ZEROES, 4096, 8192), 0);
	assert_int_equal(ask(&w.asked[1], BLOCK_DISCARD, 65536, 4096), 0);
	await(2);
	assert_int_equal(w.asked[0].result | w.asked[1].result, 0);
	assert_int_equal(pread(w.file.fd, &word, 4, 12284), 4);
	assert_int_equal(word, 0);
	assert_int_equal(pread(w.file.fd, &word, 4, 12288), 4);
	assert_int_equal(word, 12288 / 4);
	assert_int_equal(pread(w.file.fd, &word, 4, 65536), 4);
	assert_int_equal(word, 0);
	tear_down();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_are_done_in_pieces),
		cmocka_unit_test(copies_are_bounded_and_none_is_forgotten),
		cmocka_unit_test(what_the_disk_lacks_is_refused),
		cmocka_unit_test(what_is_done_is_counted),
		cmocka_unit_test(a_file_that_shrinks_is_an_error),
		cmocka_unit_test(zeroes_and_discards_read_as_zeroes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
