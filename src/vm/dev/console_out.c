// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/console_out.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/own.h"
#include "vm/dev/terminal.h"

#define BLOCKING_CHUNK 256 /* a terminal that is ready takes as many without blocking */

void console_out_init(struct console_out *out)
{
	*out = (struct console_out){
		.fd = -1,
		.ring = { .bytes = out->bytes, .size = CONSOLE_OUT_SIZE },
	};
	pthread_mutex_init(&out->lock, NULL);
}

int console_out_open(struct console_out *out, int fd, u64 max, struct err *err)
{
	bool nonblocking;
	struct stat st;

	out->fd = terminal_reopen(fd, &nonblocking, err);
	if (out->fd < 0)
		return out->fd;
	if (fstat(out->fd, &st))
		return err_sys(err, errno, "cannot use file %d as the console", fd);
	out->is_file = S_ISREG(st.st_mode);
	out->max = out->is_file ? max : 0;
	out->chunk = nonblocking || out->is_file ? SSIZE_MAX : BLOCKING_CHUNK;
	return 0;
}

void console_out_close(struct console_out *out)
{
	close_fd(&out->fd);
	pthread_mutex_destroy(&out->lock);
}

size_t console_out_put(struct console_out *out, const u8 *bytes, size_t len, bool *first)
{
	size_t taken = len;

	*first = false;
	pthread_mutex_lock(&out->lock);
	if (!out->shut && out->fd >= 0) {
		*first = !out->ring.len;
		taken = ring_put(&out->ring, bytes, len);
		out->peer_waits = taken < len;
	}
	pthread_mutex_unlock(&out->lock);
	return taken;
}

/* Deletes the older half of the file. */
static int keep_newer_half(struct console_out *out)
{
	s64 size = file_keep_end(out->fd, out->size, out->max / 2);

	if (size < 0)
		return (int)size;
	out->size = (u64)size;
	return 0;
}

/* Does one write. Returns the number of bytes written, 0 if it would block, or -errno. */
static ssize_t write_some(struct console_out *out, const u8 *bytes, size_t len)
{
	struct pollfd ready = { .fd = out->fd, .events = POLLOUT };
	ssize_t n;

	int ret = 0;

	if (len > out->chunk)
		len = out->chunk;
	if (out->max && out->size + len > out->max)
		ret = keep_newer_half(out);
	if (ret)
		return ret;
	if (out->chunk == BLOCKING_CHUNK && poll(&ready, 1, 0) != 1)
		return 0;
	n = write(out->fd, bytes, len);
	if (n >= 0) {
		out->size += (u64)n;
		return n;
	}
	return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

/* The bytes at the front may be read without the lock: only this thread removes them. */
static size_t peek(struct console_out *out, const u8 **bytes)
{
	size_t n;

	pthread_mutex_lock(&out->lock);
	n = ring_peek(&out->ring, bytes);
	pthread_mutex_unlock(&out->lock);
	return n;
}

/* Returns whether to resume the other end, which is not done for every byte removed. */
static bool drop(struct console_out *out, size_t n)
{
	bool resume;

	pthread_mutex_lock(&out->lock);
	ring_drop(&out->ring, n);
	resume = out->peer_waits && out->ring.len <= CONSOLE_OUT_SIZE / 2;
	if (resume)
		out->peer_waits = false;
	pthread_mutex_unlock(&out->lock);
	return resume;
}

int console_out_write(struct console_out *out, bool *resume)
{
	const u8 *bytes;
	size_t len;

	*resume = false;
	while ((len = peek(out, &bytes))) {
		ssize_t n = write_some(out, bytes, len);

		if (n <= 0)
			return (int)n;
		*resume |= drop(out, (size_t)n);
	}
	return 1;
}

void console_out_drain(struct console_out *out, unsigned ms)
{
	struct pollfd ready = { .fd = out->fd, .events = POLLOUT };
	u64 end = clock_monotonic(&clock_system) + ms * NS_PER_MS;
	bool resume;

	while (console_out_write(out, &resume) == 0) {
		u64 now = clock_monotonic(&clock_system);

		if (now >= end || poll(&ready, 1, (int)((end - now) / NS_PER_MS) + 1) <= 0)
			return;
	}
}

bool console_out_shut(struct console_out *out)
{
	bool was_open;

	pthread_mutex_lock(&out->lock);
	was_open = !out->shut;
	out->shut = true;
	ring_drop(&out->ring, out->ring.len);
	pthread_mutex_unlock(&out->lock);
	return was_open;
}
