// SPDX-License-Identifier: GPL-2.0-or-later
/* The file behind a disk. */
#include "base/eventfd.h"
#include "blk_bench.h"

/* Read-only machines share; one that writes does not, whichever comes first. */
static void a_disk_is_locked(void **state)
{
	static const struct {
		bool first, second;
		int ret;
	} cases[] = {
		{ true, true, 0 },
		{ false, true, -EBUSY },
		{ true, false, -EBUSY },
		{ false, false, -EBUSY },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct block_file first, second;
		struct err err = { 0 };
		struct world w = { 0 };

		make_file(&w);
		assert_int_equal(block_file_open(&first, w.path, cases[i].first, false, &err), 0);
		assert_int_equal(block_file_open(&second, w.path, cases[i].second, false, &err),
			cases[i].ret);
		/* Not what was asked for already. */
		if (cases[i].ret)
			assert_int_equal(strstr(err.help, "shares it") != NULL, !cases[i].second);
		block_file_close(&second);
		block_file_close(&first);
		assert_int_equal(block_file_open(&second, w.path, false, false, &err), 0);
		block_file_close(&second);
		close(w.file);
	}
}

static void unfit_files_are_refused(void **state)
{
	struct block_file file;
	struct err err = { 0 };
	struct world w = { 0 };
	char path[128];

	assert_int_equal(block_file_open(&file, "/nowhere/disk", false, false, &err), -ENOENT);
	assert_string_equal(err.text, "there is no disk /nowhere/disk");
	assert_int_equal(block_file_open(&file, "/dev/null", false, false, &err), -EINVAL);
	assert_string_equal(err.text, "disk /dev/null is neither a file nor a block device");
	assert_int_equal(block_file_open(&file, "/", true, false, &err), -EINVAL);
	make_file(&w);
	snprintf(path, sizeof(path), "disk %s: it is empty", w.path);
	assert_int_equal(ftruncate(w.file, 511), 0);
	assert_int_equal(block_file_open(&file, w.path, false, false, &err), -EINVAL);
	assert_string_equal(err.text, path);
	assert_int_equal(ftruncate(w.file, 1500), 0);
	assert_int_equal(block_file_open(&file, w.path, false, false, &err), 0);
	assert_int_equal(file.size, 1024);
	block_file_close(&file);
	close(w.file);
}

/* The two ways of doing it do the same. */
struct ops_seen {
	unsigned done;
	int result;
};

static void on_done(void *owner, struct block_op *op, int result)
{
	struct ops_seen *seen = owner;

	seen->done++;
	seen->result = result;
}

static int run_op(struct block_io *io, struct block_op *op)
{
	struct ops_seen *seen = io->owner;

	seen->done = 0;
	block_io_submit(io, op);
	while (!seen->done)
		assert_int_equal(block_io_wait(io, true), 0);
	assert_int_equal(seen->done, 1);
	return seen->result;
}

static void both_ways_of_io_work(void **state)
{
	const struct block_io_ops *const ways_of_io[] = { &block_io_uring, &block_io_plain };

	for (size_t i = 0; i < ARRAY_SIZE(ways_of_io); i++) {
		struct ops_seen seen = { 0 };
		struct world w = { 0 };
		char bytes[1024] = "written";
		struct iovec iov[2] = { { bytes, 512 }, { bytes + 512, 512 } };
		struct block_op op = { .iov = iov, .nr_iov = 2 };
		struct block_io io = {
			.ops = ways_of_io[i], .depth = 8, .done = on_done, .owner = &seen
		};

		make_file(&w);
		io.fd = w.file;
		io.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		assert_true(io.wake >= 0);
		if (io.ops->open(&io)) {
			assert_ptr_equal(io.ops, &block_io_uring); /* not every host has it */
			close(io.wake);
			close(w.file);
			continue;
		}
		op.kind = BLOCK_OP_WRITE;
		assert_int_equal(run_op(&io, &op), 1024);
		op.kind = BLOCK_OP_WRITE_SYNC;
		op.offset = 4096;
		assert_int_equal(run_op(&io, &op), 1024);
		memset(bytes, 0, sizeof(bytes));
		op.kind = BLOCK_OP_READ;
		assert_int_equal(run_op(&io, &op), 1024);
		assert_string_equal(bytes, "written");
		op.kind = BLOCK_OP_SYNC;
		assert_int_equal(run_op(&io, &op), 0);
		op.kind = BLOCK_OP_ALLOCATE;
		op.mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
		op.length = 4096;
		assert_int_equal(run_op(&io, &op), 0);
		assert_int_equal(word_at(&w, 8), 0);
		op.kind = BLOCK_OP_READ;
		op.offset = DISK_SIZE;
		assert_int_equal(run_op(&io, &op), 0);
		op.offset = BIT_ULL(63);
		assert_int_equal(run_op(&io, &op), -EINVAL);
		/* A signal ends the wait, also one that came before. */
		eventfd_signal(io.wake);
		seen.done = 0;
		assert_int_equal(block_io_wait(&io, true), 0);
		assert_int_equal(seen.done, 0);
		block_io_close(&io);
		close(io.wake);
		close(w.file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_disk_is_locked),
		cmocka_unit_test(unfit_files_are_refused),
		cmocka_unit_test(both_ways_of_io_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
