// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/devices/assigned_kind.h"

#include "vm/devices/boot_order.h"
#include "vm/vcpu/vcpu.h"

/* Finds BARs that must keep the host's addresses; refuses early if they cannot. */
static int find_fixed_bars(
	struct fixed_bars *bars, const struct device_parts *parts, struct err *err)
{
	const struct machine_config *config = parts->config;
	struct fixed_bars_guest guest = {
		.memory = config->memory,
		.kind = config->firmware.kind,
	};
	struct sysroot sysroot;
	int ret = sysroot_open(&sysroot, "", err);

	if (ret)
		return ret;
	ret = fixed_bars_find(bars, &sysroot, config->devices, config->nr_devices, guest.kind, err);
	sysroot_close(&sysroot);
	if (ret || !bars->nr)
		return ret;
	ret = vcpus_host_phys_bits(parts->kvm, &guest.host_bits, err);
	return ret ? ret : fixed_bars_check(bars, &guest, err);
}

static int open_devices(void *dev, const struct device_parts *parts, struct err *err)
{
	const struct machine_config *config = parts->config;
	struct assigned_devices *devices = dev;
	const struct vfio_watcher watcher = {
		.loop = parts->loop,
		.lost = parts->events->lost,
		.map_failed = parts->events->map_failed,
		.hold = parts->events->hold,
		.resume = parts->events->resume,
		.owner = parts->owner,
		.trace = config->trace ? &devices->trace : NULL,
	};
	const struct assigned_config assigned = {
		.devices = config->devices,
		.nr_devices = config->nr_devices,
		.memory = config->memory,
		.pool = config->ram.page,
		.kind = config->iommu,
		.secondary = machine_first_screen(config) == SCREEN_EMULATED,
	};
	int ret = 0;

	if (config->trace)
		ret = vfio_trace_open(
			&devices->trace, config->trace, config->trace_max, parts->loop, err);
	if (!ret)
		ret = find_fixed_bars(&devices->fixed_bars, parts, err);
	return ret ? ret : assigned_open(&devices->assigned, parts->kvm, &assigned, &watcher, err);
}

static int ready(void *dev, const struct device_parts *parts, struct err *err)
{
	return assigned_take(&((struct assigned_devices *)dev)->assigned, err);
}

static int attach(void *dev, const struct device_parts *parts, struct err *err)
{
	return assigned_attach(
		&((struct assigned_devices *)dev)->assigned, &parts->board->mch.host, err);
}

/*
 * The last step before the guest runs, because it may run while its memory is still being mapped:
 * see vm/vfio/assign.h.
 */
static int begin(void *dev, const struct device_parts *parts, struct err *err)
{
	return assigned_map(
		&((struct assigned_devices *)dev)->assigned, parts->mem, parts->config->dma, err);
}

static void close_devices(void *dev)
{
	struct assigned_devices *devices = dev;

	assigned_close(&devices->assigned);
	vfio_trace_close(&devices->trace);
}

/* Adds the fw_cfg files that assigned devices have for the firmware. */
static int fw_cfg(const void *dev, struct fw_cfg *fw_cfg, struct err *err)
{
	const struct vfio_assign *assign = &((const struct assigned_devices *)dev)->assigned.assign;
	int ret = 0;

	for (unsigned i = 0; i < assign->nr_devices; i++) {
		const struct vfio_pci *vp = assign->devices[i];

		for (unsigned n = 0; n < vp->nr_files && !ret; n++)
			ret = fw_cfg_add_file_bytes(fw_cfg, vp->files[n].name, vp->files[n].bytes,
				vp->files[n].size, err);
	}
	return ret;
}

static void boot_order(const void *dev, enum boot_source source, struct blob *order)
{
	if (source == BOOT_DEVICE)
		boot_order_add_assigned(order, &((const struct assigned_devices *)dev)->assigned);
}

const struct device_kind assigned_kind = {
	.name = "assigned",
	.size = sizeof(struct assigned_devices),
	.open = open_devices,
	.ready = ready,
	.attach = attach,
	.begin = begin,
	.close = close_devices,
	.fw_cfg = fw_cfg,
	.boot_order = boot_order,
};
