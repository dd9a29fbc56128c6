/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flattening: of claims that may overlap, the disjoint segments that win.
 *
 * A guest may program a BAR over anything. The claim of higher rank wins each byte; of equal
 * ranks the one that was made first. Both the bus (who answers an access) and the memory map
 * (which host page stands behind an address) are flattened claims.
 */
#ifndef VM_BUS_FLAT_H
#define VM_BUS_FLAT_H

#include "base/range.h"
#include "base/types.h"

enum flat_rank {
	FLAT_RANK_ALIAS,    /* further addresses of what has one of its own */
	FLAT_RANK_BAR,      /* addresses that the guest chooses */
	FLAT_RANK_PLATFORM, /* addresses that the platform fixes: RAM, ports, APICs */
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
 * @claims: in the order in which they were made. Returns a sorted array of disjoint segments,
 * owned by the caller (free()), and their number in *@count; neighbours of one owner are one
 * segment. NULL only when memory is short or @nr_claims is 0.
 */
struct flat_segment *flat_build(const struct flat_claim *claims, size_t nr_claims, size_t *count);

/* The segment that holds @addr, or NULL. */
const struct flat_segment *flat_find(const struct flat_segment *segments, size_t count, u64 addr);

#endif
