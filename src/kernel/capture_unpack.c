// SPDX-License-Identifier: GPL-2.0-or-later
/* Unpacks a capture into files. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/file.h"
#include "base/own.h"
#include "base/trust.h"
#include "kernel/capture.h"

#define MAX_DEPTH 128 /* of nested directories; sysfs has some twenty */

/*
 * The open directories on the path to the entry that is being created. Entries are created in the
 * order of their paths, so most of the directories for the next one are open already.
 */
struct way {
	char path[CAPTURE_MAX_PATH]; /* of the innermost, with a slash at the end */
	unsigned nr;
	struct {
		int fd;
		size_t end; /* where its part of @path ends, slash included */
	} step[MAX_DEPTH];  /* the first is the root: "/" */
};

static void leave(struct way *way, unsigned nr)
{
	while (way->nr > nr)
		close(way->step[--way->nr].fd);
}

/*
 * Enters a subdirectory and creates it if it is missing. It may not be a link: otherwise an entry
 * below a link of the same capture could be created outside.
 */
static int enter(struct way *way, const char *part, size_t len)
{
	size_t at = way->step[way->nr - 1].end;
	int fd, parent = way->step[way->nr - 1].fd;

	if (way->nr == MAX_DEPTH || at + len + 2 > sizeof(way->path))
		return -ENAMETOOLONG;
	memcpy(way->path + at, part, len);
	way->path[at + len] = '\0';
	if (mkdirat(parent, way->path + at, 0700) && errno != EEXIST)
		return -errno;
	fd = openat(parent, way->path + at, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	way->path[at + len] = '/';
	way->step[way->nr].fd = fd;
	way->step[way->nr++].end = at + len + 1;
	return 0;
}

/*
 * Enters the directory of @path, from the innermost open one that leads there. @name: the last
 * component.
 */
static int go_to(struct way *way, const char *path, const char **name)
{
	unsigned keep = way->nr;
	int ret = 0;

	while (keep > 1 && strncmp(way->path, path, way->step[keep - 1].end))
		keep--;
	leave(way, keep);
	path += way->step[keep - 1].end;
	for (const char *slash; !ret && (slash = strchr(path, '/')); path = slash + 1)
		ret = enter(way, path, slash - path);
	*name = path;
	return ret;
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

static int make_entry(struct way *way, const struct capture_entry *entry)
{
	const char *name;
	int ret = go_to(way, entry->path, &name), directory = way->step[way->nr - 1].fd;

	if (ret)
		return ret;
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

/* What is kept of each entry until the walk has seen all of them. */
struct item {
	const char *path;
	const char *body;
	size_t body_size, size;
	enum capture_kind kind;
};

struct items {
	struct item *item;
	size_t nr;
	struct arena paths;
};

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->path, ((const struct item *)b)->path);
}

static int collect(struct items *items, const char *bytes, size_t size, struct err *err)
{
	struct capture_entry entry;
	struct capture_walk walk;
	int next, ret = capture_open(&walk, bytes, size, err);

	if (ret)
		return ret;
	while ((next = capture_next(&walk, &entry, err)) > 0) {
		const char *path = arena_printf(&items->paths, "%s", entry.path);

		if (!path || array_room(items->item, items->nr, 1))
			return err_sys(err, ENOMEM, "cannot hold its entries");
		items->item[items->nr++] =
			(struct item){ path, entry.body, entry.body_size, entry.size, entry.kind };
	}
	if (items->nr)
		qsort(items->item, items->nr, sizeof(*items->item), by_path);
	return next;
}

static int make_items(int root, const struct items *items, struct err *err)
{
	struct way way = { .path = "/", .nr = 1, .step = { { .fd = dup(root), .end = 1 } } };
	struct capture_entry entry;
	int ret = way.step[0].fd < 0 ? -errno : 0;

	for (size_t i = 0; i < items->nr && !ret; i++) {
		const struct item *item = &items->item[i];

		entry.kind = item->kind;
		entry.body = item->body;
		entry.body_size = item->body_size;
		entry.size = item->size;
		snprintf(entry.path, sizeof(entry.path), "%s", item->path);
		ret = make_entry(&way, &entry);
		if (ret)
			err_sys(err, -ret, "cannot unpack %s", entry.path);
	}
	leave(&way, way.step[0].fd < 0 ? 1 : 0);
	return ret;
}

static int make_all(int root, const char *bytes, size_t size, struct err *err)
{
	struct items items = { 0 };
	int ret = collect(&items, bytes, size, err);

	if (!ret)
		ret = make_items(root, &items, err);
	free(items.item);
	arena_close(&items.paths);
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

/*
 * Where to unpack: TMPDIR, else a memory file system if there is one, because thousands of files
 * are created for a short time.
 */
static const char *place(char *text, size_t size)
{
	const char *chosen = trust_environment("TMPDIR", text, size);

	if (chosen && *chosen)
		return chosen;
	return access("/dev/shm", W_OK | X_OK) ? "/tmp" : "/dev/shm";
}

/* Deletes an entry of @parent, and what is below it, as far as possible. */
static void delete_entry(int parent, const char *name, bool is_directory, unsigned depth)
{
	own_dir DIR *dir = NULL;
	struct dirent *entry;
	int fd;

	if (!is_directory && (!unlinkat(parent, name, 0) || (errno != EISDIR && errno != EPERM)))
		return;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	dir = fd < 0 || !depth ? NULL : fdopendir(fd);
	if (!dir)
		close_fd(&fd);
	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			delete_entry(dirfd(dir), entry->d_name, entry->d_type == DT_DIR, depth - 1);
	unlinkat(parent, name, AT_REMOVEDIR);
}

/*
 * Runs in a process of its own, which gets no signals from the program's terminal: waits until the
 * other end of @pipe is closed, by capture_delete() or by the end of the program, and then deletes
 * @path.
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
	/* Close the inherited output, so that a reader of it does not wait for this process. */
	close_range(1, ~0u, 0);
	while (read(0, &byte, 1) < 0 && errno == EINTR)
		;
	delete_entry(AT_FDCWD, path, true, MAX_DEPTH);
	_exit(0);
}

static int start_guard(struct unpacked *unpacked, struct err *err)
{
	pid_t process;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return err_sys(err, errno, "cannot guard %s", unpacked->directory);
	process = fork();
	if (!process)
		guard_directory(ends[0], unpacked->directory);
	close(ends[0]);
	if (process > 0) {
		unpacked->pipe = ends[1];
		return 0;
	}
	close(ends[1]);
	return err_sys(err, errno, "cannot guard %s", unpacked->directory);
}

int capture_unpack(int fd, const char *name, struct unpacked *unpacked, struct err *err)
{
	char text[PATH_MAX], *path;
	own_free char *bytes = NULL;
	own_fd int root = -1;
	size_t size = 0;
	int ret;

	*unpacked = (struct unpacked){ .pipe = -1 };
	ret = read_file(fd, &bytes, &size);
	if (ret)
		return err_sys(err, -ret, "cannot read %s", name);
	if (asprintf(&path, "%s/tenon-capture-XXXXXX", place(text, sizeof(text))) < 0)
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
	free(take_ptr(&unpacked->directory));
}
