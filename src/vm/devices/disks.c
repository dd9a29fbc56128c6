// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The machine's disks and CD-ROM drives: files and block devices of the host, in the order in which
 * they are named. Each virtio block device has a place of its own on the root bus: raw ones are
 * served here (vm/virtio/blk.h), those of other formats by a program of QEMU's
 * (vm/virtio/storage_daemon.h). SATA disks, which are raw, and CD-ROM drives are the ports of one
 * controller (vm/ahci/ahci.h), disks before CDs.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/own.h"
#include "vm/ahci/ahci.h"
#include "vm/devices/boot_order.h"
#include "vm/devices/kinds.h"
#include "vm/virtio/blk.h"
#include "vm/virtio/disk_format.h"
#include "vm/virtio/storage_daemon.h"
#include "vm/virtio/virtio_pci.h"

#define DEFAULT_QUEUES 4 /* a thread each: more do not make a disk quicker */

struct disk {
	enum disk_bus bus;
	unsigned place; /* virtio: of those on the root bus; else the controller's port */

	/* DISK_VIRTIO: */
	struct blk blk; /* one of the two */
	struct storage_daemon daemon;
	bool by_daemon;
	struct virtio_pci pci;
};

struct disks {
	struct disk *disks[DISKS_MAX]; /* CD-ROM drives are the last */
	unsigned nr;
	unsigned nr_places; /* on the root bus */
	struct ahci_drive_config drives[AHCI_MAX_PORTS];
	unsigned nr_drives;
	struct ahci ahci; /* there where there are drives */
	u64 bounce_used;  /* see vm/block/request.h */
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

static int open_virtio(struct disks *disks, struct disk *disk, const struct disk_config *config,
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
	int ret;

	if (disks->nr_places == VIRTIO_MAX_DISKS)
		return err_set(err, E2BIG, "more than %d virtio disks", VIRTIO_MAX_DISKS);
	disk->place = disks->nr_places++;
	ret = find_format(config, &format, &is_device, err);
	if (ret)
		return ret;
	if (strcmp(format, DISK_FORMAT_RAW))
		return open_daemon(disk, config, format, is_device, blk.queues, loop, err);
	return blk_open(&disk->blk, &blk, err);
}

static int check_sata(const struct disk_config *config, struct err *err)
{
	const char *format;
	bool is_device;
	int ret;

	if (config->queues || config->split)
		return err_set(
			err, EINVAL, "disk %s: queues and packed are for bus=virtio", config->path);
	ret = find_format(config, &format, &is_device, err);
	if (ret || !strcmp(format, DISK_FORMAT_RAW))
		return ret;
	err_set(err, ENOTSUP, "disk %s: a SATA disk cannot have the format %s", config->path,
		format);
	return err_help(err, "use bus=virtio, or convert the image: qemu-img convert -O raw");
}

/* The controller is opened when all of its drives are known. */
static int add_drive(
	struct disks *disks, struct disk *disk, const struct disk_config *config, struct err *err)
{
	int ret = config->bus == DISK_SATA ? check_sata(config, err) : 0;

	if (ret)
		return ret;
	if (disks->nr_drives == AHCI_MAX_PORTS)
		return err_set(
			err, E2BIG, "more than %d SATA disks and CD-ROM drives", AHCI_MAX_PORTS);
	disk->place = disks->nr_drives++;
	disks->drives[disk->place] = (struct ahci_drive_config){
		.kind = config->bus == DISK_CDROM ? AHCI_CDROM : AHCI_DISK,
		.path = config->path,
		.serial = config->serial,
		.read_only = config->read_only,
		.direct = config->direct,
		.bounce_used = &disks->bounce_used,
	};
	return 0;
}

static int open_some(struct disks *disks, const struct disk_config *configs, unsigned nr,
	bool cdroms, unsigned cpus, struct loop *loop, struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; i < nr && !ret; i++) {
		struct disk *disk;

		if ((configs[i].bus == DISK_CDROM) != cdroms)
			continue;
		disk = calloc(1, sizeof(*disk));
		if (!disk)
			return err_sys(err, ENOMEM, "cannot set up disk %s", configs[i].path);
		disks->disks[disks->nr++] = disk;
		disk->bus = configs[i].bus;
		if (disk->bus == DISK_VIRTIO)
			ret = open_virtio(disks, disk, &configs[i], cpus, loop, err);
		else
			ret = add_drive(disks, disk, &configs[i], err);
	}
	return ret;
}

static bool wanted(const struct machine_config *config)
{
	return config->nr_disks;
}

static int open_all(void *dev, const struct device_parts *parts, struct err *err)
{
	const struct machine_config *config = parts->config;
	struct disks *disks = dev;
	int ret = open_some(
		disks, config->disks, config->nr_disks, false, config->cpus, parts->loop, err);

	if (!ret)
		ret = open_some(disks, config->disks, config->nr_disks, true, config->cpus,
			parts->loop, err);
	if (!ret && disks->nr_drives)
		ret = ahci_open(&disks->ahci, disks->drives, disks->nr_drives, false, err);
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

static struct virtio_dev *virtio_of(struct disk *disk)
{
	return disk->by_daemon ? &disk->daemon.user.dev : &disk->blk.dev;
}

static int attach_all(void *dev, const struct device_parts *parts, struct err *err)
{
	struct pci_host *host = &parts->board->mch.host;
	struct disks *disks = dev;
	int ret = 0;

	for (unsigned i = 0; i < disks->nr && !ret; i++) {
		struct disk *disk = disks->disks[i];

		if (disk->bus == DISK_VIRTIO)
			ret = virtio_pci_open(&disk->pci, virtio_of(disk), host,
				PCI_DEVFN_OF(VIRTIO_FIRST_DISK + disk->place, 0), BLK_CLASS,
				parts->loop, err);
	}
	if (!ret && disks->nr_drives)
		ret = ahci_attach(&disks->ahci, host, AHCI_DEVFN, parts->loop, err);
	return ret;
}

static void close_all(void *dev)
{
	struct disks *disks = dev;

	ahci_close(&disks->ahci);
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
		const struct disk *disk = disks->disks[i];
		char path[BOOT_PATH_SIZE];

		if (disk->bus == DISK_VIRTIO)
			snprintf(path, sizeof(path), "/pci@i0cf8/scsi@%x/disk@0,0",
				VIRTIO_FIRST_DISK + disk->place);
		else
			snprintf(path, sizeof(path),
				"/pci@i0cf8/pci8086,2922@%x,%x/drive@%x/disk@0",
				PCI_DEV_OF(AHCI_DEVFN), PCI_FN_OF(AHCI_DEVFN), disk->place);
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
