// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A network card between a hostile driver and a hostile link: any bytes in the memory in which the
 * rings and frames lie, any bytes from the link. Both directions are served on this thread.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "vm/mem/ram.h"
#include "vm/virtio/net_internal.h"

#define MAX_STEPS  300
#define RAM_SIZE   (2 * MIB)
#define QUEUE_SIZE 8
/* The rings are close together, so that few bits of an address reach all of them. */
#define RINGS(index) (0x1000u + 0x800u * (index))

struct step {
	u8 kind;
	u8 size;
	u8 address[2];
	u8 value[8];
};

enum { WRITE, LINK_SENDS, LINK_READS, RX, TX, RX_READY, TX_READY };

struct bench {
	struct mem mem;
	struct ram ram;
	struct virtio_net net;
	int far_end;
};

static const struct virtio_dev_ops no_ops;

static void open_queue(struct bench *b, struct virtq *vq, unsigned index)
{
	struct virtio_queue *queue = &b->net.dev.queues[index];
	struct err err = { 0 };

	queue->size = QUEUE_SIZE;
	queue->desc = RINGS(index);
	queue->driver = RINGS(index) + 0x200;
	queue->device = RINGS(index) + 0x400;
	queue->kick = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	queue->call = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (virtio_dev_has(&b->net.dev, VIRTIO_F_RING_PACKED))
		queue->position = 0x80008000;
	b->net.kick[index].fd = queue->kick;
	CLAIM(!virtq_open(vq, &b->net.dev, queue, &err));
}

static void open_bench(struct bench *b, u8 form)
{
	static const struct virtio_net_setup setup = { .name = "net", .link = { .mtu = NET_MTU } };
	struct virtio_net *net = &b->net;
	struct err err = { 0 };
	int pair[2];

	CLAIM(!mem_open(&b->mem, NULL, &err) && !ram_open(&b->ram, &b->mem, RAM_SIZE, &err));
	virtio_net_fill(&net->dev, &setup, VIRTIO_RING_FEATURES, &no_ops);
	net->dev.mem = &b->mem;
	net->dev.config_call = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	net->link.framing = form & 1 ? NET_PACKETS : NET_COUNTED;
	net->dev.driver_features = (u64)(form >> 1 & 3) << VIRTIO_RING_F_INDIRECT_DESC |
				   (u64)(form >> 3 & 1) << VIRTIO_F_RING_PACKED |
				   (u64)(form >> 4 & 1) << 15; /* VIRTIO_NET_F_MRG_RXBUF */
	CLAIM(!socketpair(AF_UNIX,
		(form & 1 ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair));
	/* So little room that the link takes but a part of a frame, or no frame at all. */
	CLAIM(!setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &(int){ 1 }, sizeof(int)));
	net->link.fd = pair[0];
	b->far_end = pair[1];
	CLAIM(!loop_open(&net->loop, &clock_system, &err));
	net->machine_loop = &net->loop;
	net->in = malloc(NET_BUFFER);
	net->out = malloc(NET_BUFFER);
	open_queue(b, &net->rx, VIRTIO_NET_RX);
	open_queue(b, &net->tx, VIRTIO_NET_TX);
}

static void close_bench(struct bench *b)
{
	struct virtio_net *net = &b->net;

	for (unsigned i = 0; i < 2; i++) {
		close(net->dev.queues[i].kick);
		close(net->dev.queues[i].call);
	}
	close(net->dev.config_call);
	close(net->link.fd);
	close(b->far_end);
	free(net->in);
	free(net->out);
	loop_unpost(&net->loop, &net->gone_work);
	loop_close(&net->loop);
	ram_close(&b->ram);
	mem_close(&b->mem);
}

static void from_link(struct bench *b, const struct step *s)
{
	u8 bytes[2048];
	size_t size = s->size * 8u;

	memset(bytes, s->value[7], sizeof(bytes));
	memcpy(bytes, s->value, sizeof(s->value));
	if (size && send(b->far_end, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
}

static void take_step(struct bench *b, const struct step *s)
{
	u8 *ram = mem_ptr(&b->mem, RINGS(0) + get_le16(s->address) % 0x1000, sizeof(s->value));
	u8 drain[65536];

	switch (s->kind % 7) {
	case WRITE:
		memcpy(ram, s->value, 1 + s->size % sizeof(s->value));
		break;
	case LINK_SENDS:
		from_link(b, s);
		break;
	case LINK_READS:
		if (recv(b->far_end, drain, sizeof(drain), MSG_DONTWAIT) < 0)
			return;
		break;
	case RX:
		net_rx_kicked(&b->net, 0);
		break;
	case TX:
		net_tx_kicked(&b->net, 0);
		break;
	case RX_READY:
		net_rx_ready(&b->net, s->size == 0xff ? EPOLLHUP : EPOLLIN);
		break;
	case TX_READY:
		net_tx_ready(&b->net, EPOLLOUT);
		break;
	}
}

static void check(const struct bench *b)
{
	const struct virtio_net *net = &b->net;

	CLAIM(net->in_start <= net->in_end && net->in_end <= NET_BUFFER);
	CLAIM(net->out_start <= net->out_end && net->out_end <= NET_BUFFER);
	/* What is taken is given back at once. */
	CLAIM(!net->rx.in_flight && !net->tx.in_flight);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct bench b;
	struct step step;

	if (!size)
		return 0;
	log_set_level(LOG_ERROR);
	memset(&b, 0, sizeof(b));
	open_bench(&b, *data++);
	size--;
	for (unsigned n = 0; size >= sizeof(step) && n < MAX_STEPS; n++) {
		memcpy(&step, data, sizeof(step));
		data += sizeof(step);
		size -= sizeof(step);
		take_step(&b, &step);
		check(&b);
	}
	close_bench(&b);
	return 0;
}
