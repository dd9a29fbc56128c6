/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Half-open ranges of u64 addresses, [start, start + size). A range never wraps. */
#ifndef BASE_RANGE_H
#define BASE_RANGE_H

#include "base/types.h"

struct range {
	u64 start;
	u64 size;
};

static inline u64 range_end(struct range r)
{
	return r.start + r.size;
}

static inline bool range_valid(u64 start, u64 size)
{
	return size == 0 || start + (size - 1) >= start;
}

static inline bool range_contains(struct range r, u64 start, u64 size)
{
	return start >= r.start && start - r.start <= r.size && size <= r.size - (start - r.start);
}

static inline bool range_overlaps(struct range a, struct range b)
{
	return a.size && b.size && a.start <= b.start + (b.size - 1) &&
	       b.start <= a.start + (a.size - 1);
}

/* As range_overlaps(), for an access: does any of its @size bytes at @start lie in @r? */
static inline bool range_touches(struct range r, u64 start, u64 size)
{
	return range_overlaps(r, (struct range){ start, size });
}

/* What @a and @b share; size 0 where that is nothing. */
static inline struct range range_intersect(struct range a, struct range b)
{
	u64 start = a.start > b.start ? a.start : b.start;

	if (!range_overlaps(a, b))
		return (struct range){ start, 0 };

	u64 left_a = a.size - (start - a.start);
	u64 left_b = b.size - (start - b.start);

	return (struct range){ start, left_a < left_b ? left_a : left_b };
}

#endif
