/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records the accesses to assigned devices and their interrupts in a file of mmiotrace's text
 * format: all accesses to config space, BARs, VGA and ROM that reach the hardware through tenon,
 * all changes of the interrupts' setup, and each interrupt. Accesses to mapped pages of BARs do not
 * exit and are missing; with mmap=off no page is mapped.
 *
 * vfio_trace_device() wraps a device in one whose operations write a record and then call the
 * original. Each region gets its own map, at a made-up address: the number of the device and of the
 * region, then the offset. Marks in the file name the maps.
 *
 * While interrupts are traced, they take the way through the loop's thread.
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
	pthread_mutex_t lock;        /* protects everything below */
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
 * Returns a device that traces @dev. It is closed like any other device, and then closes @dev. NULL
 * if there is no memory.
 */
struct vfio_device *vfio_trace_device(
	struct vfio_trace *trace, struct vfio_device *dev, struct pci_addr addr);

#endif
