/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest has written and the console's file has not taken yet. One thread writes it
 * out; any thread may put bytes in.
 */
#ifndef VM_DEV_CONSOLE_OUT_H
#define VM_DEV_CONSOLE_OUT_H

#include <pthread.h>

#include "base/err.h"
#include "vm/dev/ring.h"

#define CONSOLE_OUT_SIZE 65536

struct console_out {
	int fd;               /* -1: nothing is kept, everything vanishes */
	bool is_file;         /* a regular one: nobody reads at the other end */
	u64 max, size;        /* of a regular file: at most, and what it has; @max 0: any */
	size_t chunk;         /* what one write may take without waiting */
	pthread_mutex_t lock; /* of what follows */
	struct ring ring;
	bool peer_waits; /* it was not taken everything from */
	bool shut;       /* the reader is gone */
	u8 bytes[CONSOLE_OUT_SIZE];
};

void console_out_init(struct console_out *out);
/* Makes a file of its own on what @fd refers to. */
int console_out_open(struct console_out *out, int fd, u64 max, struct err *err);
void console_out_close(struct console_out *out);

/* Returns how many were taken. *@first: none had waited, so somebody has to write. */
size_t console_out_put(struct console_out *out, const u8 *bytes, size_t len, bool *first);

/*
 * Returns 1 if everything is written, 0 if the rest has to wait, -errno if the reader is gone.
 * *@resume: bytes that were not taken have room now.
 */
int console_out_write(struct console_out *out, bool *resume);
/* Writes everything, for @ms at most. */
void console_out_drain(struct console_out *out, unsigned ms);

/* From now on everything vanishes. Returns false if that was so before. */
bool console_out_shut(struct console_out *out);

#endif
