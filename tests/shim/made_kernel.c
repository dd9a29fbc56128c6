// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LD_PRELOAD=made-kernel.so MADE_ROOT=DIRECTORY PROGRAM: what the program writes with pwrite() to
 * files below DIRECTORY/sys is answered as the kernel would (tests/unit/host_kernel.c).
 */
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_host.h"

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at);
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at);

/* The path of an open file below the root, as the kernel shows it; NULL where it is not. */
static const char *path_of(int fd, char path[PATH_MAX])
{
	const char *root = getenv("MADE_ROOT");
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, PATH_MAX - 1);
	if (!root || n < 0)
		return NULL;
	path[n] = '\0';
	n = strlen(root);
	return !strncmp(path, root, n) && !strncmp(path + n, "/sys/", 5) ? path + n : NULL;
}

__attribute__((visibility("default"))) ssize_t pwrite64(
	int fd, const void *bytes, size_t size, off64_t at)
{
	ssize_t (*next)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
	char path[PATH_MAX];
	const char *file = path_of(fd, path);
	static int inside;
	ssize_t ret;

	if (!file || inside)
		return next(fd, bytes, size, at);
	inside = 1;
	ret = fake_write(getenv("MADE_ROOT"), file, bytes, size, at);
	inside = 0;
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

__attribute__((visibility("default"))) ssize_t pwrite(
	int fd, const void *bytes, size_t size, off_t at)
{
	return pwrite64(fd, bytes, size, at);
}
