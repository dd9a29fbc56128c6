// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "fake_irq.h"
#include "fake_vfio.h"

static struct sim *sim_of(struct vfio_device *dev)
{
	return container_of(dev, struct sim, dev);
}

static void note(struct sim *sim, const char *what)
{
	if (sim->log)
		strcat(sim->log, what);
}

static int op_info(struct vfio_device *dev, struct vfio_device_info *info)
{
	*info = sim_of(dev)->info;
	return 0;
}

static int op_region(struct vfio_device *dev, u32 index, struct vfio_region *region)
{
	*region = sim_of(dev)->regions[index].info;
	return 0;
}

static ssize_t op_read(struct vfio_device *dev, const struct vfio_region *region, u64 offset,
	void *buf, size_t size)
{
	struct sim *sim = sim_of(dev);
	struct sim_region *r = &sim->regions[region->index];

	assert_true(range_contains((struct range){ 0, r->info.size }, offset, size));
	if (region->index == VFIO_PCI_CONFIG_REGION_INDEX) {
		memcpy(buf, sim->config + offset, size);
		sim->config_reads++;
		return size;
	}
	/* For accesses to legacy VGA, the kernel turns decoding on. */
	if (region->index < VFIO_PCI_VGA_REGION_INDEX &&
		!(sim->config[PCI_COMMAND] & (PCI_COMMAND_MEMORY | PCI_COMMAND_IO)))
		return -EIO;
	r->reads++;
	if (!sim->access || !sim->access(sim, region->index, offset, buf, size, false))
		memcpy(buf, r->mem + offset, size);
	return size;
}

static ssize_t op_write(struct vfio_device *dev, const struct vfio_region *region, u64 offset,
	const void *buf, size_t size)
{
	struct sim *sim = sim_of(dev);
	struct sim_region *r = &sim->regions[region->index];

	assert_true(range_contains((struct range){ 0, r->info.size }, offset, size));
	if (region->index == VFIO_PCI_CONFIG_REGION_INDEX) {
		bool was = sim->config[PCI_COMMAND] & PCI_COMMAND_MASTER;

		memcpy(sim->config + offset, buf, size);
		for (size_t i = 0; i < size; i++)
			sim->config_writes[offset + i]++;
		if (sim->mastered && was != !!(sim->config[PCI_COMMAND] & PCI_COMMAND_MASTER))
			sim->mastered(sim, !was);
		return size;
	}
	r->writes++;
	if (!sim->access || !sim->access(sim, region->index, offset, (u8 *)buf, size, true))
		memcpy(r->mem + offset, buf, size);
	return size;
}

static int op_map(
	struct vfio_device *dev, const struct vfio_region *region, struct range area, void *at)
{
	struct sim *sim = sim_of(dev);
	void *p;

	if (sim->map_error)
		return -sim->map_error;
	p = mmap(at, area.size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		sim->regions[region->index].memfd, (off_t)area.start);
	return p == MAP_FAILED ? -errno : 0;
}

static int op_irq(struct vfio_device *dev, u32 index, struct vfio_irq_info *info)
{
	*info = sim_of(dev)->irqs[index];
	return 0;
}

static void turn_off(struct sim *sim, u32 index)
{
	sim->on[index] = false;
	for (unsigned i = 0; i < SIM_MAX_VECTORS; i++)
		sim->fds[index][i] = -1;
	if (index == VFIO_PCI_INTX_IRQ_INDEX)
		sim->unmask_fd = -1;
}

static int set_triggers(struct sim *sim, u32 index, u32 start, u32 count, const s32 *fds)
{
	bool grows = sim->on[index] && index == VFIO_PCI_MSIX_IRQ_INDEX;

	/* As in the kernel, only one kind of interrupt can be on at a time. */
	for (u32 i = 0; i <= VFIO_PCI_MSIX_IRQ_INDEX; i++)
		if (index <= VFIO_PCI_MSIX_IRQ_INDEX && i != index && sim->on[i])
			return -EINVAL;
	if (start + count > sim->irqs[index].count)
		return -EINVAL;
	if (grows && sim->irqs[index].flags & VFIO_IRQ_INFO_NORESIZE)
		return -EINVAL;
	if (index == VFIO_PCI_MSI_IRQ_INDEX && sim->max_msi && count > sim->max_msi)
		return (int)sim->max_msi;
	if (!sim->on[index])
		sim->starts[index]++;
	sim->on[index] = true;
	for (u32 i = 0; i < count; i++)
		sim->fds[index][start + i] = fds[i];
	if (index == VFIO_PCI_INTX_IRQ_INDEX)
		sim_set_intx(sim, sim->intx_level);
	return 0;
}

static int op_set_irqs(
	struct vfio_device *dev, u32 index, u32 flags, u32 start, u32 count, const void *data)
{
	struct sim *sim = sim_of(dev);

	switch (flags) {
	case VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER:
		assert_int_equal(count, 0);
		turn_off(sim, index);
		return 0;
	case VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER:
		return set_triggers(sim, index, start, count, data);
	case VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK:
		assert_int_equal(index, VFIO_PCI_INTX_IRQ_INDEX);
		if (!sim->on[index])
			return -EINVAL;
		sim->unmask_fd = *(const s32 *)data;
		return 0;
	case VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK:
		if (!sim->on[index])
			return -EINVAL;
		sim->intx_masked = false;
		sim_set_intx(sim, sim->intx_level);
		return 0;
	default:
		return -EINVAL;
	}
}

static void forget_state(struct sim *sim)
{
	sim->decoding_at_reset |= sim->config[PCI_COMMAND] &
				  (PCI_COMMAND_MEMORY | PCI_COMMAND_IO | PCI_COMMAND_MASTER);
	if (sim->mastered && sim->config[PCI_COMMAND] & PCI_COMMAND_MASTER)
		sim->mastered(sim, false);
	put_le16(sim->config + PCI_COMMAND, 0);
}

static int op_ioeventfd(struct vfio_device *dev, const struct vfio_region *region, u64 offset,
	unsigned size, u64 value, int eventfd)
{
	struct sim *sim = sim_of(dev);

	sim->io = (struct sim_ioeventfd){ region->index, offset, size, value, eventfd };
	return -sim->ioeventfd_error;
}

static int op_reset(struct vfio_device *dev)
{
	struct sim *sim = sim_of(dev);

	note(sim, "reset ");
	if (sim->busy) {
		sim->busy--;
		return -EAGAIN;
	}
	if (sim->reset_error)
		return -sim->reset_error;
	sim->resets++;
	forget_state(sim);
	return 0;
}

static int op_hot_reset_info(struct vfio_device *dev, struct vfio_pci_dependent_device *devices,
	unsigned max, unsigned *count)
{
	struct sim *sim = sim_of(dev);

	if (!sim->nr_dependents)
		return -ENODEV;
	memcpy(devices, sim->dependents, sim->nr_dependents * sizeof(devices[0]));
	*count = sim->nr_dependents;
	return 0;
}

static int op_hot_reset(struct vfio_device *dev, const s32 *group_fds, unsigned count)
{
	struct sim *sim = sim_of(dev);

	note(sim, "hot ");
	if (sim->busy) {
		sim->busy--;
		return -EAGAIN;
	}
	if (sim->hot_reset_error)
		return -sim->hot_reset_error;
	sim->hot_resets++;
	sim->hot_reset_groups = count;
	forget_state(sim);
	return 0;
}

static void op_close(struct vfio_device *dev)
{
	sim_of(dev)->closed = true;
}

static const struct vfio_device_ops sim_ops = {
	.info = op_info,
	.region = op_region,
	.read = op_read,
	.write = op_write,
	.map = op_map,
	.irq = op_irq,
	.set_irqs = op_set_irqs,
	.ioeventfd = op_ioeventfd,
	.reset = op_reset,
	.hot_reset_info = op_hot_reset_info,
	.hot_reset = op_hot_reset,
	.close = op_close,
};

void sim_open(struct sim *sim)
{
	*sim = (struct sim){
		.dev = { .ops = &sim_ops, .fd = -1 },
		.info = { .flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET,
			.num_regions = SIM_REGIONS,
			.num_irqs = VFIO_PCI_NUM_IRQS },
		.unmask_fd = -1,
	};
	for (u32 i = 0; i < SIM_REGIONS; i++) {
		sim->regions[i].info.index = i;
		sim->regions[i].memfd = -1;
	}
	for (u32 i = 0; i < VFIO_PCI_NUM_IRQS; i++) {
		sim->irqs[i] = (struct vfio_irq_info){ .index = i, .count = i != 1 && i != 2 };
		turn_off(sim, i);
	}
	sim->regions[VFIO_PCI_CONFIG_REGION_INDEX].info.size = 4096;
	sim_put(sim, PCI_VENDOR_ID, 4, 0x12341111);
	sim_put(sim, PCI_CLASS_REVISION, 4, 0x030000a1);
	sim_put(sim, PCI_SUBSYSTEM_VENDOR_ID, 4, 0x56781043);
	sim_put(sim, PCI_INTERRUPT_PIN, 1, 1);
}

void sim_close(struct sim *sim)
{
	for (unsigned i = 0; i < SIM_REGIONS; i++) {
		struct sim_region *r = &sim->regions[i];

		if (r->mem)
			munmap(r->mem, r->info.size);
		if (r->memfd >= 0)
			close(r->memfd);
	}
}

void sim_put(struct sim *sim, u16 offset, unsigned size, u32 value)
{
	put_le(sim->config + offset, size, value);
}

void sim_add_cap(struct sim *sim, u8 id, u8 offset)
{
	u8 *link = &sim->config[PCI_CAPABILITY_LIST];

	while (*link)
		link = &sim->config[*link + 1];
	*link = offset;
	sim->config[offset] = id;
	sim->config[offset + 1] = 0;
	sim->config[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
}

void sim_add_ext_cap(struct sim *sim, u16 id, u8 version, u16 offset)
{
	u16 at = 0x100;

	if (offset != 0x100) {
		while (get_le32(sim->config + at) >> 20)
			at = (u16)(get_le32(sim->config + at) >> 20);
		sim_put(sim, at, 4, get_le32(sim->config + at) | (u32)offset << 20);
	}
	sim_put(sim, offset, 4, id | (u32)version << 16);
}

static void add_memory(struct sim_region *r, u64 size)
{
	r->info.size = size;
	r->memfd = memfd_create("sim", MFD_CLOEXEC);
	assert_true(r->memfd >= 0);
	assert_int_equal(ftruncate(r->memfd, (off_t)size), 0);
	r->mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, r->memfd, 0);
	assert_true(r->mem != MAP_FAILED);
}

void sim_add_bar(struct sim *sim, unsigned index, u64 size, u32 flags)
{
	struct sim_region *r = &sim->regions[index];

	add_memory(r, size);
	r->info.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	if (!(flags & PCI_BASE_ADDRESS_SPACE_IO) && size >= 4096) {
		r->info.flags |= VFIO_REGION_INFO_FLAG_MMAP;
		r->info.msix_mappable = true;
		r->info.areas[0] = (struct range){ 0, size };
		r->info.nr_areas = 1;
	}
	sim_put(sim, (u16)(PCI_BASE_ADDRESS_0 + 4 * index), 4, flags);
}

void sim_add_rom(struct sim *sim, u64 size)
{
	add_memory(&sim->regions[VFIO_PCI_ROM_REGION_INDEX], size);
	put_le16(sim->regions[VFIO_PCI_ROM_REGION_INDEX].mem, 0xaa55);
}

void sim_add_region(struct sim *sim, u32 index, u64 size)
{
	add_memory(&sim->regions[index], size);
	sim->regions[index].info.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
}

void sim_add_vga(struct sim *sim)
{
	sim_add_region(sim, VFIO_PCI_VGA_REGION_INDEX, VGA_MEMORY_START + VGA_MEMORY_SIZE);
}

void sim_add_msix(struct sim *sim, u8 offset, unsigned nr, u32 table, u32 pba)
{
	sim_add_cap(sim, PCI_CAP_ID_MSIX, offset);
	sim_put(sim, offset + PCI_MSIX_FLAGS, 2, nr - 1);
	sim_put(sim, offset + PCI_MSIX_TABLE, 4, table);
	sim_put(sim, offset + PCI_MSIX_PBA, 4, pba);
	sim->irqs[VFIO_PCI_MSIX_IRQ_INDEX].count = nr;
	sim->irqs[VFIO_PCI_MSIX_IRQ_INDEX].flags = VFIO_IRQ_INFO_NORESIZE;
}

void sim_add_exp(struct sim *sim, u8 offset, unsigned type, u32 devcap)
{
	sim_add_cap(sim, PCI_CAP_ID_EXP, offset);
	sim_put(sim, offset + PCI_EXP_FLAGS, 2, 2 | type << 4);
	sim_put(sim, offset + PCI_EXP_DEVCAP, 4, devcap);
	sim_put(sim, offset + PCI_EXP_LNKCAP, 4, 0x00477d04);
	sim_put(sim, offset + PCI_EXP_LNKSTA, 2, 0x1104);
	sim_put(sim, offset + PCI_EXP_LNKCAP2, 4, 0x1e);
}

bool sim_raise(struct sim *sim, u32 index, unsigned n)
{
	return sim->on[index] && sim->fds[index][n] >= 0 && !eventfd_write(sim->fds[index][n], 1);
}

void sim_set_intx(struct sim *sim, bool level)
{
	sim->intx_level = level;
	if (!level || sim->intx_masked || !sim->on[VFIO_PCI_INTX_IRQ_INDEX])
		return;
	sim->intx_masked = true;
	sim_raise(sim, VFIO_PCI_INTX_IRQ_INDEX, 0);
}

void sim_run_unmask(struct sim *sim)
{
	eventfd_t count;

	if (sim->unmask_fd < 0 || eventfd_read(sim->unmask_fd, &count))
		return;
	sim->intx_masked = false;
	sim_set_intx(sim, sim->intx_level);
}

static unsigned intx_gsi(struct pci_host *host, unsigned device, unsigned pin)
{
	struct sim_machine *machine = container_of(host, struct sim_machine, host);

	return machine->gsi_base + (device + pin) % 4;
}

static void lost(void *owner, const char *why)
{
	struct sim_machine *machine = owner;

	snprintf(machine->lost, sizeof(machine->lost), "%s", why);
}

void sim_machine_step(struct sim_machine *machine)
{
	struct err err = { 0 };

	assert_int_equal(loop_step(&machine->loop, 0, &err), 0);
}

void sim_machine_open(struct sim_machine *machine)
{
	struct err err = { 0 };

	*machine = (struct sim_machine){ .gsi_base = 16, .addr = { .bus = 1 } };
	irq_fake_reset();
	assert_int_equal(bus_open(&machine->mmio), 0);
	assert_int_equal(bus_open(&machine->pio), 0);
	assert_int_equal(mem_open(&machine->mem, NULL, &err), 0);
	assert_int_equal(loop_open(&machine->loop, &clock_system, &err), 0);
	machine->watcher = (struct vfio_watcher){
		.loop = &machine->loop,
		.lost = lost,
		.owner = machine,
	};
	pci_host_init(&machine->host, &machine->mmio, &machine->pio, &machine->mem, &machine->irq);
	machine->host.intx_gsi = intx_gsi;

	pci_dev_init(&machine->port, "port", NULL, 0x1b36, 0xc, 0x060400, PCI_HEADER_TYPE_BRIDGE);
	machine->port.secondary = &machine->behind;
	put_le16(machine->port.config + PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
	machine->port.config[PCI_SECONDARY_BUS] = 1;
	machine->port.config[PCI_SUBORDINATE_BUS] = 1;
	machine->port.writable[PCI_IO_BASE] = 0xf0;
	machine->port.writable[PCI_BRIDGE_CONTROL] = PCI_BRIDGE_CTL_VGA;
	machine->port.config[PCI_IO_LIMIT] = 0xf0;
	put_le16(machine->port.config + PCI_MEMORY_LIMIT, 0xfff0);
	put_le16(machine->port.config + PCI_PREF_MEMORY_BASE, PCI_PREF_RANGE_TYPE_64);
	put_le16(machine->port.config + PCI_PREF_MEMORY_LIMIT, 0xfff0 | PCI_PREF_RANGE_TYPE_64);
	put_le32(machine->port.config + PCI_PREF_LIMIT_UPPER32, 0xffff);
	pci_dev_seal(&machine->port);
	pci_bus_add(&machine->host.root, &machine->port, PCI_DEVFN_OF(1, 0));
}

void sim_machine_close(struct sim_machine *machine)
{
	pci_host_close(&machine->host);
	loop_close(&machine->loop);
	mem_close(&machine->mem);
	bus_close(&machine->pio);
	bus_close(&machine->mmio);
}

/* The BARs as the host's kernel shows them. */
static void find_host_bars(const struct sim *sim, struct pci_bar bars[PCI_REGIONS])
{
	for (unsigned i = 0; i < VFIO_NR_BARS; i++) {
		const u8 *reg = sim->config + PCI_BASE_ADDRESS_0 + 4 * i;
		u32 type = reg[0] & (PCI_BASE_ADDRESS_SPACE_IO | PCI_BASE_ADDRESS_MEM_TYPE_MASK);

		bars[i].size = sim->regions[i].info.size;
		bars[i].start = get_le32(reg) & ~0xfu;
		if (type == PCI_BASE_ADDRESS_MEM_TYPE_64)
			bars[i].start |= (u64)get_le32(reg + 4) << 32;
	}
}

void sim_assign(struct sim_machine *machine, struct sim *sim, struct vfio_pci *vp, bool root_bus,
	const struct vfio_options *options)
{
	struct pci_bus *bus = root_bus ? &machine->host.root : &machine->behind;
	struct vfio_options none = { 0 };
	struct err err = { 0 };
	int ret;

	ret = vfio_pci_open(
		vp, machine->addr, &sim->dev, options ? options : &none, &machine->watcher, &err);
	find_host_bars(sim, vp->host_bars);
	if (!ret)
		ret = vfio_pci_attach(vp, bus, root_bus ? PCI_DEVFN_OF(2, 0) : 0, false, &err);
	if (ret)
		fail_msg("%s", err.text);
}

u32 sim_read(struct vfio_pci *vp, u16 offset, unsigned size)
{
	return pci_host_config_read(
		vp->pci.bus->host, vp->pci.bus->bridge != NULL, vp->pci.devfn, offset, size);
}

void sim_write(struct vfio_pci *vp, u16 offset, unsigned size, u32 value)
{
	pci_host_config_write(
		vp->pci.bus->host, vp->pci.bus->bridge != NULL, vp->pci.devfn, offset, size, value);
}
