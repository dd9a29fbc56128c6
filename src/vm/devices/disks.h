/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's disks: files and block devices of the host, each a virtio block device at a place
 * of its own on the root bus, in the order in which they are named. Raw ones are served here
 * (vm/virtio/blk.h), those of other formats by a program of QEMU's (vm/virtio/storage_daemon.h).
 */
#ifndef VM_DEVICES_DISKS_H
#define VM_DEVICES_DISKS_H

#include "base/loop.h"
#include "vm/pci/pci_bus.h"
#include "vm/virtio/blk.h"
#include "vm/virtio/storage_daemon.h"
#include "vm/virtio/virtio_pci.h"

#define DISKS_MAX VIRTIO_MAX_DISKS

/* As the user asks for it. */
struct disk_config {
	const char *path;
	const char *format; /* raw, qcow2, ...; NULL: what the file's bytes and its name say */
	const char *serial; /* may be NULL; at most BLK_SERIAL bytes */
	bool read_only;
	bool backing;    /* it may name other files, see vm/virtio/disk_chain.h */
	bool direct;     /* past the host's page cache (O_DIRECT) */
	bool split;      /* no packed rings */
	unsigned queues; /* 0: as suits the number of processors */
};

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

/* Disk @n as firmware names it in fw_cfg's bootorder: "/pci@i0cf8/scsi@10/disk@0,0". */
#define DISKS_BOOT_PATH 48
void disks_boot_path(unsigned n, char text[DISKS_BOOT_PATH]);

#endif
