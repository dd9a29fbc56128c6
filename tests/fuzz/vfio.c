// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An assigned function of any config space and any regions, under a hostile guest: what it says
 * of itself is not trusted more than what the guest does.
 */
#include <errno.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/own.h"
#include "fake_irq.h"
#include "fuzz.h"
#include "vm/pci/pci_bus.h"
#include "vm/vfio/gate.h"
#include "vm/vfio/reset.h"
#include "vm/vfio/trace.h"
#include "vm/vfio/vfio_pci.h"

#define MAX_STEPS 500
#define MEMORY    (64 * KIB)

/* The input begins with this; steps follow. */
struct device {
	u8 config[PCI_CONFIG_SIZE];
	u8 regions[VFIO_PCI_NUM_REGIONS]; /* the size: 2^n, and one more byte if bit 7 is set */
	u8 irq_flags;
	u8 vectors; /* how many MSI vectors the host has */
	u8 options;
	u8 card; /* one of cards[], or none of them */
	u8 more; /* OPTION_* */
};

#define OPTION_BUS_RESET 0x01 /* the machine has all that a reset of the bus hits */
#define OPTION_NO_RESET  0x02 /* the kernel's reset of the function fails */
#define OPTION_CLIQUE    0x04
#define OPTION_GATE      0x08 /* it may not be a bus master yet */
#define OPTION_HOST_BARS 0x10
#define OPTION_ROM_FILE  0x20
#define OPTION_TRACE     0x40
#define OPTION_FAILS     0x80 /* one in eight accesses to the hardware */

#define OLD_KERNEL 0x20 /* in vectors: it cannot share a line, nor show Intel's OpRegion */

struct step {
	u8 kind;
	u8 size;
	u8 address[4];
	u8 value[4];
};

enum {
	CONFIG_READ,
	CONFIG_WRITE,
	MEMORY_READ,
	MEMORY_WRITE,
	PORT_READ,
	PORT_WRITE,
	RAISE,
	RESET,
	PASS_GATE,
	LEAVES, /* the host takes it back, or no longer does */
	NR_KINDS,
};

/* Cards that have quirks, with the BARs that are ports. */
static const struct {
	u32 id;
	u16 class;
	u8 ports;
} cards[] = {
	{ 0x67b01002, 0x0300, BIT(4) },
	{ 0x128010de, 0x0300, BIT(5) },
	{ 0x9a498086, 0x0300, BIT(4) },
	{ 0x01268086, 0x0300, BIT(4) },
	{ 0x816810ec, 0x0200, BIT(0) },
};

#define GROUP 26

struct bench {
	struct vfio_device dev;
	struct device device;
	u8 memory[MEMORY];
	s32 fds[VFIO_PCI_NUM_IRQS][2048];
	bool on[VFIO_PCI_NUM_IRQS];
	struct loop loop;
	struct vfio_watcher watcher;
	struct bus mmio, pio;
	struct mem mem;
	struct irq irq;
	struct pci_host host;
	struct pci_dev port;
	struct pci_bus behind;
	struct vfio_trace trace;
	struct vfio_gate gate;
	struct vfio_owned owned;
	struct vfio_pci *devices[1];
	unsigned accesses;
	struct vfio_pci vp;
};

static char rom_path[] = "/dev/shm/tenon-fuzz-rom-XXXXXX";
static char trace_path[] = "/dev/shm/tenon-fuzz-trace-XXXXXX";

/* One image, which names another device of NVIDIA's. */
static const u8 rom_image[1024] = { 0x55, 0xaa, 2, [0x18] = 0x20, [0x20] = 'P', 'C', 'I', 'R', 0xde,
	0x10, 0x11, 0x11, [0x2a] = 0x18, [0x2f] = 3, [0x30] = 2, [0x35] = 0x80 };

static void clean(void)
{
	unlink(rom_path);
	unlink(trace_path);
}

static void make_files(void)
{
	own_fd int fd = mkstemp(rom_path), trace = mkstemp(trace_path);

	CLAIM(fd >= 0 && trace >= 0 &&
		write(fd, rom_image, sizeof(rom_image)) == sizeof(rom_image));
	atexit(clean);
}

static struct bench *bench_of(struct vfio_device *dev)
{
	return container_of(dev, struct bench, dev);
}

static int op_info(struct vfio_device *dev, struct vfio_device_info *info)
{
	*info = (struct vfio_device_info){ .flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET,
		.num_regions = VFIO_PCI_NUM_REGIONS + 1,
		.num_irqs = VFIO_PCI_NUM_IRQS };
	return 0;
}

static int op_region(struct vfio_device *dev, u32 index, struct vfio_region *region)
{
	u8 size = index < VFIO_PCI_NUM_REGIONS ? bench_of(dev)->device.regions[index] : 0;

	*region = (struct vfio_region){ .index = index, .flags = 7 };
	/* Without Intel's regions. */
	if (index > VFIO_PCI_NUM_REGIONS ||
		(index == VFIO_PCI_NUM_REGIONS && bench_of(dev)->device.vectors & OLD_KERNEL))
		return -EINVAL;
	if (index == VFIO_PCI_NUM_REGIONS) {
		/* VFIO_REGION_TYPE_PCI_VENDOR_TYPE, and Intel. */
		region->type = BIT(31) | 0x8086;
		region->subtype = VFIO_REGION_SUBTYPE_INTEL_IGD_OPREGION;
		region->size = 8 * KIB;
	} else if (index == VFIO_PCI_CONFIG_REGION_INDEX)
		region->size = size & 1 ? 256 : PCI_CONFIG_SIZE;
	else if (index == VFIO_PCI_VGA_REGION_INDEX)
		region->size = VGA_MEMORY_START + VGA_MEMORY_SIZE;
	else if (size & 0x3f)
		region->size = BIT_ULL(size % 22) + (size >> 7);
	if (region->size >= 4096 && !(region->size % 4096)) {
		region->areas[0] = (struct range){ 0, region->size };
		region->nr_areas = 1;
		region->msix_mappable = size & 0x40;
	}
	return 0;
}

static bool fails(struct bench *b)
{
	return b->device.more & OPTION_FAILS && ++b->accesses % 8 == 0;
}

static ssize_t op_read(struct vfio_device *dev, const struct vfio_region *region, u64 offset,
	void *buf, size_t size)
{
	struct bench *b = bench_of(dev);

	CLAIM(range_contains((struct range){ 0, region->size }, offset, size));
	if (fails(b))
		return -EIO;
	if (region->index == VFIO_PCI_CONFIG_REGION_INDEX)
		memcpy(buf, b->device.config + offset, size);
	else
		memcpy(buf, b->memory + offset % (MEMORY / 2), size);
	return size;
}

static ssize_t op_write(struct vfio_device *dev, const struct vfio_region *region, u64 offset,
	const void *buf, size_t size)
{
	struct bench *b = bench_of(dev);

	CLAIM(range_contains((struct range){ 0, region->size }, offset, size));
	if (fails(b))
		return -EIO;
	if (region->index == VFIO_PCI_CONFIG_REGION_INDEX)
		memcpy(b->device.config + offset, buf, size);
	return size;
}

static int op_map(
	struct vfio_device *dev, const struct vfio_region *region, struct range area, void *at)
{
	CLAIM(range_contains((struct range){ 0, region->size }, area.start, area.size));
	return mmap(at, area.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		       -1, 0) == MAP_FAILED
		       ? -errno
		       : 0;
}

static int op_irq(struct vfio_device *dev, u32 index, struct vfio_irq_info *info)
{
	*info = (struct vfio_irq_info){ .count = index == VFIO_PCI_MSIX_IRQ_INDEX ? 2048 : 32,
		.flags = bench_of(dev)->device.irq_flags };
	return 0;
}

static int op_set_irqs(
	struct vfio_device *dev, u32 index, u32 flags, u32 start, u32 count, const void *data)
{
	struct bench *b = bench_of(dev);

	if (!(flags & VFIO_IRQ_SET_ACTION_TRIGGER))
		return b->on[index] ? 0 : -EINVAL;
	if (!count) {
		b->on[index] = false;
		return 0;
	}
	CLAIM(start + count <= 2048 && count >= 1);
	/* Another device's driver has the line. */
	if (index == VFIO_PCI_INTX_IRQ_INDEX && b->device.vectors & OLD_KERNEL)
		return -EBUSY;
	for (u32 i = 0; i <= VFIO_PCI_MSIX_IRQ_INDEX && index <= VFIO_PCI_MSIX_IRQ_INDEX; i++)
		CLAIM(i == index || !b->on[i]);
	if (index == VFIO_PCI_MSI_IRQ_INDEX && count > 1u + b->device.vectors % 32)
		return 1 + b->device.vectors % 32;
	if (!b->on[index])
		memset(b->fds[index], -1, sizeof(b->fds[index]));
	b->on[index] = true;
	memcpy(&b->fds[index][start], data, count * sizeof(s32));
	return 0;
}

static int op_reset(struct vfio_device *dev)
{
	struct bench *b = bench_of(dev);

	CLAIM(!(get_le16(b->device.config + PCI_COMMAND) & PCI_COMMAND_MASTER) ||
		b->device.more & OPTION_FAILS);
	return b->device.more & OPTION_NO_RESET ? -EINVAL : 0;
}

static int op_hot_reset_info(struct vfio_device *dev, struct vfio_pci_dependent_device *devices,
	unsigned max, unsigned *count)
{
	const struct bench *b = bench_of(dev);

	if (!(b->device.more & OPTION_BUS_RESET))
		return -ENODEV;
	CLAIM(max >= 2);
	devices[0] = (struct vfio_pci_dependent_device){ .group_id = GROUP, .devfn = 0x10 };
	devices[1] =
		(struct vfio_pci_dependent_device){ .group_id = GROUP + (b->device.vectors >> 7),
			.devfn = 0x11 };
	*count = 2;
	return 0;
}

static int op_hot_reset(struct vfio_device *dev, const s32 *group_fds, unsigned count)
{
	CLAIM(count == 1 && group_fds[0] == 3);
	return bench_of(dev)->device.vectors & 0x40 ? -EINVAL : 0;
}

static void op_close(struct vfio_device *dev)
{
}

static void set_card(struct bench *b)
{
	unsigned card = b->device.card % (ARRAY_SIZE(cards) + 1);
	u8 *config = b->device.config;

	if (!card--)
		return;
	put_le32(config, cards[card].id);
	put_le16(config + PCI_CLASS_DEVICE, cards[card].class);
	for (unsigned i = 0; i < 6; i++) {
		u8 *bar = config + PCI_BASE_ADDRESS_0 + 4 * i;

		*bar = (u8)((*bar & ~1) | (cards[card].ports >> i & 1));
	}
	/* What the ROM is, and the reset of a Radeon and Intel's OpRegion look for. */
	memcpy(b->memory, rom_image, cards[card].id >> 16 == 0x1280 ? sizeof(rom_image) : 0);
	put_le32(b->memory + 0x204, 0x20100);
	if ((cards[card].id & 0xffff) == 0x8086)
		memcpy(b->memory, "IntelGraphicsMem", 16);
}

static int op_ioeventfd(struct vfio_device *dev, const struct vfio_region *region, u64 offset,
	unsigned size, u64 value, int eventfd)
{
	return 0;
}

static const struct vfio_device_ops ops = { op_info, op_region, op_read, op_write, op_map, op_irq,
	op_set_irqs, op_ioeventfd, op_reset, op_hot_reset_info, op_hot_reset, op_close };

static void on_blocked(struct vfio_gate *gate, struct vfio_config *config)
{
	CLAIM(gate->closed);
}

static void on_lost(void *owner, const char *why)
{
}

static unsigned intx_gsi(struct pci_host *host, unsigned device, unsigned pin)
{
	return 16 + pin;
}

static bool open_bench(struct bench *b)
{
	const struct vfio_options options = { .mmap_off = b->device.options & 1,
		.msi_off = b->device.options & 2,
		.vga = b->device.options & 32 ? VFIO_VGA_ON : VFIO_VGA_OFF,
		.rom_off = b->device.options & 4,
		.quirks_off = b->device.options & 64,
		.subsystem = b->device.options & 128 ? 0x12345678 : 0,
		.bars_host = b->device.more & OPTION_HOST_BARS,
		.clique = b->device.more & OPTION_CLIQUE ? 4 : 0,
		.rom_file = b->device.more & OPTION_ROM_FILE ? rom_path : NULL };
	static const u32 group = GROUP;
	static const s32 group_fd = 3;
	struct vfio_device *dev = &b->dev;
	struct err err = { 0 };

	b->dev = (struct vfio_device){ .ops = &ops, .fd = -1 };
	irq_fake_reset();
	irq_fake_no_resample(b->device.options & 8);
	CLAIM(!loop_open(&b->loop, &clock_system, &err));
	CLAIM(!bus_open(&b->mmio) && !bus_open(&b->pio) && !mem_open(&b->mem, NULL, &err));
	pci_host_init(&b->host, &b->mmio, &b->pio, &b->mem, &b->irq);
	b->host.intx_gsi = intx_gsi;
	b->watcher = (struct vfio_watcher){ .loop = &b->loop, .lost = on_lost, .owner = b };
	set_card(b);
	if (b->device.more & OPTION_TRACE) {
		CLAIM(!vfio_trace_open(&b->trace, trace_path, 64 * KIB, &b->loop, &err));
		dev = vfio_trace_device(&b->trace, dev, (struct pci_addr){ .dev = 2 });
		CLAIM(dev);
	}
	if (vfio_pci_open(&b->vp, (struct pci_addr){ .dev = 2 }, dev, &options, &b->watcher, &err))
		return false;
	b->devices[0] = &b->vp;
	b->owned = (struct vfio_owned){ b->devices, 1, &group, &group_fd, 1 };
	b->vp.owned = &b->owned;
	b->gate = (struct vfio_gate){ b->device.more & OPTION_GATE, on_blocked };
	b->vp.config.gate = &b->gate;
	for (unsigned i = 0; i < PCI_BARS; i++)
		b->vp.host_bars[i] = (struct pci_bar){ .start = (u64)(i + 1) << 36,
			.size = b->device.regions[i] & 0x3f ? BIT_ULL(b->device.regions[i] % 22)
							    : 0 };
	vfio_reset_opened(&b->owned);
	return !vfio_pci_attach(&b->vp, &b->host.root, 0x10, b->device.options & 16, &err);
}

static void close_bench(struct bench *b)
{
	if (b->owned.nr_devices)
		vfio_reset_all(&b->owned);
	vfio_pci_close(&b->vp);
	vfio_trace_close(&b->trace);
	CLAIM(!b->mem.nr_regions && !b->mmio.nr_regions && !b->pio.nr_regions);
	CLAIM(!irq_fake_routes() && !irq_fake_attached() && !b->loop.sources);
	for (u32 i = 0; i < VFIO_PCI_NUM_IRQS; i++)
		CLAIM(!b->on[i]);
	pci_host_close(&b->host);
	mem_close(&b->mem);
	bus_close(&b->mmio);
	bus_close(&b->pio);
	loop_close(&b->loop);
}

static u32 guest_reads(struct bench *b, u16 offset, unsigned size)
{
	return pci_host_config_read(&b->host, 0, 0x10, offset, size);
}

/* The guest's lists end, and hold nothing that it must not see. */
static void check_lists(struct bench *b)
{
	unsigned pos = guest_reads(b, PCI_CAPABILITY_LIST, 1), steps = 0;

	for (; pos; pos = guest_reads(b, (u16)(pos + 1), 1)) {
		CLAIM(pos >= PCI_STD_HEADER_SIZEOF && !(pos & 3) && steps++ < 48);
		CLAIM(guest_reads(b, (u16)pos, 1) != PCI_CAP_ID_EA);
	}
	if (guest_reads(b, PCI_CFG_SPACE_SIZE, 4) == ~0u)
		return;
	for (pos = PCI_CFG_SPACE_SIZE; pos; steps++) {
		u32 header = guest_reads(b, (u16)pos, 4);

		CLAIM(steps < 2000 && pos >= PCI_CFG_SPACE_SIZE);
		CLAIM(PCI_EXT_CAP_ID(header) != PCI_EXT_CAP_ID_SRIOV);
		pos = header >> 20;
	}
}

/* No page of the guest's holds a part of the MSI-X table. */
static void check_pages(struct bench *b)
{
	for (unsigned i = 0; i < VFIO_NR_BARS; i++) {
		const struct vfio_bar *bar = &b->vp.bars.bar[i];

		for (unsigned p = 0; p < bar->nr_pages; p++) {
			struct range page = { bar->pages[p].offset,
				bar->pages[p].region.range.size };

			CLAIM(!range_overlaps(page, bar->table));
			CLAIM(range_contains(
				(struct range){ 0, bar->region.size }, page.start, page.size));
		}
	}
}

static void raise_vector(struct bench *b, u32 index, u32 n)
{
	if (b->on[index] && b->fds[index][n] >= 0)
		eventfd_write(b->fds[index][n], 1);
}

static void take_step(struct bench *b, const struct step *s)
{
	u32 address = get_le32(s->address), value = get_le32(s->value);
	u64 value64 = value * 0x100000001ull;
	unsigned size = 1u << s->size % 3, wide = 1u << s->size % 4;
	u16 reg = (address % PCI_CONFIG_SIZE) & ~(size - 1);
	struct err err = { 0 };

	switch (s->kind % NR_KINDS) {
	case CONFIG_READ:
		guest_reads(b, reg, size);
		break;
	case CONFIG_WRITE:
		pci_host_config_write(&b->host, 0, 0x10, reg, size, value);
		break;
	case MEMORY_READ:
		CLAIM(!(bus_read(&b->mmio, address, wide) & ~all_ones(wide)));
		break;
	case MEMORY_WRITE:
		bus_write(&b->mmio, address, wide, value64);
		break;
	case PORT_READ:
		bus_read(&b->pio, address & 0xffff, size);
		break;
	case PORT_WRITE:
		bus_write(&b->pio, address & 0xffff, size, value);
		break;
	case RAISE:
		raise_vector(b, s->size % VFIO_PCI_NUM_IRQS,
			(s->size % VFIO_PCI_NUM_IRQS) % 3 ? address % 2048 : 0);
		irq_fake_deliver();
		CLAIM(!loop_step(&b->loop, 0, &err));
		break;
	case RESET:
		pci_bus_reset(&b->host.root);
		break;
	case PASS_GATE:
		if (!b->gate.closed)
			break;
		b->gate.closed = false;
		vfio_config_pass_gate(&b->vp.config);
		break;
	case LEAVES:
		b->vp.leaving = s->size & 1;
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct bench b;
	static bool made;
	struct step step;

	if (!made)
		make_files();
	made = true;
	log_set_level(LOG_ERROR);
	memset(&b, 0, sizeof(b));
	memcpy(&b.device, data, size < sizeof(b.device) ? size : sizeof(b.device));
	size -= size < sizeof(b.device) ? size : sizeof(b.device);
	data += sizeof(b.device);
	if (open_bench(&b)) {
		check_lists(&b);
		check_pages(&b);
		for (unsigned n = 0; size >= sizeof(step) && n < MAX_STEPS; n++) {
			memcpy(&step, data, sizeof(step));
			data += sizeof(step);
			size -= sizeof(step);
			take_step(&b, &step);
		}
		check_lists(&b);
	}
	close_bench(&b);
	return 0;
}
