// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/boot/firmware_vars_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "base/trust.h"
#include "vm/boot/firmware_vars.h"

#define PAGE 4096ull

/* Headers of a firmware volume (UEFI PI 1.7, volume 3, 3.2.1) and of QEMU's image format. */
#define VOLUME_SIGNATURE 40
#define HEADER_SIZE      44
#define QCOW2_MAGIC      "QFI\xfb"

/* Gives the finished file its name, unless that is taken. */
static int rename_new(const char *from, const char *to)
{
	if (!renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE))
		return 0;
	/* Not every file system supports RENAME_NOREPLACE. */
	if (errno == EINVAL && access(to, F_OK))
		return rename(from, to) ? -errno : 0;
	return -errno;
}

static int sync_directory(const char *path)
{
	own_free char *copy = strdup(path);
	own_fd int fd = -1;

	if (!copy)
		return -ENOMEM;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return fsync(fd) && errno != EINVAL ? -errno : 0;
}

int firmware_vars_file_write(int fd, const u8 *bytes, u64 offset, u64 size)
{
	while (size) {
		ssize_t n = pwrite(fd, bytes, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		offset += n;
		size -= n;
	}
	return 0;
}

static int make_file(const char *path, const u8 *bytes, u64 size)
{
	own_free char *temp = NULL;
	own_fd int fd = -1;
	int ret;

	if (asprintf(&temp, "%s.XXXXXX", path) < 0) {
		temp = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(temp, O_CLOEXEC); /* with mode 0600 */
	if (fd < 0)
		return -errno;
	ret = firmware_vars_file_write(fd, bytes, 0, size);
	if (!ret && fsync(fd))
		ret = -errno;
	if (!ret)
		ret = rename_new(temp, path);
	if (ret)
		unlink(temp);
	return ret ? ret : sync_directory(path);
}

int firmware_vars_file_make(const char *path, const struct firmware_part *template, struct err *err)
{
	own_free u8 *bytes = NULL;
	int ret;

	if (!template->size) {
		err_set(err, ENOENT, "there is no file %s, and no template to make it from", path);
		return err_help(err,
			"Firmware with variables comes as two files, of which the second is the "
			"template:\ncp TEMPLATE %s",
			path);
	}
	bytes = malloc(template->size);
	if (!bytes)
		return err_sys(err, ENOMEM, "cannot make %s", path);
	ret = firmware_part_read(template, bytes, err);
	if (ret)
		return ret;
	ret = make_file(path, bytes, template->size);
	if (ret && ret != -EEXIST)
		return err_sys(err, -ret, "cannot make %s for the guest's variables", path);
	return 0;
}

static int wrong_content(const struct boot_file *file, const u8 *header, struct err *err)
{
	err_set(err, EINVAL, "%s holds no UEFI variables", file->path);
	if (memcmp(header, QCOW2_MAGIC, 4))
		return -EINVAL;
	return err_help(err,
		"It is a qcow2 image, and a raw file is wanted:\n"
		"qemu-img convert -O raw %s NEW-FILE",
		file->path);
}

int firmware_vars_file_check(const struct boot_file *file, const struct firmware_image *image,
	u64 *size, struct err *err)
{
	u8 header[HEADER_SIZE] = { 0 };
	int ret = boot_file_size(file, size, err);

	if (!ret && *size >= sizeof(header))
		ret = boot_file_read(file, 0, header, sizeof(header), err);
	if (ret)
		return ret;
	if (memcmp(header + VOLUME_SIGNATURE, "_FVH", 4))
		return wrong_content(file, header, err);
	if (image->vars.size && *size != image->vars.size) {
		err_set(err, EINVAL, "%s has %llu bytes, and the variables of the firmware %s %llu",
			file->path, (unsigned long long)*size, image->code.path,
			(unsigned long long)image->vars.size);
		return err_help(err, "They belong to another firmware.");
	}
	if (*size % PAGE || *size > FIRMWARE_MAX_SIZE - image->code.size)
		return err_set(err, EINVAL, "%s has %llu bytes, which no firmware's variables have",
			file->path, (unsigned long long)*size);
	return 0;
}

bool firmware_vars_name_is_plain(const char *name)
{
	static const char first[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t len = strlen(name);

	if (!len || len > 64 || !strchr(first, name[0]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!strchr(first, name[i]) && !strchr("_-+.", name[i]))
			return false;
	return true;
}

char *firmware_vars_root(void)
{
	char place[PATH_MAX];
	const char *state = trust_environment("XDG_STATE_HOME", place, sizeof(place));
	const char *home = getenv("HOME");
	char *directory;
	int ret;

	if (state)
		ret = asprintf(&directory, "%s/tenon", state);
	else if (!geteuid())
		ret = asprintf(&directory, "/var/lib/tenon/machines");
	else if (home && home[0] == '/')
		ret = asprintf(&directory, "%s/.local/state/tenon", home);
	else
		return NULL;
	return ret < 0 ? NULL : directory;
}

static char *directory_of(const char *name)
{
	own_free char *root = firmware_vars_root();
	char *directory;

	return !root || asprintf(&directory, "%s/%s", root, name) < 0 ? NULL : directory;
}

static int make_directories(char *path)
{
	for (char *at = path + 1;; at++) {
		bool end = !*at;

		if (*at != '/' && !end)
			continue;
		*at = '\0';
		if (mkdir(path, 0700) && errno != EEXIST)
			return -errno;
		if (end)
			return 0;
		*at = '/';
	}
}

int firmware_vars_place(const char *name, char **path, struct err *err)
{
	own_free char *directory = NULL;
	int ret;

	*path = NULL;
	if (!firmware_vars_name_is_plain(name))
		return err_set(err, EINVAL,
			"'%s' is no name for a machine: letters, digits, and _ - + . behind the "
			"first",
			name);
	directory = directory_of(name);
	if (!directory) {
		err_set(err, ENOENT, "there is no place for what machine %s keeps", name);
		return err_help(
			err, "Set XDG_STATE_HOME or HOME, or name a file with --firmware-vars.");
	}
	ret = make_directories(directory);
	if (ret)
		return err_sys(
			err, -ret, "cannot make the directory %s of machine %s", directory, name);
	if (asprintf(path, "%s/vars.fd", directory) < 0) {
		*path = NULL;
		return err_sys(err, ENOMEM, "cannot open what machine %s keeps", name);
	}
	return 0;
}
