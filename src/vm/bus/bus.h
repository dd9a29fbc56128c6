/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An address space of the guest, memory or I/O ports: it passes an access that exited to the device
 * that handles the address.
 *
 * The owner of a region keeps it until it has removed it from the bus. Any thread may look up and
 * change regions, even within a region's callback. A guest's access cannot fail: if no region
 * contains the address, reads return all ones and writes are ignored.
 */
#ifndef VM_BUS_BUS_H
#define VM_BUS_BUS_H

#include <pthread.h>

#include "vm/bus/flat.h"

struct bus_ops {
	/*
	 * @offset: from the start of the region. @size: 1, 2, 4 or 8; [offset, offset + size) lies
	 * within the region. The value is in the low bytes.
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
	pthread_mutex_t *lock; /* held in callbacks; NULL: the owner does its own locking */
	enum flat_scope scope; /* by default, processors in SMM and outside reach it */
};

/*
 * A queue of coalesced writes, for which vCPUs do not wait. They are made in order, before the
 * vCPU's next access that exits, or by a drain. Any thread.
 */
struct bus_coalesced {
	/* Starts or stops coalescing writes to @range. Either may fail. */
	int (*set)(struct bus_coalesced *coalesced, struct range range, bool on);
	/* Makes the queued writes. The caller must not hold a lock that their regions take. */
	void (*drain)(struct bus_coalesced *coalesced);
};

/* What a bus looks like in one view. */
struct bus_view {
	struct flat_segment *segments;
	size_t nr_segments;
};

struct bus {
	struct bus_coalesced
		*coalesced; /* set while no vCPU runs; NULL: writes are never coalesced */
	pthread_rwlock_t lock;
	struct bus_region **regions; /* in the order in which they were added */
	size_t nr_regions;
	struct bus_view views[FLAT_NR_VIEWS];
};

int bus_open(struct bus *bus);
void bus_close(struct bus *bus);

/* Returns 0, -ENOMEM, or -EINVAL for a range that is empty or wraps. */
int bus_add(struct bus *bus, struct bus_region *region);
/* Safe if the region was not added. */
void bus_remove(struct bus *bus, struct bus_region *region);

/* An access that crosses a region's border is made byte by byte. @size is 1 to 8. */
u64 bus_read(struct bus *bus, u64 addr, unsigned size);
void bus_write(struct bus *bus, u64 addr, unsigned size, u64 value);
/* The same in a given view; the two above have the normal one. */
u64 bus_read_in(struct bus *bus, enum flat_view view, u64 addr, unsigned size);
void bus_write_in(struct bus *bus, enum flat_view view, u64 addr, unsigned size, u64 value);

#endif
