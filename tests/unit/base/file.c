// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/own.h"
#include "base/types.h"
#include "unit.h"

static void a_file_comes_back_whole(void **state)
{
	static const size_t sizes[] = { 0, 1, 4094, 4095, 4096, 4097, 8191, 100000 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		own_fd int fd = memfd_create("file", MFD_CLOEXEC);
		own_free char *written = malloc(sizes[i] + 1), *bytes = NULL;
		size_t size = 1;

		for (size_t at = 0; at < sizes[i]; at++)
			written[at] = (char)(at * 7);
		assert_int_equal(file_write(fd, written, sizes[i]), 0);
		lseek(fd, 0, SEEK_SET);
		assert_int_equal(file_read_all(fd, sizes[i], &bytes, &size), 0);
		assert_int_equal(size, sizes[i]);
		assert_memory_equal(bytes, written, size);
		assert_int_equal(bytes[size], 0);
	}
}

static void the_limit_holds_and_errors_are_told(void **state)
{
	own_fd int fd = memfd_create("file", MFD_CLOEXEC);
	char *bytes = NULL, four[4] = "";
	size_t size;

	assert_int_equal(file_write(fd, "12345", 5), 0);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(file_read_all(fd, 4, &bytes, &size), -EFBIG);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(file_read(fd, four, 4), 4);
	assert_memory_equal(four, "1234", 4);
	assert_int_equal(file_read(fd, four, 4), 1);
	assert_int_equal(file_read_all(-1, 4, &bytes, &size), -EBADF);
	assert_int_equal(file_read(-1, four, 4), -EBADF);
	assert_null(bytes);
}

static void the_end_is_kept(void **state)
{
	own_fd int fd = memfd_create("file", MFD_CLOEXEC);
	static char bytes[300000], back[sizeof(bytes)];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i % 251);
	assert_int_equal(file_write(fd, bytes, sizeof(bytes)), 0);
	assert_int_equal(file_keep_end(fd, sizeof(bytes), 100001), 100001);
	assert_int_equal(file_write(fd, "more", 4), 0);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(file_read(fd, back, sizeof(back)), 100005);
	assert_memory_equal(back, bytes + sizeof(bytes) - 100001, 100001);
	assert_memory_equal(back + 100001, "more", 4);
	assert_int_equal(file_keep_end(fd, 100005, 0), 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), 0);
	assert_int_equal(file_keep_end(-1, 4, 4), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_comes_back_whole),
		cmocka_unit_test(the_end_is_kept),
		cmocka_unit_test(the_limit_holds_and_errors_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
