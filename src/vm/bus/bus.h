/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An address space of the guest, memory or I/O ports: it turns an access that left the guest
 * into the call of the device that answers there.
 *
 * The owner of a region keeps it and removes it before it goes. Lookup and changes may come
 * from any thread, also from inside a region's own callback. A guest's access cannot fail:
 * where nothing answers, reads give all-ones and writes are dropped.
 */
#ifndef VM_BUS_BUS_H
#define VM_BUS_BUS_H

#include <pthread.h>

#include "vm/bus/flat.h"

struct bus_ops {
	/*
	 * @offset: from the start of the region. @size: 1, 2, 4 or 8; [offset, offset + size)
	 * lies within the region. The value sits in the low bytes.
	 */
	u64 (*read)(void *owner, u64 offset, unsigned size);
	void (*write)(void *owner, u64 offset, unsigned size, u64 value);
};

struct bus_region {
	const char *name;
	struct range range;
	enum flat_rank rank;
	const struct bus_ops *ops;
	void *owner;
	pthread_mutex_t *lock; /* held around the callbacks; NULL: the owner locks for itself */
};

/*
 * A queue of writes that vCPUs did not wait for. What a vCPU does next that leaves the guest finds
 * them made, in their order; so does a drain. Any thread.
 */
struct bus_coalesced {
	/* Has writes to @range queued from now on, or no longer. Any of both may fail. */
	int (*set)(struct bus_coalesced *coalesced, struct range range, bool on);
	/* Makes the writes that wait. The caller holds no lock that their regions take. */
	void (*drain)(struct bus_coalesced *coalesced);
};

struct bus {
	struct bus_coalesced
		*coalesced; /* set while no vCPU runs; NULL: every write is waited for */
	pthread_rwlock_t lock;
	struct bus_region **regions; /* in the order in which they came */
	size_t nr_regions;
	struct flat_segment *segments;
	size_t nr_segments;
};

int bus_open(struct bus *bus);
void bus_close(struct bus *bus);

/* Returns -ENOMEM, or -EINVAL for a range that is empty or wraps. */
int bus_add(struct bus *bus, struct bus_region *region);
/* A region that was not added is left alone. */
void bus_remove(struct bus *bus, struct bus_region *region);

/*
 * An access that crosses from one region into another is made byte by byte. Any @size from
 * 1 to 8.
 */
u64 bus_read(struct bus *bus, u64 addr, unsigned size);
void bus_write(struct bus *bus, u64 addr, unsigned size, u64 value);

#endif
