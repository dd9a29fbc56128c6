/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flattening turns claims that may overlap into disjoint segments of those that win.
 *
 * A guest may program a BAR over anything. For each byte the claim of the highest rank wins; among
 * equal ranks the earliest one wins. Both the bus (which device handles an access) and the memory
 * map (which host page backs an address) are made of flattened claims.
 *
 * A view is what a processor finds at its addresses. In system management mode (SMM) it may find
 * something else there than outside: memory that is hidden otherwise, flash that takes writes.
 * Devices, and all code that stands for them, have the normal view.
 */
#ifndef VM_BUS_FLAT_H
#define VM_BUS_FLAT_H

#include "base/range.h"
#include "base/types.h"

enum flat_rank {
	FLAT_RANK_ALIAS,    /* aliases of ranges that have another address */
	FLAT_RANK_BAR,      /* addresses that the guest chooses */
	FLAT_RANK_PLATFORM, /* fixed addresses of the platform: RAM, ports, APICs */
	FLAT_RANK_SMRAM,    /* what the memory controller hides, or shows instead */
};

enum flat_view { FLAT_VIEW_NORMAL, FLAT_VIEW_SMM, FLAT_NR_VIEWS };

/* The views in which a claim counts. */
enum flat_scope { FLAT_SCOPE_ALL, FLAT_SCOPE_NORMAL, FLAT_SCOPE_SMM };

struct flat_claim {
	struct range range; /* not empty, does not wrap */
	enum flat_rank rank;
	void *owner;
	enum flat_scope scope;
};

struct flat_segment {
	struct range range;
	void *owner;
};

/*
 * @claims: in the order in which they were made. Returns what a processor finds in @view: a sorted
 * array of disjoint segments, which the caller frees with free(), and their number in *@count.
 * Adjacent segments of one owner are merged. NULL only if there is no memory or @nr_claims is 0.
 */
struct flat_segment *flat_build(
	const struct flat_claim *claims, size_t nr_claims, enum flat_view view, size_t *count);

/* The segment that contains @addr, or NULL. */
const struct flat_segment *flat_find(const struct flat_segment *segments, size_t count, u64 addr);

#endif
