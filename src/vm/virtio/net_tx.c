// SPDX-License-Identifier: GPL-2.0-or-later
/* Transmit: from the driver to the link. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "base/eventfd.h"
#include "vm/net/loopback.h"
#include "vm/virtio/net_internal.h"

/* A handler processes at most this many frames, so that the other direction gets its turn. */
#define BATCH 256

/*
 * The pieces of a frame for the link: length prefix, virtio header and bytes, as the link needs
 * them.
 */
struct pieces {
	struct iovec iov[VIRTIO_NET_MAX_PIECES + 2];
	unsigned nr;
	size_t size;
	u8 count[NET_COUNT];
	u8 head[NET_HEAD]; /* a copy, which the driver does not change once it is judged */
};

/* Adds the request's buffers from byte @skip on. */
static void add_chain(struct pieces *p, const struct virtq_chain *chain, size_t skip)
{
	for (unsigned i = 0; i < chain->nr_out && p->nr < ARRAY_SIZE(p->iov); i++) {
		struct iovec piece = chain->iov[i];

		if (skip >= piece.iov_len) {
			skip -= piece.iov_len;
			continue;
		}
		piece.iov_base = (char *)piece.iov_base + skip;
		piece.iov_len -= skip;
		skip = 0;
		p->iov[p->nr++] = piece;
	}
}

static bool is_frame(const struct virtq_chain *chain)
{
	return chain->out_size > NET_HEADER && chain->out_size - NET_HEADER <= NET_FRAME_MAX;
}

/* Returns false for a frame that is not to be sent. */
static bool make_pieces(struct virtio_net *net, const struct virtq_chain *chain, struct pieces *p)
{
	size_t head;

	p->nr = 0;
	p->size = chain->out_size;
	if (net->link.framing != NET_COUNTED) {
		add_chain(p, chain, 0);
		return true;
	}
	p->size = chain->out_size - NET_HEADER + NET_COUNT;
	put_be32(p->count, (u32)(chain->out_size - NET_HEADER));
	p->iov[p->nr++] = (struct iovec){ p->count, NET_COUNT };
	head = virtq_read(chain, NET_HEADER, p->head, sizeof(p->head));
	p->iov[p->nr++] = (struct iovec){ p->head, head };
	add_chain(p, chain, NET_HEADER + head);
	return !net->link.no_loopback || !net_is_for_loopback(p->head, head);
}

/* Keeps the rest of a frame that a stream took only in part. It fits: the buffer was empty. */
static void keep_rest(struct virtio_net *net, const struct pieces *p, size_t sent)
{
	net->out_start = net->out_end = 0;
	for (unsigned i = 0; i < p->nr; i++) {
		size_t n = p->iov[i].iov_len;

		if (sent >= n) {
			sent -= n;
			continue;
		}
		memcpy(net->out + net->out_end, (char *)p->iov[i].iov_base + sent, n - sent);
		net->out_end += n - sent;
		sent = 0;
	}
}

static ssize_t write_pieces(struct virtio_net *net, struct pieces *p)
{
	struct msghdr header = { .msg_iov = p->iov, .msg_iovlen = p->nr };
	ssize_t n = net->link.framing == NET_COUNTED
			    ? sendmsg(net->link.fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT)
			    : writev(net->link.fd, p->iov, (int)p->nr);

	return n < 0 ? -errno : n;
}

/* Returns true if the frame was not sent and the link must become writable first. */
static bool send_frame(struct virtio_net *net, const struct virtq_chain *chain)
{
	struct pieces p;
	ssize_t n;

	if (net->gone || !is_frame(chain) || !make_pieces(net, chain, &p))
		return false;
	if (p.nr > IOV_MAX) { /* with what is in front; send_rest() is next */
		keep_rest(net, &p, 0);
		return false;
	}
	n = write_pieces(net, &p);
	if (n == -EAGAIN || n == -EINTR)
		return true;
	/* A frame that a tap refuses is lost, as on a wire. */
	if (n < 0 && net->link.framing == NET_COUNTED)
		net_gone(net);
	if (n >= 0 && (size_t)n < p.size && net->link.framing == NET_COUNTED)
		keep_rest(net, &p, n);
	return false;
}

/* Returns whether the whole rest has been sent. */
static bool send_rest(struct virtio_net *net)
{
	ssize_t n;

	if (net->gone || net->out_start == net->out_end)
		return true;
	n = send(net->link.fd, net->out + net->out_start, net->out_end - net->out_start,
		MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		net_gone(net);
		return true;
	}
	if (n > 0)
		net->out_start += n;
	return net->out_start == net->out_end;
}

/*
 * Sends until the driver has no more frames; returns false if the link must become writable first.
 */
static bool send_all(struct virtio_net *net)
{
	struct virtq_chain chain = { .iov = net->tx_pieces, .max_iov = VIRTIO_NET_MAX_PIECES };

	for (unsigned n = 0; n < BATCH; n++) {
		int ret;

		if (!send_rest(net))
			return false;
		ret = virtq_pop(&net->tx, &chain);
		if (ret < 0) {
			net_broken(net, &net->tx);
			return true;
		}
		if (!ret && !virtq_want_kicks(&net->tx, true))
			return true;
		if (!ret)
			continue;
		if (send_frame(net, &chain)) {
			virtq_unpop(&net->tx, &chain);
			return false;
		}
		virtq_push(&net->tx, &chain, 0);
	}
	/* There are more frames: go on at the next call. */
	eventfd_signal(net->kick[VIRTIO_NET_TX].fd);
	return true;
}

static void transmit(struct virtio_net *net)
{
	bool done;

	virtq_want_kicks(&net->tx, false);
	done = send_all(net);
	virtq_call(&net->tx);
	if (!net->gone)
		loop_watch(&net->loop, &net->link_out, done ? 0 : EPOLLOUT);
}

void net_tx_kicked(void *owner, u32 events)
{
	struct virtio_net *net = owner;

	eventfd_take(net->kick[VIRTIO_NET_TX].fd);
	transmit(net);
}

void net_tx_ready(void *owner, u32 events)
{
	struct virtio_net *net = owner;

	if (events & (EPOLLHUP | EPOLLERR))
		net_gone(net);
	transmit(net);
}
