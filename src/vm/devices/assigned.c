// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/devices/assigned.h"

#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/log.h"
#include "pci/link.h"

/* The link of a root port above a device whose own link is unknown: 8 GT/s, 16 lanes. */
#define DEFAULT_SPEED PCI_EXP_LNKCAP_SLS_8_0GB
#define DEFAULT_WIDTH 16
#define MAX_WIDTH     32

static bool all_by_iommufd(const struct sysroot *sysroot, const struct assigned_config *config)
{
	char name[PCI_ADDR_SIZE];

	for (unsigned i = 0; i < config->nr_devices; i++)
		if (!iommufd_offered(sysroot, pci_addr_text(config->devices[i].addr, name)))
			return false;
	return true;
}

static int open_backend(struct assigned *assigned, const struct kvm *kvm,
	const struct assigned_config *config, struct vfio_backend **backend, struct err *err)
{
	enum vfio_backend_kind kind = config->kind;

	if (kind == VFIO_BACKEND_AUTO && all_by_iommufd(&assigned->sysroot, config))
		kind = VFIO_BACKEND_IOMMUFD;
	if (kind == VFIO_BACKEND_IOMMUFD) {
		log_debug("devices come by iommufd");
		*backend = &assigned->iommufd.backend;
		return vfio_backend_iommufd_open(&assigned->iommufd, &assigned->sysroot, kvm, err);
	}
	log_debug("devices come by VFIO's groups");
	*backend = &assigned->groups.backend;
	return vfio_backend_group_open(&assigned->groups, &assigned->sysroot, kvm, err);
}

int assigned_open(struct assigned *assigned, const struct kvm *kvm,
	const struct assigned_config *config, const struct vfio_watcher *watcher, struct err *err)
{
	struct vfio_backend *backend = NULL;
	char name[PCI_ADDR_SIZE];
	int ret;

	*assigned = (struct assigned){
		.watcher = *watcher,
		.sysroot.fd = -1,
		.secondary = config->secondary,
	};
	if (!config->nr_devices)
		return 0;
	ret = sysroot_open(&assigned->sysroot, "", err);
	if (!ret)
		ret = vfio_dma_check_limit(&assigned->sysroot, config->memory, config->pool,
			pci_addr_text(config->devices[0].addr, name), err);
	if (!ret)
		ret = open_backend(assigned, kvm, config, &backend, err);
	if (!ret)
		ret = vfio_assign_open(&assigned->assign, backend, config->devices,
			config->nr_devices, &assigned->watcher, err);
	if (!ret && assigned->assign.nr_slots > ASSIGNED_MAX)
		ret = err_set(err, ENOSPC, "a guest has room for %u cards, not %u", ASSIGNED_MAX,
			assigned->assign.nr_slots);
	return ret;
}

int assigned_take(struct assigned *assigned, struct err *err)
{
	return assigned->assign.nr_requests ? vfio_assign_take(&assigned->assign, err) : 0;
}

/* Copies the link capabilities of a device if they are valid: PCIe 5.0, 7.5.3.6. */
static bool set_link_from(const struct vfio_config *card, struct root_port_config *config)
{
	u32 link = get_le32(card->physical + card->exp + PCI_EXP_LNKCAP);
	u32 speed = link & PCI_EXP_LNKCAP_SLS, width = (link & PCI_EXP_LNKCAP_MLW) >> 4;

	if (speed < PCI_EXP_LNKCAP_SLS_2_5GB || speed > PCI_EXP_LNKCAP_SLS_64_0GB ||
		!is_pow2(width) || width > MAX_WIDTH)
		return false;
	config->link_speed = (u8)speed;
	config->link_width = (u8)width;
	return true;
}

/* Gives the port the link speed and width of the first function of @slot. */
static void set_link(
	const struct assigned *assigned, unsigned slot, struct root_port_config *config)
{
	config->link_speed = DEFAULT_SPEED;
	config->link_width = DEFAULT_WIDTH;
	for (unsigned i = 0; i < assigned->assign.nr_devices; i++) {
		const struct vfio_config *card = &assigned->assign.devices[i]->config;

		if (assigned->assign.places[i].slot == slot && card->exp &&
			set_link_from(card, config))
			return;
	}
}

/* All functions of a slot are on one bus, so a request for one of them applies to all. */
static bool wants_root_bus(const struct assigned *assigned, unsigned slot)
{
	for (unsigned i = 0; i < assigned->assign.nr_devices; i++)
		if (assigned->assign.places[i].slot == slot &&
			assigned->assign.devices[i]->options.root_bus)
			return true;
	return false;
}

/*
 * SeaBIOS uses the first VGA controller that it finds as its display, with or without legacy VGA.
 * It does not find one below a port that does not forward VGA, and so takes the emulated display
 * that the guest also has.
 */
static bool hides_vga(const struct assigned *assigned, unsigned slot)
{
	for (unsigned i = 0; i < assigned->assign.nr_devices; i++)
		if (assigned->assign.places[i].slot == slot && assigned->assign.devices[i]->has_vga)
			return false;
	return assigned->secondary;
}

static int attach_below_port(
	struct assigned *assigned, unsigned slot, struct pci_host *host, u8 device, struct err *err)
{
	struct root_port *port = calloc(1, sizeof(*port));
	struct root_port_config config = {
		.slot = (u8)(slot + 1),
		.io = true,
		.no_vga = hides_vga(assigned, slot),
	};
	int ret;

	if (!port)
		return err_sys(err, ENOMEM, "cannot make the root port of a card");
	set_link(assigned, slot, &config);
	ret = root_port_open(port, host, PCI_DEVFN_OF(device, 0), &config, err);
	if (ret) {
		free(port);
		return ret;
	}
	assigned->ports[assigned->nr_ports++] = port;
	return vfio_assign_attach(&assigned->assign, slot, &port->bus, 0, err);
}

int assigned_attach(struct assigned *assigned, struct pci_host *host, struct err *err)
{
	u8 device = ASSIGNED_FIRST_PORT;
	int ret = 0;

	for (unsigned slot = 0; slot < assigned->assign.nr_slots && !ret; slot++, device++) {
		while (device <= ASSIGNED_MAX && host->root.devs[PCI_DEVFN_OF(device, 0)])
			device++;
		if (device > ASSIGNED_MAX)
			return err_set(err, ENOSPC, "the guest's root bus has no place left");
		if (wants_root_bus(assigned, slot))
			ret = vfio_assign_attach(&assigned->assign, slot, &host->root, device, err);
		else
			ret = attach_below_port(assigned, slot, host, device, err);
	}
	return ret;
}

int assigned_map(
	struct assigned *assigned, struct mem *mem, enum vfio_dma_mode way, struct err *err)
{
	return assigned->assign.nr_devices ? vfio_assign_map(&assigned->assign, mem, way, err) : 0;
}

void assigned_close(struct assigned *assigned)
{
	vfio_assign_close(&assigned->assign);
	while (assigned->nr_ports) {
		struct root_port *port = assigned->ports[--assigned->nr_ports];

		root_port_close(port);
		free(port);
	}
	sysroot_close(&assigned->sysroot);
}
