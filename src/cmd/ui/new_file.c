// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/ui/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"

int new_file(const char *path, const void *bytes, size_t size, struct err *err)
{
	own_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int ret;

	if (fd < 0) {
		ret = err_sys(err, errno, "cannot write %s", path);
		if (ret == -EEXIST)
			err_help(err, "Existing files are never overwritten. Name another one, or "
				      "remove it first.");
		return ret;
	}
	ret = file_write(fd, bytes, size);
	/* A network file system reports a failed write here. */
	if (close(take_fd(&fd)) && !ret)
		ret = -errno;
	if (ret) {
		unlink(path);
		return err_sys(err, -ret, "cannot write %s", path);
	}
	return 0;
}
