// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/bus/flat.h"

#include <stdlib.h>

static int compare_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return (x > y) - (x < y);
}

static bool counts(const struct flat_claim *claim, enum flat_view view)
{
	return claim->scope == FLAT_SCOPE_ALL ||
	       (claim->scope == FLAT_SCOPE_SMM) == (view == FLAT_VIEW_SMM);
}

static const struct flat_claim *winner_at(
	const struct flat_claim *claims, size_t nr, enum flat_view view, u64 addr)
{
	const struct flat_claim *best = NULL;

	for (size_t i = 0; i < nr; i++)
		if (range_contains(claims[i].range, addr, 1) && counts(&claims[i], view) &&
			(!best || claims[i].rank > best->rank))
			best = &claims[i];
	return best;
}

/*
 * The winner can only change where a claim starts or ends, so find it once after each of these
 * borders. An end at 2^64 wraps to 0, where no border is needed: nothing comes after it.
 */
struct flat_segment *flat_build(
	const struct flat_claim *claims, size_t nr_claims, enum flat_view view, size_t *count)
{
	u64 *edges = calloc(2 * nr_claims + 1, sizeof(*edges));
	struct flat_segment *segments = calloc(2 * nr_claims + 1, sizeof(*segments));
	size_t nr_edges = 0, n = 0;

	*count = 0;
	if (!nr_claims || !edges || !segments) {
		free(edges);
		free(segments);
		return NULL;
	}

	for (size_t i = 0; i < nr_claims; i++) {
		edges[nr_edges++] = claims[i].range.start;
		if (range_end(claims[i].range))
			edges[nr_edges++] = range_end(claims[i].range);
	}
	qsort(edges, nr_edges, sizeof(*edges), compare_u64);

	for (size_t i = 0; i < nr_edges; i++) {
		u64 end = i + 1 < nr_edges ? edges[i + 1] : 0;
		const struct flat_claim *best;

		if (end == edges[i] || !(best = winner_at(claims, nr_claims, view, edges[i])))
			continue;
		if (n && segments[n - 1].owner == best->owner &&
			range_end(segments[n - 1].range) == edges[i])
			segments[n - 1].range.size += end - edges[i];
		else
			segments[n++] =
				(struct flat_segment){ { edges[i], end - edges[i] }, best->owner };
	}
	free(edges);
	*count = n;
	return segments;
}

const struct flat_segment *flat_find(const struct flat_segment *segments, size_t count, u64 addr)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (range_contains(segments[mid].range, addr, 1))
			return &segments[mid];
		if (addr < segments[mid].range.start)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}
