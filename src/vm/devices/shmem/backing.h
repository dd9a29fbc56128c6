/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file behind memory that is shared with a program of the host: /dev/shm/NAME, or a device of
 * Looking Glass' kernel module, /dev/kvmfrN. It stays when the machine has ended, because the other
 * program keeps it open from one start of the guest to the next.
 */
#ifndef VM_DEVICES_SHMEM_BACKING_H
#define VM_DEVICES_SHMEM_BACKING_H

#include "base/err.h"
#include "base/types.h"

#define SHMEM_DEFAULT_PATH "/dev/shm/looking-glass"

/*
 * What Looking Glass needs for a picture of this size: three frames of 4 bytes per pixel, whose
 * lines begin at multiples of 256 bytes, and 4 MiB; as a power of two. 0: it is no such size.
 */
u64 shmem_size_for(u64 width, u64 height);

/* Whether @path may be named: anything else would silently be a file on some disk. Pure. */
int shmem_check_path(const char *path, struct err *err);

struct shmem_backing {
	int fd; /* -1: closed */
	void *memory;
	u64 size;
};

/*
 * Opens and maps @size bytes. A file that is missing in /dev/shm is made, for reading and writing
 * by who has logged in, if root does this, and their group. One that is there keeps its owner and
 * mode, and grows if it is shorter. -EEXIST: it is longer, and another program may use all of it.
 */
int shmem_backing_open(struct shmem_backing *backing, const char *path, u64 size, struct err *err);
/* Safe on a closed or zeroed struct. */
void shmem_backing_close(struct shmem_backing *backing);

#endif
