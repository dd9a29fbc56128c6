// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/virtio/storage_daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/virtio_blk.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "kernel/confine.h"
#include "vm/virtio/disk_chain.h"

#define QUEUE_SIZE  256
#define CONFIG_SIZE offsetofend(struct virtio_blk_config, unused1)

/* NBD's name for the disk. */
#define EXPORT "disk"

/* ms; the daemon may have gigabytes to write back. */
#define END_PATIENCE 60000
/* ms for one that has not answered, or said nonsense: it may be stopped, or another's by now. */
#define BROKEN_PATIENCE 300

#define offsetofend(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))

/* The features of a disk that are offered if the daemon has them. */
#define BLK_FEATURES                                                           \
	(BIT_ULL(VIRTIO_BLK_F_SIZE_MAX) | BIT_ULL(VIRTIO_BLK_F_SEG_MAX) |      \
		BIT_ULL(VIRTIO_BLK_F_RO) | BIT_ULL(VIRTIO_BLK_F_BLK_SIZE) |    \
		BIT_ULL(VIRTIO_BLK_F_FLUSH) | BIT_ULL(VIRTIO_BLK_F_TOPOLOGY) | \
		BIT_ULL(VIRTIO_BLK_F_CONFIG_WCE) | BIT_ULL(VIRTIO_BLK_F_MQ) |  \
		BIT_ULL(VIRTIO_BLK_F_DISCARD) | BIT_ULL(VIRTIO_BLK_F_WRITE_ZEROES))

/* Appends an option's value, with its commas doubled. Returns whether it fits. */
static bool append_value(char *to, size_t size, const char *value)
{
	size_t len = strlen(to);

	for (; *value; value++) {
		if (len + 3 > size)
			return false;
		to[len++] = *value;
		if (*value == ',')
			to[len++] = ',';
	}
	to[len] = '\0';
	return true;
}

int storage_daemon_args(struct storage_daemon_args *args, const char *program,
	const struct storage_daemon_config *config)
{
	const char *read_only = config->read_only ? "on" : "off";
	const char *direct = config->direct ? "on" : "off";

	snprintf(args->file, sizeof(args->file),
		"driver=%s,node-name=file,read-only=%s,cache.direct=%s,aio=%s,discard=unmap,"
		"filename=",
		config->block_device ? "host_device" : "file", read_only, direct,
		config->direct ? "native" : "threads");
	if (!append_value(args->file, sizeof(args->file), config->path))
		return -ENAMETOOLONG;
	snprintf(args->image, sizeof(args->image),
		"driver=%s,node-name=disk,file=file,read-only=%s,cache.direct=%s,discard=unmap",
		config->format, read_only, direct);
	memcpy(args->argv,
		((const char *[]){ program, "--blockdev", args->file, "--blockdev", args->image,
			"--export", args->export }),
		7 * sizeof(*args->argv));
	if (config->connections) {
		snprintf(args->server, sizeof(args->server),
			"addr.type=fd,addr.str=%d,max-connections=%u", CHILD_FIRST_FD,
			config->connections);
		snprintf(args->export, sizeof(args->export),
			"type=nbd,id=export,node-name=disk,name=" EXPORT ",writable=%s",
			config->read_only ? "off" : "on");
		/* The export needs the server. */
		args->argv[5] = "--nbd-server";
		args->argv[6] = args->server;
		args->argv[7] = "--export";
		args->argv[8] = args->export;
		return 0;
	}
	snprintf(args->export, sizeof(args->export),
		"type=vhost-user-blk,id=export,node-name=disk,addr.type=fd,addr.str=%d,writable=%s,"
		"num-queues=%u",
		CHILD_FIRST_FD, config->read_only ? "off" : "on", config->queues);
	return 0;
}

static int find_program(char *path, size_t size, const char *format, struct err *err)
{
	static const char *const names[] = { "qemu-storage-daemon", NULL };

	if (!child_find(names, path, size))
		return 0;
	err_set(err, ENOENT,
		"a disk in format %s needs qemu-storage-daemon, which is not installed", format);
	return err_help(err, "install the package qemu-system-common (Debian, Ubuntu), qemu-img "
			     "(Fedora) or qemu-tools (openSUSE), or convert "
			     "the image: qemu-img convert -O raw");
}

/* What the daemon gets, and what it gives up. */
struct files {
	struct disk_chain chain;
	struct supervisor_file files[DISK_CHAIN_MAX + 1];
	unsigned nr;
	struct supervisor supervisor;
	struct confine confine;
};

static int add_file(struct files *files, const struct storage_daemon_config *config,
	const char *path, bool writes, struct err *err)
{
	int mode = writes && !config->read_only ? O_RDWR : O_RDONLY;
	own_fd int fd = open(path, mode | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return err_sys(err, errno, "disk %s: cannot open %s", config->path, path);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return err_set(err, EINVAL, "disk %s: %s is neither a file nor a block device",
			config->path, path);
	files->files[files->nr++] = (struct supervisor_file){ path, take_fd(&fd) };
	return 0;
}

/* The image, and what it names: that is shown, or refused, before a program looks at it. */
static int open_files(
	struct files *files, const struct storage_daemon_config *config, struct err *err)
{
	int ret = add_file(files, config, config->path, true, err);

	if (!ret)
		ret = disk_chain_open(&files->chain, config->path, files->files[0].fd,
			config->format, config->backing, err);
	for (unsigned i = 0; i < files->chain.nr && !ret; i++) {
		const struct disk_file *file = &files->chain.files[i];

		log_debug("disk %s: %s is open for it, too", config->path, file->path);
		ret = add_file(files, config, file->path, file->kind != DISK_BACKING, err);
	}
	/* Headers are read before this, at any offset. */
	for (unsigned i = 0; i < files->nr && !ret; i++) {
		int fd = files->files[i].fd, flags = fcntl(fd, F_GETFL) & ~O_NONBLOCK;

		if (fcntl(fd, F_SETFL, flags | (config->direct ? O_DIRECT : 0)))
			ret = err_sys(err, errno, "cannot open %s", files->files[i].path);
	}
	return ret;
}

static int confine(struct files *files, const struct storage_daemon_config *config, struct err *err)
{
	/* A block device's limits. */
	static const struct landlock_rule rules[] = { { "/sys/dev/block", LANDLOCK_READ } };
	int ret = open_files(files, config, err);

	if (ret || config->unconfined)
		return ret;
	ret = confine_open(&files->confine, rules, ARRAY_SIZE(rules), err);
	if (!ret)
		ret = supervisor_open(&files->supervisor, files->files, files->nr, err);
	files->confine.is_other = true;
	files->confine.uid = CONFINE_NOBODY;
	files->confine.gid = CONFINE_NOBODY;
	files->confine.isolated = true;
	files->confine.supervisor = &files->supervisor;
	return ret;
}

static void close_files(struct files *files)
{
	supervisor_close(&files->supervisor);
	confine_close(&files->confine);
	while (files->nr)
		close_fd(&files->files[--files->nr].fd);
	disk_chain_close(&files->chain);
}

/* What the daemon says is wrong, without its own command line before it. */
static const char *last_words(const char *said)
{
	const char *why = strstr(said, ": Failed");

	return why ? why + strlen(": ") : said;
}

static int serve_nbd(struct storage_daemon *daemon, const struct child_config *program,
	const struct storage_daemon_config *config, struct err *err)
{
	struct child_config with_socket = *program;
	int connections[NBD_MAX_CONNECTIONS];
	unsigned nr = config->connections;
	own_fd int listener = -1;
	int ret = child_listener(&listener, connections, nr, err);

	if (ret)
		return ret;
	with_socket.fds = &listener;
	with_socket.nr_fds = 1;
	ret = child_start(&daemon->child, &with_socket, err);
	if (ret) {
		while (nr)
			close(connections[--nr]);
		return ret;
	}
	/* The program's end is the only one, so that its end is seen. */
	close_fd(&listener);
	ret = nbd_open(&daemon->nbd, connections, nr, daemon->name, EXPORT, config->read_only, err);
	if (ret)
		return child_explain(&daemon->child, err);
	child_works(&daemon->child);
	return 0;
}

static int start(struct storage_daemon *daemon, const struct storage_daemon_config *config,
	const struct vhost_user_dev_config *user, struct err *err)
{
	own_free struct storage_daemon_args *args = calloc(1, sizeof(*args));
	char program[PATH_MAX];
	struct files files = { .confine.ruleset = -1 };
	const struct child_config child = {
		.name = "qemu-storage-daemon",
		.argv = args->argv,
		.prepare = config->unconfined ? NULL : confine_enter,
		.prepare_argument = &files.confine,
		.own_pids = !config->unconfined,
		.patience = END_PATIENCE,
		.loop = config->loop,
	};
	int ret = find_program(program, sizeof(program), config->format, err);

	if (ret)
		return ret;
	if (!args)
		return err_sys(err, ENOMEM, "cannot start qemu-storage-daemon");
	ret = storage_daemon_args(args, program, config);
	if (ret)
		return err_sys(err, -ret, "cannot open %s", config->path);
	ret = confine(&files, config, err);
	if (ret) {
		close_files(&files);
		return ret;
	}
	ret = config->connections
		      ? serve_nbd(daemon, &child, config, err)
		      : vhost_user_dev_start(&daemon->user, &daemon->child, &child, user, err);
	close_files(&files);
	if (ret && strstr(daemon->child.said, "lock")) {
		err_set(err, EBUSY, "cannot open %s: another process uses the image", config->path);
		return err_help(err, "End that process, or give both readonly=on.\n%s said: %s",
			child.name, last_words(daemon->child.said));
	}
	if (ret == -EBUSY)
		err_help(err, "This container's manager supervises system calls, so Tenon cannot: "
			      "take a raw "
			      "image, or --sandbox off.");
	return ret ? err_wrap(err, "cannot open %s", config->path) : 0;
}

int storage_daemon_open(
	struct storage_daemon *daemon, const struct storage_daemon_config *config, struct err *err)
{
	const struct vhost_user_dev_config user = {
		.name = daemon->name,
		.id = VIRTIO_ID_BLOCK,
		.features = BLK_FEATURES,
		.nr_queues = config->queues,
		.min_queues = 1,
		.queue_size = QUEUE_SIZE,
		.config_size = CONFIG_SIZE,
		/*
		 * The daemon writes back, but reports write-through until the driver sets the byte:
		 * a driver that believed it would never flush.
		 */
		.preset = { BIT_ULL(VIRTIO_BLK_F_CONFIG_WCE),
			offsetof(struct virtio_blk_config, wce), 1 },
		.loop = config->loop,
	};
	int ret;

	*daemon = (struct storage_daemon){ 0 };
	snprintf(daemon->name, sizeof(daemon->name), "disk %s", config->path);
	ret = start(daemon, config, &user, err);
	if (ret)
		storage_daemon_close(daemon);
	return ret;
}

void storage_daemon_close(struct storage_daemon *daemon)
{
	bool broken = daemon->user.user.broken || daemon->nbd.broken;

	vhost_user_dev_close(&daemon->user);
	nbd_close(&daemon->nbd);
	child_stop(&daemon->child, broken ? BROKEN_PATIENCE : END_PATIENCE);
}
