/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio devices beside the disks, as the user asks for them: network cards, shared directories, a
 * source of random numbers.
 */
#ifndef VM_DEVICES_PERIPHERALS_H
#define VM_DEVICES_PERIPHERALS_H

#include "vm/devices/nets.h"
#include "vm/devices/shares.h"
#include "vm/virtio/rng.h"

/* Plain data; strings outlive the machine. */
struct peripherals_config {
	const struct net_request *nets;
	unsigned nr_nets;
	const struct share_request *shares;
	unsigned nr_shares;
	bool rng;
};

struct peripherals {
	struct nets nets;
	struct shares shares;
	struct rng rng;
	struct virtio_pci rng_pci;
};

/*
 * Opens the host's side and starts programs. @machine: as for nets_open(). From the thread that
 * runs @loop, and before any other thread.
 */
int peripherals_open(struct peripherals *peripherals, const struct peripherals_config *config,
	const char *machine, struct loop *loop, struct err *err);
/* Whether another process has to reach the guest's memory. */
bool peripherals_want_shared_memory(const struct peripherals *peripherals);
/* Puts them into the guest. */
int peripherals_attach(struct peripherals *peripherals, const struct peripherals_config *config,
	struct pci_host *host, struct loop *loop, struct err *err);
/* No vCPU runs. Safe on a zeroed struct. */
void peripherals_close(struct peripherals *peripherals);

#endif
