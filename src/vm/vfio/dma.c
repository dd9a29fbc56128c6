// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/dma.h"

#include <errno.h>
#include <sys/mman.h>

#include "base/bytes.h"
#include "base/log.h"
#include "kernel/limits.h"

static u64 kib(u64 bytes)
{
	return (bytes + KIB - 1) / KIB;
}

static u64 mib(u64 bytes)
{
	return (bytes + MIB - 1) / MIB;
}

static int help_limit(u64 need, struct err *err)
{
	return err_help(err,
		"In the shell:             ulimit -l %llu\n"
		"/etc/security/limits.conf: USER - memlock %llu\n"
		"In a systemd unit:        LimitMEMLOCK=%lluM",
		(unsigned long long)kib(need), (unsigned long long)kib(need),
		(unsigned long long)mib(need));
}

static int check_cgroup(const struct sysroot *sysroot, u64 bytes, const char *name, struct err *err)
{
	u64 limit = limit_cgroup_memory(sysroot);

	if (limit >= bytes)
		return 0;
	err_set(err, ENOMEM,
		"%s: the guest's %llu MiB must stay in memory for the device, but the cgroup of "
		"this process may have only %llu MiB in all",
		name, (unsigned long long)mib(bytes), (unsigned long long)mib(limit));
	return err_help(err, "In a systemd unit: MemoryMax=; in a container: its memory limit. "
			     "The guest would be killed while its memory is mapped");
}

int vfio_dma_check_limit(
	const struct sysroot *sysroot, u64 bytes, bool pool, const char *name, struct err *err)
{
	u64 limit = limit_locked_memory();
	int ret = pool ? 0 : check_cgroup(sysroot, bytes, name, err);

	if (ret || limit == LIMIT_NONE || limit >= bytes)
		return ret;
	err_set(err, ENOMEM,
		"%s: the guest's %llu MiB must stay in memory for the device, but this process may "
		"lock only %llu KiB",
		name, (unsigned long long)mib(bytes), (unsigned long long)kib(limit));
	return help_limit(bytes, err);
}

/* All RAM in the memory map: a limit has to allow all of it. */
static u64 total_ram(struct mem *mem)
{
	u64 total = 0;

	pthread_mutex_lock(&mem->lock);
	for (size_t i = 0; i < mem->nr_regions; i++)
		if (mem->regions[i]->kind == MEM_RAM && mem->regions[i]->scope != FLAT_SCOPE_SMM)
			total += mem->regions[i]->range.size;
	pthread_mutex_unlock(&mem->lock);
	return total;
}

static int map_failed(const struct vfio_dma *dma, struct range r, int code, struct err *err)
{
	u64 limit = limit_locked_memory();

	err_sys(err, code, "%s: cannot give it guest memory 0x%llx-0x%llx for DMA", dma->name,
		(unsigned long long)r.start, (unsigned long long)(range_end(r) - 1));
	switch (code) {
	case ENOMEM:
		if (limit == LIMIT_NONE)
			return err_help(err, "The host has not enough free memory for all of the "
					     "guest's, or a container's memory limit is reached");
		return help_limit(dma->ram, err);
	case ENOSPC:
		return err_help(err,
			"VFIO allowed %u mappings when the machine started. More are allowed by:\n"
			"echo 1048576 > /sys/module/vfio_iommu_type1/parameters/dma_entry_limit",
			dma->limits.mappings_left);
	case EFAULT:
		return err_help(err, "The kernel cannot pin the pages; with huge pages, see that "
				     "enough of them are free: grep Huge /proc/meminfo");
	default:
		return err_help(err, "dmesg says more");
	}
}

/* Check the IOVA ranges here: the kernel returns only EINVAL. */
static int check_range(const struct vfio_dma *dma, struct range r, struct err *err)
{
	const struct vfio_iommu_limits *limits = &dma->limits;
	u64 granule = limits->page_sizes & -limits->page_sizes;
	u64 last = 0;

	if ((r.start | r.size) & (granule - 1))
		return err_set(err, EINVAL,
			"%s: guest memory at 0x%llx is not on the IOMMU's pages of 0x%llx bytes",
			dma->name, (unsigned long long)r.start, (unsigned long long)granule);
	for (unsigned i = 0; i < limits->nr_ranges; i++) {
		if (range_contains(limits->ranges[i], r.start, r.size))
			return 0;
		if (range_end(limits->ranges[i]) - 1 > last)
			last = range_end(limits->ranges[i]) - 1;
	}
	if (!limits->nr_ranges)
		return 0;
	err_set(err, EINVAL,
		"%s: its IOMMU does not take guest memory 0x%llx-0x%llx: what it takes ends at "
		"0x%llx and leaves out what the host reserves",
		dma->name, (unsigned long long)r.start, (unsigned long long)(range_end(r) - 1),
		(unsigned long long)last);
	return err_help(err,
		"Give the guest less memory. The reserved ranges: "
		"/sys/bus/pci/devices/%s/iommu_group/reserved_regions",
		dma->name);
}

static struct range next_chunk(const struct vfio_dma *dma, struct range r)
{
	u64 border = round_down(r.start, dma->grain) + dma->grain;

	if (border > r.start && border - r.start < r.size)
		r.size = border - r.start;
	return r;
}

static void unmap_range(struct vfio_dma *dma, struct range r)
{
	int ret = r.size ? dma->iommu->ops->unmap(dma->iommu, r.start, r.size) : 0;

	if (ret)
		log_guest_warn("%s: guest memory at 0x%llx stays mapped for DMA: %s", dma->name,
			(unsigned long long)r.start, strerror(-ret));
}

static int map_chunk(struct vfio_dma *dma, struct range r, char *host)
{
	return dma->iommu->ops->map(dma->iommu, r.start, host, r.size,
		VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE);
}

static int map_range(struct vfio_dma *dma, struct range r, char *host, struct err *err)
{
	struct range left = r;

	while (left.size) {
		struct range chunk = next_chunk(dma, left);
		int ret = map_chunk(dma, chunk, host + (chunk.start - r.start));

		if (ret) {
			unmap_range(dma, (struct range){ r.start, left.start - r.start });
			return map_failed(dma, r, -ret, err);
		}
		left.start += chunk.size;
		left.size -= chunk.size;
	}
	return 0;
}

static int queue_range(struct vfio_dma *dma, struct range r, char *host, struct err *err)
{
	struct range left = r;

	while (left.size) {
		struct range chunk = next_chunk(dma, left);

		if (dma_queue_add(&dma->queue, chunk, host + (chunk.start - r.start)))
			return err_sys(
				err, ENOMEM, "%s: cannot give it guest memory for DMA", dma->name);
		left.start += chunk.size;
		left.size -= chunk.size;
	}
	return 0;
}

static int queued_map(void *owner, const struct dma_chunk *chunk, struct err *err)
{
	struct vfio_dma *dma = owner;
	int ret;

	/* Ignore failures: pinning the pages then fails, too, and its error says why. */
	if (dma->beside->populate)
		madvise(chunk->host, chunk->range.size, MADV_POPULATE_WRITE);
	ret = map_chunk(dma, chunk->range, chunk->host);
	return ret ? map_failed(dma, chunk->range, -ret, err) : 0;
}

static void queued_unmap(void *owner, struct range range)
{
	unmap_range(owner, range);
}

static void queue_ended(void *owner)
{
	struct vfio_dma *dma = owner;

	dma->beside->ended(dma->beside->owner);
}

static const struct dma_queue_ops queue_ops = { queued_map, queued_unmap, queue_ended };

/* A failure is only warned of: without peer-to-peer DMA, drivers copy through memory. */
static void add_peer(struct vfio_dma *dma, const struct mem_segment *segment)
{
	bool unasked = segment->region->peer_unasked;
	unsigned max = unasked ? VFIO_DMA_UNASKED_PEERS : VFIO_DMA_PEERS;
	struct err err = { 0 };

	if (dma->nr_peers >= max || check_range(dma, segment->range, &err) ||
		map_range(dma, segment->range, mem_segment_host(segment), &err)) {
		log_guest_at(unasked ? LOG_DEBUG : LOG_WARN,
			"%s: it does not reach %s's memory at 0x%llx by DMA%s%s", dma->name,
			segment->region->name, (unsigned long long)segment->range.start,
			err.text[0] ? ": " : "", err.text);
		return;
	}
	dma->peers[dma->nr_peers++] = segment->range;
}

static void remove_peer(struct vfio_dma *dma, struct range range)
{
	for (unsigned i = 0; i < dma->nr_peers; i++) {
		if (dma->peers[i].start != range.start || dma->peers[i].size != range.size)
			continue;
		unmap_range(dma, range);
		dma->peers[i] = dma->peers[--dma->nr_peers];
		return;
	}
}

static int added(struct mem_observer *observer, const struct mem_segment *segment, struct err *err)
{
	struct vfio_dma *dma = container_of(observer, struct vfio_dma, observer);
	char *host = mem_segment_host(segment);
	int ret;

	if (segment->region->kind == MEM_DEVICE && segment->region->peer)
		add_peer(dma, segment);
	if (segment->region->kind != MEM_RAM)
		return 0;
	ret = check_range(dma, segment->range, err);
	if (ret)
		return ret;
	return dma->queueing ? queue_range(dma, segment->range, host, err)
			     : map_range(dma, segment->range, host, err);
}

static void removed(struct mem_observer *observer, const struct mem_segment *segment)
{
	struct vfio_dma *dma = container_of(observer, struct vfio_dma, observer);

	if (segment->region->kind == MEM_DEVICE)
		remove_peer(dma, segment->range);
	if (segment->region->kind == MEM_RAM && !dma_queue_drop(&dma->queue, segment->range))
		unmap_range(dma, segment->range);
}

/*
 * At least a page of guest RAM, so that the IOMMU can use pages of that size, too. Half of the
 * mappings that the kernel allows remain free for later ones.
 */
static u64 choose_grain(const struct vfio_dma *dma)
{
	u64 grain = dma->beside ? VFIO_DMA_CHUNK : VFIO_DMA_GRAIN;

	if (grain < mem_ram_page(dma->mem))
		grain = mem_ram_page(dma->mem);
	while (dma->ram / grain > dma->limits.mappings_left / 2 && grain < BIT_ULL(50))
		grain *= 2;
	return grain;
}

static int start(struct vfio_dma *dma, struct err *err)
{
	int ret = dma->iommu->ops->limits(dma->iommu, &dma->limits);

	if (ret)
		return err_sys(err, -ret, "%s: VFIO does not describe its IOMMU", dma->name);
	dma->ram = total_ram(dma->mem);
	dma->grain = choose_grain(dma);
	if (!dma->beside)
		return mem_observe(dma->mem, &dma->observer, err);

	dma_queue_open(&dma->queue, &queue_ops, dma);
	dma->queueing = true;
	ret = mem_observe(dma->mem, &dma->observer, err);
	dma->queueing = false;
	if (ret)
		return ret;
	ret = dma_queue_start(&dma->queue, dma->beside->workers, err);
	if (ret)
		mem_unobserve(dma->mem, &dma->observer);
	return ret;
}

int vfio_dma_start(struct vfio_dma *dma, struct mem *mem, struct vfio_iommu *iommu,
	const char *name, const struct vfio_dma_async *beside, struct err *err)
{
	int ret;

	*dma = (struct vfio_dma){
		.observer = { .added = added, .removed = removed },
		.mem = mem,
		.iommu = iommu,
		.name = name,
		.beside = beside,
	};
	ret = start(dma, err);
	if (ret) {
		dma_queue_close(&dma->queue);
		dma->mem = NULL;
	}
	return ret;
}

void vfio_dma_stop(struct vfio_dma *dma)
{
	if (dma->mem)
		mem_unobserve(dma->mem, &dma->observer);
	dma_queue_close(&dma->queue);
	dma->mem = NULL;
}

int vfio_dma_result(struct vfio_dma *dma, struct err *err)
{
	return dma_queue_result(&dma->queue, err);
}
