// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/groups/groups.h"

#include <errno.h>
#include <stdlib.h>

#include "base/own.h"
#include "host/groups/verdict.h"

int groups_alloc(struct groups *groups, const struct host *host)
{
	size_t room = host->count ? host->count : 1;

	*groups = (struct groups){
		.list = calloc(room, sizeof(*groups->list)),
		.member = calloc(room, sizeof(*groups->member)),
		.of = calloc(room, sizeof(*groups->of)),
	};
	if (groups->list && groups->member && groups->of)
		return 0;
	groups_close(groups);
	return -ENOMEM;
}

void groups_collect(struct groups *groups, const struct host *host)
{
	unsigned total = 0;

	for (unsigned i = 0; i < host->count; i++)
		if (groups->of[i] != HOST_NONE)
			groups->list[groups->of[i]].count++;
	for (unsigned g = 0; g < groups->count; g++) {
		groups->list[g].first = total;
		total += groups->list[g].count;
		groups->list[g].count = 0;
	}
	for (unsigned i = 0; i < host->count; i++) {
		struct group *group;

		if (groups->of[i] == HOST_NONE)
			continue;
		group = &groups->list[groups->of[i]];
		groups->member[group->first + group->count++] = i;
		group->held |= !host->devs[i].bridge && host->devs[i].driver &&
			       !verdict_is_vfio(host->devs[i].driver);
	}
}

static int by_number(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

int groups_of_kernel(const struct host *host, struct groups *groups)
{
	size_t room = host->count ? host->count : 1;
	own_free int *number = calloc(room, sizeof(*number));
	unsigned n = 0;

	*groups = (struct groups){ 0 };
	if (!number || groups_alloc(groups, host))
		return -ENOMEM;

	for (unsigned i = 0; i < host->count; i++)
		if (host->devs[i].group != HOST_NONE)
			number[n++] = host->devs[i].group;
	qsort(number, n, sizeof(*number), by_number);
	for (unsigned i = 0; i < n; i++)
		if (i == 0 || number[i] != number[i - 1])
			groups->list[groups->count++].id = number[i];
	for (unsigned i = 0; i < groups->count; i++)
		number[i] = groups->list[i].id;
	for (unsigned i = 0; i < host->count; i++) {
		const int *at = bsearch(
			&host->devs[i].group, number, groups->count, sizeof(*number), by_number);

		groups->of[i] = at ? at - number : HOST_NONE;
	}
	groups_collect(groups, host);
	return 0;
}

void groups_close(struct groups *groups)
{
	free(groups->list);
	free(groups->member);
	free(groups->of);
	free(groups->join);
	*groups = (struct groups){ 0 };
}

const struct group *groups_find(const struct groups *groups, unsigned dev)
{
	return groups->of[dev] == HOST_NONE ? NULL : &groups->list[groups->of[dev]];
}

bool groups_agree(const struct groups *a, const struct groups *b, unsigned dev)
{
	const struct group *x = groups_find(a, dev), *y = groups_find(b, dev);

	if (!x || !y)
		return !x && !y;
	if (x->count != y->count)
		return false;
	for (unsigned i = 0; i < x->count; i++)
		if (a->member[x->first + i] != b->member[y->first + i])
			return false;
	return true;
}
