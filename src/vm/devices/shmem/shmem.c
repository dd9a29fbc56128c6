// SPDX-License-Identifier: GPL-2.0-or-later
/* --shmem: memory that the guest shares with a program of the host, such as Looking Glass. */
#include <errno.h>

#include "base/log.h"
#include "vm/devices/kinds.h"
#include "vm/devices/shmem/backing.h"
#include "vm/devices/shmem/ivshmem.h"

/* The highest free place up to here: those above are for devices of virtio. */
#define HIGHEST 15

struct shmem {
	struct shmem_backing backing;
	struct ivshmem dev;
};

static bool wanted(const struct machine_config *config)
{
	return config->shmem.size;
}

static int open(void *dev, const struct device_parts *parts, struct err *err)
{
	struct shmem *shmem = dev;
	const struct shmem_config *config = &parts->config->shmem;
	int ret = shmem_backing_open(&shmem->backing, config->path, config->size, err);

	if (!ret)
		log_info("the guest shares %llu MiB with this host, in %s",
			(unsigned long long)(config->size / MIB), config->path);
	return ret;
}

static int attach(void *dev, const struct device_parts *parts, struct err *err)
{
	struct shmem *shmem = dev;
	struct pci_host *host = &parts->board->mch.host;

	for (u8 place = HIGHEST; place; place--)
		if (!host->root.devs[PCI_DEVFN_OF(place, 0)])
			return ivshmem_open(&shmem->dev, host, PCI_DEVFN_OF(place, 0),
				shmem->backing.memory, shmem->backing.size, shmem->backing.fd, err);
	return err_set(err, EBUSY, "--shmem: the root bus is full");
}

static void close(void *dev)
{
	struct shmem *shmem = dev;

	ivshmem_close(&shmem->dev);
	shmem_backing_close(&shmem->backing);
}

const struct device_kind shmem_kind = {
	.name = "shmem",
	.size = sizeof(struct shmem),
	.wanted = wanted,
	.open = open,
	.attach = attach,
	.close = close,
};
