// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/pci/root_port.h"

#include <errno.h>
#include <stdio.h>

#include "base/bytes.h"

/*
 * A root port of Intel's 5500 chipset: guests have a driver for it but no quirks, and the id does
 * not reveal a virtual machine.
 */
#define ID_INTEL     0x8086
#define ID_ROOT_PORT 0x3420
#define CLASS_BRIDGE 0x060400

#define EXP_SIZE                60 /* version 2 of the capability */
#define MSI_SIZE                14 /* 64-bit address, no mask bit */
#define ACS_OFFSET              PCI_CFG_SPACE_SIZE
#define ACS_BITS                (PCI_ACS_SV | PCI_ACS_TB | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF)
#define LNKCAP_ASPM_OPTIONALITY BIT(22) /* set by all devices since version 3 of the spec */
#define VGA_BITS                (PCI_BRIDGE_CTL_VGA | 0x10 /* 16-bit decode */)
#define SPEED_MAX               7
#define WIDTH_MAX               32

static bool link_exists(const struct root_port_config *config)
{
	return config->link_speed >= 1 && config->link_speed <= SPEED_MAX &&
	       (config->link_width == 12 || is_pow2(config->link_width)) &&
	       config->link_width <= WIDTH_MAX;
}

static void fill_bridge_header(struct pci_dev *dev, bool io, bool no_vga)
{
	u8 *config = dev->config, *writable = dev->writable;

	config[PCI_INTERRUPT_PIN] = 1;
	put_le16(dev->write1clear + PCI_SEC_STATUS, 0xf900);
	writable[PCI_PRIMARY_BUS] = 0xff;
	writable[PCI_SECONDARY_BUS] = 0xff;
	writable[PCI_SUBORDINATE_BUS] = 0xff;
	if (io) {
		writable[PCI_IO_BASE] = 0xf0;
		writable[PCI_IO_LIMIT] = 0xf0;
		config[PCI_IO_BASE] = 0xf0;
	}
	/*
	 * Windows are closed (base above limit), so that a kernel which starts without firmware
	 * sees none.
	 */
	put_le16(writable + PCI_MEMORY_BASE, 0xfff0);
	put_le16(writable + PCI_MEMORY_LIMIT, 0xfff0);
	put_le16(config + PCI_MEMORY_BASE, 0xfff0);
	put_le16(writable + PCI_PREF_MEMORY_BASE, 0xfff0);
	put_le16(writable + PCI_PREF_MEMORY_LIMIT, 0xfff0);
	put_le16(config + PCI_PREF_MEMORY_BASE, 0xfff0 | PCI_PREF_RANGE_TYPE_64);
	put_le16(config + PCI_PREF_MEMORY_LIMIT, PCI_PREF_RANGE_TYPE_64);
	put_le32(writable + PCI_PREF_BASE_UPPER32, ~0u);
	put_le32(writable + PCI_PREF_LIMIT_UPPER32, ~0u);
	put_le16(writable + PCI_BRIDGE_CONTROL,
		PCI_BRIDGE_CTL_PARITY | PCI_BRIDGE_CTL_SERR | PCI_BRIDGE_CTL_ISA |
			(no_vga ? 0 : VGA_BITS) | PCI_BRIDGE_CTL_BUS_RESET);
}

static void fill_link(struct pci_dev *dev, u8 cap, const struct root_port_config *config)
{
	u8 *regs = dev->config + cap;
	u32 link = (u32)config->link_width << 4 | config->link_speed;
	/* A port that supports 8 GT/s supports 5 and 2.5 GT/s, too. */
	u32 speeds = (2u << config->link_speed) - 2;

	put_le32(regs + PCI_EXP_LNKCAP,
		link | PCI_EXP_LNKCAP_DLLLARC | LNKCAP_ASPM_OPTIONALITY | (u32)config->slot << 24);
	put_le16(dev->writable + cap + PCI_EXP_LNKCTL,
		PCI_EXP_LNKCTL_ASPMC | PCI_EXP_LNKCTL_LD | PCI_EXP_LNKCTL_CCC | PCI_EXP_LNKCTL_ES);
	put_le16(regs + PCI_EXP_LNKSTA, (u16)(link | PCI_EXP_LNKSTA_SLC | PCI_EXP_LNKSTA_DLLLA));
	put_le32(regs + PCI_EXP_LNKCAP2, speeds);
	put_le16(regs + PCI_EXP_LNKCTL2, config->link_speed);
	put_le16(dev->writable + cap + PCI_EXP_LNKCTL2, PCI_EXP_LNKCTL2_TLS);
}

static void add_express(struct pci_dev *dev, const struct root_port_config *config)
{
	u8 cap = (u8)pci_dev_add_cap(dev, PCI_CAP_ID_EXP, 0, EXP_SIZE);
	u8 *regs = dev->config + cap;
	u8 *writable = dev->writable + cap;

	put_le16(regs + PCI_EXP_FLAGS, 2 | PCI_EXP_TYPE_ROOT_PORT << 4 | PCI_EXP_FLAGS_SLOT);
	put_le32(regs + PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_EXT_TAG | PCI_EXP_DEVCAP_RBER);
	put_le16(regs + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_NOSNOOP_EN);
	put_le16(writable + PCI_EXP_DEVCTL, 0x7fff & ~PCI_EXP_DEVCTL_PHANTOM);
	put_le16(dev->write1clear + cap + PCI_EXP_DEVSTA, 0xf);
	fill_link(dev, cap, config);
	put_le32(regs + PCI_EXP_SLTCAP, PCI_EXP_SLTCAP_NCCS | (u32)config->slot << 19);
	put_le16(regs + PCI_EXP_SLTSTA, PCI_EXP_SLTSTA_PDS);
	put_le16(writable + PCI_EXP_RTCTL, PCI_EXP_RTCTL_SECEE | PCI_EXP_RTCTL_SENFEE |
						   PCI_EXP_RTCTL_SEFEE | PCI_EXP_RTCTL_PMEIE);
	put_le32(regs + PCI_EXP_DEVCAP2,
		PCI_EXP_DEVCAP2_ARI |
			(config->atomics ? PCI_EXP_DEVCAP2_ATOMIC_ROUTE | config->atomics : 0));
	put_le16(writable + PCI_EXP_DEVCTL2, PCI_EXP_DEVCTL2_ARI | PCI_EXP_DEVCTL2_ATOMIC_REQ |
						     PCI_EXP_DEVCTL2_ATOMIC_EGRESS_BLOCK);
}

static void add_msi(struct pci_dev *dev)
{
	u8 cap = (u8)pci_dev_add_cap(dev, PCI_CAP_ID_MSI, 0, MSI_SIZE);

	put_le16(dev->config + cap + PCI_MSI_FLAGS, PCI_MSI_FLAGS_64BIT);
	put_le16(dev->writable + cap + PCI_MSI_FLAGS, PCI_MSI_FLAGS_ENABLE);
	put_le32(dev->writable + cap + PCI_MSI_ADDRESS_LO, ~3u);
	put_le32(dev->writable + cap + PCI_MSI_ADDRESS_HI, ~0u);
	put_le16(dev->writable + cap + PCI_MSI_DATA_64, 0xffff);
}

static void add_acs(struct pci_dev *dev)
{
	u8 *regs = dev->config + ACS_OFFSET;

	put_le32(regs, PCI_EXT_CAP_ID_ACS | 1 << 16);
	put_le16(regs + PCI_ACS_CAP, ACS_BITS);
	put_le16(dev->writable + ACS_OFFSET + PCI_ACS_CTRL, ACS_BITS);
}

static void port_config_write(struct pci_dev *dev, u16 offset, unsigned size, u32 value)
{
	u8 before = dev->config[PCI_BRIDGE_CONTROL];

	pci_dev_config_write(dev, offset, size, value);
	if (~before & dev->config[PCI_BRIDGE_CONTROL] & PCI_BRIDGE_CTL_BUS_RESET)
		pci_bus_reset(dev->secondary);
}

static const struct pci_dev_ops port_ops = { .config_write = port_config_write };

int root_port_open(struct root_port *port, struct pci_host *host, u8 devfn,
	const struct root_port_config *config, struct err *err)
{
	int ret;

	*port = (struct root_port){ 0 };
	if (!link_exists(config))
		return err_set(err, EINVAL, "root port %u: no link has speed %u and %u lanes",
			config->slot, config->link_speed, config->link_width);
	snprintf(port->name, sizeof(port->name), "root port %u", config->slot);
	pci_dev_init(&port->dev, port->name, &port_ops, ID_INTEL, ID_ROOT_PORT, CLASS_BRIDGE,
		PCI_HEADER_TYPE_BRIDGE);
	port->dev.secondary = &port->bus;
	fill_bridge_header(&port->dev, config->io, config->no_vga);
	add_msi(&port->dev);
	add_express(&port->dev, config);
	add_acs(&port->dev);
	pci_dev_seal(&port->dev);
	ret = pci_bus_add(&host->root, &port->dev, devfn);
	if (ret)
		return err_sys(err, -ret, "root port %u cannot be at 00:%02x.%x", config->slot,
			PCI_DEV_OF(devfn), PCI_FN_OF(devfn));
	return 0;
}

/* Bits 15:4 of a register are bits 31:20 of an address (PCI-to-PCI Bridge 1.2, 3.2.5.8). */
static void set_window(struct pci_dev *bridge, u16 reg, struct range r)
{
	pci_dev_config_write(bridge, reg, 2, (u32)(r.start >> 16) & 0xfff0);
	pci_dev_config_write(bridge, reg + 2, 2, (u32)((range_end(r) - 1) >> 16) & 0xfff0);
}

void root_port_set_windows(
	struct pci_dev *bridge, struct range io, struct range memory, struct range prefetch)
{
	if (io.size) {
		pci_dev_config_write(bridge, PCI_IO_BASE, 1, (u32)(io.start >> 8) & 0xf0);
		pci_dev_config_write(
			bridge, PCI_IO_LIMIT, 1, (u32)((range_end(io) - 1) >> 8) & 0xf0);
	}
	if (memory.size)
		set_window(bridge, PCI_MEMORY_BASE, memory);
	if (!prefetch.size)
		return;
	set_window(bridge, PCI_PREF_MEMORY_BASE, prefetch);
	pci_dev_config_write(bridge, PCI_PREF_BASE_UPPER32, 4, (u32)(prefetch.start >> 32));
	pci_dev_config_write(
		bridge, PCI_PREF_LIMIT_UPPER32, 4, (u32)((range_end(prefetch) - 1) >> 32));
}

void root_port_close(struct root_port *port)
{
	if (port->dev.bus)
		pci_bus_remove(port->dev.bus, &port->dev);
}
