// SPDX-License-Identifier: GPL-2.0-or-later
/* A capture as files again. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "base/trust.h"
#include "kernel/capture.h"

/*
 * Opens the directory that @path is in, making those that are missing. No component may be a link:
 * an entry below a link of the same capture would otherwise lead out. @name: the last component.
 */
static int open_parent(int root, const char *path, const char **name)
{
	own_fd int fd = dup(root);

	for (path++; fd >= 0 && strchr(path, '/'); path = strchr(path, '/') + 1) {
		char part[NAME_MAX + 1];
		int next;

		snprintf(part, sizeof(part), "%.*s", (int)strcspn(path, "/"), path);
		if (mkdirat(fd, part, 0700) && errno != EEXIST)
			return -errno;
		next = openat(fd, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return -errno;
		close(fd);
		fd = next;
	}
	*name = path;
	return fd < 0 ? -errno : take_fd(&fd);
}

static int write_file(int directory, const char *name, const void *bytes, size_t size)
{
	own_fd int fd =
		openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : file_write(fd, bytes, size);
}

static int make_hex(int directory, const char *name, const struct capture_entry *entry)
{
	own_free u8 *bytes = malloc(entry->size + 1);

	if (!bytes)
		return -ENOMEM;
	if (capture_hex(entry, bytes))
		return -EINVAL;
	return write_file(directory, name, bytes, entry->size);
}

static int make_link(int directory, const char *name, const struct capture_entry *entry)
{
	char target[PATH_MAX];

	snprintf(target, sizeof(target), "%.*s", (int)entry->size, entry->body);
	return symlinkat(target, directory, name) ? -errno : 0;
}

static int make_entry(int root, const struct capture_entry *entry)
{
	const char *name;
	own_fd int directory = open_parent(root, entry->path, &name);

	if (directory < 0)
		return directory;
	switch (entry->kind) {
	case CAPTURE_TEXT:
		return write_file(directory, name, entry->body, entry->size);
	case CAPTURE_HEX:
		return make_hex(directory, name, entry);
	case CAPTURE_LINK:
		return make_link(directory, name, entry);
	case CAPTURE_DIRECTORY:
		return mkdirat(directory, name, 0700) && errno != EEXIST ? -errno : 0;
	}
	return -EINVAL;
}

static int make_all(int root, const char *bytes, size_t size, struct err *err)
{
	struct capture_entry entry;
	struct capture_walk walk;
	int ret = capture_open(&walk, bytes, size, err);

	while (!ret) {
		int next = capture_next(&walk, &entry, err);

		if (next <= 0)
			return next;
		ret = make_entry(root, &entry);
		if (ret)
			err_sys(err, -ret, "cannot unpack %s", entry.path);
	}
	return ret;
}

static int read_file(int fd, char **bytes, size_t *size)
{
	own_free char *buf = NULL;
	struct stat st;
	size_t done = 0;

	if (fstat(fd, &st))
		return -errno;
	if (st.st_size > (off_t)CAPTURE_MAX_FILE)
		return -EFBIG;
	buf = malloc(st.st_size + 1);
	while (buf && done < (size_t)st.st_size) {
		ssize_t n = pread(fd, buf + done, st.st_size - done, done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		done += n;
	}
	*size = done;
	*bytes = take_ptr(&buf);
	return *bytes ? 0 : -ENOMEM;
}

int capture_unpack(int fd, const char *name, char **directory, struct err *err)
{
	char place[4096];
	const char *base = trust_environment("TMPDIR", place, sizeof(place));
	own_free char *bytes = NULL;
	own_free char *path = NULL;
	own_fd int root = -1;
	size_t size = 0;
	int ret = read_file(fd, &bytes, &size);

	if (ret)
		return err_sys(err, -ret, "cannot read %s", name);
	if (asprintf(&path, "%s/tenon-capture-XXXXXX", base ? base : "/tmp") < 0) {
		path = NULL;
		return err_sys(err, ENOMEM, "cannot unpack %s", name);
	}
	if (!mkdtemp(path))
		return err_sys(err, errno, "cannot make a directory %s to unpack %s", path, name);
	root = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	ret = root < 0 ? err_sys(err, errno, "cannot open %s", path)
		       : make_all(root, bytes, size, err);
	if (ret) {
		capture_delete(path);
		return err_wrap(err, "%s", name);
	}
	*directory = take_ptr(&path);
	return 0;
}

static int delete_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

void capture_delete(const char *directory)
{
	nftw(directory, delete_one, 16, FTW_DEPTH | FTW_PHYS);
}
