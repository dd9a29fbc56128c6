// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/devices/disks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/own.h"
#include "vm/virtio/disk_format.h"

#define DEFAULT_QUEUES 4 /* a thread each: more do not make a disk quicker */

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
		.queues = queues,
		.loop = loop,
	};

	if (config->serial)
		return err_set(err, EINVAL, "disk %s: only a raw disk can have a serial number",
			config->path);
	disk->by_daemon = true;
	return storage_daemon_open(&disk->daemon, &daemon, err);
}

static int take_place(struct disks *disks, struct disk *disk, struct err *err)
{
	if (disks->nr_places == VIRTIO_MAX_DISKS)
		return err_set(
			err, E2BIG, "more than %d disks on virtio and NVMe", VIRTIO_MAX_DISKS);
	disk->place = disks->nr_places++;
	return 0;
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
	};
	const char *format;
	bool is_device;
	int ret;

	ret = take_place(disks, disk, err);
	if (!ret)
		ret = find_format(config, &format, &is_device, err);
	if (ret)
		return ret;
	if (strcmp(format, DISK_FORMAT_RAW))
		return open_daemon(disk, config, format, is_device, blk.queues, loop, err);
	return blk_open(&disk->blk, &blk, err);
}

/* What only virtio disks can have. */
static int check_raw(const struct disk_config *config, const char *bus, struct err *err)
{
	const char *format;
	bool is_device;
	int ret;

	if (config->split)
		return err_set(err, EINVAL, "disk %s: packed is for bus=virtio", config->path);
	ret = find_format(config, &format, &is_device, err);
	if (ret || !strcmp(format, DISK_FORMAT_RAW))
		return ret;
	err_set(err, ENOTSUP, "disk %s: with bus=%s it cannot have the format %s", config->path,
		bus, format);
	return err_help(err, "use bus=virtio, or convert the image: qemu-img convert -O raw");
}

static int open_nvme(struct disks *disks, struct disk *disk, const struct disk_config *config,
	unsigned cpus, struct err *err)
{
	const struct nvme_config nvme = {
		.path = config->path,
		.serial = config->serial,
		.read_only = config->read_only,
		.direct = config->direct,
		.queues = queues_for(config, cpus),
	};
	int ret = check_raw(config, "nvme", err);

	if (!ret)
		ret = take_place(disks, disk, err);
	return ret ? ret : nvme_open(&disk->nvme, &nvme, err);
}

static int check_sata(const struct disk_config *config, struct err *err)
{
	if (config->queues)
		return err_set(err, EINVAL, "disk %s: queues is not for bus=sata", config->path);
	return check_raw(config, "sata", err);
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
		else if (disk->bus == DISK_NVME)
			ret = open_nvme(disks, disk, &configs[i], cpus, err);
		else
			ret = add_drive(disks, disk, &configs[i], err);
	}
	return ret;
}

int disks_open(struct disks *disks, const struct disk_config *configs, unsigned nr, unsigned cpus,
	struct loop *loop, struct err *err)
{
	int ret = open_some(disks, configs, nr, false, cpus, loop, err);

	if (!ret)
		ret = open_some(disks, configs, nr, true, cpus, loop, err);
	if (!ret && disks->nr_drives)
		ret = ahci_open(&disks->ahci, disks->drives, disks->nr_drives, false, err);
	return ret;
}

bool disks_want_shared_memory(const struct disks *disks)
{
	for (unsigned i = 0; i < disks->nr; i++)
		if (disks->disks[i]->by_daemon)
			return true;
	return false;
}

static struct virtio_dev *virtio_of(struct disk *disk)
{
	return disk->by_daemon ? &disk->daemon.user.dev : &disk->blk.dev;
}

/* Behind a port, because a SeaBIOS that places it above 4 GiB on the root bus does not reach it. */
static int attach_nvme(struct disk *disk, struct pci_host *host, struct loop *loop, struct err *err)
{
	unsigned device = VIRTIO_FIRST_DISK + disk->place;
	const struct root_port_config port = {
		.slot = (u8)device,
		.link_speed = PCI_EXP_LNKCAP_SLS_8_0GB,
		.link_width = 4,
		.no_vga = true,
	};
	int ret = root_port_open(&disk->port, host, PCI_DEVFN_OF(device, 0), &port, err);

	return ret ? ret : nvme_attach(&disk->nvme, &disk->port.bus, 0, loop, err);
}

int disks_attach(struct disks *disks, struct pci_host *host, struct loop *loop, struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; i < disks->nr && !ret; i++) {
		struct disk *disk = disks->disks[i];

		if (disk->bus == DISK_VIRTIO)
			ret = virtio_pci_open(&disk->pci, virtio_of(disk), host,
				PCI_DEVFN_OF(VIRTIO_FIRST_DISK + disk->place, 0), BLK_CLASS, loop,
				err);
		else if (disk->bus == DISK_NVME)
			ret = attach_nvme(disk, host, loop, err);
	}
	if (!ret && disks->nr_drives)
		ret = ahci_attach(&disks->ahci, host, AHCI_DEVFN, loop, err);
	return ret;
}

void disks_close(struct disks *disks)
{
	ahci_close(&disks->ahci);
	while (disks->nr) {
		struct disk *disk = disks->disks[--disks->nr];

		nvme_close(&disk->nvme);
		root_port_close(&disk->port);
		virtio_pci_close(&disk->pci);
		blk_close(&disk->blk);
		storage_daemon_close(&disk->daemon);
		free(disk);
	}
}

void disks_boot_path(const struct disks *disks, unsigned n, char text[DISKS_BOOT_PATH])
{
	const struct disk *disk = disks->disks[n];

	if (disk->bus == DISK_VIRTIO)
		snprintf(text, DISKS_BOOT_PATH, "/pci@i0cf8/scsi@%x/disk@0,0",
			VIRTIO_FIRST_DISK + disk->place);
	else if (disk->bus == DISK_NVME)
		snprintf(text, DISKS_BOOT_PATH,
			"/pci@i0cf8/pci-bridge@%x/pci8086,5845@0/namespace@1,0",
			VIRTIO_FIRST_DISK + disk->place);
	else
		snprintf(text, DISKS_BOOT_PATH, "/pci@i0cf8/pci8086,2922@%x,%x/drive@%x/disk@0",
			PCI_DEV_OF(AHCI_DEVFN), PCI_FN_OF(AHCI_DEVFN), disk->place);
}
