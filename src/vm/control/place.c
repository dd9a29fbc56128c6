// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the sockets of a user's running machines are: a directory for each machine's name. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "base/trust.h"
#include "vm/control/internal.h"

#define NAME_TRIES 10 /* the directory may be removed while the name is taken */

bool control_directory(char path[PATH_MAX])
{
	char runtime[PATH_MAX];

	if (!geteuid()) {
		strcpy(path, "/run/tenon");
		return true;
	}
	if (!trust_environment("XDG_RUNTIME_DIR", runtime, sizeof(runtime)))
		return false;
	return snprintf(path, PATH_MAX, "%s/tenon", runtime) < PATH_MAX;
}

static int make_directory(const char *path, struct err *err)
{
	struct stat st;

	if ((mkdir(path, 0700) && errno != EEXIST) || lstat(path, &st))
		return err_sys(err, errno, "cannot make the directory %s", path);
	if (S_ISDIR(st.st_mode) && st.st_uid == geteuid())
		return 0;
	err_set(err, EACCES, "%s is %s", path,
		S_ISDIR(st.st_mode) ? "another user's directory" : "no directory");
	return err_help(err, "Machines that run have their sockets there. See who made it, and "
			     "remove it.");
}

/* Whether the open file is still the one of that name: it may have been removed meanwhile. */
static bool is_there(int fd, const char *path)
{
	struct stat ours, there;

	return !fstat(fd, &ours) && !lstat(path, &there) && ours.st_dev == there.st_dev &&
	       ours.st_ino == there.st_ino;
}

/*
 * Locks the machine's name. Returns a descriptor, -EWOULDBLOCK if a machine has it, -EAGAIN if the
 * file was removed meanwhile, or -errno.
 */
static int lock_name(const char *directory, int flags)
{
	char path[PATH_MAX + 300];
	own_fd int fd = -1;

	snprintf(path, sizeof(path), "%s/" CONTROL_LOCK, directory);
	fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
	if (fd < 0)
		return errno == ENOENT && flags & O_CREAT ? -EAGAIN : -errno;
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return is_there(fd, path) ? take_fd(&fd) : -EAGAIN;
}

/* Two machines of one name would answer for each other. The kernel drops the lock at the end. */
static int take_name(
	struct control *control, const char *directory, const char *name, struct err *err)
{
	int ret = -EAGAIN;

	for (unsigned i = 0; i < NAME_TRIES && ret == -EAGAIN; i++) {
		ret = make_directory(directory, err);
		if (ret)
			return ret;
		ret = lock_name(directory, O_CREAT);
	}
	if (ret >= 0) {
		control->lock = ret;
		return 0;
	}
	if (ret != -EBUSY)
		return err_sys(err, -ret, "cannot lock the name %s in %s", name, directory);
	err_set(err, EEXIST, "a machine with the name %s runs already", name);
	return err_help(err, "`tenon ps` lists the machines that run.");
}

bool control_path(const struct control *control, const char *file, char path[PATH_MAX])
{
	const char *slash = strrchr(control->file, '/');

	return slash && snprintf(path, PATH_MAX, "%.*s/%s", (int)(slash - control->file),
				control->file, file) < PATH_MAX;
}

void control_drop_name(struct control *control)
{
	char path[PATH_MAX];

	if (control->lock <= 0)
		return;
	/* While the lock is held, so that it is this machine's. */
	if (control_path(control, CONTROL_LOCK, path))
		unlink(path);
	close_fd(&control->lock);
	control->lock = 0;
}

void control_clean(const char *base, const char *name)
{
	static const char *const files[] = { CONTROL_SOCKET, CONTROL_SERIAL, CONTROL_LOCK };
	char directory[PATH_MAX + 256], path[PATH_MAX + 300];
	own_fd int lock = -1;

	snprintf(directory, sizeof(directory), "%s/%.200s", base, name);
	lock = lock_name(directory, 0);
	if (lock < 0 && lock != -ENOENT)
		return;
	for (size_t i = 0; lock >= 0 && i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, files[i]);
		unlink(path);
	}
	/* A machine that begins makes it again. */
	rmdir(directory);
}

int control_open_in(struct control *control, const char *base, const char *name, struct loop *loop,
	const struct control_ops *ops, void *owner, struct err *err)
{
	char directory[PATH_MAX + 256], file[PATH_MAX + 300];
	int ret;

	snprintf(directory, sizeof(directory), "%s/%.200s", base, name);
	snprintf(file, sizeof(file), "%s/" CONTROL_SOCKET, directory);
	ret = make_directory(base, err);
	if (!ret)
		ret = take_name(control, directory, name, err);
	return ret ? ret : control_open_at(control, file, loop, ops, owner, err);
}

int control_open(struct control *control, const char *name, struct loop *loop,
	const struct control_ops *ops, void *owner, struct err *err)
{
	char base[PATH_MAX];

	if (control_directory(base))
		return control_open_in(control, base, name, loop, ops, owner, err);
	log_debug("no control socket: XDG_RUNTIME_DIR names no directory");
	return 0;
}
