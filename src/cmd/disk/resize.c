// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/disk/resize.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "cmd/disk/qemu_img.h"
#include "cmd/ui/size.h"
#include "vm/block/file.h"

static int check(const struct disk_image *image, u64 size, bool shrink, struct err *err)
{
	char text[SIZE_TEXT];

	if (image->is_device) {
		err_set(err, ENOTSUP, "%s is a block device", image->path);
		return err_help(err, "Its own tools change its size, such as lvextend.");
	}
	if (image->problem.code) {
		*err = image->problem;
		return err_help(err, "Say which with --format.");
	}
	if (image->in_use) {
		err_set(err, EBUSY, "disk %s is in use by %s", image->path, image->holder);
		return err_help(err, "End the guest first: it would not see the new size.");
	}
	if (image->names.nr) {
		err_set(err, EPERM, "%s names other files, such as %s", image->path,
			image->names.names[0].text);
		return err_help(err, "qemu-img resize opens those, too. Use it if they are yours.");
	}
	if (!size || size % BLOCK_SECTOR)
		return err_set(err, EINVAL, "a disk has a multiple of %u bytes", BLOCK_SECTOR);
	if (size >= image->size || shrink)
		return 0;
	err_set(err, EINVAL, "%s has %s, so its end would be lost", image->path,
		size_text(text, image->size));
	return err_help(err, "Make the guest's partitions smaller first, and then use --shrink.");
}

static int resize_raw(const struct disk_image *image, u64 size, struct err *err)
{
	struct block_file file;
	int ret = block_file_open(&file, image->path, false, false, err);

	if (ret)
		return ret;
	if (ftruncate(file.fd, (off_t)size) || fsync(file.fd))
		ret = err_sys(err, errno, "cannot resize %s", image->path);
	block_file_close(&file);
	return ret;
}

static int resize_by_qemu_img(
	const struct disk_image *image, u64 size, bool shrink, struct err *err)
{
	own_free char *path = realpath(image->path, NULL);
	char bytes[32];
	struct qemu_img call = {
		.words = { "resize", shrink ? "--shrink" : "-q", "-q", "-f", image->format, path,
			bytes },
		.image = path,
		.writes = true,
		.fd = -1,
	};
	int ret;

	if (!path)
		return err_sys(err, errno, "cannot resize %s", image->path);
	snprintf(bytes, sizeof(bytes), "%llu", (unsigned long long)size);
	ret = qemu_img_run(&call, err);
	free(call.output);
	return ret ? err_wrap(err, "cannot resize %s", image->path) : 0;
}

int disk_resize(const struct disk_image *image, u64 size, bool shrink, struct err *err)
{
	int ret = check(image, size, shrink, err);

	if (ret || size == image->size)
		return ret;
	return strcmp(image->format, DISK_FORMAT_RAW) ? resize_by_qemu_img(image, size, shrink, err)
						      : resize_raw(image, size, err);
}
