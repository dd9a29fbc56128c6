// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/vga.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/log.h"

/* After a second without a write, coalescing stops and the next write exits again. */
#define UNUSED_MAX (unsigned)(NS_PER_S / VGA_DELAY_NS)

static const struct range frame_buffer = { VGA_MEMORY_START, VGA_MEMORY_SIZE };

static u64 now(const struct vfio_vga *vga)
{
	return clock_monotonic(vga->loop->clock);
}

static void post(struct vfio_vga *vga, bool on)
{
	struct bus_coalesced *queue = vga->host->mmio->coalesced;

	if (vga->coalesced == on || !queue)
		return;
	vga->coalesced = on ? !queue->set(queue, frame_buffer, true) : false;
	if (!on)
		queue->set(queue, frame_buffer, false);
}

static void start(struct vfio_vga *vga)
{
	vga->written = true;
	if (vga->active || vga->window.direct)
		return;
	vga->active = true;
	vga->unused = 0;
	post(vga, true);
	loop_timer_set(vga->loop, &vga->timer, now(vga) + VGA_DELAY_NS);
}

static void stop(struct vfio_vga *vga)
{
	post(vga, false);
	vga->active = false;
}

/* Returns whether coalescing has just been stopped, so that the ring may hold more writes. */
static bool tick(struct vfio_vga *vga)
{
	if (!vga->active)
		return false;
	vga_window_flush(&vga->window);
	vga->unused = vga->written ? 0 : vga->unused + 1;
	vga->written = false;
	if (vga->unused < UNUSED_MAX) {
		loop_timer_set(vga->loop, &vga->timer, now(vga) + VGA_DELAY_NS);
		return false;
	}
	stop(vga);
	return true;
}

static void drain(const struct vfio_vga *vga)
{
	if (vga->host->mmio->coalesced)
		vga->host->mmio->coalesced->drain(vga->host->mmio->coalesced);
}

static void expired(void *owner)
{
	struct vfio_vga *vga = owner;
	bool again;

	drain(vga);
	pthread_mutex_lock(&vga->lock);
	again = tick(vga);
	pthread_mutex_unlock(&vga->lock);
	if (again)
		drain(vga);
}

static u64 port_read(struct vfio_vga *vga, u32 port, unsigned size)
{
	u8 bytes[8];

	vga_window_settle(&vga->window);
	if (vga->dev->ops->read(vga->dev, &vga->region, port, bytes, size) == (ssize_t)size)
		return get_le(bytes, size);
	log_guest("%s: a read of VGA port 0x%x failed", vga->name, port);
	return all_ones(size);
}

static void port_write(struct vfio_vga *vga, u32 port, unsigned size, u64 value)
{
	u8 bytes[8];

	vga_window_settle(&vga->window);
	put_le(bytes, size, value);
	for (unsigned i = 0; i < size; i++)
		vga_registers_write(&vga->window.registers, port + i, bytes[i]);
	if (vga->dev->ops->write(vga->dev, &vga->region, port, bytes, size) != (ssize_t)size)
		log_guest("%s: a write of VGA port 0x%x failed", vga->name, port);
}

u64 vfio_vga_hw_read(struct vfio_vga *vga, u32 addr, unsigned size)
{
	u64 value;

	pthread_mutex_lock(&vga->lock);
	if (addr < VGA_MEMORY_START)
		value = port_read(vga, addr, size);
	else
		value = vga_window_read(&vga->window, addr, size, now(vga));
	pthread_mutex_unlock(&vga->lock);
	return value;
}

void vfio_vga_hw_write(struct vfio_vga *vga, u32 addr, unsigned size, u64 value)
{
	pthread_mutex_lock(&vga->lock);
	if (addr < VGA_MEMORY_START) {
		port_write(vga, addr, size, value);
	} else {
		vga_window_write(&vga->window, addr, size, value);
		start(vga);
	}
	pthread_mutex_unlock(&vga->lock);
}

static const struct vfio_trap *trap_at(const struct vfio_vga *vga, u32 addr, unsigned size)
{
	return vfio_trap_find(vga->traps, VFIO_PCI_VGA_REGION_INDEX, addr, size);
}

static bool splits(const struct vfio_vga *vga, u32 addr, unsigned size)
{
	return vfio_trap_splits(vga->traps, VFIO_PCI_VGA_REGION_INDEX, addr, size);
}

static u64 vga_read(void *owner, u32 addr, unsigned size)
{
	struct vfio_vga *vga = owner;
	const struct vfio_trap *trap = trap_at(vga, addr, size);
	u64 value = 0;

	if (trap) {
		pthread_mutex_lock(&vga->host->lock);
		value = trap->ops->read(trap->owner, addr, size);
		pthread_mutex_unlock(&vga->host->lock);
		return value;
	}
	if (!splits(vga, addr, size))
		return vfio_vga_hw_read(vga, addr, size);
	for (unsigned i = 0; i < size; i++)
		value |= vga_read(vga, addr + i, 1) << (8 * i);
	return value;
}

static void vga_write(void *owner, u32 addr, unsigned size, u64 value)
{
	struct vfio_vga *vga = owner;
	const struct vfio_trap *trap = trap_at(vga, addr, size);

	if (trap) {
		pthread_mutex_lock(&vga->host->lock);
		trap->ops->write(trap->owner, addr, size, value);
		pthread_mutex_unlock(&vga->host->lock);
	} else if (!splits(vga, addr, size)) {
		vfio_vga_hw_write(vga, addr, size, value);
	} else {
		for (unsigned i = 0; i < size; i++)
			vga_write(vga, addr + i, 1, value >> (8 * i) & 0xff);
	}
}

/* Makes merged writes before the card loses the ranges for which they were meant. */
static void routed(void *owner, bool memory, bool ports)
{
	struct vfio_vga *vga = owner;

	log_debug("%s: legacy VGA: memory %s, ports %s", vga->name, memory ? "on" : "off",
		ports ? "on" : "off");
	pthread_mutex_lock(&vga->lock);
	vga_window_settle(&vga->window);
	if (!memory)
		stop(vga);
	pthread_mutex_unlock(&vga->lock);
}

static const struct pci_vga_ops vga_ops = { vga_read, vga_write, routed };

int vfio_vga_open(struct vfio_vga *vga, struct pci_dev *pci, struct vfio_device *dev,
	struct pci_host *host, const struct vfio_traps *traps, struct loop *loop, bool direct,
	struct err *err)
{
	struct vfio_region region;
	int ret = dev->ops->region(dev, VFIO_PCI_VGA_REGION_INDEX, &region);

	if (ret || region.size < VGA_MEMORY_START + VGA_MEMORY_SIZE) {
		err_set(err, ENODEV, "the kernel does not give its legacy VGA (vga=on)");
		return err_help(err, "It is for devices of class 0300 only. The kernel needs "
				     "CONFIG_VFIO_PCI_VGA=y, and vfio-pci must be\n"
				     "loaded without disable_vga=1: tenon vga");
	}
	*vga = (struct vfio_vga){
		.pci = { .ops = &vga_ops, .owner = vga },
		.dev = dev,
		.region = region,
		.name = pci->name,
		.host = host,
		.traps = traps,
		.loop = loop,
		.timer = { .expired = expired, .owner = vga },
		.window = { .dev = dev, .name = pci->name, .direct = direct },
		.open = true,
	};
	vga->window.region = &vga->region;
	pthread_mutex_init(&vga->lock, NULL);
	pci->vga = &vga->pci;
	return 0;
}

void vfio_vga_close(struct vfio_vga *vga)
{
	if (!vga->open)
		return;
	loop_timer_cancel(vga->loop, &vga->timer);
	pthread_mutex_destroy(&vga->lock);
	vga->open = false;
}

void vfio_vga_reset(struct vfio_vga *vga)
{
	if (!vga->open)
		return;
	pthread_mutex_lock(&vga->lock);
	vga_window_settle(&vga->window);
	vga_registers_forget(&vga->window.registers);
	pthread_mutex_unlock(&vga->lock);
}

void vfio_vga_settle(struct vfio_vga *vga)
{
	if (!vga->open)
		return;
	pthread_mutex_lock(&vga->lock);
	vga_window_settle(&vga->window);
	pthread_mutex_unlock(&vga->lock);
}
