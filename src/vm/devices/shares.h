/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The directories of the host's that the guest shares: vm/virtio/fs.h, each on the guest's root
 * bus. */
#ifndef VM_DEVICES_SHARES_H
#define VM_DEVICES_SHARES_H

#include "vm/virtio/fs.h"
#include "vm/virtio/virtio_pci.h"

#define SHARES_MAX VIRTIO_MAX_SHARES

/* As the user asks for it. Strings outlive the machine. */
struct share_request {
	const char *directory;
	const char *tag;
	bool read_only;
};

struct share {
	struct fs fs;
	struct virtio_pci pci;
};

struct shares {
	struct share *shares[SHARES_MAX];
	unsigned nr;
};

/* Starts the programs. At most SHARES_MAX. From the thread that runs @loop. */
int shares_open(struct shares *shares, const struct share_request *requests, unsigned nr,
	struct loop *loop, struct err *err);
/* Puts them into the guest, whose RAM is shared (ram_open_shared()). */
int shares_attach(struct shares *shares, struct pci_host *host, struct loop *loop, struct err *err);
/* No vCPU runs. Safe on a zeroed struct. */
void shares_close(struct shares *shares);

#endif
