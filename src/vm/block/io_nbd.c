// SPDX-License-Identifier: GPL-2.0-or-later
/* Operations over NBD: struct block_io_ops of a disk in another process. */
#include <errno.h>
#include <linux/falloc.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "vm/block/io.h"
#include "vm/block/nbd.h"
#include "vm/block/nbd_protocol.h"

/* Of a range that is zeroed or discarded; a longer one takes several requests. */
#define RANGE_MAX (1 * GIB)

/* Buffers of one system call; an operation may have more. */
#define PIECES 64

/* An operation that has been sent, or is being sent; its index is the handle. */
struct slot {
	struct block_op *op; /* NULL: free */
	u64 done;            /* bytes of a range before this request */
	u32 length;
	bool again; /* the range takes another request */
};

struct nbd_io {
	struct nbd_export *nbd;
	unsigned socket; /* its number */
	int fd;
	bool dead;
	u64 moved; /* when something last moved, ns */

	struct slot *slots;
	unsigned nr_slots, nr_busy, nr_again;
	struct block_op *first, **last; /* not sent yet */

	u8 request[NBD_REQUEST_SIZE];
	struct slot *sending;
	size_t sent; /* bytes of the request and its data */

	u8 reply[NBD_REPLY_SIZE];
	size_t got;             /* bytes of the reply and its data */
	struct slot *receiving; /* whose data follows the reply */
};

/* The number of a connection that no other thread has; nbd->nr: there is none. */
static unsigned take_socket(struct nbd_export *nbd)
{
	unsigned n = 0;

	while (n < nbd->nr && __atomic_fetch_or(&nbd->taken, BIT(n), __ATOMIC_ACQUIRE) & BIT(n))
		n++;
	return n;
}

static int nbd_io_open(struct block_io *io)
{
	struct nbd_export *nbd = io->nbd;
	struct nbd_io *b = calloc(1, sizeof(*b));
	struct slot *slots = calloc(io->depth, sizeof(*slots));
	unsigned n = b && slots ? take_socket(nbd) : nbd->nr;

	if (n == nbd->nr) {
		free(b);
		free(slots);
		return -ENOMEM;
	}
	b->nbd = nbd;
	b->socket = n;
	b->fd = nbd->sockets[n];
	b->slots = slots;
	b->nr_slots = io->depth;
	b->last = &b->first;
	io->state = b;
	return 0;
}

static void nbd_io_close(struct block_io *io)
{
	struct nbd_io *b = io->state;

	__atomic_fetch_and(&b->nbd->taken, ~BIT(b->socket), __ATOMIC_RELEASE);
	free(b->slots);
	free(b);
}

static void nbd_io_submit(struct block_io *io, struct block_op *op)
{
	struct nbd_io *b = io->state;

	op->next = NULL;
	*b->last = op;
	b->last = &op->next;
}

static size_t size_of(const struct block_op *op)
{
	size_t size = 0;

	for (unsigned i = 0; i < op->nr_iov; i++)
		size += op->iov[i].iov_len;
	return size;
}

/* The command of an operation and its flags; -EOPNOTSUPP. */
static int command_of(const struct nbd_io *b, const struct block_op *op, u16 *flags)
{
	*flags = 0;
	switch (op->kind) {
	case BLOCK_OP_READ:
		return NBD_READ;
	case BLOCK_OP_WRITE_SYNC:
		*flags = NBD_FLAG_FUA;
		return NBD_WRITE;
	case BLOCK_OP_WRITE:
		return NBD_WRITE;
	case BLOCK_OP_SYNC:
		return NBD_FLUSH;
	case BLOCK_OP_ALLOCATE:
		break;
	}
	if (!b->nbd->can_zero)
		return -EOPNOTSUPP;
	if (!(op->mode & FALLOC_FL_PUNCH_HOLE))
		*flags = NBD_FLAG_NO_HOLE;
	return NBD_ZEROES;
}

static u32 length_of(const struct block_op *op, u64 done)
{
	if (op->kind == BLOCK_OP_SYNC)
		return 0;
	if (op->kind != BLOCK_OP_ALLOCATE)
		return (u32)size_of(op);
	return op->length - done < RANGE_MAX ? (u32)(op->length - done) : (u32)RANGE_MAX;
}

/* Writes the request of a slot, which is sent next. */
static void begin(struct nbd_io *b, struct slot *slot)
{
	const struct block_op *op = slot->op;
	u16 flags;
	u16 command = (u16)command_of(b, op, &flags);

	slot->length = length_of(op, slot->done);
	put_be32(b->request, NBD_REQUEST_MAGIC);
	put_be16(b->request + 4, flags);
	put_be16(b->request + 6, command);
	put_be64(b->request + 8, (u64)(slot - b->slots));
	put_be64(b->request + 16, op->kind == BLOCK_OP_SYNC ? 0 : op->offset + slot->done);
	put_be32(b->request + 24, slot->length);
	b->sending = slot;
	b->sent = 0;
}

/* Takes the slot for an operation, whose turn it is. */
static struct slot *take_slot(struct nbd_io *b, struct block_op *op)
{
	for (unsigned i = 0; i < b->nr_slots; i++) {
		if (b->slots[i].op)
			continue;
		b->slots[i] = (struct slot){ .op = op };
		if (!b->nr_busy++)
			b->moved = clock_monotonic(&clock_system);
		return &b->slots[i];
	}
	return NULL;
}

static void finish(struct block_io *io, struct slot *slot, int result)
{
	struct nbd_io *b = io->state;
	struct block_op *op = slot->op;

	b->nr_again -= slot->again;
	slot->again = false;
	slot->op = NULL;
	b->nr_busy--;
	io->done(io->owner, op, result);
}

static struct block_op *next_op(struct nbd_io *b)
{
	struct block_op *op = b->first;

	b->first = op->next;
	if (!b->first)
		b->last = &b->first;
	return op;
}

/* The server is no more of use: all that is under way fails, and all that comes. */
static void die(struct block_io *io, const char *why)
{
	struct nbd_io *b = io->state;

	if (!b->dead)
		log_error("%s: %s; it is broken until the machine ends", b->nbd->name, why);
	b->dead = true;
	__atomic_store_n(&b->nbd->broken, true, __ATOMIC_RELAXED);
	b->sending = b->receiving = NULL;
	for (unsigned i = 0; i < b->nr_slots; i++)
		if (b->slots[i].op)
			finish(io, &b->slots[i], -EIO);
	while (b->first)
		io->done(io->owner, next_op(b), -EIO);
}

/*
 * Collects in @to what is left of @head, of @size bytes, and of the operation's memory after the
 * first @skip bytes of both.
 */
static unsigned pieces_of(
	struct iovec *to, u8 *head, size_t size, const struct block_op *data, size_t skip)
{
	unsigned nr = 0;

	if (skip < size) {
		to[nr++] = (struct iovec){ head + skip, size - skip };
		skip = 0;
	} else {
		skip -= size;
	}
	for (unsigned i = 0; data && i < data->nr_iov && nr < PIECES; i++) {
		const struct iovec *iov = &data->iov[i];

		if (skip < iov->iov_len)
			to[nr++] =
				(struct iovec){ (u8 *)iov->iov_base + skip, iov->iov_len - skip };
		skip = skip < iov->iov_len ? 0 : skip - iov->iov_len;
	}
	return nr;
}

/* Chooses what is sent next: what has begun goes first. */
static void choose(struct block_io *io)
{
	struct nbd_io *b = io->state;
	u16 flags;

	for (unsigned i = 0; b->nr_again && i < b->nr_slots; i++) {
		if (!b->slots[i].again)
			continue;
		b->slots[i].again = false;
		b->nr_again--;
		begin(b, &b->slots[i]);
		return;
	}
	while (b->first && command_of(b, b->first, &flags) < 0)
		io->done(io->owner, next_op(b), -EOPNOTSUPP);
	if (b->first && b->nr_busy < b->nr_slots)
		begin(b, take_slot(b, next_op(b)));
}

/* True if there may be more to send at once. */
static bool send_some(struct block_io *io)
{
	struct nbd_io *b = io->state;
	struct iovec pieces[PIECES];
	const struct block_op *data;
	size_t total;
	ssize_t n;

	if (!b->sending)
		choose(io);
	if (!b->sending)
		return false;
	data = b->sending->op;
	if (data->kind != BLOCK_OP_WRITE && data->kind != BLOCK_OP_WRITE_SYNC)
		data = NULL;
	total = NBD_REQUEST_SIZE + (data ? b->sending->length : 0);
	n = writev(
		b->fd, pieces, (int)pieces_of(pieces, b->request, NBD_REQUEST_SIZE, data, b->sent));
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			die(io, "its server has gone");
		return false;
	}
	b->moved = clock_monotonic(&clock_system);
	b->sent += (size_t)n;
	if (b->sent == total)
		b->sending = NULL;
	return true;
}

/* The numbers are Linux's; others mean an error of the disk. */
static int error_of(u32 code)
{
	switch (code) {
	case EPERM:
	case ENOMEM:
	case EINVAL:
	case ENOSPC:
	case EOPNOTSUPP:
		return -(int)code;
	}
	return -EIO;
}

/* All of a reply has come. A range may have more than one request. */
static void replied(struct block_io *io, struct slot *slot, u32 error)
{
	struct nbd_io *b = io->state;
	const struct block_op *op = slot->op;

	slot->done += slot->length;
	if (error)
		finish(io, slot, error_of(error));
	else if (op->kind != BLOCK_OP_ALLOCATE)
		finish(io, slot, (int)slot->length);
	else if (slot->done == op->length)
		finish(io, slot, 0);
	else
		b->nr_again += slot->again = true;
}

/* The head of a reply has come: finds its operation. */
static void take_reply(struct block_io *io)
{
	struct nbd_io *b = io->state;
	u64 handle = get_be64(b->reply + 8);
	u32 error = get_be32(b->reply + 4);
	struct slot *slot = handle < b->nr_slots ? &b->slots[handle] : NULL;

	if (get_be32(b->reply) != NBD_REPLY_MAGIC || !slot || !slot->op || slot->again ||
		slot == b->sending) {
		die(io, "its server does not answer as NBD's protocol says");
		return;
	}
	if (slot->op->kind == BLOCK_OP_READ && !error && slot->length) {
		b->receiving = slot;
		return;
	}
	b->got = 0;
	replied(io, slot, error);
}

/* True if there may be more to receive at once. */
static bool receive_some(struct block_io *io)
{
	struct nbd_io *b = io->state;
	struct iovec pieces[PIECES];
	struct slot *slot = b->receiving;
	ssize_t n = readv(b->fd, pieces,
		(int)pieces_of(pieces, b->reply, NBD_REPLY_SIZE, slot ? slot->op : NULL, b->got));

	if (n <= 0) {
		if (!n || (errno != EAGAIN && errno != EINTR))
			die(io, "its server has gone");
		return false;
	}
	b->moved = clock_monotonic(&clock_system);
	b->got += (size_t)n;
	if (!slot && b->got == NBD_REPLY_SIZE) {
		take_reply(io);
	} else if (slot && b->got == NBD_REPLY_SIZE + slot->length) {
		b->got = 0;
		b->receiving = NULL;
		replied(io, slot, 0);
	}
	return !b->dead;
}

/* How long the server may be silent, in ms; -1: for ever, because it has nothing to say. */
static int patience_of(const struct nbd_io *b)
{
	u64 silent = (clock_monotonic(&clock_system) - b->moved) / NS_PER_MS;

	if (!b->nr_busy)
		return -1;
	return silent < (u64)b->nbd->patience ? b->nbd->patience - (int)silent : 0;
}

static void await(struct block_io *io)
{
	struct nbd_io *b = io->state;
	struct pollfd fds[] = {
		{ .fd = io->wake, .events = POLLIN },
		{ .fd = b->dead ? -1 : b->fd,
			.events = (short)(POLLIN | (b->sending ? POLLOUT : 0)) },
	};
	int patience = b->dead ? -1 : patience_of(b);
	eventfd_t count;

	if (!poll(fds, 2, patience) && patience >= 0 && !patience_of(b))
		die(io, "its server does not answer");
	if (fds[0].revents)
		eventfd_read(io->wake, &count);
}

static int nbd_io_wait(struct block_io *io, bool block)
{
	struct nbd_io *b = io->state;
	bool was_dead = b->dead, moved = was_dead && b->first;

	if (b->dead)
		die(io, "");
	while (!b->dead && send_some(io))
		moved = true;
	while (!b->dead && b->nr_busy && receive_some(io))
		moved = true;
	if (block && !moved && b->dead == was_dead)
		await(io);
	return 0;
}

const struct block_io_ops block_io_nbd = { nbd_io_open, nbd_io_close, nbd_io_submit, nbd_io_wait };
