// SPDX-License-Identifier: GPL-2.0-or-later
/* A hostile NBD server: the input is all that it sends, however little it was asked for. */
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "fuzz.h"
#include "vm/block/nbd.h"
#include "vm/block/request.h"

#define REQUESTS 4

static void on_done(struct block_request *request, int result)
{
}

static void ask(struct nbd_export *nbd)
{
	static const enum block_kind kinds[REQUESTS] = { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH,
		BLOCK_WRITE_ZEROES };
	static u8 data[REQUESTS][512];
	struct block_request requests[REQUESTS];
	struct iovec iov[REQUESTS];
	struct block_queue queue;
	struct block_file file;

	nbd_file(nbd, &file);
	block_queue_init(&queue, "the disk", &file, REQUESTS);
	queue.io.wake = eventfd(1, EFD_NONBLOCK);
	if (block_io_open(&queue.io))
		abort();
	for (unsigned i = 0; i < REQUESTS; i++) {
		iov[i] = (struct iovec){ data[i], sizeof(data[i]) };
		requests[i] = (struct block_request){
			.queue = &queue,
			.kind = kinds[i],
			.left = kinds[i] == BLOCK_FLUSH ? 0 : sizeof(data[i]),
			.data = &iov[i],
			.nr_data = 1,
			.done = on_done,
		};
		if (file.size >= sizeof(data[i]))
			block_request_start(&requests[i]);
	}
	for (unsigned i = 0; i < 2 * REQUESTS; i++) {
		eventfd_write(queue.io.wake, 1);
		block_io_wait(&queue.io, true);
	}
	block_io_close(&queue.io);
	close(queue.io.wake);
}

int LLVMFuzzerTestOneInput(const u8 *input, size_t size)
{
	struct nbd_export nbd;
	struct err err;
	int pair[2];

	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_ERROR);
	if (size > 64 * KIB || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return 0;
	file_write(pair[0], input, size);
	shutdown(pair[0], SHUT_WR);
	if (!nbd_open(&nbd, &pair[1], 1, "the disk", "disk", false, &err)) {
		ask(&nbd);
		nbd_close(&nbd);
	}
	close(pair[0]);
	return 0;
}
