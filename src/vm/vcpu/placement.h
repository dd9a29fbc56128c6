/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which processors of the host run the vCPUs' threads, and how: docs/tuning.md. Plain data, and
 * functions on the machine's thread.
 */
#ifndef VM_VCPU_PLACEMENT_H
#define VM_VCPU_PLACEMENT_H

#include <pthread.h>

#include "base/err.h"
#include "base/types.h"
#include "kernel/sysroot.h"
#include "vm/vcpu/topology.h"

#define PLACEMENT_MAX      255  /* vCPUs */
#define PLACEMENT_MAX_HOST 4096 /* numbers of the host's processors are less */

struct placement {
	unsigned nr;            /* of @cpu: 0, or the number of vCPUs */
	u16 cpu[PLACEMENT_MAX]; /* of the host, for each vCPU; each once */
	bool realtime;          /* SCHED_FIFO */
};

/* What the host's processors are to each other. */
struct placement_host_cpu {
	unsigned core;    /* the first processor of those that share its core */
	unsigned package; /* as the kernel numbers them */
};

/*
 * The topology that makes siblings in the guest of what are siblings on the host, as far as it has
 * an order: consecutive vCPUs share a core, and consecutive cores a package, in equal numbers.
 * Where they do not, cores of one package. Pure.
 */
struct topology placement_topology(const struct placement_host_cpu *cpus, unsigned nr);

/* The same of the host below @sysroot for @placement. */
struct topology placement_topology_of(
	const struct sysroot *sysroot, const struct placement *placement);

/* Sets @attr for the thread of vCPU @index. Returns 0 or a positive errno, as pthread_*() do. */
int placement_set(const struct placement *placement, unsigned index, pthread_attr_t *attr);

/* Says why the thread of vCPU @index could not start: @code is what pthread_create() returned. */
int placement_explain(const struct placement *placement, unsigned index, int code, struct err *err);

/*
 * Keeps the calling thread, and those that it starts later, off the vCPUs' processors where that
 * leaves any.
 */
void placement_clear(const struct placement *placement);

#endif
