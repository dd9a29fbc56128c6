/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory for the devices' DMA: every segment of RAM in the memory map is mapped into an IOMMU
 * at its guest physical address, for as long as it is in the map.
 *
 * Segments that are in the map at the start are mapped before vfio_dma_start() returns, or in the
 * background by threads (dma_queue.h). Later ones are mapped before the guest can access them.
 * Mappings are split at multiples of VFIO_DMA_GRAIN, or of VFIO_DMA_CHUNK where threads make them:
 * large enough to stay below the kernel's limit of mappings, and small enough that no single call
 * takes long.
 *
 * Parts of BARs that are marked for peer-to-peer DMA (mem_region.peer) are mapped, too; those that
 * the IOMMU or the kernel refuses are left out.
 *
 * The owner keeps the struct from start to stop. The memory map's lock is held during all mapping
 * and unmapping except that by the queue's threads.
 */
#ifndef VM_VFIO_DMA_H
#define VM_VFIO_DMA_H

#include "kernel/sysroot.h"
#include "kernel/vfio.h"
#include "vm/mem/mem.h"
#include "vm/vfio/dma_queue.h"

#define VFIO_DMA_GRAIN GIB
#define VFIO_DMA_CHUNK (64 * MIB)

/* Parts of BARs for peer-to-peer DMA; any more than these are not mapped. */
#define VFIO_DMA_PEERS         64
#define VFIO_DMA_UNASKED_PEERS 32 /* of them those that the user has not asked for */

struct vfio_dma {
	struct mem_observer observer;
	struct mem *mem; /* NULL: not started */
	struct vfio_iommu *iommu;
	const char *name; /* a device behind the IOMMU, for messages */
	struct vfio_iommu_limits limits;
	u64 ram; /* bytes at the start */
	u64 grain;
	bool queueing; /* added segments go into the queue */
	struct dma_queue queue;
	const struct vfio_dma_async *beside;
	struct range peers[VFIO_DMA_PEERS]; /* those that are mapped */
	unsigned nr_peers;
};

/* How to map in the background, while the guest runs. */
struct vfio_dma_async {
	unsigned workers;
	bool populate; /* fault in a chunk's pages before the (serial) pinning */
	/* vfio_dma_result() has a final result. Called on any thread, perhaps more than once. */
	void (*ended)(void *owner);
	void *owner;
};

/*
 * Maps all RAM. With @beside, which must outlive the mappings, it only starts the threads that do
 * so; NULL: it maps everything before it returns. If the limit of locked memory is too low, or the
 * IOMMU cannot reach an address, the error says so; nothing stays mapped then.
 */
int vfio_dma_start(struct vfio_dma *dma, struct mem *mem, struct vfio_iommu *iommu,
	const char *name, const struct vfio_dma_async *beside, struct err *err);
/* Safe if it was not started. */
void vfio_dma_stop(struct vfio_dma *dma);

/* 0: all RAM is mapped; -EINPROGRESS; or another -errno with the first failure's message. */
int vfio_dma_result(struct vfio_dma *dma, struct err *err);

/*
 * Checks whether this process may lock @bytes of guest memory; call it before anything is opened.
 * @name: the device that needs it. @sysroot: the running host. @pool: the memory is from the pool
 * of huge pages, which does not count towards a cgroup's memory limit.
 */
int vfio_dma_check_limit(
	const struct sysroot *sysroot, u64 bytes, bool pool, const char *name, struct err *err);

#endif
