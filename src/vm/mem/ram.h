/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest RAM: one mapping in this process, split in the guest below and above the hole for devices
 * under 4 GiB.
 *
 * It is a file of the kernel (memfd) if it comes from the host's pool of huge pages or must be
 * shared with other processes. Otherwise it is a memfd only if the kernel backs these with huge
 * pages (/sys/kernel/mm/transparent_hugepage/shmem_enabled). Most kernels do not by default, and
 * small pages make a guest much slower; then it is private anonymous memory.
 *
 * The low part ends at min(size, RAM_LOW_MAX) (TOLUD), the rest starts at 4 GiB. Only ram.c decides
 * how pages are allocated (huge pages, NUMA node, when).
 */
#ifndef VM_MEM_RAM_H
#define VM_MEM_RAM_H

#include "vm/mem/mem.h"

#define RAM_LOW_MAX        (2 * GIB)
#define RAM_HIGH_START     (4 * GIB)
#define RAM_MIN            (2 * MIB)
#define RAM_MAX            (32768 * GIB) /* half of GUEST_PHYS_BITS_MAX; BARs need the rest */
#define RAM_LEGACY_END     0xa0000ull
#define RAM_ABOVE_LEGACY   0xc0000ull
#define RAM_LEGACY_TOP     0x100000ull
#define RAM_SIZE_ALIGNMENT (2 * MIB)
#define RAM_TSEG_MAX       (16 * MIB)

/*
 * The guest's maximum physical address width: edk2 uses no more bits, and old kernels need no more.
 */
#define GUEST_PHYS_BITS_MAX 46

/* How guest RAM is allocated. */
struct ram_config {
	bool shared; /* other processes map it: always use a file */
	bool smm;    /* the chipset may hide the top RAM_TSEG_MAX of the low part */
	int node;    /* preferred NUMA node; -1: any */
	u64 page;    /* page size of @file; 0: there is no file, the kernel chooses */
	int file;    /* of the RAM's size, from the huge page pool; owned by the caller */
};

#define RAM_CONFIG_DEFAULT ((struct ram_config){ .node = -1, .file = -1 })

struct ram {
	struct mem *mem;
	int fd; /* -1: no file */
	void *host;
	u64 size;
	/*
	 * From 0 to the VGA window, from there to 1 MiB, from there to TOLUD, and from 4 GiB on. In
	 * a machine with SMM the last RAM_TSEG_MAX below TOLUD are another part.
	 */
	struct mem_region parts[5];
};

/* Pure. Checks for a multiple of RAM_SIZE_ALIGNMENT from RAM_MIN to RAM_MAX, in bytes. */
int ram_size_check(u64 size, struct err *err);

/* @size: as ram_size_check() accepts it. */
int ram_open_as(struct ram *ram, struct mem *mem, u64 size, const struct ram_config *config,
	struct err *err);
/* The same with RAM_CONFIG_DEFAULT. */
int ram_open(struct ram *ram, struct mem *mem, u64 size, struct err *err);
/* As ram_open(), but always a file: for devices that other processes serve (vhost-user). */
int ram_open_shared(struct ram *ram, struct mem *mem, u64 size, struct err *err);
void ram_close(struct ram *ram);

static inline u64 ram_low_end(const struct ram *ram)
{
	return ram->size < RAM_LOW_MAX ? ram->size : RAM_LOW_MAX;
}

/* The first address after RAM above 4 GiB; 4 GiB if there is none. */
static inline u64 ram_high_end(const struct ram *ram)
{
	return RAM_HIGH_START + (ram->size - ram_low_end(ram));
}

#endif
