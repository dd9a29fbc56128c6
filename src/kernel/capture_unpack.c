// SPDX-License-Identifier: GPL-2.0-or-later
/* A capture as files again. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
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

static int delete_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

/*
 * In a process of its own: waits until the other end of @pipe is closed, be it by capture_delete()
 * or by the end of the program, whatever ended it, and deletes @path. No signal to the program's
 * terminal reaches it.
 */
_Noreturn static void guard_directory(int pipe, const char *path)
{
	sigset_t all;
	char byte;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	setsid();
	if (pipe)
		dup2(pipe, 0);
	/* Whoever reads the program's output does not wait for this process. */
	close_range(1, ~0u, 0);
	while (read(0, &byte, 1) < 0 && errno == EINTR)
		;
	nftw(path, delete_one, 16, FTW_DEPTH | FTW_PHYS);
	_exit(0);
}

static int start_guard(struct unpacked *unpacked, struct err *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return err_sys(err, errno, "cannot guard %s", unpacked->directory);
	unpacked->process = fork();
	if (!unpacked->process)
		guard_directory(ends[0], unpacked->directory);
	close(ends[0]);
	if (unpacked->process > 0) {
		unpacked->pipe = ends[1];
		return 0;
	}
	close(ends[1]);
	return err_sys(err, errno, "cannot guard %s", unpacked->directory);
}

int capture_unpack(int fd, const char *name, struct unpacked *unpacked, struct err *err)
{
	const char *base = getenv("TMPDIR");
	own_free char *bytes = NULL;
	own_fd int root = -1;
	size_t size = 0;
	char *path;
	int ret;

	*unpacked = (struct unpacked){ .pipe = -1 };
	ret = read_file(fd, &bytes, &size);
	if (ret)
		return err_sys(err, -ret, "cannot read %s", name);
	if (asprintf(&path, "%s/tenon-capture-XXXXXX", base && *base ? base : "/tmp") < 0)
		return err_sys(err, ENOMEM, "cannot unpack %s", name);
	unpacked->directory = path;
	if (!mkdtemp(path)) {
		ret = err_sys(err, errno, "cannot make a directory %s to unpack %s", path, name);
		free(take_ptr(&unpacked->directory));
		return ret;
	}
	ret = start_guard(unpacked, err);
	if (ret) {
		rmdir(path);
		free(take_ptr(&unpacked->directory));
		return ret;
	}
	root = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	ret = root < 0 ? err_sys(err, errno, "cannot open %s", path)
		       : make_all(root, bytes, size, err);
	if (!ret)
		return 0;
	capture_delete(unpacked);
	return err_wrap(err, "%s", name);
}

void capture_delete(struct unpacked *unpacked)
{
	if (!unpacked->directory)
		return;
	close_fd(&unpacked->pipe);
	while (waitpid(unpacked->process, NULL, 0) < 0 && errno == EINTR)
		;
	free(take_ptr(&unpacked->directory));
}
