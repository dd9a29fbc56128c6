// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/config.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/range.h"
#include "vm/vfio/config_caps.h"

/* PCI 3.0, 6.2.1. Newer kernel headers define it. */
#define HEADER_MULTIFUNCTION 0x80

static long read_physical(void *from, unsigned pos, void *bytes, unsigned size)
{
	struct vfio_config *config = from;

	if (!range_contains((struct range){ 0, config->region.size }, pos, size))
		return -EINVAL;
	return config->dev->ops->read(config->dev, &config->region, pos, bytes, size);
}

int vfio_config_load(struct vfio_config *config, struct vfio_device *dev, struct err *err)
{
	const u8 *physical = config->physical;
	int ret;

	*config = (struct vfio_config){ .dev = dev };
	ret = dev->ops->region(dev, VFIO_PCI_CONFIG_REGION_INDEX, &config->region);
	if (ret)
		return err_sys(err, -ret, "cannot find its config space");

	config->walk = pci_config_collect(read_physical, config, config->physical);
	if (config->walk < PCI_CFG_SPACE_SIZE) {
		err_set(err, ENODEV, "it does not answer: its config space reads all ones");
		return err_help(err,
			"It is in a deep power state or hung. Give it back and take it "
			"again, or restart the host; dmesg says more");
	}
	if ((physical[PCI_HEADER_TYPE] & PCI_HEADER_TYPE_MASK) != PCI_HEADER_TYPE_NORMAL)
		return err_set(err, ENOTSUP, "it is a bridge; only endpoints can be assigned");
	return 0;
}

u32 vfio_config_hw_read(struct vfio_config *config, u16 offset, unsigned size)
{
	u8 bytes[4];
	ssize_t n;

	if (!range_contains((struct range){ 0, config->region.size }, offset, size))
		return (u32)all_ones(size);
	n = config->dev->ops->read(config->dev, &config->region, offset, bytes, size);
	return n == (ssize_t)size ? (u32)get_le(bytes, size) : (u32)all_ones(size);
}

void vfio_config_hw_write(struct vfio_config *config, u16 offset, unsigned size, u32 value)
{
	u8 bytes[4];
	ssize_t n;

	if (!range_contains((struct range){ 0, config->region.size }, offset, size))
		return;
	put_le(bytes, size, value);
	n = config->dev->ops->write(config->dev, &config->region, offset, bytes, size);
	if (n != (ssize_t)size)
		log_guest("%s: a write of config register 0x%x failed", config->pci->name, offset);
}

/* The Bus Master bit at its place within an access; 0 if the access does not include it. */
static u32 master_in(u16 offset, unsigned size)
{
	return range_touches((struct range){ PCI_COMMAND, 1 }, offset, size)
		       ? (u32)PCI_COMMAND_MASTER << (8 * (PCI_COMMAND - offset))
		       : 0;
}

u32 vfio_config_read(struct vfio_config *config, u16 offset, unsigned size)
{
	u32 emulated = (u32)get_le(config->emulated + offset, size);
	u32 ours = pci_dev_config_read(config->pci, offset, size);

	if (emulated == all_ones(size))
		return ours;
	/* The guest must not see that the hardware is not a bus master yet. */
	if (config->master_waits)
		emulated |= master_in(offset, size);
	return (ours & emulated) | (vfio_config_hw_read(config, offset, size) & ~emulated);
}

static void write_hardware(struct vfio_config *config, u16 offset, unsigned size, u32 value)
{
	u32 emulated = (u32)get_le(config->emulated + offset, size);
	u32 ours = pci_dev_config_read(config->pci, offset, size);

	if (emulated != all_ones(size))
		vfio_config_hw_write(config, offset, size, (ours & emulated) | (value & ~emulated));
}

/*
 * The value for the hardware now: without Bus Master while the DMA gate is closed. @after: the
 * command register after the guest's write.
 */
static u32 hold_master(struct vfio_config *config, u16 offset, unsigned size, u32 value, u16 after)
{
	config->master_waits = after & PCI_COMMAND_MASTER && vfio_gate_is_closed(config->gate);
	if (!config->master_waits)
		return value;
	config->gate->blocked(config->gate, config);
	return value & ~master_in(offset, size);
}

/*
 * Pages of a BAR must never be in the guest's memory while the device does not decode its BARs: an
 * access would fault in the kernel. So unmap them before decoding is turned off, and map them after
 * it is turned on.
 */
static void write_command(struct vfio_config *config, u16 offset, unsigned size, u32 value)
{
	u16 before = pci_dev_command(config->pci);
	u8 bytes[8];
	u32 hardware;
	u16 after, decode = PCI_COMMAND_IO | PCI_COMMAND_MEMORY;

	put_le32(bytes, get_le32(config->pci->config + PCI_COMMAND));
	put_le(bytes + (offset - PCI_COMMAND), size, value);
	after = get_le16(bytes);
	hardware = hold_master(config, offset, size, value, after);
	if (before & ~after & decode) {
		pci_dev_config_write(config->pci, offset, size, value);
		write_hardware(config, offset, size, hardware);
	} else {
		write_hardware(config, offset, size, hardware);
		pci_dev_config_write(config->pci, offset, size, value);
	}
}

void vfio_config_pass_gate(struct vfio_config *config)
{
	u16 command;

	if (!config->master_waits)
		return;
	config->master_waits = false;
	command = (u16)vfio_config_hw_read(config, PCI_COMMAND, 2);
	if (command != (u16)all_ones(2))
		vfio_config_hw_write(config, PCI_COMMAND, 2, command | PCI_COMMAND_MASTER);
}

/* A function in D1 to D3 only answers config accesses. */
static void write_power_state(struct vfio_config *config, u16 offset, unsigned size, u32 value)
{
	struct pci_dev *pci = config->pci;
	u16 reg = config->pm + PCI_PM_CTRL;

	if (offset == reg && value & PCI_PM_CTRL_STATE_MASK) {
		pci->asleep = true;
		pci_dev_update(pci);
	}
	write_hardware(config, offset, size, value);
	pci_dev_config_write(pci, offset, size, value);
	pci->asleep = vfio_config_hw_read(config, reg, 2) & PCI_PM_CTRL_STATE_MASK;
	pci_dev_update(pci);
}

void vfio_config_write(struct vfio_config *config, u16 offset, unsigned size, u32 value)
{
	if (range_touches((struct range){ PCI_COMMAND, 2 }, offset, size)) {
		write_command(config, offset, size, value);
	} else if (config->pm &&
		   range_touches((struct range){ config->pm + PCI_PM_CTRL, 2 }, offset, size)) {
		write_power_state(config, offset, size, value);
	} else {
		write_hardware(config, offset, size, value);
		pci_dev_config_write(config->pci, offset, size, value);
	}
}

enum reset_value { KEEP, ZERO };

/* The emulated parts of the header (PCI 3.0, 6.2). Everything else is the hardware's. */
static const struct {
	u8 offset;
	u8 size;
	enum reset_value start;
} header[] = {
	{ PCI_VENDOR_ID, 4, KEEP },
	{ PCI_CLASS_REVISION, 4, KEEP },
	{ PCI_HEADER_TYPE, 1, ZERO },
	{ PCI_BIST, 1, ZERO },
	{ PCI_BASE_ADDRESS_0, 24, ZERO },
	{ PCI_CARDBUS_CIS, 4, ZERO },
	{ PCI_SUBSYSTEM_VENDOR_ID, 4, KEEP },
	{ PCI_ROM_ADDRESS, 4, ZERO },
	{ PCI_CAPABILITY_LIST, 8, ZERO },
	{ PCI_INTERRUPT_LINE, 1, ZERO },
	{ PCI_INTERRUPT_PIN, 1, KEEP },
	{ PCI_MIN_GNT, 2, KEEP },
};

static void build_header(struct vfio_config *config, const struct vfio_config_view *view)
{
	struct pci_dev *pci = config->pci;

	for (size_t i = 0; i < ARRAY_SIZE(header); i++) {
		memset(config->emulated + header[i].offset, 0xff, header[i].size);
		if (header[i].start == KEEP)
			memcpy(pci->config + header[i].offset, config->physical + header[i].offset,
				header[i].size);
		else
			memset(pci->config + header[i].offset, 0, header[i].size);
	}
	if (pci->config[PCI_INTERRUPT_PIN] > 4)
		pci->config[PCI_INTERRUPT_PIN] = 0;
	if (view->subsystem)
		put_le32(pci->config + PCI_SUBSYSTEM_VENDOR_ID, view->subsystem);
	if (view->multifunction)
		pci->config[PCI_HEADER_TYPE] |= HEADER_MULTIFUNCTION;
	/*
	 * Whether there is a capability list is emulated; the other status bits are the hardware's.
	 */
	config->emulated[PCI_STATUS] = PCI_STATUS_CAP_LIST;
}

void vfio_config_build(
	struct vfio_config *config, struct pci_dev *pci, const struct vfio_config_view *view)
{
	config->pci = pci;
	memset(config->emulated, 0, sizeof(config->emulated));
	config->pm = config->msi = config->msix = config->exp = 0;

	build_header(config, view);
	vfio_config_build_caps(config, view);
	vfio_config_build_ext_caps(config, view);
}
