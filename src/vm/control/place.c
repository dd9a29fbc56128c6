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

static int make_directory(const char *path)
{
	struct stat st;

	if (mkdir(path, 0700) && errno != EEXIST)
		return -errno;
	if (lstat(path, &st))
		return -errno;
	return S_ISDIR(st.st_mode) && st.st_uid == geteuid() ? 0 : -EACCES;
}

/* Two machines of one name would answer for each other. The kernel drops the lock at the end. */
static int take_name(
	struct control *control, const char *directory, const char *name, struct err *err)
{
	char path[PATH_MAX + 300];

	snprintf(path, sizeof(path), "%s/lock", directory);
	control->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (control->lock < 0)
		return err_sys(err, errno, "cannot make %s", path);
	if (!flock(control->lock, LOCK_EX | LOCK_NB))
		return 0;
	close_fd(&control->lock);
	err_set(err, EEXIST, "a machine with the name %s runs already", name);
	return err_help(err, "`tenon ps` lists the machines that run.");
}

int control_open_in(struct control *control, const char *base, const char *name, struct loop *loop,
	const struct control_ops *ops, void *owner, struct err *err)
{
	char directory[PATH_MAX + 256], file[PATH_MAX + 300];
	int ret;

	snprintf(directory, sizeof(directory), "%s/%.200s", base, name);
	snprintf(file, sizeof(file), "%s/" CONTROL_SOCKET, directory);
	ret = make_directory(base);
	if (!ret)
		ret = make_directory(directory);
	if (ret)
		return err_sys(err, -ret, "cannot make the directory %s", directory);
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
