// SPDX-License-Identifier: GPL-2.0-or-later
/* A source of random numbers for the guest: vm/virtio/rng.h. */
#include "vm/virtio/rng.h"

#include "vm/devices/kinds.h"

struct rng_device {
	struct rng rng;
	struct virtio_pci pci;
};

static bool wanted(const struct machine_config *config)
{
	return config->rng;
}

static int attach(void *dev, const struct device_parts *parts, struct err *err)
{
	struct rng_device *rng = dev;

	rng_open(&rng->rng, parts->loop);
	return virtio_pci_open(&rng->pci, &rng->rng.dev, &parts->board->mch.host,
		PCI_DEVFN_OF(VIRTIO_FIRST_MISC, 0), RNG_CLASS, parts->loop, err);
}

static void close(void *dev)
{
	virtio_pci_close(&((struct rng_device *)dev)->pci);
}

const struct device_kind rng_kind = {
	.name = "rng",
	.size = sizeof(struct rng_device),
	.wanted = wanted,
	.attach = attach,
	.close = close,
};
