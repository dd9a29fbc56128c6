// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/assign.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/own.h"
#include "kernel/limits.h"
#include "vm/vfio/trace.h"

/* Each vector needs an eventfd, and KVM a few more; the rest is for all other files. */
#define SPARE_FILES 256

static int place_devices(struct vfio_assign *assign, struct err *err)
{
	unsigned nr = assign->nr_requests;
	own_free struct pci_addr *addrs = calloc(nr + 1, sizeof(*addrs));
	int ret;

	assign->devices = calloc(nr + 1, sizeof(assign->devices[0]));
	assign->places = calloc(nr + 1, sizeof(assign->places[0]));
	if (!addrs || !assign->devices || !assign->places)
		return err_sys(err, ENOMEM, "cannot assign %u devices", nr);
	for (unsigned i = 0; i < nr; i++)
		addrs[i] = assign->requests[i].addr;
	ret = vfio_slots_place(addrs, nr, assign->places, err);
	if (ret < 0)
		return ret;
	assign->nr_slots = (unsigned)ret;
	return 0;
}

bool vfio_assign_wants_bars_host(
	const struct vfio_assign_request *requests, unsigned nr, struct pci_addr addr)
{
	for (unsigned i = 0; i < nr; i++)
		if (requests[i].options.bars_host && pci_addr_same_slot(requests[i].addr, addr))
			return true;
	return false;
}

/* A device that the back end is opening. */
struct vfio_start {
	struct vfio_backend *backend;
	struct pci_addr addr;
	struct vfio_opened opened;
	pthread_t thread;
	bool has_thread;
	int ret;
	struct err err;
};

static void *start_device(void *arg)
{
	struct vfio_start *start = arg;

	start->ret = start->backend->ops->start(
		start->backend, start->addr, start->opened.dev, &start->err);
	return NULL;
}

/*
 * Starts all devices at the same time on threads of their own, since each takes as long as a reset.
 */
static int start_devices(struct vfio_assign *assign, struct err *err)
{
	struct vfio_backend *backend = assign->backend;
	unsigned nr = assign->nr_requests;

	assign->starts = calloc(nr + 1, sizeof(assign->starts[0]));
	if (!assign->starts)
		return err_sys(err, ENOMEM, "cannot assign %u devices", nr);
	for (unsigned i = 0; i < nr; i++) {
		struct vfio_start *start = &assign->starts[i];
		int ret;

		start->backend = backend;
		start->addr = assign->requests[i].addr;
		ret = backend->ops->open(backend, start->addr, &start->opened, err);
		if (ret)
			return ret;
	}
	for (unsigned i = 0; i < nr; i++) {
		struct vfio_start *start = &assign->starts[i];

		start->has_thread = !pthread_create(&start->thread, NULL, start_device, start);
		if (!start->has_thread)
			start_device(start);
	}
	return 0;
}

/* Joins the threads and returns the first failure of a device. */
static int await_devices(struct vfio_assign *assign, struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; i < assign->nr_requests && assign->starts; i++) {
		struct vfio_start *start = &assign->starts[i];

		if (start->has_thread)
			pthread_join(start->thread, NULL);
		start->has_thread = false;
		if (!ret && start->ret) {
			*err = start->err;
			ret = start->ret;
		}
	}
	return ret;
}

static int open_device(struct vfio_assign *assign, const struct vfio_assign_request *request,
	const struct vfio_opened *opened, struct err *err)
{
	struct vfio_pci *vp = calloc(1, sizeof(*vp));
	struct vfio_device *dev = opened->dev;
	int ret = 0;

	if (!vp)
		return err_sys(err, ENOMEM, "cannot assign a device");
	if (assign->watcher->trace) {
		dev = vfio_trace_device(assign->watcher->trace, dev, request->addr);
		if (!dev)
			ret = err_sys(err, ENOMEM, "cannot trace a device");
	}
	if (!ret)
		ret = vfio_pci_open(
			vp, request->addr, dev, &request->options, assign->watcher, err);
	if (ret) {
		free(vp);
		return ret;
	}
	vp->owned = &assign->owned;
	vp->specific_reset = opened->specific_reset;
	memcpy(vp->host_bars, opened->bars, sizeof(vp->host_bars));
	if (opened->bars[PCI_BAR_ROM].flags & PCI_BAR_SHADOW && !vp->options.rom_file &&
		!vp->options.rom_off)
		log_warn("%s: the host's firmware has started this card, and what it shows as its "
			 "option ROM is a used copy; rom=FILE gives the guest another",
			vp->name);
	assign->devices[assign->nr_devices++] = vp;
	return 0;
}

static int open_devices(struct vfio_assign *assign, struct err *err)
{
	const struct vfio_assign_request *requests = assign->requests;
	unsigned nr = assign->nr_requests;
	int ret = 0;

	for (unsigned i = 0; i < nr && !ret; i++) {
		ret = open_device(assign, &requests[i], &assign->starts[i].opened, err);
		if (!ret)
			assign->devices[i]->options.bars_host =
				vfio_assign_wants_bars_host(requests, nr, requests[i].addr);
	}
	return ret;
}

/* All devices have been opened: what the machine owns does not change any more. */
static void set_owned(struct vfio_assign *assign)
{
	assign->owned = (struct vfio_owned){
		.devices = assign->devices,
		.nr_devices = assign->nr_devices,
		.group_ids = assign->backend->group_ids,
		.group_fds = assign->backend->group_fds,
		.nr_groups = assign->backend->nr_groups,
	};
}

static void raise_limits(const struct vfio_assign *assign)
{
	u64 files = SPARE_FILES;

	for (unsigned i = 0; i < assign->nr_devices; i++) {
		struct vfio_device *dev = assign->devices[i]->dev;

		for (u32 index = 0; index <= VFIO_PCI_MSIX_IRQ_INDEX; index++) {
			struct vfio_irq_info info;

			if (!dev->ops->irq(dev, index, &info))
				files += info.count;
		}
	}
	if (limit_raise_files(files) < files)
		log_warn("the limit of open files may be too low for the devices' interrupts: "
			 "ulimit -n");
}

int vfio_assign_open(struct vfio_assign *assign, struct vfio_backend *backend,
	const struct vfio_assign_request *requests, unsigned nr, const struct vfio_watcher *watcher,
	struct err *err)
{
	int ret;

	*assign = (struct vfio_assign){
		.backend = backend,
		.watcher = watcher,
		.requests = requests,
		.nr_requests = nr,
	};
	ret = place_devices(assign, err);
	for (unsigned i = 0; i < nr && !ret; i++)
		ret = backend->ops->check(backend, requests[i].addr, err);
	if (!ret)
		ret = start_devices(assign, err);
	if (ret)
		vfio_assign_close(assign);
	return ret;
}

int vfio_assign_take(struct vfio_assign *assign, struct err *err)
{
	int ret = await_devices(assign, err);

	if (!ret)
		ret = open_devices(assign, err);
	set_owned(assign);
	if (ret) {
		vfio_assign_close(assign);
		return ret;
	}
	assign->taken = true;
	raise_limits(assign);
	vfio_reset_opened(&assign->owned);
	return 0;
}

int vfio_assign_map(
	struct vfio_assign *assign, struct mem *mem, enum vfio_dma_mode way, struct err *err)
{
	for (unsigned i = 0; i < assign->nr_devices; i++)
		assign->devices[i]->config.gate = &assign->mapping.gate;
	return vfio_mapping_start(
		&assign->mapping, assign->backend, mem, &assign->owned, assign->watcher, way, err);
}

int vfio_assign_attach(struct vfio_assign *assign, unsigned slot, struct pci_bus *bus,
	unsigned device, struct err *err)
{
	for (unsigned i = 0; i < assign->nr_devices; i++) {
		const struct vfio_place *place = &assign->places[i];
		int ret;

		if (place->slot != slot)
			continue;
		ret = vfio_pci_attach(assign->devices[i], bus, PCI_DEVFN_OF(device, place->fn),
			place->multifunction, err);
		if (ret)
			return ret;
	}
	return 0;
}

void vfio_assign_close(struct vfio_assign *assign)
{
	struct err ignored = { 0 };

	await_devices(assign, &ignored);
	/* The devices must stop their DMA before guest memory is unmapped. */
	if (assign->taken)
		vfio_reset_all(&assign->owned);
	for (unsigned i = 0; i < assign->nr_devices; i++) {
		vfio_pci_close(assign->devices[i]);
		free(assign->devices[i]);
	}
	vfio_mapping_stop(&assign->mapping);
	if (assign->backend)
		assign->backend->ops->close(assign->backend);
	free(assign->starts);
	free(assign->devices);
	free(assign->places);
	*assign = (struct vfio_assign){ 0 };
}
