// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/virtio/disk_chain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "vm/virtio/disk_format.h"

static const char *const kinds[] = {
	[DISK_BACKING] = "a backing file",
	[DISK_DATA] = "a file with its data",
	[DISK_EXTENT] = "a piece",
};

/* QEMU takes what stands before a colon for a protocol: nbd:, json:, fat:. */
static bool is_plain(const char *name)
{
	const char *colon = strchr(name, ':'), *slash = strchr(name, '/');

	return !colon || (slash && slash < colon);
}

/* A relative name is beside the image. */
static char *place_of(const char *image, const char *name)
{
	const char *slash = strrchr(image, '/');
	char *path;

	if (name[0] == '/' || !slash)
		return strdup(name);
	return asprintf(&path, "%.*s/%s", (int)(slash - image), image, name) < 0 ? NULL : path;
}

static int add_file(
	struct disk_chain *chain, const char *image, const struct disk_name *name, struct err *err)
{
	struct disk_file *file;

	if (!is_plain(name->text))
		return err_set(
			err, EPERM, "disk %s: it names %s, which is no file", image, name->text);
	if (chain->nr == DISK_CHAIN_MAX)
		return err_set(err, ELOOP, "disk %s: more than %d files are behind it", image,
			DISK_CHAIN_MAX);
	file = &chain->files[chain->nr];
	*file = (struct disk_file){ place_of(image, name->text), name->kind };
	if (!file->path)
		return err_sys(err, ENOMEM, "cannot open disk %s", image);
	chain->nr++;
	return 0;
}

static int follow(
	struct disk_chain *chain, const char *image, int fd, const char *format, struct err *err);

/* What is behind the backing file at @path, as far as it can be read. */
static int follow_backing(
	struct disk_chain *chain, const char *path, const char *told, struct err *err)
{
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	u8 head[DISK_FORMAT_HEAD];
	ssize_t n = fd < 0 ? -1 : pread(fd, head, sizeof(head), 0);
	const char *format = n > 0 ? disk_format_of(head, (size_t)n) : NULL;

	if (*told)
		format = told;
	return format && n > 0 ? follow(chain, path, fd, format, err) : 0;
}

static int follow(
	struct disk_chain *chain, const char *image, int fd, const char *format, struct err *err)
{
	own_free struct disk_names *names = malloc(sizeof(*names));
	int ret = names ? disk_names_read(fd, format, names) : -ENOMEM;

	if (ret == -EINVAL)
		return err_set(
			err, EINVAL, "disk %s: its header makes no sense for %s", image, format);
	if (ret)
		return err_sys(err, -ret, "disk %s: its header cannot be read", image);
	for (unsigned i = 0; i < names->nr && !ret; i++) {
		ret = add_file(chain, image, &names->names[i], err);
		if (!ret && names->names[i].kind == DISK_BACKING)
			ret = follow_backing(chain, chain->files[chain->nr - 1].path,
				names->names[i].format, err);
	}
	return ret;
}

static int refuse(const struct disk_chain *chain, const char *image, struct err *err)
{
	char list[300] = "";

	for (unsigned i = 0; i < chain->nr; i++) {
		size_t at = strlen(list);

		snprintf(list + at, sizeof(list) - at, "%s%s (%s)", i ? ", " : "",
			chain->files[i].path, kinds[chain->files[i].kind]);
	}
	err_set(err, EPERM, "disk %s: it names other files, which the guest would read%s: %s",
		image, chain->files[0].kind == DISK_BACKING ? "" : " and write", list);
	return err_help(err, "Add backing=on if these are the disk's own; an image from elsewhere "
			     "can name any file of this host.");
}

int disk_chain_open(struct disk_chain *chain, const char *path, int fd, const char *format,
	bool allowed, struct err *err)
{
	int ret;

	*chain = (struct disk_chain){ 0 };
	ret = follow(chain, path, fd, format, err);
	if (!ret && chain->nr && !allowed)
		ret = refuse(chain, path, err);
	if (ret)
		disk_chain_close(chain);
	return ret;
}

void disk_chain_close(struct disk_chain *chain)
{
	while (chain->nr)
		free(chain->files[--chain->nr].path);
}
