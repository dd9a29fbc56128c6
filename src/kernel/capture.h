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
 *	folder 0 /sys/module
 *
 * An entry is a line with the kind, the number of bytes and the path, followed by the bytes and a
 * newline, or by lines of hexadecimal; lines with nothing but zeros are left out.
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

/* Begins a walk over @bytes, which must outlive it. Returns -EINVAL if they are not a capture. */
int capture_open(struct capture_walk *walk, const char *bytes, size_t size, struct err *err);
/* Returns 1 with the next entry, 0 at the end, or -EINVAL with @err set. */
int capture_next(struct capture_walk *walk, struct capture_entry *entry, struct err *err);
/* Decodes a hex entry into @bytes, entry->size of them. Returns -EINVAL for malformed lines. */
int capture_hex(const struct capture_entry *entry, u8 *bytes);

/* An unpacked capture; .directory is NULL if there is none. */
struct unpacked {
	char *directory;
	int pipe; /* the directory exists while this is open */
};

/*
 * Unpacks the capture in a file into a fresh directory that only this user can enter, and creates
 * nothing outside of it. capture_delete() deletes the directory. However this program ends, a
 * separate process waits for its end and deletes the directory then.
 */
int capture_unpack(int fd, const char *name, struct unpacked *unpacked, struct err *err);
/*
 * Has the directory and all in it deleted; no link is followed. Nobody waits for that: it takes
 * longer than many a command.
 */
void capture_delete(struct unpacked *unpacked);

#endif
