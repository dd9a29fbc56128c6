// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/act/effects.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/own.h"
#include "host/act/child.h"
#include "kernel/vfio_type1.h"

#define MODPROBE "/sbin/modprobe"

struct change {
	const struct sysroot *sysroot;
	const char *file;
	const void *bytes;
	size_t size;
	off_t pos;
};

/* Runs in the child. */
static int write_change(void *arg)
{
	const struct change *change = arg;
	own_fd int fd = sysroot_fd(change->sysroot, change->file, O_WRONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = pwrite(fd, change->bytes, change->size, change->pos);
	if (n < 0)
		return -errno;
	return (size_t)n == change->size ? 0 : -EIO;
}

static int made(struct effects *fx, int ret, const char *what, struct err *err)
{
	if (!ret)
		return 0;
	if (ret != -ETIMEDOUT)
		return err_sys(err, -ret, "cannot %s", what);
	if (!fx->stuck)
		return err_set(err, EAGAIN, "%s took longer than %u s and was given up", what,
			fx->seconds);
	return err_set(err, ETIMEDOUT,
		"%s hangs in the kernel since %u s, in process %d that no signal ends", what,
		fx->seconds, fx->stuck);
}

static int change(struct effects *fx, struct change *change, const char *what, struct err *err)
{
	change->sysroot = fx->sysroot;
	fx->stuck = 0;
	return made(fx, child_run(write_change, change, fx->seconds, &fx->stuck), what, err);
}

static int write_text(struct effects *fx, const char *file, const char *text, struct err *err)
{
	struct change c = { .file = file, .bytes = text, .size = strlen(text) };
	char what[512];

	snprintf(what, sizeof(what), "write '%.*s' to %s%s", (int)strcspn(text, "\n"), text,
		fx->sysroot->root, file);
	return change(fx, &c, what, err);
}

static int poke(struct effects *fx, const char *file, unsigned pos, u32 value, unsigned size,
	struct err *err)
{
	u8 bytes[4];
	struct change c = { .file = file, .bytes = bytes, .size = size, .pos = pos };
	char what[512];

	put_le(bytes, size, value);
	snprintf(what, sizeof(what), "write %0*x at %02xh of %s%s", 2 * (int)size, value, pos,
		fx->sysroot->root, file);
	return change(fx, &c, what, err);
}

static int run_modprobe(void *arg)
{
	execl(MODPROBE, MODPROBE, "--", (const char *)arg, NULL);
	return -errno;
}

static int load_module(struct effects *fx, const char *name, struct err *err)
{
	char what[128];
	int ret;

	fx->stuck = 0;
	ret = child_run(run_modprobe, (void *)name, fx->seconds, &fx->stuck);
	snprintf(what, sizeof(what), "run " MODPROBE " %s", name);
	/* modprobe failed, and has printed why. */
	if (ret == -1)
		return err_set(err, ENOENT, "the module %s cannot be loaded", name);
	return made(fx, ret, what, err);
}

static int run_unload(void *arg)
{
	return syscall(SYS_delete_module, arg, O_NONBLOCK) ? -errno : 0;
}

static int unload_module(struct effects *fx, const char *name, struct err *err)
{
	char what[128];

	fx->stuck = 0;
	snprintf(what, sizeof(what), "unload the module %s", name);
	return made(fx, child_run(run_unload, (void *)name, fx->seconds, &fx->stuck), what, err);
}

struct unit {
	const char *verb, *name;
};

static int run_systemctl(void *arg)
{
	static const char *const paths[] = { "/usr/bin/systemctl", "/bin/systemctl" };
	const struct unit *unit = arg;

	for (unsigned i = 0; i < ARRAY_SIZE(paths); i++)
		execl(paths[i], paths[i], unit->verb, "--", unit->name, NULL);
	return -errno;
}

/* Only the systemd of the running host can be asked. */
static int change_unit(struct effects *fx, const char *name, bool start, struct err *err)
{
	struct unit unit = { start ? "start" : "stop", name };
	char what[320];
	int ret;

	if (!fx->sysroot->running)
		return err_set(err, EROFS, "there is no systemd in %s that could %s %s",
			fx->sysroot->root, unit.verb, name);
	fx->stuck = 0;
	ret = child_run(run_systemctl, &unit, fx->seconds, &fx->stuck);
	snprintf(what, sizeof(what), "run systemctl %s %s", unit.verb, name);
	/* systemctl ends with small numbers, and has printed why; -ENOENT: there is no systemctl.
	 */
	if (ret < 0 && ret >= -5 && ret != -ENOENT) {
		err_set(err, EIO, "systemd could not %s %s", unit.verb, name);
		return err_help(err, "`systemctl status %s` says why.", name);
	}
	return made(fx, ret, what, err);
}

static int check_group(struct effects *fx, const char *file, struct err *err)
{
	struct vfio_group group = VFIO_GROUP_CLOSED;
	const char *name = strrchr(file, '/') + 1;
	int ret;

	/* Kernels with VFIO device files only have no group files. */
	if (!fx->sysroot->running || !sysroot_exists(fx->sysroot, file))
		return 0;
	ret = vfio_group_open(&group, strtoul(name, NULL, 10), err);
	vfio_group_close(&group);
	if (ret != -EBUSY)
		return ret;
	/* Another process has the group open, so it was viable for that. */
	err_clear(err);
	return 0;
}

/* All groups join one container; the device comes from its own group, the first. */
struct slot {
	const char *device;
	const char *groups;
};

static int open_groups(const char *numbers, struct vfio_container *container,
	struct vfio_group *groups, s32 *fds, unsigned *count, struct err *err)
{
	char *end;
	int ret = 0;

	for (*count = 0; !ret && *count < VFIO_MAX_DEPENDENTS; ++*count) {
		unsigned long id = strtoul(numbers, &end, 10);

		if (end == numbers)
			return 0;
		numbers = end;
		ret = vfio_group_open(&groups[*count], id, err);
		if (!ret)
			ret = vfio_group_join(&groups[*count], container, err);
		fds[*count] = groups[*count].fd;
	}
	return ret;
}

/* Runs in the child, so the kernel closes the files. */
static int run_reset_slot(void *arg)
{
	const struct slot *slot = arg;
	struct vfio_container container = VFIO_CONTAINER_CLOSED;
	struct vfio_group groups[VFIO_MAX_DEPENDENTS];
	struct vfio_device device = { 0 };
	s32 fds[VFIO_MAX_DEPENDENTS];
	struct err err = { 0 };
	unsigned count = 0;
	int ret = vfio_container_open(&container, &err);

	if (!ret)
		ret = open_groups(slot->groups, &container, groups, fds, &count, &err);
	if (!ret)
		ret = vfio_group_device(&groups[0], slot->device, &device, &err);
	return ret ? ret : device.ops->hot_reset(&device, fds, count);
}

static int reset_slot(struct effects *fx, const char *device, const char *groups, struct err *err)
{
	struct slot slot = { device, groups };
	char what[128];

	fx->stuck = 0;
	snprintf(what, sizeof(what), "reset the link above %s by VFIO", device);
	return made(fx, child_run(run_reset_slot, &slot, fx->seconds, &fx->stuck), what, err);
}

/*
 * Opens the directory of @file, and sets @name to the name there. Returns a descriptor or -errno.
 */
static int open_parent(const struct sysroot *sysroot, const char *file, const char **name)
{
	const char *slash = strrchr(file, '/');
	char directory[PATH_MAX];

	if (!slash || (size_t)(slash - file) >= sizeof(directory))
		return -EINVAL;
	snprintf(directory, sizeof(directory), "%.*s", (int)(slash - file), file);
	*name = slash + 1;
	return sysroot_directory(sysroot, directory);
}

static void draft_of(const char *name, char *draft, size_t size)
{
	snprintf(draft, size, "%s.draft", name);
}

static int write_draft(int directory, const char *draft, const char *text)
{
	own_fd int fd = openat(
		directory, draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int ret = fd < 0 ? -errno : file_write(fd, text, strlen(text));

	if (ret)
		return ret;
	/* Make scripts executable. */
	if (fchmod(fd, !strncmp(text, "#!", 2) ? 0755 : 0644) || fsync(fd))
		return -errno;
	return 0;
}

static int create_file(struct effects *fx, const char *file, const char *text, struct err *err)
{
	const char *name;
	own_fd int directory = open_parent(fx->sysroot, file, &name);
	char draft[NAME_MAX + 1];
	int ret = directory < 0 ? directory : 0;

	if (!ret) {
		draft_of(name, draft, sizeof(draft));
		ret = write_draft(directory, draft, text);
	}
	if (!ret && (renameat2(directory, draft, directory, name, RENAME_NOREPLACE) ||
			    fsync(directory)))
		ret = -errno;
	if (!ret)
		return 0;
	if (directory >= 0)
		unlinkat(directory, draft, 0);
	return err_sys(err, -ret, "cannot make the file %s%s", fx->sysroot->root, file);
}

static int remove_file(struct effects *fx, const char *file, struct err *err)
{
	const char *name;
	own_fd int directory = open_parent(fx->sysroot, file, &name);
	char draft[NAME_MAX + 1];

	if (directory == -ENOENT)
		return 0;
	if (directory < 0)
		return err_sys(err, -directory, "cannot delete %s%s", fx->sysroot->root, file);
	draft_of(name, draft, sizeof(draft));
	unlinkat(directory, draft, 0);
	if ((unlinkat(directory, name, 0) && errno != ENOENT) || fsync(directory))
		return err_sys(err, errno, "cannot delete %s%s", fx->sysroot->root, file);
	return 0;
}

static int own_file_of(struct effects *fx, const char *file, uid_t uid, struct err *err)
{
	own_fd int fd = sysroot_fd(fx->sysroot, file, O_PATH);

	if (fd < 0 || fchownat(fd, "", uid, (gid_t)-1, AT_EMPTY_PATH))
		return err_sys(err, fd < 0 ? -fd : errno, "cannot give %s%s to user %u",
			fx->sysroot->root, file, uid);
	return 0;
}

const struct effects_ops effects_of_kernel = {
	.write = write_text,
	.poke = poke,
	.module = load_module,
	.unload = unload_module,
	.unit = change_unit,
	.check = check_group,
	.reset_slot = reset_slot,
	.create = create_file,
	.own = own_file_of,
	.remove = remove_file,
};
