// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The machine's disks: files and block devices of the host, each a virtio block device at a place
 * of its own on the root bus, in the order in which they are named. Raw ones are served here
 * (vm/virtio/blk.h), those of other formats by a program of QEMU's (vm/virtio/storage_daemon.h).
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/own.h"
#include "vm/devices/boot_order.h"
#include "vm/devices/kinds.h"
#include "vm/virtio/blk.h"
#include "vm/virtio/disk_format.h"
#include "vm/virtio/storage_daemon.h"
#include "vm/virtio/virtio_pci.h"

#define DEFAULT_QUEUES 4 /* a thread each: more do not make a disk quicker */

struct disk {
	struct blk blk; /* one of the two */
	struct storage_daemon daemon;
	bool by_daemon;
	struct virtio_pci pci;
};

struct disks {
	struct disk *disks[DISKS_MAX];
	unsigned nr;
	u64 bounce_used; /* see vm/virtio/blk_bounce.h */
};

static unsigned queues_for(const struct disk_config *config, unsigned cpus)
{
	if (config->queues)
		return config->queues;
	return cpus < DEFAULT_QUEUES ? cpus : DEFAULT_QUEUES;
}

/*
 * Where the file cannot be read, it is taken for raw: to open it says better what is wrong.
 * *@is_device: it is a block device.
 */
static int find_format(
	const struct disk_config *config, const char **format, bool *is_device, struct err *err)
{
	own_fd int fd = open(config->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	u8 head[DISK_FORMAT_HEAD];
	ssize_t size = fd < 0 ? 0 : pread(fd, head, sizeof(head), 0);
	struct stat st;

	*is_device = fd >= 0 && !fstat(fd, &st) && S_ISBLK(st.st_mode);
	if (fd < 0 && !config->format) {
		*format = DISK_FORMAT_RAW;
		return 0;
	}
	return disk_format_find(
		format, config->path, head, size < 0 ? 0 : size, config->format, err);
}

static int open_daemon(struct disk *disk, const struct disk_config *config, const char *format,
	bool is_device, unsigned queues, struct loop *loop, struct err *err)
{
	const struct storage_daemon_config daemon = {
		.path = config->path,
		.format = format,
		.read_only = config->read_only,
		.direct = config->direct,
		.block_device = is_device,
		.backing = config->backing,
		.queues = queues,
		.loop = loop,
	};

	if (config->serial)
		return err_set(err, EINVAL, "disk %s: only a raw disk can have a serial number",
			config->path);
	disk->by_daemon = true;
	return storage_daemon_open(&disk->daemon, &daemon, err);
}

static int open_disk(struct disks *disks, struct disk *disk, const struct disk_config *config,
	unsigned cpus, struct loop *loop, struct err *err)
{
	const struct blk_config blk = {
		.path = config->path,
		.serial = config->serial,
		.read_only = config->read_only,
		.direct = config->direct,
		.packed = !config->split,
		.queues = queues_for(config, cpus),
		.bounce_used = &disks->bounce_used,
	};
	const char *format;
	bool is_device;
	int ret = find_format(config, &format, &is_device, err);

	if (ret)
		return ret;
	if (strcmp(format, DISK_FORMAT_RAW))
		return open_daemon(disk, config, format, is_device, blk.queues, loop, err);
	return blk_open(&disk->blk, &blk, err);
}

static bool wanted(const struct machine_config *config)
{
	return config->nr_disks;
}

static int open_all(void *dev, const struct device_parts *parts, struct err *err)
{
	const struct machine_config *config = parts->config;
	struct disks *disks = dev;
	int ret = 0;

	for (unsigned i = 0; i < config->nr_disks && !ret; i++) {
		struct disk *disk = calloc(1, sizeof(*disk));

		if (!disk)
			return err_sys(err, ENOMEM, "cannot set up disk %s", config->disks[i].path);
		disks->disks[disks->nr++] = disk;
		ret = open_disk(disks, disk, &config->disks[i], config->cpus, parts->loop, err);
	}
	return ret;
}

static bool shares_memory(const void *dev)
{
	const struct disks *disks = dev;

	for (unsigned i = 0; i < disks->nr; i++)
		if (disks->disks[i]->by_daemon)
			return true;
	return false;
}

static int attach_all(void *dev, const struct device_parts *parts, struct err *err)
{
	struct disks *disks = dev;
	int ret = 0;

	for (unsigned i = 0; i < disks->nr && !ret; i++) {
		struct disk *disk = disks->disks[i];

		ret = virtio_pci_open(&disk->pci,
			disk->by_daemon ? &disk->daemon.user.dev : &disk->blk.dev,
			&parts->board->mch.host, PCI_DEVFN_OF(VIRTIO_FIRST_DISK + i, 0), BLK_CLASS,
			parts->loop, err);
	}
	return ret;
}

static void close_all(void *dev)
{
	struct disks *disks = dev;

	while (disks->nr) {
		struct disk *disk = disks->disks[--disks->nr];

		virtio_pci_close(&disk->pci);
		blk_close(&disk->blk);
		storage_daemon_close(&disk->daemon);
		free(disk);
	}
}

/* As firmware names a disk. */
static void boot_order(const void *dev, struct blob *order)
{
	const struct disks *disks = dev;

	for (unsigned i = 0; i < disks->nr; i++) {
		char path[BOOT_PATH_SIZE];

		snprintf(path, sizeof(path), "/pci@i0cf8/scsi@%x/disk@0,0", VIRTIO_FIRST_DISK + i);
		boot_order_add(order, path);
	}
}

const struct device_kind disks_kind = {
	.name = "disks",
	.size = sizeof(struct disks),
	.wanted = wanted,
	.open = open_all,
	.attach = attach_all,
	.close = close_all,
	.shares_memory = shares_memory,
	.boot_order = boot_order,
};
