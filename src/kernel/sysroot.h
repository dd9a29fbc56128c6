/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads files below a root: "" is the running host, anything else a captured sysroot (--sysroot
 * DIR).
 *
 * Paths are given as on the running host ("/sys/bus/pci/devices"). Below a captured root no
 * symbolic link leads out of it: an absolute link starts at the root again, ".." stops there.
 * Functions that take a directory's descriptor take a single name and follow no link at all; they
 * are the cheap way to read a directory of many files.
 *
 * The caller that opens a struct sysroot owns it; it holds one descriptor. Several threads may read
 * at once. Nothing is cached, and everything but sysroot_write() only reads.
 */
#ifndef KERNEL_SYSROOT_H
#define KERNEL_SYSROOT_H

#include <sys/types.h>

#include "base/err.h"
#include "base/types.h"
#include "kernel/capture.h"

struct sysroot {
	int fd;
	bool running;             /* the running host: "" */
	bool confined;            /* resolve paths and links below fd */
	const char *root;         /* as given, for messages; the caller's string */
	struct unpacked unpacked; /* the directory that a capture was unpacked to */
};

/*
 * @root: "" or NULL for the running host, else a directory, or a file of `tenon capture`, which is
 * unpacked into a directory of its own until it is closed. Returns 0 or -errno with @err set.
 */
int sysroot_open(struct sysroot *sysroot, const char *root, struct err *err);
/* May be called on one that failed to open, and more than once. */
void sysroot_close(struct sysroot *sysroot);

/* Opens a file or a directory with O_CLOEXEC. Returns a descriptor or -errno. */
int sysroot_fd(const struct sysroot *sysroot, const char *path, int flags);
int sysroot_directory(const struct sysroot *sysroot, const char *path);

/*
 * Reads a text file, at most @size - 1 bytes of it, strips the newline and adds a NUL. Returns the
 * length, or -errno and then @text is "".
 */
ssize_t sysroot_text(const struct sysroot *sysroot, const char *path, char *text, size_t size);
ssize_t sysroot_text_at(int directory, const char *name, char *text, size_t size);

/*
 * Reads the first @size bytes of a file. Returns their number, less if the file is shorter, or
 * -errno.
 */
ssize_t sysroot_bytes(const struct sysroot *sysroot, const char *path, void *bytes, size_t size);
ssize_t sysroot_bytes_at(int directory, const char *name, void *bytes, size_t size);

/*
 * Reads a whole file of at most @limit bytes into fresh memory, followed by a NUL that @size does
 * not count; the caller frees it. Returns -EFBIG for a longer file.
 */
int sysroot_whole(
	const struct sysroot *sysroot, const char *path, size_t limit, char **bytes, size_t *size);

/* Reads the target of a link as stored, not resolved. Returns its length or -errno. */
ssize_t sysroot_link(const struct sysroot *sysroot, const char *path, char *target, size_t size);
ssize_t sysroot_link_at(int directory, const char *name, char *target, size_t size);
/* Reads only the last component of the target: "vfio-pci" for a link `driver`. */
ssize_t sysroot_link_name(const struct sysroot *sysroot, const char *path, char *name, size_t size);
ssize_t sysroot_link_name_at(int directory, const char *link, char *name, size_t size);

bool sysroot_exists(const struct sysroot *sysroot, const char *path);

/*
 * The names in a directory without "." and "..", sorted, as one NULL-ended array in one piece of
 * memory that the caller frees. Returns their number or -errno.
 */
int sysroot_names(const struct sysroot *sysroot, const char *path, char ***names);

/*
 * Writes @text in one write() to a file that exists. Returns 0 or -errno with @err naming the
 * file, the text and what the kernel said.
 */
int sysroot_write(
	const struct sysroot *sysroot, const char *path, const char *text, struct err *err);

#endif
