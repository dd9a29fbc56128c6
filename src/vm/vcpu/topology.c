// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vcpu/topology.h"

#include <errno.h>

/* The limit of an xAPIC, where 255 is the broadcast id. */
#define MAX_APIC_ID 254

int topology_complete(struct topology *t, unsigned nr_cpus, struct err *err)
{
	struct topology full = *t;
	u64 product;

	if (!full.threads)
		full.threads = 1;
	if (!full.cores && !full.sockets)
		full.sockets = 1;
	if (!full.cores)
		full.cores = nr_cpus / full.threads / full.sockets;
	if (!full.sockets)
		full.sockets = nr_cpus / full.threads / full.cores;
	product = (u64)full.sockets * full.cores;
	if (product > nr_cpus || product * full.threads != nr_cpus)
		return err_set(err, EINVAL,
			"%u processors are not %u sockets with %u cores of %u threads", nr_cpus,
			full.sockets, full.cores, full.threads);
	if (topology_apic_id(&full, nr_cpus - 1) > MAX_APIC_ID)
		return err_set(err, EINVAL,
			"%u sockets with %u cores of %u threads need APIC ids above %u",
			full.sockets, full.cores, full.threads, MAX_APIC_ID);
	*t = full;
	return 0;
}

unsigned topology_cpus(const struct topology *t)
{
	return t->sockets * t->cores * t->threads;
}

/* How many bits are needed to number @nr items. */
static unsigned bits_for(unsigned nr)
{
	unsigned bits = 0;

	while ((1u << bits) < nr)
		bits++;
	return bits;
}

unsigned topology_thread_bits(const struct topology *t)
{
	return bits_for(t->threads);
}

unsigned topology_package_bits(const struct topology *t)
{
	return bits_for(t->threads) + bits_for(t->cores);
}

u32 topology_apic_id(const struct topology *t, unsigned cpu)
{
	unsigned thread = cpu % t->threads, core = cpu / t->threads % t->cores;
	unsigned socket = cpu / t->threads / t->cores;

	return socket << topology_package_bits(t) | core << topology_thread_bits(t) | thread;
}
