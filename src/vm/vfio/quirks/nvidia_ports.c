// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ports 3D0h and 3D4h of an NVIDIA graphics card: writing 338h to 3D4h and an offset to 3D0h
 * selects a register; then writing 538h or 738h to 3D4h makes the next access to 3D0h read or write
 * that register. Offsets from 1800h on are config space. An access out of order resets the
 * sequence.
 */
#include "vm/vfio/quirks/quirk.h"

#define DATA_PORT    0x3d0
#define COMMAND_PORT 0x3d4
#define SELECT       0x338
#define READ         0x538
#define WRITE        0x738

static const struct range config = { 0x1800, PCI_CFG_SPACE_SIZE };

enum state { IDLE, SELECTING, SELECTED, READING, WRITING };

struct nvidia_ports {
	struct vfio_quirk quirk;
	enum state state;
	u32 offset;
};

static enum state take_state(struct nvidia_ports *nv)
{
	enum state state = nv->state;

	nv->state = IDLE;
	return state;
}

static u64 command_read(void *owner, u64 port, unsigned size)
{
	struct nvidia_ports *nv = owner;

	take_state(nv);
	return vfio_quirk_hw_read(&nv->quirk, VFIO_PCI_VGA_REGION_INDEX, port, size);
}

static void command_write(void *owner, u64 port, unsigned size, u64 value)
{
	struct nvidia_ports *nv = owner;
	enum state state = take_state(nv);

	if (port == COMMAND_PORT && size == 2 && value == SELECT && state == IDLE)
		nv->state = SELECTING;
	else if (port == COMMAND_PORT && size == 2 && value == READ && state == SELECTED)
		nv->state = READING;
	else if (port == COMMAND_PORT && size == 2 && value == WRITE && state == SELECTED)
		nv->state = WRITING;
	vfio_quirk_hw_write(&nv->quirk, VFIO_PCI_VGA_REGION_INDEX, port, size, value);
}

static u64 data_read(void *owner, u64 port, unsigned size)
{
	struct nvidia_ports *nv = owner;
	u64 at = nv->offset + (port - DATA_PORT);
	bool reading = take_state(nv) == READING;
	u64 value = vfio_quirk_hw_read(&nv->quirk, VFIO_PCI_VGA_REGION_INDEX, port, size);

	if (reading && range_contains(config, at, size))
		return vfio_quirk_config_read(&nv->quirk, at - config.start, size);
	return value;
}

static void data_write(void *owner, u64 port, unsigned size, u64 value)
{
	struct nvidia_ports *nv = owner;
	u64 at = nv->offset + (port - DATA_PORT);
	enum state state = take_state(nv);

	if (state == SELECTING && port == DATA_PORT && size == 4) {
		nv->offset = (u32)value;
		nv->state = SELECTED;
	} else if (state == WRITING && range_contains(config, at, size)) {
		vfio_quirk_config_write(&nv->quirk, at - config.start, size, value);
		return;
	}
	vfio_quirk_hw_write(&nv->quirk, VFIO_PCI_VGA_REGION_INDEX, port, size, value);
}

static const struct bus_ops data_ops = { data_read, data_write };
static const struct bus_ops command_ops = { command_read, command_write };

static int open_ports(struct vfio_quirk *quirk, struct err *err)
{
	int ret = vfio_quirk_trap(quirk, VFIO_PCI_VGA_REGION_INDEX, DATA_PORT, 4, &data_ops, err);

	return ret ? ret
		   : vfio_quirk_trap(
			     quirk, VFIO_PCI_VGA_REGION_INDEX, COMMAND_PORT, 2, &command_ops, err);
}

static void reset(struct vfio_quirk *quirk)
{
	((struct nvidia_ports *)quirk)->state = IDLE;
}

const struct vfio_quirk_ops vfio_quirk_nvidia_ports = {
	.size = sizeof(struct nvidia_ports),
	.open = open_ports,
	.reset = reset,
};
