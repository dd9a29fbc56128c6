/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * On which of the host's processors the vCPUs' threads run, and with which scheduling policy:
 * docs/user/tuning.md. Plain data, and functions for the machine's thread.
 */
#ifndef VM_VCPU_PLACEMENT_H
#define VM_VCPU_PLACEMENT_H

#include <pthread.h>

#include "base/err.h"
#include "base/types.h"
#include "kernel/sysroot.h"
#include "vm/vcpu/topology.h"

#define PLACEMENT_MAX      255  /* most vCPUs */
#define PLACEMENT_MAX_HOST 4096 /* limit of the host's processor numbers */

struct placement {
	unsigned nr;            /* entries of @cpu: 0, or the number of vCPUs */
	u16 cpu[PLACEMENT_MAX]; /* the host's processor for each vCPU; no two are equal */
	bool realtime;          /* use SCHED_FIFO */
};

/* Where a processor is in the host's topology. */
struct placement_host_cpu {
	unsigned core;    /* the first of the processors that share its core */
	unsigned package; /* the kernel's number */
	unsigned threads; /* how many share its core */
	bool isolated;    /* the kernel puts no thread there that does not ask for it (isolcpus) */
};

/*
 * Returns a topology in which siblings in the guest are siblings on the host. That needs regular
 * order: consecutive vCPUs share a core, and consecutive cores a package, in equal numbers.
 * Otherwise it returns single-threaded cores, or one package. Pure.
 */
struct topology placement_topology(const struct placement_host_cpu *cpus, unsigned nr);

/* The same for @placement on the host whose files are below @sysroot. */
struct topology placement_topology_of(
	const struct sysroot *sysroot, const struct placement *placement);

/*
 * Whether no core of the host is shared by vCPUs that are not siblings in @topology, nor by others:
 * the vCPUs have all threads of their cores, which are isolated. Pure.
 */
bool placement_owns_cores(
	const struct placement_host_cpu *cpus, unsigned nr, const struct topology *topology);

/* The same for @placement on the host whose files are below @sysroot. */
bool placement_owns_cores_of(const struct sysroot *sysroot, const struct placement *placement,
	const struct topology *topology);

/* Sets @attr for the thread of vCPU @index. Returns 0 or a positive errno, as pthread_*() do. */
int placement_set(const struct placement *placement, unsigned index, pthread_attr_t *attr);

/* Says why the thread of vCPU @index could not be started. @code: pthread_create()'s result. */
int placement_explain(const struct placement *placement, unsigned index, int code, struct err *err);

/*
 * Keeps the calling thread, and threads that it starts from then on, off the processors that are
 * pinned to vCPUs, unless that leaves no processor.
 */
void placement_clear(const struct placement *placement);

#endif
