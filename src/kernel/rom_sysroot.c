// SPDX-License-Identifier: GPL-2.0-or-later
/* The struct rom_port for a function's files in sysfs. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/own.h"
#include "kernel/rom_read.h"

#define LIMIT (64 * MIB)

struct place {
	const struct sysroot *sysroot;
	const char *directory;
};

static const char *const names[ROM_FILE_COUNT] = {
	[ROM_FILE_ROM] = "rom",
	[ROM_FILE_CONFIG] = "config",
	[ROM_FILE_POWER_STATE] = "power_state",
	[ROM_FILE_POWER_CONTROL] = "power/control",
};

static int open_file(const struct place *place, enum rom_file file, int flags)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", place->directory, names[file]);
	return sysroot_fd(place->sysroot, path, flags);
}

static ssize_t place_read(void *ctx, enum rom_file file, void *bytes, size_t size, u64 at)
{
	own_fd int fd = open_file(ctx, file, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	do
		n = pread(fd, bytes, size, at);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static ssize_t place_write(void *ctx, enum rom_file file, const void *bytes, size_t size, u64 at)
{
	own_fd int fd = open_file(ctx, file, O_WRONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	do
		n = pwrite(fd, bytes, size, at);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static void place_pause(void *ctx)
{
	nanosleep(&(struct timespec){ .tv_nsec = 100 * 1000 * 1000 }, NULL);
}

static int read_captured(const struct place *place, u8 **bytes, size_t *size, struct err *err)
{
	char path[PATH_MAX], *whole;
	int ret;

	snprintf(path, sizeof(path), "%s/rom", place->directory);
	ret = sysroot_whole(place->sysroot, path, LIMIT, &whole, size);
	if (ret)
		return err_sys(err, -ret, "cannot read %s%s", place->sysroot->root, path);
	*bytes = (u8 *)whole;
	return 0;
}

int rom_read_tree(const struct sysroot *sysroot, const char *directory, u8 **bytes, size_t *size,
	struct err *err)
{
	struct place place = { sysroot, directory };
	struct rom_port port = { &place, place_read, place_write, place_pause };
	own_fd int fd = open_file(&place, ROM_FILE_ROM, O_RDONLY);
	struct statfs fs;

	if (fd < 0)
		return err_sys(err, -fd, "cannot open its ROM");
	if (fstatfs(fd, &fs) || fs.f_type != SYSFS_MAGIC)
		return read_captured(&place, bytes, size, err);
	return rom_read(&port, bytes, size, err);
}
