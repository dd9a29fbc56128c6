/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The serial console of a machine that has a name, for clients that come and go: `tenon console`,
 * or any program that connects to the socket. What goes over it are the console's bytes, nothing
 * else. A client first gets what the guest has written lately, SERIAL_HISTORY bytes at most.
 *
 * It stands between the guest's serial port and the console of the process (vm/dev/console.h),
 * which goes on as if it were not there. Clients never hold the guest's output back: one that reads
 * too slowly misses what has become older than the history. What clients type waits with them
 * while the guest does not read. So a client costs no memory but its struct, and few bytes of work
 * a turn.
 *
 * Everything runs on the loop's thread but the guest's end, which may call from any thread.
 */
#ifndef VM_CONTROL_SERIAL_SHARE_H
#define VM_CONTROL_SERIAL_SHARE_H

#include <pthread.h>

#include "base/loop.h"
#include "vm/control/control.h"
#include "vm/dev/stream.h"

#define SERIAL_HISTORY (256 * KIB)
#define SERIAL_CLIENTS 8
#define SERIAL_TYPED   256 /* bytes that a client's keyboard may be ahead of the guest */

struct serial_client {
	struct serial_share *share;
	struct loop_source source; /* fd -1: the place is free */
	u64 at;                    /* which byte of the guest's output comes next */
	u8 typed[SERIAL_TYPED];    /* what the guest has not taken yet */
	size_t nr_typed;
};

struct serial_share {
	struct loop *loop;    /* NULL: not open */
	struct stream device; /* connect the guest's end here */
	struct stream below;  /* its peer is the console of the process */
	struct loop_work work;
	uid_t user;
	char file[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct loop_source listener;
	struct serial_client clients[SERIAL_CLIENTS];
	pthread_mutex_t lock; /* of what follows */
	u8 *history;
	u64 written;         /* bytes of the guest's output so far */
	unsigned nr_clients; /* nobody has to be woken up where there are none */
};

/* Makes the socket @file, and connects to @console, which is open already. */
int serial_share_open(struct serial_share *share, const char *file, struct loop *loop,
	struct stream *console, struct err *err);
/* Sends what is left, as far as clients take it at once. Safe on a zeroed struct. */
void serial_share_close(struct serial_share *share);

#endif
