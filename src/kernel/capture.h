/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file that `tenon capture` writes: a host's files and links, readable by people. It is text:
 *
 *	tenon-capture 1
 *	# any number of remarks
 *	text 21 /proc/cmdline
 *	root=/dev/sda1 quiet
 *
 *	hex 64 /sys/devices/pci0000:00/0000:00:00.0/config
 *	0000: 86 80 c2 3e ...
 *	link 21 /sys/bus/pci/devices/0000:00:00.0
 *	../../../devices/pci0000:00/0000:00:00.0
 *	directory 0 /sys/module
 *
 * A line with the kind, the number of bytes and the path; then the bytes and a newline, or lines of
 * hexadecimal, of which those with nothing but zeros are left out.
 *
 * Such files come from strangers. The reader is pure; paths that are not plain, sizes that do not
 * fit and kinds that it does not know end it with an error. The format is described in
 * docs/user/capture.md.
 */
#ifndef KERNEL_CAPTURE_H
#define KERNEL_CAPTURE_H

#include "base/err.h"
#include "base/types.h"

#define CAPTURE_MAGIC     "tenon-capture 1\n"
#define CAPTURE_MAX_FILE  (64 * MIB)
#define CAPTURE_MAX_PATH  1024
#define CAPTURE_MAX_BYTES (16 * MIB) /* of an entry */
#define CAPTURE_MAX_TOTAL (128 * MIB)
#define CAPTURE_MAX_COUNT 500000

enum capture_kind { CAPTURE_TEXT, CAPTURE_HEX, CAPTURE_LINK, CAPTURE_DIRECTORY };

struct capture_entry {
	enum capture_kind kind;
	char path[CAPTURE_MAX_PATH]; /* "/sys/..."; no component is empty, "." or ".." */
	const char *body;            /* text, link: its bytes; hex: its lines */
	size_t body_size;
	size_t size; /* of the file or the link's target */
};

struct capture_walk {
	const char *at, *end;
	unsigned line, count; /* lines and entries so far */
	u64 total;
};

/* Begins a walk over @bytes, which outlive it. -EINVAL where they are no capture. */
int capture_open(struct capture_walk *walk, const char *bytes, size_t size, struct err *err);
/* 1: the next entry; 0: the end; -EINVAL with @err set. */
int capture_next(struct capture_walk *walk, struct capture_entry *entry, struct err *err);
/* Decodes a hex entry into @bytes, of entry->size. -EINVAL where its lines are wrong. */
int capture_hex(const struct capture_entry *entry, u8 *bytes);

/* A capture that was unpacked; .directory is NULL where none is. */
struct unpacked {
	char *directory;
	int pipe;    /* while it is open, the directory is there */
	int process; /* that deletes it */
};

/*
 * Unpacks the capture in a file into a fresh directory that only this user can enter. Nothing is
 * made outside of it. It goes with capture_delete(), and with the program however that ends: a
 * process of its own waits for that.
 */
int capture_unpack(int fd, const char *name, struct unpacked *unpacked, struct err *err);
/* Deletes the directory and all in it; follows no link. */
void capture_delete(struct unpacked *unpacked);

#endif
