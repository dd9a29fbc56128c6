// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The machine's disks and CD-ROM drives: files and block devices of the host, in the order in which
 * the user names them. A virtio block device has a slot of its own on the root bus. Raw images are
 * served in this process (vm/virtio/blk.h), other formats by QEMU's storage daemon
 * (vm/virtio/storage_daemon.h), to SATA and NVMe over NBD. The root port of an NVMe controller
 * (vm/nvme/nvme.h) has such a slot, too. SATA disks and CD-ROM drives are the ports of one
 * controller (vm/ahci/ahci.h), disks before CDs. CDs are raw. USB disks (vm/usb/storage.h) are
 * plugged into the machine's USB controller.
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
#include "vm/devices/disks.h"
#include "vm/nvme/nvme.h"
#include "vm/usb/storage.h"
#include "vm/virtio/blk.h"
#include "vm/virtio/disk_format.h"
#include "vm/virtio/storage_daemon.h"
#include "vm/virtio/virtio_pci.h"

#define DEFAULT_QUEUES 4 /* each has a thread; more do not make a disk faster */

struct disk {
	const struct disk_config *config;
	enum disk_bus bus;
	unsigned place; /* its slot on the root bus; SATA, CD-ROM: the controller's port */

	/* DISK_VIRTIO: */
	struct blk blk; /* @blk or @daemon is in use */
	struct storage_daemon daemon;
	bool by_daemon;
	struct virtio_pci pci;

	/* DISK_NVME: */
	struct root_port port;
	struct nvme nvme;

	/* DISK_USB: */
	struct usb_storage usb;
};

struct disks {
	struct disk *disks[DISKS_MAX]; /* CD-ROM drives are the last */
	unsigned nr;
	unsigned nr_places; /* slots that are taken on the root bus */
	struct ahci_drive_config drives[AHCI_MAX_PORTS];
	unsigned nr_drives;
	bool unconfined;   /* the sandbox is off */
	struct ahci ahci;  /* open only if there are drives */
	struct xhci *xhci; /* of the USB disks that are plugged in */
	u64 bounce_used;   /* see vm/block/request.h */
};

static unsigned queues_for(const struct disk_config *config, unsigned cpus)
{
	if (config->queues)
		return config->queues;
	return cpus < DEFAULT_QUEUES ? cpus : DEFAULT_QUEUES;
}

/*
 * A file that cannot be read is taken for raw: opening it later gives a better error. *@is_device:
 * whether it is a block device.
 */
static int find_format(
	const struct disk_config *config, const char **format, bool *is_device, struct err *err)
{
	own_fd int fd = open(config->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	u8 head[DISK_FORMAT_HEAD];
	ssize_t size = fd < 0 ? 0 : pread(fd, head, sizeof(head), 0);
	struct stat st;

	*is_device = fd >= 0 && !fstat(fd, &st) && S_ISBLK(st.st_mode);
	if (fd < 0 && (!config->format || errno == ENOENT)) {
		*format = DISK_FORMAT_RAW;
		return 0;
	}
	return disk_format_find(
		format, config->path, head, size < 0 ? 0 : size, config->format, err);
}

/* @connections: of NBD; 0: the daemon is a virtio device. */
static int open_daemon(const struct disks *disks, struct disk *disk,
	const struct disk_config *config, const char *format, bool is_device, unsigned queues,
	unsigned connections, struct loop *loop, struct err *err)
{
	const struct storage_daemon_config daemon = {
		.path = config->path,
		.format = format,
		.read_only = config->read_only,
		.direct = config->direct,
		.block_device = is_device,
		.backing = config->backing,
		.unconfined = disks->unconfined,
		.queues = queues,
		.connections = connections,
		.loop = loop,
	};

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
		.bounce_used = &disks->bounce_used,
		.loop = loop,
	};
	const char *format;
	bool is_device;
	int ret;

	ret = take_place(disks, disk, err);
	if (!ret)
		ret = find_format(config, &format, &is_device, err);
	if (ret)
		return ret;
	if (strcmp(format, DISK_FORMAT_RAW) && config->serial)
		return err_set(err, EINVAL,
			"disk %s: with bus=virtio only a raw disk can have a serial number",
			config->path);
	if (strcmp(format, DISK_FORMAT_RAW))
		return open_daemon(
			disks, disk, config, format, is_device, blk.queues, 0, loop, err);
	return blk_open(&disk->blk, &blk, err);
}

/*
 * Has a daemon serve a disk that is not raw, to a device with @connections threads, and sets *@nbd.
 * Refuses options that only virtio disks can have.
 */
static int open_image(const struct disks *disks, struct disk *disk,
	const struct disk_config *config, unsigned connections, struct loop *loop,
	struct nbd_export **nbd, struct err *err)
{
	const char *format;
	bool is_device;
	int ret;

	if (config->split)
		return err_set(err, EINVAL, "disk %s: packed is for bus=virtio", config->path);
	ret = find_format(config, &format, &is_device, err);
	if (ret || !strcmp(format, DISK_FORMAT_RAW))
		return ret;
	*nbd = &disk->daemon.nbd;
	return open_daemon(disks, disk, config, format, is_device, 0, connections, loop, err);
}

static int open_nvme(struct disks *disks, struct disk *disk, const struct disk_config *config,
	unsigned cpus, struct loop *loop, struct err *err)
{
	struct nvme_config nvme = {
		.path = config->path,
		.serial = config->serial,
		.read_only = config->read_only,
		.direct = config->direct,
		.bounce_used = &disks->bounce_used,
		.queues = queues_for(config, cpus),
	};
	int ret = open_image(disks, disk, config, nvme_threads(nvme.queues), loop, &nvme.nbd, err);

	if (!ret)
		ret = take_place(disks, disk, err);
	return ret ? ret : nvme_open(&disk->nvme, &nvme, err);
}

static int open_usb(struct disks *disks, struct disk *disk, const struct disk_config *config,
	struct loop *loop, struct err *err)
{
	struct usb_storage_config usb = {
		.path = config->path,
		.serial = config->serial,
		.read_only = config->read_only,
		.direct = config->direct,
		.bounce_used = &disks->bounce_used,
	};
	int ret;

	if (config->queues)
		return err_set(err, EINVAL, "disk %s: queues is not for bus=usb", config->path);
	ret = open_image(disks, disk, config, 1, loop, &usb.nbd, err);
	return ret ? ret : usb_storage_open(&disk->usb, &usb, err);
}

static int open_sata(const struct disks *disks, struct disk *disk, const struct disk_config *config,
	struct loop *loop, struct nbd_export **nbd, struct err *err)
{
	if (config->queues)
		return err_set(err, EINVAL, "disk %s: queues is not for bus=sata", config->path);
	/* Refused later, with a reason. */
	if (config->read_only)
		return 0;
	return open_image(disks, disk, config, 1, loop, nbd, err);
}

/* Adds a drive to the controller, which is opened once all of its drives are known. */
static int add_drive(struct disks *disks, struct disk *disk, const struct disk_config *config,
	struct loop *loop, struct err *err)
{
	struct nbd_export *nbd = NULL;
	int ret = config->bus == DISK_SATA ? open_sata(disks, disk, config, loop, &nbd, err) : 0;

	if (ret)
		return ret;
	if (disks->nr_drives == AHCI_MAX_PORTS)
		return err_set(
			err, E2BIG, "more than %d SATA disks and CD-ROM drives", AHCI_MAX_PORTS);
	disk->place = disks->nr_drives++;
	disks->drives[disk->place] = (struct ahci_drive_config){
		.kind = config->bus == DISK_CDROM ? AHCI_CDROM : AHCI_DISK,
		.path = config->path,
		.nbd = nbd,
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
		disk->config = &configs[i];
		disk->bus = configs[i].bus;
		if (disk->bus == DISK_VIRTIO)
			ret = open_virtio(disks, disk, &configs[i], cpus, loop, err);
		else if (disk->bus == DISK_NVME)
			ret = open_nvme(disks, disk, &configs[i], cpus, loop, err);
		else if (disk->bus == DISK_USB)
			ret = open_usb(disks, disk, &configs[i], loop, err);
		else
			ret = add_drive(disks, disk, &configs[i], loop, err);
	}
	return ret;
}

/*
 * Whether @a and @b are one file or block device. Files that cannot be found out about are not:
 * opening them gives a better error.
 */
static bool is_same(const char *a, const char *b)
{
	struct stat of_a, of_b;

	if (stat(a, &of_a) || stat(b, &of_b))
		return false;
	if (S_ISBLK(of_a.st_mode) && S_ISBLK(of_b.st_mode))
		return of_a.st_rdev == of_b.st_rdev;
	return of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
}

static bool only_read(const struct disk_config *config)
{
	return config->read_only || config->bus == DISK_CDROM;
}

/* The guest would see two disks and destroy what is on both. */
static int check_twice(const struct machine_config *config, struct err *err)
{
	const struct disk_config *disks = config->disks;

	for (unsigned i = 0; i < config->nr_disks; i++)
		for (unsigned n = 0; n < i; n++) {
			if ((only_read(&disks[i]) && only_read(&disks[n])) ||
				!is_same(disks[i].path, disks[n].path))
				continue;
			err_set(err, EINVAL, "disk %s is named twice", disks[n].path);
			return err_help(err,
				"A disk that the guest writes to can be in the machine "
				"only once; a machine file may name it already.");
		}
	return 0;
}

static bool wanted(const struct machine_config *config)
{
	return config->nr_disks;
}

static int open_all(void *dev, const struct device_parts *parts, struct err *err)
{
	const struct machine_config *config = parts->config;
	struct disks *disks = dev;
	int ret = check_twice(config, err);

	disks->unconfined = config->sandbox == SANDBOX_OFF;
	if (!ret)
		ret = open_some(disks, config->disks, config->nr_disks, false, config->cpus,
			parts->loop, err);
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
		if (disks->disks[i]->bus == DISK_VIRTIO && disks->disks[i]->by_daemon)
			return true;
	return false;
}

static struct virtio_dev *virtio_of(struct disk *disk)
{
	return disk->by_daemon ? &disk->daemon.user.dev : &disk->blk.dev;
}

/*
 * Behind a root port, because SeaBIOS may place a BAR on the root bus above 4 GiB, where it cannot
 * access the controller itself.
 */
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

static int plug_usb(
	struct disks *disks, struct disk *disk, const struct device_parts *parts, struct err *err)
{
	disks->xhci = usb_controller(parts->set);
	return xhci_plug(disks->xhci, &disk->usb.dev, err);
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
		else if (disk->bus == DISK_NVME)
			ret = attach_nvme(disk, host, parts->loop, err);
		else if (disk->bus == DISK_USB)
			ret = plug_usb(disks, disk, parts, err);
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

		if (disks->xhci)
			xhci_unplug(disks->xhci, &disk->usb.dev);
		usb_storage_close(&disk->usb);
		nvme_close(&disk->nvme);
		root_port_close(&disk->port);
		virtio_pci_close(&disk->pci);
		blk_close(&disk->blk);
		storage_daemon_close(&disk->daemon);
		free(disk);
	}
}

/*
 * The disk's name in the firmware's boot order. OVMF recognises NVMe and SATA only by the ids of
 * QEMU's controllers.
 */
static void path_of(const struct disks *disks, const struct disk *disk, char path[BOOT_PATH_SIZE])
{
	unsigned device = VIRTIO_FIRST_DISK + disk->place;

	if (disk->bus == DISK_VIRTIO)
		snprintf(path, BOOT_PATH_SIZE, "/pci@i0cf8/scsi@%x/disk@0,0", device);
	else if (disk->bus == DISK_NVME)
		snprintf(path, BOOT_PATH_SIZE,
			"/pci@i0cf8/pci-bridge@%x/pci8086,5845@0/namespace@1,0", device);
	else if (disk->bus == DISK_USB)
		snprintf(path, BOOT_PATH_SIZE, "/pci@i0cf8/usb@%x,%x/storage@%x/channel@0/disk@0,0",
			PCI_DEV_OF(disks->xhci->pci.devfn), PCI_FN_OF(disks->xhci->pci.devfn),
			disk->usb.dev.port);
	else
		snprintf(path, BOOT_PATH_SIZE, "/pci@i0cf8/pci8086,2922@%x,%x/drive@%x/disk@0",
			PCI_DEV_OF(AHCI_DEVFN), PCI_FN_OF(AHCI_DEVFN), disk->place);
}

static void boot_order(const void *dev, enum boot_source source, struct blob *order)
{
	const struct disks *disks = dev;

	for (unsigned i = 0; i < disks->nr; i++) {
		bool cdrom = disks->disks[i]->bus == DISK_CDROM;
		char path[BOOT_PATH_SIZE];

		if (source != (cdrom ? BOOT_CDROM : BOOT_DISK))
			continue;
		path_of(disks, disks->disks[i], path);
		boot_order_add(order, path);
	}
}

static const struct block_counts *counts_of(const struct disks *disks, const struct disk *disk)
{
	switch (disk->bus) {
	case DISK_VIRTIO:
		return disk->by_daemon ? NULL : &disk->blk.file.counts;
	case DISK_NVME:
		return &disk->nvme.file.counts;
	case DISK_USB:
		return &disk->usb.file.counts;
	default:
		return &disks->ahci.ports[disk->place].file.counts;
	}
}

bool disks_look(const struct device_set *set, unsigned n, struct disk_look *look)
{
	struct disks *disks = device_of(set, &disks_kind);
	const struct disk *disk;

	if (!disks || n >= disks->nr)
		return false;
	disk = disks->disks[n];
	*look = (struct disk_look){
		.config = disk->config,
		.removable = disk->bus == DISK_CDROM,
		.counts = counts_of(disks, disk),
	};
	if (look->removable)
		ahci_tray_look(&disks->ahci, disk->place, &look->tray_open, &look->locked);
	return true;
}

int disks_tray(const struct device_set *set, unsigned n, bool open, bool force)
{
	struct disks *disks = device_of(set, &disks_kind);

	if (!disks || n >= disks->nr || disks->disks[n]->bus != DISK_CDROM)
		return -ENODEV;
	return ahci_tray(&disks->ahci, disks->disks[n]->place, open, force);
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
