/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory for the devices' DMA: every segment of RAM in the memory map is mapped into an
 * IOMMU at its guest address, for as long as it is there.
 *
 * What is in the map at the start is mapped before vfio_dma_start() returns, or beside it by
 * threads (dma_queue.h); what comes later is mapped before it is there for the guest. Work is cut
 * at borders of VFIO_DMA_GRAIN, or VFIO_DMA_CHUNK where threads do it: no more mappings than
 * the kernel allows, and little enough in one call that nobody waits long for its end.
 *
 * Parts of BARs that are marked for it (mem_region.peer) are mapped, too, so that devices of a
 * guest reach each other; what the IOMMU or the kernel does not take is left out.
 *
 * The owner keeps the struct from start to stop. The map's lock is held while it works.
 */
#ifndef VM_VFIO_DMA_H
#define VM_VFIO_DMA_H

#include "kernel/sysroot.h"
#include "kernel/vfio.h"
#include "vm/mem/mem.h"
#include "vm/vfio/dma_queue.h"

#define VFIO_DMA_GRAIN GIB
#define VFIO_DMA_CHUNK (64 * MIB)

/* Parts of BARs that other devices reach; more than these stay out of reach. */
#define VFIO_DMA_PEERS 64

struct vfio_dma {
	struct mem_observer observer;
	struct mem *mem; /* NULL: not started */
	struct vfio_iommu *iommu;
	const char *name; /* of a device behind the IOMMU, for messages */
	struct vfio_iommu_limits limits;
	u64 ram; /* bytes, when it was started */
	u64 grain;
	bool queueing; /* what is added goes into the queue */
	struct dma_queue queue;
	const struct vfio_dma_beside *beside;
	struct range peers[VFIO_DMA_PEERS]; /* the mapped ones */
	unsigned nr_peers;
};

/* How to map beside the guest. */
struct vfio_dma_beside {
	unsigned workers;
	bool populate; /* allocate a chunk's pages before it is pinned, which is serial */
	/* The outcome is there: vfio_dma_result(). Any thread, perhaps more than once. */
	void (*ended)(void *owner);
	void *owner;
};

/*
 * Maps all RAM, or begins to with @beside, which outlives it; NULL: does it now. A limit on locked
 * memory that is too low, an address that the IOMMU does not take and the like are errors that say
 * so; nothing stays mapped then.
 */
int vfio_dma_start(struct vfio_dma *dma, struct mem *mem, struct vfio_iommu *iommu,
	const char *name, const struct vfio_dma_beside *beside, struct err *err);
/* Safe where it was not started. */
void vfio_dma_stop(struct vfio_dma *dma);

/* 0: all RAM is mapped; -EINPROGRESS; or another -errno with the first failure's message. */
int vfio_dma_result(struct vfio_dma *dma, struct err *err);

/*
 * Whether this process may lock @bytes of guest memory: to be asked before anything is opened.
 * @name: the device that wants it. @sysroot: the running host. @pool: the memory is of the pool of
 * huge pages, which a cgroup's limit of memory does not count.
 */
int vfio_dma_check_limit(
	const struct sysroot *sysroot, u64 bytes, bool pool, const char *name, struct err *err);

#endif
