/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A record of what assigned devices are asked and what they answer, in a file of mmiotrace's text
 * format: accesses to config space, BARs, VGA and ROM that reach the hardware, changes of its
 * interrupts, and each interrupt. A guest's accesses to pages of BARs do not leave the guest and
 * are missing; with mmap=off there are none.
 *
 * A device is traced by standing before it: vfio_trace_device() gives one whose operations
 * write and then call the other's. Each region has a map of its own, at an address made up for it:
 * the number of the device and of the region, then the offset. Marks name them.
 *
 * Interrupts pass through the loop's thread while they are traced.
 */
#ifndef VM_VFIO_TRACE_H
#define VM_VFIO_TRACE_H

#include <pthread.h>
#include <stdio.h>

#include "base/loop.h"
#include "kernel/vfio.h"
#include "pci/addr.h"

struct vfio_traced;

struct vfio_trace {
	struct loop *loop;
	pthread_mutex_t lock;        /* of what follows */
	FILE *file;                  /* NULL: not open */
	bool failed;                 /* it ends here; said once */
	u64 max;                     /* bytes of @file; 0: any */
	struct vfio_traced *devices; /* also those that are closed */
	unsigned nr_devices;
};

/* @path is made anew, for this user alone, and is no link. @max: bytes of it, 0: any. */
int vfio_trace_open(
	struct vfio_trace *trace, const char *path, u64 max, struct loop *loop, struct err *err);
/* Its devices are closed. Safe on a zeroed struct. */
void vfio_trace_close(struct vfio_trace *trace);

/*
 * A device that is @dev, traced. It is closed like any other, and closes @dev then. NULL without
 * memory.
 */
struct vfio_device *vfio_trace_device(
	struct vfio_trace *trace, struct vfio_device *dev, struct pci_addr addr);

#endif
