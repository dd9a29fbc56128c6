/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the processors of a machine are arranged: packages of cores of threads, and the APIC ids
 * that tell it. An id has a field of bits for the thread, one for the core and the package above
 * them, each as wide as its count needs (Intel SDM 3A, 9.9.1; AMD APM 3, appendix E.5). Pure.
 */
#ifndef VM_VCPU_TOPOLOGY_H
#define VM_VCPU_TOPOLOGY_H

#include "base/err.h"
#include "base/types.h"

struct topology {
	unsigned sockets;
	unsigned cores;   /* of a socket */
	unsigned threads; /* of a core */
};

/* A zero count is chosen so that all of them make @nr_cpus: cores, if it can be. */
int topology_complete(struct topology *topology, unsigned nr_cpus, struct err *err);

unsigned topology_cpus(const struct topology *topology);

/* How many low bits of an APIC id number the threads of a core, and the threads of a package. */
unsigned topology_thread_bits(const struct topology *topology);
unsigned topology_package_bits(const struct topology *topology);

/* The APIC id of processor @cpu: threads first, then cores, then sockets. */
u32 topology_apic_id(const struct topology *topology, unsigned cpu);

#endif
