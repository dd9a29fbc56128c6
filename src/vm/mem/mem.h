/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's physical memory: which host pages back which guest addresses.
 *
 * Regions are RAM, ROM images and the mappable parts of device BARs. They are flattened (see
 * vm/bus/flat.h) into segments. Each segment becomes a KVM memory slot, and observers (the DMA
 * mapping of assigned devices) are told of every segment that is added or removed. The owner of a
 * region keeps it until it has removed it from the map. Any thread. Observers are called with the
 * map's lock held and must not call back.
 *
 * A machine with SMM has two views of its memory (vm/bus/flat.h), each with slots of its own in
 * KVM: one for processors in SMM, and the normal one, which is also that of observers and of all
 * functions that do not name a view.
 */
#ifndef VM_MEM_MEM_H
#define VM_MEM_MEM_H

#include <pthread.h>

#include "base/err.h"
#include "kernel/kvm.h"
#include "vm/bus/flat.h"

enum mem_kind {
	MEM_RAM,    /* devices can reach it by DMA */
	MEM_ROM,    /* guest writes exit and go to the bus */
	MEM_DEVICE, /* a device's BAR, for peer-to-peer DMA */
	MEM_HOLE,   /* nothing: hides what other regions have there; accesses go to the bus */
};

struct mem_region {
	const char *name;
	struct range range; /* guest physical; page-aligned */
	enum flat_rank rank;
	enum mem_kind kind;
	void *host; /* must stay mapped while the region is in the map */
	int fd;     /* the file behind @host; -1: none that can be shared */
	u64 fd_offset;
	u64 page;          /* RAM from the host's huge page pool: the page size; else 0 */
	bool peer;         /* MEM_DEVICE: devices can reach it by DMA if the IOMMU can */
	bool peer_unasked; /* tenon's own choice, which is left out silently if it cannot be */
	enum flat_scope scope;
};

struct mem_segment {
	struct range range;
	const struct mem_region *region;
	u32 slot; /* KVM's slot number */
	bool live;
};

static inline void *mem_segment_host(const struct mem_segment *s)
{
	return (char *)s->region->host + (s->range.start - s->region->range.start);
}

struct mem_observer {
	/* On failure, the change that added the segment is undone and its caller gets the error. */
	int (*added)(
		struct mem_observer *observer, const struct mem_segment *segment, struct err *err);
	void (*removed)(struct mem_observer *observer, const struct mem_segment *segment);
	struct mem_observer *next;
};

/* The memory as one view shows it. */
struct mem_view {
	struct mem_segment *segments; /* sorted by address */
	size_t nr_segments;
	bool *slots; /* used slot numbers of KVM; NULL: the machine has no such view */
	u32 first_slot;
};

struct mem {
	pthread_mutex_t lock;
	struct kvm *kvm;
	struct mem_region **regions;
	size_t nr_regions;
	struct mem_view views[FLAT_NR_VIEWS];
	u32 nr_slots; /* of each view */
	struct mem_observer *observers;
};

/* @kvm may be NULL: then there are no slots, as in the unit tests. */
int mem_open(struct mem *mem, struct kvm *kvm, struct err *err);
void mem_close(struct mem *mem);
/* Adds the view of processors in SMM. Call it before the first mem_add(). */
int mem_add_smm(struct mem *mem, struct err *err);

/* Returns 0 or -errno: -EINVAL for a range that is empty, wraps or is not page-aligned. */
int mem_add(struct mem *mem, struct mem_region *region, struct err *err);
/* Safe if the region was not added. */
void mem_remove(struct mem *mem, struct mem_region *region);

/* First tells the observer of all present segments. On failure it is not added. */
int mem_observe(struct mem *mem, struct mem_observer *observer, struct err *err);
/* Tells the observer that each segment is removed. */
void mem_unobserve(struct mem *mem, struct mem_observer *observer);

/* The page size of RAM from the pool of huge pages; 0 if RAM is not from the pool. */
u64 mem_ram_page(struct mem *mem);

/*
 * With @on, a guest's write of exactly @value with @size bytes at @addr, where no region is mapped,
 * signals @eventfd within the kernel. Without @on, this ends.
 */
int mem_value_doorbell(struct mem *mem, u64 addr, unsigned size, u64 value, int eventfd, bool on);

/*
 * The host address of [gpa, gpa + size) if all of it is in one segment of RAM, else NULL. Valid
 * until that region is removed; RAM regions stay for the machine's life.
 */
void *mem_ptr(struct mem *mem, u64 gpa, u64 size);
/* The same in a given view. */
void *mem_ptr_in(struct mem *mem, enum flat_view view, u64 gpa, u64 size);

/*
 * A snapshot of the RAM layout, for code that accesses much of RAM without the map's lock, or
 * passes it to others. Sorted by address; each part is contiguous in the guest and in this process.
 * Valid for as long as the result of mem_ptr() is. What firmware hides later (vm/pci/smram.h) stays
 * in it: firmware does so before it starts a device, and once only.
 */
#define MEM_RAM_PARTS 8

struct mem_ram_part {
	struct range range; /* guest physical */
	char *host;
	int fd; /* -1: private memory of this process */
	u64 fd_offset;
};

struct mem_ram {
	unsigned nr;
	struct mem_ram_part parts[MEM_RAM_PARTS];
};

/* Returns 0, or -E2BIG if there are more than MEM_RAM_PARTS parts. */
int mem_ram(struct mem *mem, struct mem_ram *ram);

/* The part that contains @gpa, or NULL. */
const struct mem_ram_part *mem_ram_find(const struct mem_ram *ram, u64 gpa);
/* The host address of [gpa, gpa + size) if all of it is in one part, else NULL. */
void *mem_ram_ptr(const struct mem_ram *ram, u64 gpa, u64 size);

/*
 * From now on a guest's write of any size to @gpa, where no memory is mapped, only signals
 * @eventfd. -ENOSYS without KVM.
 */
int mem_add_doorbell(struct mem *mem, u64 gpa, int eventfd);
void mem_remove_doorbell(struct mem *mem, u64 gpa, int eventfd);

#endif
