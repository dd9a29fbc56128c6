/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What assigned devices ask of the machine that they are in while its guest runs. */
#ifndef VM_VFIO_WATCHER_H
#define VM_VFIO_WATCHER_H

#include "base/err.h"
#include "base/loop.h"

struct vfio_trace;

struct vfio_watcher {
	struct loop *loop;
	/* On the loop's thread: the guest cannot keep the device. @why: one sentence. */
	void (*lost)(void *owner, const char *why);
	/* On the loop's thread: guest memory cannot be given to the devices. */
	void (*map_failed)(void *owner, const struct err *err);
	/*
	 * In a guest's access, under the lock of the PCI hierarchy: the vCPU that makes it is to
	 * wait when the access is over, until resume(), which comes on the loop's thread. It must
	 * not wait in the access itself, where it could neither be paused nor reset.
	 */
	void (*hold)(void *owner);
	void (*resume)(void *owner);
	void *owner;
	struct vfio_trace *trace; /* of the devices; NULL: none */
};

#endif
