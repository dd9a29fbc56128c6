// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/boot/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"

/* Below the kernel's limit for one read(), which is 2 GiB less a page. */
#define READ_MAX BIT_ULL(30)

static int check_kind(int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st))
		return err_sys(err, errno, "cannot look at %s", path);
	if (S_ISDIR(st.st_mode))
		return err_set(err, EISDIR, "%s is a directory", path);
	if (!S_ISREG(st.st_mode)) {
		err_set(err, EINVAL, "%s is not a regular file", path);
		return err_help(err, "Copy it to a file: it is read again when the guest reboots.");
	}
	return 0;
}

int boot_file_open(struct boot_file *file, const char *path, struct err *err)
{
	/* Without O_NONBLOCK, open() of a FIFO would wait for a writer. */
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int ret;

	*file = (struct boot_file){ .fd = -1 };
	if (fd < 0)
		return err_sys(err, errno, "cannot open %s", path);
	ret = check_kind(fd, path, err);
	if (ret)
		return ret;
	file->path = strdup(path);
	if (!file->path)
		return err_sys(err, ENOMEM, "cannot open %s", path);
	file->fd = take_fd(&fd);
	return 0;
}

void boot_file_close(struct boot_file *file)
{
	close_fd(&file->fd);
	free(file->path);
	file->path = NULL;
}

int boot_file_size(const struct boot_file *file, u64 *size, struct err *err)
{
	struct stat st;

	if (fstat(file->fd, &st))
		return err_sys(err, errno, "cannot look at %s", file->path);
	*size = st.st_size;
	return 0;
}

int boot_file_read(
	const struct boot_file *file, u64 offset, void *buffer, u64 size, struct err *err)
{
	u64 done = 0;

	while (done < size) {
		u64 want = size - done < READ_MAX ? size - done : READ_MAX;
		ssize_t n = pread(file->fd, (char *)buffer + done, want, offset + done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "cannot read %s", file->path);
		if (n == 0)
			return err_set(err, EIO, "%s ends at byte %llu, before it should",
				file->path, (unsigned long long)(offset + done));
		done += n;
	}
	return 0;
}
