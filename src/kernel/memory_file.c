// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/memory_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/own.h"

int memory_file_make(const char *name, u64 size)
{
	own_fd int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int ret;

	if (fd < 0 || ftruncate(fd, (off_t)size))
		return -errno;
	ret = memory_file_seal(fd);
	return ret ? ret : take_fd(&fd);
}

int memory_file_seal(int fd)
{
	return fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) ? -errno : 0;
}
