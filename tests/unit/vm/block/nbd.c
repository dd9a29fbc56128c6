// SPDX-License-Identifier: GPL-2.0-or-later
/* The NBD client against a server in a thread, which does as it is told: well or badly. */
#include "vm/block/nbd.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "unit.h"
#include "vm/block/nbd_protocol.h"
#include "vm/block/request.h"

#define DISK_SIZE (4 * MIB)
#define REQUESTS  8

enum deed {
	GOOD,
	SLOW,         /* it sends byte by byte */
	BAD_GREETING, /* deeds up to LAST_OF_HANDSHAKE: the export is refused */
	BAD_ANSWER,
	LONG_ANSWER,
	ENDLESS_ANSWERS,
	NO_SIZE,
	NO_FLUSH,
	HANGS_UP,
	LAST_OF_HANDSHAKE = HANGS_UP,
	BAD_REPLY, /* deeds from here on: each request fails */
	BAD_HANDLE,
	FREE_HANDLE,
	DIES,
	DIES_IN_DATA,
	SILENT,
	ERRORS, /* as the disk's; the server lives on */
};

struct server {
	enum deed deed;
	int fd;
	u8 disk[DISK_SIZE];
	pthread_t thread;
	unsigned nr_flushes, nr_through, nr_zeroes;
};

struct asked {
	struct block_request request;
	struct iovec iov[2];
	u8 data[64 * KIB];
	int result; /* 1: none yet */
};

static struct server server;
static struct nbd_export nbd;
static struct block_file file;
static struct block_queue queue;
static struct asked asked[REQUESTS];
static unsigned nr_done;

static void say(const void *bytes, size_t size)
{
	const u8 *byte = bytes;

	if (server.deed != SLOW)
		file_write(server.fd, bytes, size);
	for (size_t i = 0; server.deed == SLOW && i < size; i++)
		file_write(server.fd, byte + i, 1);
}

static bool hear(void *bytes, size_t size)
{
	return file_read(server.fd, bytes, size) == (ssize_t)size;
}

static void answer(u32 type, const void *data, u32 size)
{
	u8 head[20];

	put_be64(head, server.deed == BAD_ANSWER ? 1 : NBD_ANSWER_MAGIC);
	put_be32(head + 8, NBD_OPTION_GO);
	put_be32(head + 12, type);
	put_be32(head + 16, server.deed == LONG_ANSWER ? 1 << 30 : size);
	say(head, sizeof(head));
	say(data, size);
}

static bool shake_hands(void)
{
	u8 greeting[18], flags[4], option[24 + 4], info[14] = { 0 };

	put_be64(greeting, server.deed == BAD_GREETING ? 1 : NBD_MAGIC);
	put_be64(greeting + 8, NBD_OPTION_MAGIC);
	put_be16(greeting + 16, NBD_FIXED_NEWSTYLE | NBD_NO_ZEROES);
	if (server.deed == HANGS_UP)
		return false;
	say(greeting, sizeof(greeting));
	if (!hear(flags, sizeof(flags)) || !hear(option, sizeof(option)))
		return false;
	assert_int_equal(get_be32(flags), NBD_FIXED_NEWSTYLE | NBD_NO_ZEROES);
	assert_memory_equal(option + 20, "disk", 4);
	put_be64(info + 2, server.deed == NO_SIZE ? 0 : DISK_SIZE + 100);
	put_be16(info + 10,
		1 | (server.deed == NO_FLUSH ? 0 : NBD_HAS_FLUSH) | NBD_HAS_FUA | NBD_HAS_ZEROES);
	answer(NBD_ANSWER_INFO, info, 12);
	put_be16(info, NBD_INFO_BLOCK_SIZE);
	put_be32(info + 2, 1);
	answer(NBD_ANSWER_INFO, info, 14);
	for (unsigned i = 0; server.deed == ENDLESS_ANSWERS && i < 1000; i++)
		answer(NBD_ANSWER_INFO, info, 14);
	answer(NBD_ANSWER_ACK, NULL, 0);
	return true;
}

static void reply(const u8 *request, const u8 *data, u32 size)
{
	u8 head[NBD_REPLY_SIZE];

	put_be32(head, server.deed == BAD_REPLY ? 1 : NBD_REPLY_MAGIC);
	put_be32(head + 4, server.deed == ERRORS ? ENOSPC : 0);
	memcpy(head + 8, request + 8, 8);
	if (server.deed == BAD_HANDLE)
		put_be64(head + 8, ~0ull);
	if (server.deed == FREE_HANDLE)
		put_be64(head + 8, REQUESTS - 1);
	say(head, sizeof(head));
	if (server.deed != ERRORS)
		say(data, server.deed == DIES_IN_DATA ? size / 2 : size);
}

static bool serve(void)
{
	u8 request[NBD_REQUEST_SIZE];
	u64 offset;
	u32 length;

	if (!hear(request, sizeof(request)) || server.deed == DIES)
		return false;
	assert_int_equal(get_be32(request), NBD_REQUEST_MAGIC);
	offset = get_be64(request + 16);
	length = get_be32(request + 24);
	assert_true(offset + length <= DISK_SIZE);
	server.nr_through += get_be16(request + 4) & NBD_FLAG_FUA;
	switch (get_be16(request + 6)) {
	case NBD_READ:
		while (server.deed == SILENT)
			if (!hear(request, 1))
				return false;
		reply(request, server.disk + offset, length);
		return server.deed != DIES_IN_DATA;
	case NBD_WRITE:
		if (!hear(server.disk + offset, length))
			return false;
		break;
	case NBD_ZEROES:
		memset(server.disk + offset, 0, length);
		server.nr_zeroes++;
		break;
	case NBD_FLUSH:
		server.nr_flushes++;
		break;
	default:
		fail();
	}
	reply(request, NULL, 0);
	return true;
}

static void *run(void *arg)
{
	if (shake_hands())
		while (serve())
			;
	shutdown(server.fd, SHUT_RDWR);
	return NULL;
}

static int set_up(enum deed deed)
{
	struct err err = { 0 };
	int pair[2], ret;

	server.deed = deed;
	server.nr_flushes = server.nr_through = server.nr_zeroes = 0;
	for (u32 i = 0; i < DISK_SIZE / 4; i++)
		put_le32(server.disk + 4 * i, i);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	server.fd = pair[0];
	assert_int_equal(pthread_create(&server.thread, NULL, run, NULL), 0);
	ret = nbd_open(&nbd, &pair[1], 1, "the disk", "disk", false, &err);
	assert_int_equal(!ret, !err.code);
	if (ret)
		return ret;
	nbd.patience = 300;
	nbd_file(&nbd, &file);
	block_queue_init(&queue, "the disk", &file, REQUESTS);
	queue.io.wake = eventfd(0, EFD_NONBLOCK);
	assert_int_equal(block_io_open(&queue.io), 0);
	nr_done = 0;
	return 0;
}

static void tear_down(void)
{
	if (nbd.nr) {
		block_io_close(&queue.io);
		close(queue.io.wake);
		assert_int_equal(nbd.taken, 0);
	}
	nbd_close(&nbd);
	pthread_join(server.thread, NULL);
	close(server.fd);
}

static void on_done(struct block_request *request, int result)
{
	container_of(request, struct asked, request)->result = result;
	nr_done++;
}

/* The data is in two pieces. */
static struct asked *start(unsigned n, enum block_kind kind, u64 offset, u32 size)
{
	struct asked *a = &asked[n];

	a->iov[0] = (struct iovec){ a->data, size / 2 };
	a->iov[1] = (struct iovec){ a->data + size / 2, size - size / 2 };
	a->result = 1;
	a->request = (struct block_request){
		.queue = &queue,
		.kind = kind,
		.offset = offset,
		.left = kind == BLOCK_FLUSH ? 0 : size,
		.data = a->iov,
		.nr_data = 2,
		.done = on_done,
	};
	assert_int_equal(block_request_start(&a->request), 0);
	return a;
}

static void finish(unsigned nr)
{
	for (unsigned i = 0; nr_done < nr && i < 1000000; i++)
		assert_int_equal(block_io_wait(&queue.io, true), 0);
	assert_int_equal(nr_done, nr);
}

static void a_server_serves(void **state)
{
	static const enum deed deeds[] = { GOOD, SLOW };

	for (size_t d = 0; d < ARRAY_SIZE(deeds); d++) {
		assert_int_equal(set_up(deeds[d]), 0);
		assert_int_equal(file.size, DISK_SIZE);
		for (unsigned i = 0; i < REQUESTS; i++)
			start(i, BLOCK_READ, i * 64 * KIB, i % 2 ? 64 * KIB : 512);
		finish(REQUESTS);
		for (unsigned i = 0; i < REQUESTS; i++) {
			assert_int_equal(asked[i].result, 0);
			assert_memory_equal(
				asked[i].data, server.disk + i * 64 * KIB, i % 2 ? 64 * KIB : 512);
		}
		nr_done = 0;
		memset(asked[0].data, 0x5a, 64 * KIB);
		start(0, BLOCK_WRITE, MIB, 64 * KIB);
		memset(asked[1].data, 0xa5, 512);
		start(1, BLOCK_WRITE, 2 * MIB, 512)->request.through = true;
		start(2, BLOCK_WRITE_ZEROES, 3 * MIB, 64 * KIB);
		start(3, BLOCK_DISCARD, 3 * MIB + 64 * KIB, 64 * KIB);
		start(4, BLOCK_FLUSH, 0, 0);
		finish(5);
		for (unsigned i = 0; i < 5; i++)
			assert_int_equal(asked[i].result, 0);
		assert_memory_equal(server.disk + MIB, asked[0].data, 64 * KIB);
		assert_memory_equal(server.disk + 2 * MIB, asked[1].data, 512);
		assert_int_equal(get_le64(server.disk + 3 * MIB), 0);
		assert_int_equal(server.nr_flushes, 1);
		assert_int_equal(server.nr_zeroes, 2);
		tear_down();
	}
}

static void a_wrong_handshake_is_refused(void **state)
{
	for (enum deed deed = BAD_GREETING; deed <= LAST_OF_HANDSHAKE; deed++) {
		assert_true(set_up(deed) < 0);
		tear_down();
	}
}

static void a_wrong_server_breaks_the_disk(void **state)
{
	for (enum deed deed = BAD_REPLY; deed <= SILENT; deed++) {
		assert_int_equal(set_up(deed), 0);
		start(0, BLOCK_READ, 0, 64 * KIB);
		start(1, BLOCK_READ, MIB, 512);
		finish(2);
		assert_int_equal(asked[0].result, -EIO);
		assert_int_equal(asked[1].result, -EIO);
		/* And whatever comes later. */
		start(0, BLOCK_WRITE, 0, 512);
		start(1, BLOCK_FLUSH, 0, 0);
		finish(4);
		assert_int_equal(asked[0].result, -EIO);
		assert_int_equal(asked[1].result, -EIO);
		tear_down();
	}
}

static void errors_are_the_disks(void **state)
{
	assert_int_equal(set_up(ERRORS), 0);
	start(0, BLOCK_READ, 0, 512);
	start(1, BLOCK_WRITE, 0, 512);
	finish(2);
	assert_int_equal(asked[0].result, -ENOSPC);
	assert_int_equal(asked[1].result, -ENOSPC);
	server.deed = GOOD;
	start(0, BLOCK_READ, 0, 512);
	finish(3);
	assert_int_equal(asked[0].result, 0);
	tear_down();
}

static void a_wake_ends_the_wait(void **state)
{
	assert_int_equal(set_up(GOOD), 0);
	eventfd_write(queue.io.wake, 1);
	assert_int_equal(block_io_wait(&queue.io, true), 0);
	tear_down();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_serves),
		cmocka_unit_test(a_wrong_handshake_is_refused),
		cmocka_unit_test(a_wrong_server_breaks_the_disk),
		cmocka_unit_test(errors_are_the_disks),
		cmocka_unit_test(a_wake_ends_the_wait),
	};

	/* As the machine does. */
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
