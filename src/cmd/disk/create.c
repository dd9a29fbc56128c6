// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/disk/create.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/file.h"
#include "base/log.h"
#include "base/own.h"
#include "cmd/disk/qemu_img.h"
#include "cmd/ui/progress.h"
#include "cmd/ui/size.h"

#define MODE   0600
#define SECTOR 512u

/* One step of a preallocation: small enough that the progress is seen. */
#define STEP  (256 * MIB)
#define CHUNK (1 * MIB)

#define FD_PATH 32

struct making {
	const struct disk_spec *spec;
	struct progress progress;
	int fd;
};

int disk_spec_format(const char **format, const char *path, const char *asked, struct err *err)
{
	static const char *const made[] = { "raw", "qcow2" };
	static const char *const others[] = { "qcow", "vmdk", "vhdx", "vhd", "vdi", "qed", "hdd" };
	const char *name = strrchr(path, '/'), *dot = strrchr(name ? name : path, '.');

	*format = made[0];
	for (unsigned i = 0; i < ARRAY_SIZE(made); i++)
		if (asked ? !strcmp(asked, made[i]) : dot && !strcasecmp(dot + 1, made[i]))
			return *format = made[i], 0;
	if (asked) {
		err_set(err, EINVAL, "new disks are raw or qcow2, not '%s'", asked);
		return err_help(err, "qemu-img makes images in other formats.");
	}
	for (unsigned i = 0; dot && i < ARRAY_SIZE(others); i++) {
		if (strcasecmp(dot + 1, others[i]))
			continue;
		err_set(err, EINVAL, "%s is named like a format that is not made here", path);
		return err_help(err, "New disks are raw (.img) or qcow2 (.qcow2); qemu-img makes "
				     "others.");
	}
	return 0;
}

static int say_exists(const char *path, struct err *err)
{
	err_set(err, EEXIST, "%s exists already", path);
	return err_help(err, "Nothing is ever overwritten. Name another file, or remove it first.");
}

static int check_room(const struct disk_spec *spec, const char *directory, struct err *err)
{
	char size[SIZE_TEXT], room[SIZE_TEXT];
	struct statvfs fs;
	u64 bytes;

	if (statvfs(directory, &fs))
		return err_sys(err, errno, "cannot make %s", spec->path);
	bytes = (u64)fs.f_bavail * fs.f_frsize;
	if (bytes >= spec->size)
		return 0;
	if (spec->preallocate)
		return err_set(err, ENOSPC, "%s needs %s, and %s are free there", spec->path,
			size_text(size, spec->size), size_text(room, bytes));
	log_warn("%s: %s are free there, and the disk has %s: when no room is left, the guest's "
		 "writes fail",
		spec->path, size_text(room, bytes), size_text(size, spec->size));
	return 0;
}

int disk_create_check(const struct disk_spec *spec, struct err *err)
{
	own_free char *copy = strdup(spec->path);
	struct stat st;

	if (!copy)
		return err_sys(err, ENOMEM, "cannot make %s", spec->path);
	if (!spec->size || spec->size % SECTOR)
		return err_set(err, EINVAL, "a disk has a multiple of %u bytes", SECTOR);
	if (!lstat(spec->path, &st))
		return say_exists(spec->path, err);
	return check_room(spec, dirname(copy), err);
}

/* *@named: the file is there under its name already, because it could not be unnamed. */
static int open_new(const char *path, bool *named, struct err *err)
{
	own_free char *copy = strdup(path);
	int fd = copy ? open(dirname(copy), O_TMPFILE | O_RDWR | O_CLOEXEC, MODE) : -1;

	*named = false;
	if (fd < 0 && copy && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, MODE);
		*named = fd >= 0;
	}
	if (fd < 0 && errno == EEXIST)
		return say_exists(path, err);
	return fd < 0 ? err_sys(err, errno, "cannot make %s", path) : fd;
}

static int write_zeroes(const struct making *making, u64 offset, u64 length)
{
	own_free u8 *zeroes = calloc(1, CHUNK);
	int ret = zeroes ? 0 : -ENOMEM;

	if (!ret && lseek(making->fd, (off_t)offset, SEEK_SET) < 0)
		ret = -errno;
	while (!ret && length) {
		size_t n = length < CHUNK ? length : CHUNK;

		ret = file_write(making->fd, zeroes, n);
		length -= n;
	}
	return ret;
}

static int preallocate(struct making *making)
{
	bool writes = false;
	int ret = 0;

	for (u64 at = 0; !ret && at < making->spec->size;) {
		u64 left = making->spec->size - at, n = left < STEP ? left : STEP;

		if (!writes && fallocate(making->fd, 0, (off_t)at, (off_t)n)) {
			if (errno == EINTR)
				continue;
			if (errno != EOPNOTSUPP)
				return -errno;
			writes = true;
		}
		if (writes)
			ret = write_zeroes(making, at, n);
		at += n;
		progress_step(&making->progress, at);
	}
	return ret;
}

static int make_raw(struct making *making, struct err *err)
{
	int ret = ftruncate(making->fd, (off_t)making->spec->size) ? -errno : 0;

	if (!ret && making->spec->preallocate)
		ret = preallocate(making);
	if (ret == -EFBIG)
		return err_set(err, EFBIG,
			"cannot make %s: its file system has no files of this "
			"size",
			making->spec->path);
	return ret ? err_sys(err, -ret, "cannot make %s", making->spec->path) : 0;
}

static void on_tick(void *owner)
{
	struct making *making = owner;
	struct stat st;

	if (making->spec->preallocate && !fstat(making->fd, &st))
		progress_step(&making->progress, (u64)st.st_blocks * 512);
}

static int make_qcow2(struct making *making, struct err *err)
{
	char size[32], image[FD_PATH];
	struct qemu_img call = {
		.words = { "create", "-q", "-f", "qcow2", "-o",
			making->spec->preallocate ? "preallocation=falloc" : "preallocation=off",
			QEMU_IMG_FD, size },
		.image = image,
		.writes = true,
		.fd = making->fd,
		.tick = on_tick,
		.owner = making,
	};
	int ret;

	snprintf(size, sizeof(size), "%llu", (unsigned long long)making->spec->size);
	snprintf(image, sizeof(image), "/proc/self/fd/%d", making->fd);
	ret = qemu_img_run(&call, err);
	free(call.output);
	return ret ? err_wrap(err, "cannot make %s", making->spec->path) : 0;
}

/* Gives the finished file its name. */
static int name(int fd, const char *path, struct err *err)
{
	char from[FD_PATH];

	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	if (!linkat(AT_FDCWD, from, AT_FDCWD, path, AT_SYMLINK_FOLLOW))
		return 0;
	return errno == EEXIST ? say_exists(path, err)
			       : err_sys(err, errno, "cannot make %s", path);
}

int disk_create(const struct disk_spec *spec, struct err *err)
{
	struct making making = { .spec = spec };
	own_fd int fd = -1;
	bool named;
	int ret = disk_create_check(spec, err);

	if (ret)
		return ret;
	fd = open_new(spec->path, &named, err);
	if (fd < 0)
		return fd;
	making.fd = fd;
	progress_begin(&making.progress, spec->path, spec->size);
	ret = strcmp(spec->format, "raw") ? make_qcow2(&making, err) : make_raw(&making, err);
	progress_end(&making.progress);
	if (!ret && fsync(fd))
		ret = err_sys(err, errno, "cannot make %s", spec->path);
	if (!ret && !named)
		ret = name(fd, spec->path, err);
	if (ret && named)
		unlink(spec->path);
	return ret;
}
