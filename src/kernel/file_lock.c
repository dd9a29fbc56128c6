// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/file_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/own.h"
#include "kernel/sysroot.h"

static bool has_open(const struct sysroot *host, const char *pid, const struct stat *file)
{
	own_free char **names = NULL;
	char path[64];
	int directory, n;
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%.16s/fd", pid);
	n = sysroot_names(host, path, &names);
	directory = sysroot_directory(host, path);
	for (int i = 0; i < n && directory >= 0 && !found; i++) {
		struct stat st;

		found = !fstatat(directory, names[i], &st, 0) && st.st_dev == file->st_dev &&
			st.st_ino == file->st_ino;
	}
	close_fd(&directory);
	return found;
}

void file_holder(int fd, char text[FILE_HOLDER_SIZE])
{
	own_free char **pids = NULL;
	struct sysroot host;
	struct stat file;
	struct err err;
	char self[16];
	int n = 0;

	snprintf(text, FILE_HOLDER_SIZE, "another process");
	snprintf(self, sizeof(self), "%d", getpid());
	if (fstat(fd, &file) || sysroot_open(&host, "", &err))
		return;
	n = sysroot_names(&host, "/proc", &pids);
	for (int i = 0; i < n; i++) {
		if (pids[i][0] < '1' || pids[i][0] > '9' || !strcmp(pids[i], self) ||
			!has_open(&host, pids[i], &file))
			continue;
		process_text(atoi(pids[i]), text);
		break;
	}
	sysroot_close(&host);
}

int file_lock(int fd, const char *path, struct err *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char holder[FILE_HOLDER_SIZE];

	if (!fcntl(fd, F_OFD_SETLK, &lock))
		return 0;
	if (errno == EINVAL || errno == ENOLCK || errno == EOPNOTSUPP || errno == ENOSYS)
		return 0;
	if (errno != EAGAIN && errno != EACCES)
		return err_sys(err, errno, "cannot lock %s", path);
	file_holder(fd, holder);
	return err_set(err, EBUSY, "%s is in use by %s", path, holder);
}
