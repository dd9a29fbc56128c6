/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's physical memory: which host pages stand behind which guest addresses.
 *
 * Regions are RAM, ROM images and the mappable parts of device BARs. They are flattened (see
 * vm/bus/flat.h) into segments; each segment is a KVM memory slot, and observers (the DMA
 * mapping of assigned devices) are told of each that comes or goes. The owner of a region keeps
 * it and removes it before it goes. Any thread; observers are called with the map's lock held
 * and must not call back.
 */
#ifndef VM_MEM_MEM_H
#define VM_MEM_MEM_H

#include <pthread.h>

#include "base/err.h"
#include "kernel/kvm.h"
#include "vm/bus/flat.h"

enum mem_kind {
	MEM_RAM,    /* devices may reach it by DMA */
	MEM_ROM,    /* guest writes exit and go to the bus */
	MEM_DEVICE, /* a device's BAR, for peer-to-peer DMA */
};

struct mem_region {
	const char *name;
	struct range range; /* guest physical; both ends on 4 KiB borders */
	enum flat_rank rank;
	enum mem_kind kind;
	void *host; /* mapped for as long as the region is in the map */
	int fd;     /* what @host maps, -1 if nothing that can be shared */
	u64 fd_offset;
	u64 page;  /* RAM of the host's pool of huge pages: bytes of a page, else 0 */
	bool peer; /* of MEM_DEVICE: other devices reach it by DMA, where the IOMMU can */
};

struct mem_segment {
	struct range range;
	const struct mem_region *region;
	u32 slot; /* KVM's number */
	bool live;
};

static inline void *mem_segment_host(const struct mem_segment *s)
{
	return (char *)s->region->host + (s->range.start - s->region->range.start);
}

struct mem_observer {
	/* A failure undoes what asked for the segment and is reported to the one who asked. */
	int (*added)(
		struct mem_observer *observer, const struct mem_segment *segment, struct err *err);
	void (*removed)(struct mem_observer *observer, const struct mem_segment *segment);
	struct mem_observer *next;
};

struct mem {
	pthread_mutex_t lock;
	struct kvm *kvm;
	struct mem_region **regions;
	size_t nr_regions;
	struct mem_segment *segments; /* sorted by address */
	size_t nr_segments;
	bool *slots; /* in use, by KVM's number */
	u32 nr_slots;
	struct mem_observer *observers;
};

/* @kvm may be NULL: then there are no slots, as in the unit tests. */
int mem_open(struct mem *mem, struct kvm *kvm, struct err *err);
void mem_close(struct mem *mem);

/* -EINVAL for a range that is empty, wraps or is not on page borders. */
int mem_add(struct mem *mem, struct mem_region *region, struct err *err);
/* A region that was not added is left alone. */
void mem_remove(struct mem *mem, struct mem_region *region);

/* The observer is first told of the segments that are there. On failure it is not added. */
int mem_observe(struct mem *mem, struct mem_observer *observer, struct err *err);
/* The observer is told that each segment goes. */
void mem_unobserve(struct mem *mem, struct mem_observer *observer);

/* Bytes of the pages that RAM is made of where it comes from the pool of huge pages, else 0. */
u64 mem_ram_page(struct mem *mem);

/*
 * The guest's writes of @value, @size bytes at @addr, which no region maps, signal @eventfd instead
 * of leaving the kernel; or no longer.
 */
int mem_value_doorbell(struct mem *mem, u64 addr, unsigned size, u64 value, int eventfd, bool on);

/*
 * The host address of [gpa, gpa + size) where all of it is one segment of RAM, else NULL.
 * Valid until that region goes: RAM regions stay for the machine's life.
 */
void *mem_ptr(struct mem *mem, u64 gpa, u64 size);

/*
 * RAM as it lies at the time, for those who reach much of it without the map's lock, or hand it to
 * others: by address; what is one piece here and there is one part. Valid as mem_ptr() is.
 */
#define MEM_RAM_PARTS 8

struct mem_ram_part {
	struct range range; /* guest physical */
	char *host;
	int fd; /* -1: memory of this process alone */
	u64 fd_offset;
};

struct mem_ram {
	unsigned nr;
	struct mem_ram_part parts[MEM_RAM_PARTS];
};

/* -E2BIG where RAM is in more parts. */
int mem_ram(struct mem *mem, struct mem_ram *ram);

/* The part that @gpa is in, or NULL. */
const struct mem_ram_part *mem_ram_find(const struct mem_ram *ram, u64 gpa);
/* The host address of [gpa, gpa + size) where all of it is one part, else NULL. */
void *mem_ram_ptr(const struct mem_ram *ram, u64 gpa, u64 size);

/*
 * From now on a guest's write of any size to @gpa, where there is no memory, signals @eventfd and
 * nothing else. Without KVM -ENOSYS.
 */
int mem_add_doorbell(struct mem *mem, u64 gpa, int eventfd);
void mem_remove_doorbell(struct mem *mem, u64 gpa, int eventfd);

#endif
