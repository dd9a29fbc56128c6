// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/virtio/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/virtio_fs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"

#define QUEUE_SIZE VIRTIO_MAX_QUEUE_SIZE
#define NR_QUEUES  2 /* one for high priority, one for requests */
#define END_MS     5000
#define OPEN_FILES 1000000 /* what virtiofsd asks for; in a user namespace it could not */
#define BROKEN_MS  300     /* for one that has not answered, or said nonsense */

/*
 * Before virtiofsd runs: in its own mount namespace the directory, and all below, has no device
 * files and gives nobody rights, and is read-only where that was asked for.
 */
static int restrict_mounts(const void *argument)
{
	const struct fs_config *config = argument;
	const char *directory = config->directory;
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID |
			    (config->read_only ? MOUNT_ATTR_RDONLY : 0),
	};

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		mount(directory, directory, NULL, MS_BIND | MS_REC, NULL) ||
		mount_setattr(AT_FDCWD, directory, AT_RECURSIVE, &attr, sizeof(attr)))
		return -errno;
	return 0;
}

#define OF_QEMU "/usr/lib/qemu/virtiofsd"

static int find_program(char *path, size_t size, struct err *err)
{
	static const char *const names[] = { "/usr/libexec/virtiofsd", "/usr/lib/virtiofsd",
		"virtiofsd", OF_QEMU, NULL };

	if (!child_find(names, path, size))
		return 0;
	err_set(err, ENOENT, "a shared directory needs virtiofsd, which is not installed");
	return err_help(err, "install the package virtiofsd (on Debian 12 qemu-system-common)");
}

_Static_assert(CHILD_FIRST_FD == 3, "the number in the command lines");

/* What begins with a dash would be another option, and to the old one a comma ends the value. */
int fs_args(struct fs_args *args, const char *program, bool of_qemu, const char *directory)
{
	const char *const old[] = { program, "--fd=3", "-o", args->source, "-o", "log_level=err",
		"-o", "announce_submounts", "-o", "modcaps=-mknod", NULL };
	const char *const new[] = { program, "--fd=3", args->source, "--log-level", "error",
		"--modcaps=-mknod", NULL };
	int len = snprintf(args->source, sizeof(args->source), "%s=%s",
		of_qemu ? "source" : "--shared-dir", directory);

	if (len >= (int)sizeof(args->source) || (of_qemu && strchr(directory, ',')))
		return -EINVAL;
	if (of_qemu)
		memcpy(args->argv, old, sizeof(old));
	else
		memcpy(args->argv, new, sizeof(new));
	return 0;
}

static int check(const struct fs_config *config, struct err *err)
{
	struct stat st;

	if (stat(config->directory, &st))
		return err_sys(err, errno, "cannot share %s", config->directory);
	if (!S_ISDIR(st.st_mode))
		return err_set(
			err, ENOTDIR, "cannot share %s: it is no directory", config->directory);
	return 0;
}

/*
 * As root, virtiofsd is in a user namespace. It makes its own mounts in there, which the kernel
 * refuses where parts of /proc are hidden, as in some containers: then @own_users is false.
 */
static int start_as(struct fs *fs, const struct fs_config *config, bool own_users,
	const struct vhost_user_dev_config *user, struct err *err)
{
	char program[PATH_MAX];
	struct fs_args args;
	const struct child_config child = {
		.name = "virtiofsd",
		.argv = args.argv,
		/* Without root virtiofsd makes no device files, and opens none that this user could
		   not. */
		.prepare = config->read_only || !geteuid() ? restrict_mounts : NULL,
		.prepare_argument = config,
		.own_pids = own_users,
		.own_users = own_users,
		.files = OPEN_FILES,
		.loop = config->loop,
	};
	int ret = find_program(program, sizeof(program), err);

	if (ret)
		return ret;
	ret = fs_args(&args, program, !strcmp(program, OF_QEMU), config->directory);
	if (ret)
		return err_set(err, -ret, "cannot share %s: %s does not take this name",
			config->directory, program);
	return vhost_user_dev_start(&fs->user, &fs->child, &child, user, err);
}

static int start(struct fs *fs, const struct fs_config *config,
	const struct vhost_user_dev_config *user, struct err *err)
{
	struct err first = { 0 };
	int ret = geteuid() ? -EPERM : start_as(fs, config, true, user, &first);

	if (!ret)
		return 0;
	if (!geteuid()) {
		log_debug("virtiofsd gets no user namespace: %s", first.text);
		fs_close(fs);
	}
	ret = start_as(fs, config, false, user, err);
	if (!ret)
		return 0;
	err_wrap(err, "cannot share %s", config->directory);
	return ret == -EPERM && config->read_only ? err_help(err, "readonly=on needs root") : ret;
}

int fs_open(struct fs *fs, const struct fs_config *config, struct err *err)
{
	struct virtio_fs_config space = { .num_request_queues = htole32(NR_QUEUES - 1) };
	const struct vhost_user_dev_config user = {
		.name = fs->name,
		.id = VIRTIO_ID_FS,
		.nr_queues = NR_QUEUES,
		.min_queues = NR_QUEUES,
		.queue_size = QUEUE_SIZE,
		.config_size = sizeof(space),
		.config = &space,
		.loop = config->loop,
	};
	int ret = check(config, err);

	*fs = (struct fs){ 0 };
	snprintf(fs->name, sizeof(fs->name), "share %s", config->tag);
	memcpy(space.tag, config->tag, strnlen(config->tag, FS_TAG_MAX));
	if (!ret)
		ret = start(fs, config, &user, err);
	if (ret)
		fs_close(fs);
	return ret;
}

void fs_close(struct fs *fs)
{
	bool broken = fs->user.user.broken;

	vhost_user_dev_close(&fs->user);
	child_stop(&fs->child, broken ? BROKEN_MS : END_MS);
}
