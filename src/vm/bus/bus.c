// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/bus/bus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/log.h"

int bus_open(struct bus *bus)
{
	*bus = (struct bus){ 0 };
	return -pthread_rwlock_init(&bus->lock, NULL);
}

void bus_close(struct bus *bus)
{
	free(bus->regions);
	for (unsigned i = 0; i < FLAT_NR_VIEWS; i++)
		free(bus->views[i].segments);
	pthread_rwlock_destroy(&bus->lock);
	*bus = (struct bus){ 0 };
}

static int build_views(const struct bus *bus, struct bus_view views[FLAT_NR_VIEWS])
{
	struct flat_claim *claims = calloc(bus->nr_regions + 1, sizeof(*claims));
	int ret = 0;

	if (!claims)
		return -ENOMEM;
	for (size_t i = 0; i < bus->nr_regions; i++) {
		struct bus_region *region = bus->regions[i];

		claims[i] =
			(struct flat_claim){ region->range, region->rank, region, region->scope };
	}
	for (unsigned i = 0; i < FLAT_NR_VIEWS; i++) {
		views[i].segments = flat_build(claims, bus->nr_regions, i, &views[i].nr_segments);
		if (!views[i].segments && bus->nr_regions)
			ret = -ENOMEM;
	}
	free(claims);
	return ret;
}

/* The lock is held for writing. On -ENOMEM the segments stay as they were. */
static int rebuild(struct bus *bus)
{
	struct bus_view views[FLAT_NR_VIEWS] = { 0 };
	int ret = build_views(bus, views);

	for (unsigned i = 0; i < FLAT_NR_VIEWS; i++) {
		if (ret) {
			free(views[i].segments);
			continue;
		}
		free(bus->views[i].segments);
		bus->views[i] = views[i];
	}
	return ret;
}

int bus_add(struct bus *bus, struct bus_region *region)
{
	int ret;

	if (!region->range.size || !range_valid(region->range.start, region->range.size))
		return -EINVAL;

	pthread_rwlock_wrlock(&bus->lock);
	ret = array_room(bus->regions, bus->nr_regions, 1);
	if (!ret) {
		bus->regions[bus->nr_regions++] = region;
		ret = rebuild(bus);
		if (ret)
			bus->nr_regions--;
	}
	pthread_rwlock_unlock(&bus->lock);
	return ret;
}

void bus_remove(struct bus *bus, struct bus_region *region)
{
	pthread_rwlock_wrlock(&bus->lock);
	for (size_t i = 0; i < bus->nr_regions; i++) {
		if (bus->regions[i] != region)
			continue;
		bus->nr_regions--;
		memmove(&bus->regions[i], &bus->regions[i + 1],
			(bus->nr_regions - i) * sizeof(bus->regions[0]));
		/*
		 * Without memory for new segments, drop the old ones: none may refer to the region.
		 */
		if (rebuild(bus))
			for (unsigned view = 0; view < FLAT_NR_VIEWS; view++)
				bus->views[view].nr_segments = 0;
		break;
	}
	pthread_rwlock_unlock(&bus->lock);
}

/*
 * Copies the region that contains all of [addr, addr + size), so that its callback runs without the
 * bus's lock: it may add and remove regions.
 */
static bool find(
	struct bus *bus, enum flat_view view, u64 addr, unsigned size, struct bus_region *region)
{
	const struct flat_segment *segment;
	bool found = false;

	pthread_rwlock_rdlock(&bus->lock);
	segment = flat_find(bus->views[view].segments, bus->views[view].nr_segments, addr);
	if (segment && range_contains(segment->range, addr, size)) {
		*region = *(const struct bus_region *)segment->owner;
		found = true;
	}
	pthread_rwlock_unlock(&bus->lock);
	return found;
}

static bool size_is_natural(unsigned size)
{
	return size <= 8 && is_pow2(size);
}

u64 bus_read_in(struct bus *bus, enum flat_view view, u64 addr, unsigned size)
{
	struct bus_region region;
	u64 value = 0;

	if (size_is_natural(size) && find(bus, view, addr, size, &region)) {
		if (region.lock)
			pthread_mutex_lock(region.lock);
		value = region.ops->read(region.owner, addr - region.range.start, size);
		if (region.lock)
			pthread_mutex_unlock(region.lock);
		return value & all_ones(size);
	}
	if (size == 1) {
		log_guest("read of 0x%llx: nothing there", (unsigned long long)addr);
		return 0xff;
	}
	for (unsigned i = 0; i < size; i++)
		value |= bus_read_in(bus, view, addr + i, 1) << (8 * i);
	return value;
}

void bus_write_in(struct bus *bus, enum flat_view view, u64 addr, unsigned size, u64 value)
{
	struct bus_region region;

	if (size_is_natural(size) && find(bus, view, addr, size, &region)) {
		if (region.lock)
			pthread_mutex_lock(region.lock);
		region.ops->write(
			region.owner, addr - region.range.start, size, value & all_ones(size));
		if (region.lock)
			pthread_mutex_unlock(region.lock);
		return;
	}
	if (size == 1) {
		log_guest("write of 0x%llx: nothing there", (unsigned long long)addr);
		return;
	}
	for (unsigned i = 0; i < size; i++)
		bus_write_in(bus, view, addr + i, 1, (value >> (8 * i)) & 0xff);
}

u64 bus_read(struct bus *bus, u64 addr, unsigned size)
{
	return bus_read_in(bus, FLAT_VIEW_NORMAL, addr, size);
}

void bus_write(struct bus *bus, u64 addr, unsigned size, u64 value)
{
	bus_write_in(bus, FLAT_VIEW_NORMAL, addr, size, value);
}
