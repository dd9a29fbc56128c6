/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processor topology of a machine: packages of cores of threads, and the APIC ids that encode
 * it. An id has one bit field for the thread, one for the core, and one for the package above them,
 * each as wide as its count needs (Intel SDM 3A, 9.9.1; AMD APM 3, appendix E.5). Pure functions.
 */
#ifndef VM_VCPU_TOPOLOGY_H
#define VM_VCPU_TOPOLOGY_H

#include "base/err.h"
#include "base/types.h"

struct topology {
	unsigned sockets;
	unsigned cores;   /* per socket */
	unsigned threads; /* per core */
};

/*
 * Replaces zero counts so that the product is @nr_cpus, preferring cores over threads and sockets.
 * Returns -EINVAL if there is no such topology, or if its APIC ids do not fit.
 */
int topology_complete(struct topology *topology, unsigned nr_cpus, struct err *err);

unsigned topology_cpus(const struct topology *topology);

/* How many low bits of an APIC id enumerate the threads of a core, and the threads of a package. */
unsigned topology_thread_bits(const struct topology *topology);
unsigned topology_package_bits(const struct topology *topology);

/* The APIC id of processor @cpu; processors are numbered by thread, then core, then socket. */
u32 topology_apic_id(const struct topology *topology, unsigned cpu);

#endif
