/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory for the devices' DMA: every segment of RAM in the memory map is mapped into an
 * IOMMU at its guest address, for as long as it is there.
 *
 * This is the one place that maps. Work is cut at borders of VFIO_DMA_GRAIN, so that it can be
 * given to several threads, or be done beside the running guest, without any other module
 * knowing.
 *
 * The owner keeps the struct from start to stop. The map's lock is held while it works.
 */
#ifndef VM_VFIO_DMA_H
#define VM_VFIO_DMA_H

#include "kernel/vfio.h"
#include "vm/mem/mem.h"

#define VFIO_DMA_GRAIN GIB

struct vfio_dma {
	struct mem_observer observer;
	struct mem *mem; /* NULL: not started */
	struct vfio_iommu *iommu;
	const char *name; /* of a device behind the IOMMU, for messages */
	struct vfio_iommu_limits limits;
};

/*
 * Maps all RAM. A limit on locked memory that is too low, an address that the IOMMU does not
 * take and the like are errors that say so; nothing stays mapped then.
 */
int vfio_dma_start(struct vfio_dma *dma, struct mem *mem, struct vfio_iommu *iommu,
	const char *name, struct err *err);
/* Safe where it was not started. */
void vfio_dma_stop(struct vfio_dma *dma);

/*
 * Whether this process may lock @bytes of guest memory: to be asked before anything is opened.
 * @name: the device that wants it.
 */
int vfio_dma_check_limit(u64 bytes, const char *name, struct err *err);

#endif
