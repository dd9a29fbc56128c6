/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What assigned devices report to their machine, or ask of it, while its guest runs. */
#ifndef VM_VFIO_WATCHER_H
#define VM_VFIO_WATCHER_H

#include "base/err.h"
#include "base/loop.h"

struct vfio_trace;

struct vfio_watcher {
	struct loop *loop;
	/* On the loop's thread: the guest has to give up the device. @why: one sentence. */
	void (*lost)(void *owner, const char *why);
	/* On the loop's thread: guest memory cannot be mapped for the devices. */
	void (*map_failed)(void *owner, const struct err *err);
	/*
	 * Called during a guest's access, with the lock of the PCI hierarchy held: the vCPU that
	 * makes it must wait after the access until resume(), which is called on the loop's thread.
	 * It must not wait within the access, where it could be neither paused nor reset.
	 */
	void (*hold)(void *owner);
	void (*resume)(void *owner);
	void *owner;
	struct vfio_trace *trace; /* records all devices; NULL: no trace */
};

#endif
