/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs qemu-img, which knows the formats of disk images. It may open only the image, uses a bounded
 * amount of memory and prints a bounded amount of text: an image may be a stranger's.
 */
#ifndef CMD_DISK_QEMU_IMG_H
#define CMD_DISK_QEMU_IMG_H

#include "base/err.h"
#include "base/types.h"

#define QEMU_IMG_WORDS 14

struct qemu_img {
	/* After the program's name; ends with NULL. */
	const char *words[QEMU_IMG_WORDS];
	const char *image; /* the file that it may open */
	bool writes;       /* it changes the file */
	int fd;            /* >= 0: the child gets it as QEMU_IMG_FD */
	unsigned seconds;  /* it is ended after this time; 0: it may take any time */
	/* Called a few times a second while it runs; may be NULL. */
	void (*tick)(void *owner);
	void *owner;
	char *output; /* afterwards: what it printed to standard output; the caller frees it */
};

/* The name by which the child opens @fd. */
#define QEMU_IMG_FD "/proc/self/fd/4"

/* Returns 0, or -errno if it is not there or failed; the message has its own words. */
int qemu_img_run(struct qemu_img *call, struct err *err);

#endif
