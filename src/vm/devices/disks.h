/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's disks and CD-ROM drives: files and block devices of the host, in the order in which
 * they are named. A virtio block device has a place of its own on the root bus: raw ones are served
 * here (vm/virtio/blk.h), those of other formats by a program of QEMU's
 * (vm/virtio/storage_daemon.h). An NVMe controller (vm/nvme/nvme.h) has such a place for its root
 * port. SATA disks and CD-ROM drives are the ports of one controller (vm/ahci/ahci.h), disks before
 * CDs. Both are raw.
 */
#ifndef VM_DEVICES_DISKS_H
#define VM_DEVICES_DISKS_H

#include "base/loop.h"
#include "vm/ahci/ahci.h"
#include "vm/nvme/nvme.h"
#include "vm/pci/pci_bus.h"
#include "vm/virtio/blk.h"
#include "vm/virtio/storage_daemon.h"
#include "vm/virtio/virtio_pci.h"

#define DISKS_MAX        (VIRTIO_MAX_DISKS + AHCI_MAX_PORTS)
#define DISKS_MAX_CDROMS 4

enum disk_bus { DISK_VIRTIO, DISK_SATA, DISK_NVME, DISK_CDROM };

/* As the user asks for it. */
struct disk_config {
	enum disk_bus bus;
	const char *path;
	const char *format; /* raw, qcow2, ...; NULL: what the file's bytes and its name say */
	const char *serial; /* may be NULL; at most BLK_SERIAL bytes */
	bool read_only;
	bool direct;     /* past the host's page cache (O_DIRECT) */
	bool split;      /* virtio: no packed rings */
	unsigned queues; /* not of SATA; 0: as suits the number of processors */
};

struct disk {
	enum disk_bus bus;
	unsigned place; /* of those on the root bus; SATA, CD-ROM: the controller's port */

	/* DISK_VIRTIO: */
	struct blk blk; /* one of the two */
	struct storage_daemon daemon;
	bool by_daemon;
	struct virtio_pci pci;

	/* DISK_NVME: */
	struct root_port port;
	struct nvme nvme;
};

struct disks {
	struct disk *disks[DISKS_MAX]; /* CD-ROM drives are the last */
	unsigned nr;
	unsigned nr_places; /* that are taken on the root bus */
	struct ahci_drive_config drives[AHCI_MAX_PORTS];
	unsigned nr_drives;
	struct ahci ahci; /* there where there are drives */
};

/*
 * Opens and locks the files, before anything of the host changes. At most DISKS_MAX. From the
 * thread that runs @loop.
 */
int disks_open(struct disks *disks, const struct disk_config *configs, unsigned nr, unsigned cpus,
	struct loop *loop, struct err *err);
/* Whether another process serves one, and has to reach the guest's memory. */
bool disks_want_shared_memory(const struct disks *disks);
/* Puts them into the guest. */
int disks_attach(struct disks *disks, struct pci_host *host, struct loop *loop, struct err *err);
/* What the guest has written is on its way as far as it asked. No vCPU runs. Safe on a zeroed
 * struct. */
void disks_close(struct disks *disks);

/*
 * The @n-th that firmware starts from, as it is named in fw_cfg's bootorder: disks, such as
 * "/pci@i0cf8/scsi@10/disk@0,0", before CD-ROM drives.
 */
#define DISKS_BOOT_PATH 64
void disks_boot_path(const struct disks *disks, unsigned n, char text[DISKS_BOOT_PATH]);

#endif
