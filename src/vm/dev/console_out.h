/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's output that the console's file has not taken yet. One thread writes it to the file;
 * any thread may add bytes.
 */
#ifndef VM_DEV_CONSOLE_OUT_H
#define VM_DEV_CONSOLE_OUT_H

#include <pthread.h>

#include "base/err.h"
#include "vm/dev/ring.h"

#define CONSOLE_OUT_SIZE 65536

struct console_out {
	int fd;        /* -1: output is discarded */
	bool is_file;  /* a regular file, which has no reader at the other end */
	u64 max, size; /* of a regular file: its maximum and present size; @max 0: no limit */
	size_t chunk;  /* the bytes that one write() takes without blocking */
	pthread_mutex_t lock; /* of what follows */
	struct ring ring;
	bool peer_waits; /* some bytes of its last offer were not taken */
	bool shut;       /* the reader is gone */
	u8 bytes[CONSOLE_OUT_SIZE];
};

void console_out_init(struct console_out *out);
/* Opens a file description of its own for the file behind @fd. */
int console_out_open(struct console_out *out, int fd, u64 max, struct err *err);
void console_out_close(struct console_out *out);

/*
 * Returns how many bytes were taken. Sets *@first if the buffer was empty before, so that the
 * caller has to trigger a write.
 */
size_t console_out_put(struct console_out *out, const u8 *bytes, size_t len, bool *first);

/*
 * Returns 1 if everything is written, 0 if the rest has to wait, -errno if the reader is gone. Sets
 * *@resume if there is room now for bytes that were not taken before.
 */
int console_out_write(struct console_out *out, bool *resume);
/* Writes everything, for at most @ms milliseconds. */
void console_out_drain(struct console_out *out, unsigned ms);

/* Discards all output from now on. Returns false if that was the case already. */
bool console_out_shut(struct console_out *out);

#endif
