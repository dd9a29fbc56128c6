// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/devices/peripherals.h"

int peripherals_open(struct peripherals *p, const struct peripherals_config *config,
	const char *machine, struct loop *loop, struct err *err)
{
	int ret = nets_open(&p->nets, config->nets, config->nr_nets, machine, loop, err);

	if (!ret)
		ret = shares_open(&p->shares, config->shares, config->nr_shares, loop, err);
	return ret;
}

bool peripherals_want_shared_memory(const struct peripherals *p)
{
	return p->shares.nr;
}

int peripherals_attach(struct peripherals *p, const struct peripherals_config *config,
	struct pci_host *host, struct loop *loop, struct err *err)
{
	int ret = nets_attach(&p->nets, host, err);

	if (!ret)
		ret = shares_attach(&p->shares, host, loop, err);
	if (ret || !config->rng)
		return ret;
	rng_open(&p->rng, loop);
	return virtio_pci_open(&p->rng_pci, &p->rng.dev, host, PCI_DEVFN_OF(VIRTIO_FIRST_MISC, 0),
		RNG_CLASS, loop, err);
}

void peripherals_close(struct peripherals *p)
{
	virtio_pci_close(&p->rng_pci);
	shares_close(&p->shares);
	nets_close(&p->nets);
}
