// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/sysroot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "kernel/capture.h"

static int open_capture(struct sysroot *sysroot, struct err *err)
{
	own_fd int fd = open(sysroot->root, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return err_sys(err, errno, "cannot open %s", sysroot->root);
	ret = capture_unpack(fd, sysroot->root, &sysroot->unpacked, err);
	if (ret)
		return ret;
	sysroot->fd = open(sysroot->unpacked.directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return sysroot->fd < 0 ? err_sys(err, errno, "cannot open %s", sysroot->unpacked.directory)
			       : 0;
}

int sysroot_open(struct sysroot *sysroot, const char *root, struct err *err)
{
	*sysroot =
		(struct sysroot){ .fd = -1, .running = !root || !*root, .root = root ? root : "" };
	sysroot->confined = !sysroot->running;
	sysroot->fd = open(sysroot->running ? "/" : root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (sysroot->fd < 0 && errno == ENOTDIR)
		return open_capture(sysroot, err);
	if (sysroot->fd < 0)
		return err_sys(err, errno, "cannot open %s", sysroot->running ? "/" : root);
	return 0;
}

void sysroot_close(struct sysroot *sysroot)
{
	if (sysroot->fd > 0)
		close(sysroot->fd);
	sysroot->fd = -1;
	capture_delete(&sysroot->unpacked);
}

static const char *below(const char *path)
{
	while (*path == '/')
		path++;
	return *path ? path : ".";
}

/*
 * Without openat2(), on kernels before 5.6 and in some sandboxes, a link in the captured sysroot
 * could lead out of it. So open the file, read its real path from /proc/self/fd, and refuse it
 * unless that is below the root.
 */
static int open_checked(const struct sysroot *sysroot, const char *path, int flags)
{
	char proc[64], real[PATH_MAX], root[PATH_MAX];
	own_fd int fd = openat(sysroot->fd, path, flags);
	ssize_t n, root_n;

	if (fd < 0)
		return -errno;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	n = readlink(proc, real, sizeof(real));
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", sysroot->fd);
	root_n = readlink(proc, root, sizeof(root));
	if (n < 0 || root_n < 0 || n < root_n || memcmp(real, root, root_n))
		return -EXDEV;
	if (root_n > 1 && n > root_n && real[root_n] != '/')
		return -EXDEV;
	return take_fd(&fd);
}

int sysroot_fd(const struct sysroot *sysroot, const char *path, int flags)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	int fd;

	path = below(path);
	if (!sysroot->confined) {
		fd = openat(sysroot->fd, path, flags | O_CLOEXEC);
		return fd < 0 ? -errno : fd;
	}
	fd = syscall(SYS_openat2, sysroot->fd, path, &how, sizeof(how));
	if (fd >= 0)
		return fd;
	if (errno == ENOSYS || errno == EPERM)
		return open_checked(sysroot, path, flags | O_CLOEXEC);
	return -errno;
}

int sysroot_directory(const struct sysroot *sysroot, const char *path)
{
	return sysroot_fd(sysroot, path, O_RDONLY | O_DIRECTORY);
}

static int open_name(int directory, const char *name)
{
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/*
 * Uses one read(): it returns a whole sysfs attribute, and a second one to see the end would cost
 * as much.
 */
static ssize_t read_text(int fd, char *text, size_t size)
{
	ssize_t n;

	do
		n = read(fd, text, size - 1);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		text[0] = '\0';
		return -errno;
	}
	while (n > 0 && text[n - 1] == '\n')
		n--;
	text[n] = '\0';
	return n;
}

ssize_t sysroot_text(const struct sysroot *sysroot, const char *path, char *text, size_t size)
{
	own_fd int fd = sysroot_fd(sysroot, path, O_RDONLY | O_NONBLOCK);

	text[0] = '\0';
	return fd < 0 ? fd : read_text(fd, text, size);
}

ssize_t sysroot_text_at(int directory, const char *name, char *text, size_t size)
{
	own_fd int fd = open_name(directory, name);

	text[0] = '\0';
	return fd < 0 ? fd : read_text(fd, text, size);
}

ssize_t sysroot_bytes(const struct sysroot *sysroot, const char *path, void *bytes, size_t size)
{
	own_fd int fd = sysroot_fd(sysroot, path, O_RDONLY | O_NONBLOCK);

	return fd < 0 ? fd : file_read(fd, bytes, size);
}

ssize_t sysroot_bytes_at(int directory, const char *name, void *bytes, size_t size)
{
	own_fd int fd = open_name(directory, name);

	return fd < 0 ? fd : file_read(fd, bytes, size);
}

int sysroot_whole(
	const struct sysroot *sysroot, const char *path, size_t limit, char **bytes, size_t *size)
{
	own_fd int fd = sysroot_fd(sysroot, path, O_RDONLY | O_NONBLOCK);

	return fd < 0 ? fd : file_read_all(fd, limit, bytes, size);
}

static ssize_t end_link(ssize_t n, char *target, size_t size)
{
	int code = n < 0 ? errno : ENAMETOOLONG;

	if (n < 0 || (size_t)n >= size) {
		target[0] = '\0';
		return -code;
	}
	target[n] = '\0';
	return n;
}

ssize_t sysroot_link_at(int directory, const char *name, char *target, size_t size)
{
	return end_link(readlinkat(directory, name, target, size), target, size);
}

ssize_t sysroot_link(const struct sysroot *sysroot, const char *path, char *target, size_t size)
{
	own_fd int fd = sysroot_fd(sysroot, path, O_PATH | O_NOFOLLOW);

	target[0] = '\0';
	if (fd < 0)
		return fd;
	return end_link(readlinkat(fd, "", target, size), target, size);
}

static ssize_t keep_name(ssize_t n, char *name)
{
	char *slash = n > 0 ? strrchr(name, '/') : NULL;

	if (!slash)
		return n;
	n = strlen(slash + 1);
	memmove(name, slash + 1, n + 1);
	return n;
}

ssize_t sysroot_link_name(const struct sysroot *sysroot, const char *path, char *name, size_t size)
{
	char target[PATH_MAX];
	ssize_t n = keep_name(sysroot_link(sysroot, path, target, sizeof(target)), target);

	name[0] = '\0';
	if (n < 0)
		return n;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	memcpy(name, target, n + 1);
	return n;
}

ssize_t sysroot_link_name_at(int directory, const char *link, char *name, size_t size)
{
	char target[512];
	ssize_t n = keep_name(sysroot_link_at(directory, link, target, sizeof(target)), target);

	name[0] = '\0';
	if (n < 0)
		return n;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	memcpy(name, target, n + 1);
	return n;
}

bool sysroot_exists(const struct sysroot *sysroot, const char *path)
{
	own_fd int fd = sysroot_fd(sysroot, path, O_PATH);

	return fd >= 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/*
 * Allocates the pointers and the bytes that they point to in one piece, so that one free() frees
 * both.
 */
static int pack_names(const char *bytes, size_t size, size_t count, char ***names)
{
	char **list = malloc((count + 1) * sizeof(*list) + size);
	char *copy;

	if (!list)
		return -ENOMEM;
	copy = (char *)(list + count + 1);
	if (size)
		memcpy(copy, bytes, size);
	for (size_t i = 0; i < count; i++) {
		list[i] = copy;
		copy += strlen(copy) + 1;
	}
	list[count] = NULL;
	qsort(list, count, sizeof(*list), by_name);
	*names = list;
	return count;
}

int sysroot_names(const struct sysroot *sysroot, const char *path, char ***names)
{
	own_free char *bytes = NULL;
	own_file FILE *out = NULL;
	own_dir DIR *dir = NULL;
	own_fd int fd = sysroot_directory(sysroot, path);
	size_t size = 0, count = 0;
	struct dirent *entry;

	*names = NULL;
	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir)
		return -errno;
	take_fd(&fd);
	out = open_memstream(&bytes, &size);
	if (!out)
		return -ENOMEM;
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		fwrite(entry->d_name, 1, strlen(entry->d_name) + 1, out);
		count++;
	}
	if (fflush(out))
		return -ENOMEM;
	return pack_names(bytes, size, count, names);
}

int sysroot_write(
	const struct sysroot *sysroot, const char *path, const char *text, struct err *err)
{
	own_fd int fd = sysroot_fd(sysroot, path, O_WRONLY);
	size_t size = strlen(text);
	ssize_t n;

	if (fd < 0)
		return err_sys(err, -fd, "cannot open %s%s for writing", sysroot->root, path);
	do
		n = write(fd, text, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(err, errno, "cannot write '%.*s' to %s%s", (int)strcspn(text, "\n"),
			text, sysroot->root, path);
	if ((size_t)n != size)
		return err_set(
			err, EIO, "%s%s took only %zd of %zu bytes", sysroot->root, path, n, size);
	return 0;
}
