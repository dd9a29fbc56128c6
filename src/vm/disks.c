// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/disks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_QUEUES 4 /* a thread each: more do not make a disk quicker */

static unsigned queues_for(const struct disk_config *config, unsigned cpus)
{
	if (config->queues)
		return config->queues;
	return cpus < DEFAULT_QUEUES ? cpus : DEFAULT_QUEUES;
}

int disks_open(struct disks *disks, const struct disk_config *configs, unsigned nr, unsigned cpus,
	struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; i < nr && !ret; i++) {
		struct blk_config config = {
			.path = configs[i].path,
			.serial = configs[i].serial,
			.read_only = configs[i].read_only,
			.direct = configs[i].direct,
			.packed = !configs[i].split,
			.queues = queues_for(&configs[i], cpus),
		};
		struct disk *disk = calloc(1, sizeof(*disk));

		if (!disk)
			return err_sys(err, ENOMEM, "cannot set up disk %s", config.path);
		disks->disks[disks->nr++] = disk;
		ret = blk_open(&disk->blk, &config, err);
	}
	return ret;
}

int disks_attach(struct disks *disks, struct pci_host *host, struct loop *loop, struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; i < disks->nr && !ret; i++)
		ret = virtio_pci_open(&disks->disks[i]->pci, &disks->disks[i]->blk.dev, host,
			PCI_DEVFN_OF(VIRTIO_FIRST_DISK + i, 0), BLK_CLASS, loop, err);
	return ret;
}

void disks_close(struct disks *disks)
{
	while (disks->nr) {
		struct disk *disk = disks->disks[--disks->nr];

		virtio_pci_close(&disk->pci);
		blk_close(&disk->blk);
		free(disk);
	}
}

void disks_boot_path(unsigned n, char text[DISKS_BOOT_PATH])
{
	snprintf(text, DISKS_BOOT_PATH, "/pci@i0cf8/scsi@%x/disk@0,0", VIRTIO_FIRST_DISK + n);
}
