// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/mapping.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "kernel/limits.h"
#include "vm/pci/pci_bus.h"
#include "vm/vfio/vfio_pci.h"

/*
 * Pinning in one container is serial: the kernel holds a lock meanwhile. Further threads can only
 * clear pages beforehand, which is faster for huge pages if there are processors to spare: see
 * docs/design/dma.md.
 */
#define CPUS_PER_WORKER 4

/* After this long, a message tells the user why the guest waits. */
#define LATE (1 * NS_PER_S)

static unsigned choose_workers(struct mem *mem)
{
	unsigned workers = mem_ram_page(mem) ? limit_cpus() / CPUS_PER_WORKER : 1;

	if (workers > DMA_QUEUE_MAX_WORKERS)
		workers = DMA_QUEUE_MAX_WORKERS;
	return workers ? workers : 1;
}

static u64 now(const struct vfio_mapping *mapping)
{
	return clock_monotonic(mapping->watcher->loop->clock);
}

/* Called on any thread. */
static void ended(void *owner)
{
	struct vfio_mapping *mapping = owner;

	loop_post(mapping->watcher->loop, &mapping->work);
}

static void blocked(struct vfio_gate *gate, struct vfio_config *config)
{
	struct vfio_mapping *mapping = container_of(gate, struct vfio_mapping, gate);
	const struct vfio_watcher *watcher = mapping->watcher;

	if (!mapping->waiting_for) {
		mapping->waiting_for = config->pci->name;
		loop_timer_set(watcher->loop, &mapping->late, now(mapping) + LATE);
	}
	watcher->hold(watcher->owner);
}

void vfio_mapping_progress(struct vfio_mapping *mapping, u64 *mapped, u64 *total)
{
	*mapped = *total = 0;
	for (unsigned i = 0; i < mapping->nr_dma; i++)
		dma_queue_progress(&mapping->dma[i].queue, mapped, total);
}

static void on_late(void *owner)
{
	struct vfio_mapping *mapping = owner;
	u64 mapped, total;

	if (!vfio_gate_is_closed(&mapping->gate))
		return;
	vfio_mapping_progress(mapping, &mapped, &total);
	log_info("%s: the guest waits until its memory is mapped for DMA, %llu of %llu MiB so far",
		mapping->waiting_for, (unsigned long long)(mapped / MIB),
		(unsigned long long)(total / MIB));
}

static struct pci_host *host_of(const struct vfio_mapping *mapping)
{
	for (unsigned i = 0; i < mapping->owned->nr_devices; i++)
		if (mapping->owned->devices[i]->pci.bus)
			return mapping->owned->devices[i]->pci.bus->host;
	return NULL;
}

/*
 * From here on, a function becomes a bus master when the guest makes it one; functions that the
 * guest made bus masters before become so now. A guest's write that found the gate closed is over
 * when this gets the lock.
 */
static void open_gate(struct vfio_mapping *mapping)
{
	const struct vfio_watcher *watcher = mapping->watcher;
	struct pci_host *host = host_of(mapping);

	if (host && !pci_host_lock_soon(host)) {
		loop_post(watcher->loop, &mapping->work);
		return;
	}
	__atomic_store_n(&mapping->gate.closed, false, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < mapping->owned->nr_devices; i++) {
		struct vfio_pci *vp = mapping->owned->devices[i];

		if (vp->pci.bus)
			vfio_config_pass_gate(&vp->config);
	}
	if (host)
		pthread_mutex_unlock(&host->lock);
	loop_timer_cancel(watcher->loop, &mapping->late);
	watcher->resume(watcher->owner);
	log_debug("guest memory is mapped for DMA, %llu ms after the start of it",
		(unsigned long long)((now(mapping) - mapping->started) / NS_PER_MS));
}

static void on_news(void *owner)
{
	struct vfio_mapping *mapping = owner;
	struct err err = { 0 };
	int ret = 0;

	if (!vfio_gate_is_closed(&mapping->gate))
		return;
	for (unsigned i = 0; i < mapping->nr_dma && !ret; i++)
		ret = vfio_dma_result(&mapping->dma[i], &err);
	if (!ret)
		open_gate(mapping);
	else if (ret != -EINPROGRESS)
		mapping->watcher->map_failed(mapping->watcher->owner, &err);
}

int vfio_mapping_start(struct vfio_mapping *mapping, struct vfio_backend *backend, struct mem *mem,
	const struct vfio_owned *owned, const struct vfio_watcher *watcher, enum vfio_dma_mode way,
	struct err *err)
{
	*mapping = (struct vfio_mapping){
		.gate = { .closed = way == VFIO_DMA_ASYNC, .blocked = blocked },
		.owned = owned,
		.watcher = watcher,
		.beside = { .workers = choose_workers(mem), .ended = ended, .owner = mapping },
		.work = { .run = on_news, .owner = mapping },
		.late = { .expired = on_late, .owner = mapping },
	};
	mapping->beside.populate = mapping->beside.workers > 1;
	mapping->started = now(mapping);
	mapping->dma = calloc(backend->nr_iommus, sizeof(mapping->dma[0]));
	if (!mapping->dma)
		return err_sys(err, ENOMEM, "cannot map the guest's memory");
	for (unsigned i = 0; i < backend->nr_iommus; i++) {
		const char *name = pci_addr_text(backend->iommu_users[i], mapping->names[i]);
		int ret = vfio_dma_start(&mapping->dma[i], mem, backend->iommus[i], name,
			way == VFIO_DMA_ASYNC ? &mapping->beside : NULL, err);

		if (ret)
			return ret;
		mapping->nr_dma++;
	}
	return 0;
}

void vfio_mapping_stop(struct vfio_mapping *mapping)
{
	while (mapping->nr_dma)
		vfio_dma_stop(&mapping->dma[--mapping->nr_dma]);
	free(mapping->dma);
	mapping->dma = NULL;
	if (mapping->watcher) {
		loop_unpost(mapping->watcher->loop, &mapping->work);
		loop_timer_cancel(mapping->watcher->loop, &mapping->late);
	}
	mapping->watcher = NULL;
}
