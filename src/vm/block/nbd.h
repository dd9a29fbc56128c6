/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A disk that another process serves over NBD, such as a qemu-storage-daemon that reads a qcow2
 * image: a client of the fixed newstyle handshake and of simple replies. A thread of a disk has a
 * connection of its own, and its operations on it in flight beside each other; it reads and writes
 * the guest's memory without a copy, which libnbd cannot, and waits for the driver meanwhile.
 *
 * The server may be hostile: what it sends is bounded, and after one wrong byte, its end, or a long
 * silence, each operation fails with -EIO. The guest goes on as with a disk that has failed.
 *
 * The NBD protocol, https://github.com/NetworkBlockDevice/nbd, doc/proto.md.
 */
#ifndef VM_BLOCK_NBD_H
#define VM_BLOCK_NBD_H

#include "vm/block/file.h"

#define NBD_MAX_CONNECTIONS 20

/* Of the handshake, and of an operation in flight on which nothing moves, in ms. */
#define NBD_HANDSHAKE_PATIENCE 10000
#define NBD_PATIENCE           120000

struct nbd_export {
	const char *name; /* of the disk, for messages; outlives it */
	int sockets[NBD_MAX_CONNECTIONS];
	unsigned nr;
	u32 taken;    /* atomic: bit n: a thread uses sockets[n] */
	bool broken;  /* atomic: it was given up; read it when no thread has a connection */
	int patience; /* NBD_PATIENCE; tests are less patient */
	u64 size;     /* bytes */
	u32 block;    /* bytes: the smallest unit of reads and writes */
	bool read_only;
	bool can_zero;
};

/*
 * Agrees with the server on each of @nr connected stream sockets, which the export then owns, also
 * if this fails. @disk is the name of the server's export. -EPROTO for a server that does not do as
 * the protocol says, or that cannot flush. Waits NBD_HANDSHAKE_PATIENCE for each answer.
 */
int nbd_open(struct nbd_export *nbd, const int *sockets, unsigned nr, const char *name,
	const char *disk, bool read_only, struct err *err);
/* No thread may have a connection. Safe on a zeroed struct. */
void nbd_close(struct nbd_export *nbd);

/* Sets @file up so that a struct block_queue on it uses @nbd, which outlives it. */
void nbd_file(struct nbd_export *nbd, struct block_file *file);

#endif
