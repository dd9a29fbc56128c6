// SPDX-License-Identifier: GPL-2.0-or-later
/* Receive: from the link to the driver. */
#include <errno.h>
#include <linux/virtio_net.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/eventfd.h"
#include "base/log.h"
#include "vm/virtio/net_internal.h"

/* A handler processes at most this many frames, so that the other direction gets its turn. */
#define BATCH 256

enum rx_result { TAKEN, DROPPED, NO_ROOM, BROKEN };

/* A frame for the driver. */
struct frame {
	struct virtio_net_hdr_v1 header;
	const u8 *bytes;
	size_t size;
};

static bool whole_frame(struct virtio_net *net, struct frame *frame, size_t *taken)
{
	const u8 *start = net->in + net->in_start;
	size_t left = net->in_end - net->in_start, size;

	if (left < NET_COUNT)
		return false;
	size = get_be32(start);
	if (size > NET_FRAME_MAX) {
		log_warn("%s: its network sends what are no frames", net->dev.name);
		net_gone(net);
		return false;
	}
	if (left < NET_COUNT + size)
		return false;
	*frame = (struct frame){ .bytes = start + NET_COUNT, .size = size };
	if (virtio_dev_has(&net->dev, VIRTIO_NET_F_GUEST_CSUM))
		frame->header.flags = VIRTIO_NET_HDR_F_DATA_VALID;
	*taken = NET_COUNT + size;
	return true;
}

/* A read from a tap returns one frame, so it needs an empty buffer. */
static bool whole_packet(struct virtio_net *net, struct frame *frame, size_t *taken)
{
	size_t size = net->in_end - net->in_start;

	if (!size)
		return false;
	*taken = size;
	*frame = (struct frame){ .bytes = net->in + net->in_start + NET_HEADER,
		.size = size > NET_HEADER ? size - NET_HEADER : 0 };
	if (frame->size)
		memcpy(&frame->header, net->in + net->in_start, NET_HEADER);
	return true;
}

static bool next_frame(struct virtio_net *net, struct frame *frame, size_t *taken)
{
	return net->link.framing == NET_COUNTED ? whole_frame(net, frame, taken)
						: whole_packet(net, frame, taken);
}

static void give_back(struct virtio_net *net, unsigned nr)
{
	while (nr--)
		virtq_unpop(&net->rx, &net->chains[nr]);
}

/*
 * Takes buffers for @size bytes from the driver. Returns TAKEN and *@nr chains, or what to do with
 * the frame instead.
 */
static enum rx_result collect(struct virtio_net *net, size_t size, unsigned *nr)
{
	unsigned max =
		virtio_dev_has(&net->dev, VIRTIO_NET_F_MRG_RXBUF) ? VIRTIO_NET_MAX_CHAINS : 1;
	unsigned pieces = 0, tries = 0;
	size_t room = 0;

	*nr = 0;
	while (room < size) {
		struct virtq_chain *chain = &net->chains[*nr];
		int ret;

		if (*nr == max) {
			give_back(net, *nr);
			return DROPPED;
		}
		chain->iov = net->pieces + pieces;
		chain->max_iov = VIRTIO_NET_MAX_PIECES - pieces;
		ret = virtq_pop(&net->rx, chain);
		if (ret < 0) {
			give_back(net, *nr);
			return BROKEN;
		}
		/*
		 * Enable notifications before the buffers are given back: they are for those that
		 * come next.
		 */
		if (!ret && virtq_want_kicks(&net->rx, true) && tries++ < BATCH)
			continue;
		if (!ret) {
			give_back(net, *nr);
			/*
			 * The driver keeps withdrawing the buffers that it offers: try again later.
			 */
			if (tries > BATCH)
				eventfd_signal(net->kick[VIRTIO_NET_RX].fd);
			return NO_ROOM;
		}
		room += chain->in_size;
		pieces += chain->nr_out + chain->nr_in;
		++*nr;
	}
	return TAKEN;
}

static enum rx_result deliver(struct virtio_net *net, struct frame *frame)
{
	size_t at = 0, total = NET_HEADER + frame->size;
	unsigned nr;
	enum rx_result result;

	if (!frame->size)
		return DROPPED;
	result = collect(net, total, &nr);
	if (result != TAKEN)
		return result;
	frame->header.num_buffers = htole16(nr);
	for (unsigned i = 0; i < nr; i++) {
		const struct virtq_chain *chain = &net->chains[i];
		size_t head = i ? 0 : virtq_write(chain, 0, &frame->header, NET_HEADER);
		size_t n = virtq_write(chain, head, frame->bytes + at, frame->size - at);

		at += n;
		virtq_push(&net->rx, chain, (u32)(head + n));
	}
	return TAKEN;
}

/* Gives the driver all frames that were read. Returns whether it can take more. */
static bool deliver_all(struct virtio_net *net)
{
	enum rx_result result = TAKEN;
	struct frame frame;
	size_t taken;

	while (result <= DROPPED && next_frame(net, &frame, &taken)) {
		result = deliver(net, &frame);
		if (result <= DROPPED)
			net->in_start += taken;
	}
	virtq_call(&net->rx);
	if (result == BROKEN)
		net_broken(net, &net->rx);
	return result <= DROPPED;
}

/* Returns the result of read(); -EAGAIN: nothing to read. */
static ssize_t fill(struct virtio_net *net)
{
	ssize_t n;

	if (net->in_start == net->in_end)
		net->in_start = net->in_end = 0;
	/* Makes room for the rest of the largest frame. */
	if (NET_BUFFER - net->in_start < NET_COUNT + NET_FRAME_MAX) {
		memmove(net->in, net->in + net->in_start, net->in_end - net->in_start);
		net->in_end -= net->in_start;
		net->in_start = 0;
	}
	n = read(net->link.fd, net->in + net->in_end, NET_BUFFER - net->in_end);
	if (n > 0)
		net->in_end += n;
	return n < 0 ? -errno : n;
}

static void receive(struct virtio_net *net)
{
	bool room = true;

	for (unsigned n = 0; n < BATCH && room && !net->gone; n++) {
		ssize_t got;

		room = deliver_all(net);
		if (!room || net->gone)
			break;
		got = fill(net);
		if (got == -EAGAIN || got == -EINTR)
			break;
		if (got <= 0)
			net_gone(net);
	}
	/*
	 * While the driver offers no buffers, do not read from the link: it pushes back if it can.
	 */
	if (!net->gone)
		loop_watch(&net->loop, &net->link_in, room ? EPOLLIN | EPOLLRDHUP : 0);
	if (room)
		virtq_want_kicks(&net->rx, false);
}

void net_rx_kicked(void *owner, u32 events)
{
	struct virtio_net *net = owner;

	eventfd_take(net->kick[VIRTIO_NET_RX].fd);
	receive(net);
}

void net_rx_ready(void *owner, u32 events)
{
	struct virtio_net *net = owner;

	receive(net);
	if (events & (EPOLLHUP | EPOLLERR))
		net_gone(net);
}
