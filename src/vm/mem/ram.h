/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest RAM: one mapping, laid out below and above the hole for devices under 4 GiB.
 *
 * Where it comes from the host's pool of huge pages, or others are to be given it, it is a file of
 * the kernel (memfd). Else it is one where the kernel backs such files with huge pages
 * (/sys/kernel/mm/transparent_hugepage/shmem_enabled): most kernels do not unless told to, and
 * small pages cost a guest dearly. Then it is memory of this process alone.
 *
 * The low part ends at min(size, RAM_LOW_MAX) (TOLUD), the rest starts at 4 GiB. How the pages
 * come to be (huge pages, placement, when) is decided in ram.c alone.
 */
#ifndef VM_MEM_RAM_H
#define VM_MEM_RAM_H

#include "vm/mem/mem.h"

#define RAM_LOW_MAX        (2 * GIB)
#define RAM_HIGH_START     (4 * GIB)
#define RAM_MIN            (2 * MIB)
#define RAM_LEGACY_END     0xa0000ull
#define RAM_ABOVE_LEGACY   0xc0000ull
#define RAM_LEGACY_TOP     0x100000ull
#define RAM_SIZE_ALIGNMENT (2 * MIB)

/* The widest physical address of a guest: edk2 uses no more bits, and old kernels need fewer. */
#define GUEST_PHYS_BITS_MAX 46

/* What guest RAM is made of. */
struct ram_config {
	bool shared; /* others are to be given it: a file, whatever its pages */
	int node;    /* NUMA node to take it from where there is room, -1: any */
	u64 page;    /* bytes of a page of @file, 0: there is no file, and the kernel chooses */
	int file;    /* of the machine's size, from the pool of huge pages; the caller's */
};

#define RAM_CONFIG_DEFAULT ((struct ram_config){ .node = -1, .file = -1 })

struct ram {
	struct mem *mem;
	int fd; /* -1: not a file */
	void *host;
	u64 size;
	/* Below the VGA window, from above it to 1 MiB, from there to TOLUD, from 4 GiB on. */
	struct mem_region parts[4];
};

/* @size: bytes, a multiple of RAM_SIZE_ALIGNMENT, at least RAM_MIN. */
int ram_open_as(struct ram *ram, struct mem *mem, u64 size, const struct ram_config *config,
	struct err *err);
/* The same with RAM_CONFIG_DEFAULT. */
int ram_open(struct ram *ram, struct mem *mem, u64 size, struct err *err);
/* As ram_open(), always a file: for devices that other processes serve (vhost-user). */
int ram_open_shared(struct ram *ram, struct mem *mem, u64 size, struct err *err);
void ram_close(struct ram *ram);

static inline u64 ram_low_end(const struct ram *ram)
{
	return ram->size < RAM_LOW_MAX ? ram->size : RAM_LOW_MAX;
}

/* The first address behind RAM above 4 GiB; 4 GiB where there is none. */
static inline u64 ram_high_end(const struct ram *ram)
{
	return RAM_HIGH_START + (ram->size - ram_low_end(ram));
}

#endif
