// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/disk/image.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/own.h"
#include "cmd/disk/qemu_img.h"

#define INFO_SECONDS 20

int disk_image_missing(const char *path, struct err *err)
{
	err_set(err, ENOENT, "there is no disk %s", path);
	return err_help(err, "Make it: tenon disk create %s 64G", path);
}

static int open_image(struct disk_image *image, int *fd, struct err *err)
{
	struct stat st;

	*fd = open(image->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*fd < 0 && errno == ENOENT)
		return disk_image_missing(image->path, err);
	if (*fd < 0 || fstat(*fd, &st))
		return err_sys(err, errno, "cannot open %s", image->path);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return err_set(err, EINVAL, "%s is neither a file nor a block device", image->path);
	image->is_device = S_ISBLK(st.st_mode);
	image->size = (u64)st.st_size;
	image->allocated = (u64)st.st_blocks * 512;
	if (!image->is_device)
		return 0;
	if (ioctl(*fd, BLKGETSIZE64, &image->size))
		return err_sys(err, errno, "cannot tell the size of %s", image->path);
	image->allocated = image->size;
	return 0;
}

static int find_format(struct disk_image *image, int fd, const char *asked, struct err *err)
{
	u8 head[DISK_FORMAT_HEAD];
	ssize_t n = pread(fd, head, sizeof(head), 0);
	size_t size = n < 0 ? 0 : (size_t)n;

	if (n < 0)
		return err_sys(err, errno, "cannot read %s", image->path);
	if (asked)
		return disk_format_find(&image->format, image->path, head, size, asked, err);
	if (disk_format_find(&image->format, image->path, head, size, NULL, &image->problem))
		image->format = disk_format_of(head, size) ?: DISK_FORMAT_RAW;
	return 0;
}

/* Tenon locks a disk, and so does QEMU. */
static void find_holder(struct disk_image *image, int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_OFD_GETLK, &lock) || lock.l_type == F_UNLCK)
		return;
	image->in_use = true;
	file_holder(fd, image->holder);
}

static int read_size(struct disk_image *image, const char *text, struct err *err)
{
	struct json_object *json = json_tokener_parse(text), *size;
	int ret = 0;

	if (json && json_object_object_get_ex(json, "virtual-size", &size) &&
		json_object_get_int64(size) > 0)
		image->size = (u64)json_object_get_int64(size);
	else
		ret = err_set(err, EIO, "qemu-img does not tell the size");
	json_object_put(json);
	return ret;
}

/* QEMU takes what stands before a colon for a protocol, but not after a slash. */
static int ask_qemu_img(struct disk_image *image, struct err *err)
{
	own_free char *path = realpath(image->path, NULL);
	struct qemu_img call = {
		.words = { "info", "--force-share", "--output=json", "-f", image->format, path },
		.image = path,
		.fd = -1,
		.seconds = INFO_SECONDS,
	};
	int ret;

	if (!path)
		return err_sys(err, errno, "cannot open %s", image->path);
	ret = qemu_img_run(&call, err);
	if (!ret)
		ret = read_size(image, call.output, err);
	free(call.output);
	return ret ? err_wrap(err, "cannot read %s as %s", image->path, image->format) : 0;
}

/* Its data is in files that it names, which nobody has allowed to be opened. */
static bool has_pieces(const struct disk_names *names)
{
	for (unsigned i = 0; i < names->nr; i++)
		if (names->names[i].kind != DISK_BACKING)
			return true;
	return false;
}

int disk_image_read(struct disk_image *image, const char *path, const char *asked, struct err *err)
{
	own_fd int fd = -1;
	int ret;

	*image = (struct disk_image){ .path = path };
	ret = open_image(image, &fd, err);
	if (!ret)
		ret = find_format(image, fd, asked, err);
	if (ret)
		return ret;
	find_holder(image, fd);
	if (!strcmp(image->format, DISK_FORMAT_RAW))
		return 0;
	image->size = 0;
	ret = disk_names_read(fd, image->format, &image->names);
	if (ret == -EINVAL)
		return err_set(
			err, EINVAL, "%s: its header makes no sense for %s", path, image->format);
	if (ret)
		return err_sys(err, -ret, "cannot read %s", path);
	return has_pieces(&image->names) ? 0 : ask_qemu_img(image, err);
}
