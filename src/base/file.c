// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"

#include <errno.h>
#include <unistd.h>

#include "base/array.h"
#include "base/own.h"

int file_write(int fd, const void *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes = (const char *)bytes + n;
		size -= (size_t)n;
	}
	return 0;
}

ssize_t file_read(int fd, void *bytes, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, (char *)bytes + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return done ? (ssize_t)done : -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int file_read_all(int fd, size_t limit, char **bytes, size_t *size)
{
	own_free char *buf = NULL;
	size_t done = 0, room = 4 * KIB;
	ssize_t n;

	do {
		if (array_room(buf, done, room - done))
			return -ENOMEM;
		n = read(fd, buf + done, room - done - 1);
		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
		if (done > limit)
			return -EFBIG;
		if (done + 1 == room)
			room *= 2;
	} while (n);
	buf[done] = '\0';
	*size = done;
	*bytes = take_ptr(&buf);
	return 0;
}

s64 file_keep_end(int fd, u64 size, u64 keep)
{
	u64 from = size - keep, at = 0;
	char bytes[65536];

	while (at < keep) {
		size_t want = keep - at < sizeof(bytes) ? keep - at : sizeof(bytes);
		ssize_t n = pread(fd, bytes, want, (off_t)(from + at));

		if (n <= 0 || pwrite(fd, bytes, (size_t)n, (off_t)at) != n)
			break;
		at += (u64)n;
	}
	if (ftruncate(fd, (off_t)at) || lseek(fd, (off_t)at, SEEK_SET) < 0)
		return -errno;
	return (s64)at;
}
