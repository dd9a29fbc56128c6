// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A virtio disk or network card under a hostile driver: any accesses to its config space, its
 * registers and the memory in which its rings and requests lie. A disk's queue is served on this
 * thread, one round at a time, with a file that is served without io_uring; or, as the first step
 * says, by the device's own thread, as the network card's are.
 */
#include <sys/socket.h>

#include "base/own.h"
#include "bench.h"
#include "vm/virtio/blk_queue.h"
#include "vm/virtio/net.h"
#include "vm/virtio/virtio_pci.h"

#define DISK_SIZE (64 * KIB)
#define DEVFN     PCI_DEVFN_OF(16, 0)
#define THREADS   0x80 /* in the kind of the first step */
#define IS_NET    0x40

struct step {
	u8 kind;
	u8 size;
	u8 address[4];
	u8 value[4];
};

enum { RAM_READ = BENCH_KINDS, RAM_WRITE, RUN, RESET };

struct virtio {
	struct bench m;
	struct blk blk;
	struct blk_queue *queue;
	struct block_io io; /* the queue's own, while it has another */
	struct virtio_pci pci;
	bool running;
	bool threads, is_net;
	struct virtio_net net;
	int far_end; /* of the card's link */
};

static struct virtio b;

static int on_queue_start(struct virtio_dev *dev, unsigned index, struct err *err)
{
	int ret = virtq_open(&b.queue->vq, dev, &dev->queues[index], err);

	b.running = !ret;
	b.queue->broken = false;
	return ret;
}

static void on_queue_stop(struct virtio_dev *dev, unsigned index)
{
	while (b.queue->in_flight)
		CLAIM(!block_io_wait(&b.queue->block.io, false));
	virtq_close(&b.queue->vq);
	b.running = false;
}

static struct virtio_dev_ops ops;

static void open_disk(void)
{
	char path[32];
	own_fd int fd = bench_file(path, DISK_SIZE);
	const struct blk_config config = { .path = path, .packed = true, .queues = 1 };
	struct err err = { 0 };

	CLAIM(fd >= 0);
	CLAIM(!blk_open(&b.blk, &config, &err));
	b.queue = b.blk.queues[0];
	if (b.threads)
		return;
	ops = *b.blk.dev.ops;
	ops.queue_start = on_queue_start;
	ops.queue_stop = on_queue_stop;
	b.blk.dev.ops = &ops;
	b.io = b.queue->block.io;
	b.queue->block.io.ops = &block_io_plain;
	CLAIM(!b.queue->block.io.ops->open(&b.queue->block.io));
}

static void open_net(void)
{
	struct virtio_net_setup setup = {
		.name = "net",
		.link = { .framing = NET_COUNTED, .mtu = 9000 },
		.loop = &b.m.loop,
	};
	struct err err = { 0 };
	int pair[2];

	CLAIM(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair));
	setup.link.fd = pair[0];
	b.far_end = pair[1];
	CLAIM(!virtio_net_open(&b.net, &setup, &err));
}

static void open_bench(void)
{
	struct err err = { 0 };

	bench_open(&b.m, false);
	if (b.is_net)
		open_net();
	else
		open_disk();
	CLAIM(!virtio_pci_open(&b.pci, b.is_net ? &b.net.dev : &b.blk.dev, &b.m.host, DEVFN,
		b.is_net ? 0x020000 : BLK_CLASS, &b.m.loop, &err));
}

static void close_bench(void)
{
	int link = b.net.link.fd;

	virtio_pci_close(&b.pci);
	if (b.is_net) {
		virtio_net_close(&b.net);
		close(link);
		close_fd(&b.far_end);
		bench_close(&b.m);
		return;
	}
	CLAIM(!b.running && !b.queue->in_flight);
	if (!b.threads) {
		block_io_close(&b.queue->block.io);
		b.queue->block.io = b.io;
	}
	blk_close(&b.blk);
	bench_close(&b.m);
}

/* The link's other end: it takes what there is, and sends as much as the step says. */
static void use_link(const struct step *s)
{
	u8 bytes[4096] = { 0 };

	while (recv(b.far_end, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	put_be32(bytes, get_le16(s->value));
	CLAIM(send(b.far_end, bytes, 4 + get_le16(s->value) % 2048u, MSG_NOSIGNAL | MSG_DONTWAIT) ||
		true);
}

static void run(const struct step *s)
{
	if (b.is_net)
		use_link(s);
	if (b.is_net || b.threads)
		usleep(20);
	else if (b.running)
		CLAIM(!blk_queue_step(b.queue, false));
	bench_step(&b.m);
}

static void touch_ram(const struct step *s, u32 address, unsigned size)
{
	u8 *at = mem_ptr(&b.m.mem, address % BENCH_RAM, size);

	if (at && s->kind % 8 == RAM_WRITE)
		memcpy(at, s->value, size > 4 ? 4 : size);
}

static void take_step(const struct step *s)
{
	u32 address = get_le32(s->address);

	bench_access(&b.m, DEVFN, s->kind % 8, s->size, address, address, get_le32(s->value));
	switch (s->kind % 8) {
	case RAM_READ:
	case RAM_WRITE:
		touch_ram(s, address, 1u << s->size % 4);
		break;
	case RUN:
		run(s);
		break;
	case RESET:
		pci_bus_reset(&b.m.host.root);
		CLAIM(b.is_net || (!b.running && !b.queue->in_flight));
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct step step;

	memset(&b, 0, sizeof(b));
	b.threads = size && data[0] & THREADS;
	b.is_net = size && data[0] & IS_NET;
	open_bench();
	for (unsigned n = 0; n < BENCH_STEPS && bench_next(&data, &size, &step, sizeof(step));
		n++) {
		take_step(&step);
		CLAIM(b.is_net || b.threads || b.queue->vq.in_flight <= BLK_QUEUE_SIZE);
	}
	close_bench();
	return 0;
}
