/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flattening turns claims that may overlap into disjoint segments of those that win.
 *
 * A guest may program a BAR over anything. For each byte the claim of the highest rank wins; among
 * equal ranks the earliest one wins. Both the bus (which device handles an access) and the memory
 * map (which host page backs an address) are made of flattened claims.
 */
#ifndef VM_BUS_FLAT_H
#define VM_BUS_FLAT_H

#include "base/range.h"
#include "base/types.h"

enum flat_rank {
	FLAT_RANK_ALIAS,    /* aliases of ranges that have another address */
	FLAT_RANK_BAR,      /* addresses that the guest chooses */
	FLAT_RANK_PLATFORM, /* fixed addresses of the platform: RAM, ports, APICs */
};

struct flat_claim {
	struct range range; /* not empty, does not wrap */
	enum flat_rank rank;
	void *owner;
};

struct flat_segment {
	struct range range;
	void *owner;
};

/*
 * @claims: in the order in which they were made. Returns a sorted array of disjoint segments, which
 * the caller frees with free(), and their number in *@count. Adjacent segments of one owner are
 * merged. NULL only if there is no memory or @nr_claims is 0.
 */
struct flat_segment *flat_build(const struct flat_claim *claims, size_t nr_claims, size_t *count);

/* The segment that contains @addr, or NULL. */
const struct flat_segment *flat_find(const struct flat_segment *segments, size_t count, u64 addr);

#endif
