/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mapping of guest RAM for all devices of one machine: before its vCPUs start, or beside
 * them. Then the gate is closed until all is mapped, and a vCPU that makes a device a bus
 * master waits for it.
 *
 * The struct stays at one address from start to stop, which are the machine's thread's.
 */
#ifndef VM_VFIO_MAPPING_H
#define VM_VFIO_MAPPING_H

#include "vm/vfio/backend.h"
#include "vm/vfio/dma.h"
#include "vm/vfio/gate.h"
#include "vm/vfio/reset.h"
#include "vm/vfio/watcher.h"

enum vfio_dma_mode {
	VFIO_DMA_ASYNC, /* the guest runs meanwhile */
	VFIO_DMA_SYNC,  /* all is mapped when vfio_mapping_start() returns */
};

struct vfio_mapping {
	struct vfio_gate gate;
	const struct vfio_owned *owned;
	const struct vfio_watcher *watcher;
	struct vfio_dma_beside beside;
	struct vfio_dma *dma; /* one for each IOMMU of the back end */
	char names[VFIO_MAX_IOMMUS][PCI_ADDR_SIZE];
	unsigned nr_dma;

	struct loop_work work;   /* a worker has news */
	struct loop_timer late;  /* a vCPU has waited for a while */
	const char *waiting_for; /* the device that it wants to start, NULL: no vCPU waits */
	u64 started;             /* ns of the loop's clock */
};

/*
 * Maps @mem for the devices of @backend. @owned are the devices behind the gate, @watcher is told
 * of what happens; both outlive the mapping.
 */
int vfio_mapping_start(struct vfio_mapping *mapping, struct vfio_backend *backend, struct mem *mem,
	const struct vfio_owned *owned, const struct vfio_watcher *watcher, enum vfio_dma_mode way,
	struct err *err);
/* The devices do no DMA any more. Safe where it was not started. */
void vfio_mapping_stop(struct vfio_mapping *mapping);

#endif
