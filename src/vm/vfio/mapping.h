/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps guest RAM for all devices of one machine, either before its vCPUs start or while they run.
 * In the latter case the gate stays closed until all RAM is mapped, and a vCPU that makes a device
 * a bus master waits for it.
 *
 * The struct must not move between start and stop, which the machine's thread calls.
 */
#ifndef VM_VFIO_MAPPING_H
#define VM_VFIO_MAPPING_H

#include "vm/vfio/backend.h"
#include "vm/vfio/dma.h"
#include "vm/vfio/gate.h"
#include "vm/vfio/reset.h"
#include "vm/vfio/watcher.h"

enum vfio_dma_mode {
	VFIO_DMA_ASYNC, /* map while the guest runs */
	VFIO_DMA_SYNC,  /* map all RAM before vfio_mapping_start() returns */
};

struct vfio_mapping {
	struct vfio_gate gate;
	const struct vfio_owned *owned;
	const struct vfio_watcher *watcher;
	struct vfio_dma_async beside;
	struct vfio_dma *dma; /* one for each IOMMU of the back end */
	char names[VFIO_MAX_IOMMUS][PCI_ADDR_SIZE];
	unsigned nr_dma;

	struct loop_work work;   /* a worker has a result */
	struct loop_timer late;  /* a vCPU has waited for a while */
	const char *waiting_for; /* the device that the guest enabled; NULL: no vCPU waits */
	u64 started;             /* when it started, in ns of the loop's clock */
};

/*
 * Maps @mem for the devices of @backend. @owned: the devices behind the gate. @watcher: receives
 * failures and makes vCPUs wait. Both must outlive the mapping.
 */
int vfio_mapping_start(struct vfio_mapping *mapping, struct vfio_backend *backend, struct mem *mem,
	const struct vfio_owned *owned, const struct vfio_watcher *watcher, enum vfio_dma_mode way,
	struct err *err);
/* How many bytes of guest memory are mapped, of how many; 0 of 0 without devices. */
void vfio_mapping_progress(struct vfio_mapping *mapping, u64 *mapped, u64 *total);
/* The devices must not do DMA any more. Safe if it was not started. */
void vfio_mapping_stop(struct vfio_mapping *mapping);

#endif
