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
	int rc;

	if (fd < 0) {
		rc = err_sys(err, errno, "cannot write %s", path);
		if (rc == -EEXIST)
			err_help(err, "Existing files are never overwritten. Name another one, or "
				      "remove it first.");
		return rc;
	}
	rc = file_write(fd, bytes, size);
	/* What a network file system could not store, it says here. */
	if (close(take_fd(&fd)) && !rc)
		rc = -errno;
	if (rc) {
		unlink(path);
		return err_sys(err, -rc, "cannot write %s", path);
	}
	return 0;
}
