// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Legacy VGA of an assigned card: merged writes, reads ahead, and writes that KVM has queued,
 * against the same card without any of these. Every read gives the same, and in the end so do the
 * cards.
 */
#include "vm/vfio/vga.h"
#include "bench.h"
#include "fake_vga.h"

#define MAX_QUEUED 64

struct step {
	u8 kind;
	u8 size;
	u8 address[2];
	u8 value[8];
};

enum { WRITE, READ, PORT_WRITE, PORT_READ, TIME, WRITE_ON, NR_KINDS };

/* A card, and the way to it. */
struct card {
	struct bench m;
	struct pci_dev pci;
	struct vfio_device dev;
	struct vfio_traps traps;
	struct vfio_vga vga;
	struct vga_model model;
	struct bus_coalesced queue;
	bool queues;
	struct {
		u32 addr;
		unsigned size;
		u64 value;
	} queued[MAX_QUEUED];
	unsigned nr_queued;
};

static struct card *cards[2]; /* with all of it, and without */
static u64 time_ns;
static u32 next_address;

static struct card *of(struct vfio_device *dev)
{
	return container_of(dev, struct card, dev);
}

static u64 clock_now(const struct clock *clock)
{
	return time_ns;
}

static const struct clock stepped = { .monotonic = clock_now, .realtime = clock_now };

static int op_region(struct vfio_device *dev, u32 index, struct vfio_region *region)
{
	*region =
		(struct vfio_region){ .index = index, .size = VGA_MEMORY_START + VGA_MEMORY_SIZE };
	return 0;
}

static ssize_t op_read(struct vfio_device *dev, const struct vfio_region *region, u64 offset,
	void *buf, size_t size)
{
	CLAIM(range_contains((struct range){ 0, region->size }, offset, size));
	vga_model_access(&of(dev)->model, (u32)offset, buf, size, false);
	return (ssize_t)size;
}

static ssize_t op_write(struct vfio_device *dev, const struct vfio_region *region, u64 offset,
	const void *buf, size_t size)
{
	u8 bytes[4096];

	CLAIM(range_contains((struct range){ 0, region->size }, offset, size));
	CLAIM(size <= sizeof(bytes));
	memcpy(bytes, buf, size);
	vga_model_access(&of(dev)->model, (u32)offset, bytes, size, true);
	return (ssize_t)size;
}

static const struct vfio_device_ops ops = {
	.region = op_region, .read = op_read, .write = op_write
};

static int queue_set(struct bus_coalesced *queue, struct range range, bool on)
{
	container_of(queue, struct card, queue)->queues = on;
	return 0;
}

static void queue_drain(struct bus_coalesced *queue)
{
	struct card *card = container_of(queue, struct card, queue);
	unsigned nr = card->nr_queued;

	card->nr_queued = 0;
	for (unsigned i = 0; i < nr; i++)
		card->vga.pci.ops->write(&card->vga, card->queued[i].addr, card->queued[i].size,
			card->queued[i].value);
}

static void open_card(struct card *card, bool direct)
{
	struct err err = { 0 };

	bench_open(&card->m, false);
	card->m.loop.clock = &stepped;
	card->dev.ops = &ops;
	card->queue = (struct bus_coalesced){ queue_set, queue_drain };
	if (!direct)
		card->m.mmio.coalesced = &card->queue;
	pci_dev_init(&card->pci, "card", NULL, 1, 2, 0x030000, PCI_HEADER_TYPE_NORMAL);
	CLAIM(!vfio_vga_open(&card->vga, &card->pci, &card->dev, &card->m.host, &card->traps,
		&card->m.loop, direct, &err));
}

static void close_card(struct card *card)
{
	vfio_vga_close(&card->vga);
	card->m.loop.clock = &clock_system;
	bench_close(&card->m);
}

static void write_card(struct card *card, u32 addr, unsigned size, u64 value)
{
	if (card->queues && addr >= VGA_MEMORY_START && card->nr_queued < MAX_QUEUED) {
		card->queued[card->nr_queued].addr = addr;
		card->queued[card->nr_queued].size = size;
		card->queued[card->nr_queued++].value = value;
		return;
	}
	queue_drain(&card->queue); /* as with any exit */
	card->vga.pci.ops->write(&card->vga, addr, size, value);
}

static u64 read_card(struct card *card, u32 addr, unsigned size)
{
	queue_drain(&card->queue);
	return card->vga.pci.ops->read(&card->vga, addr, size);
}

static void access_both(u32 addr, unsigned size, u64 value, bool write)
{
	if (size < 8)
		value &= (1ull << (8 * size)) - 1;
	if (write)
		for (unsigned i = 0; i < 2; i++)
			write_card(cards[i], addr, size, value);
	else
		CLAIM(read_card(cards[0], addr, size) == read_card(cards[1], addr, size));
}

static void take_step(const struct step *s)
{
	unsigned size = 1u << s->size % 4, kind = s->kind % NR_KINDS;
	u32 offset = get_le16(s->address) | (u32)(s->size >> 7) << 16;
	u64 value = get_le64(s->value);

	if (kind == WRITE || kind == READ) {
		u32 addr = VGA_MEMORY_START + (offset & ~(size - 1));

		access_both(addr, size, value, kind == WRITE);
		next_address = addr + size;
	} else if (kind == WRITE_ON) {
		if (next_address + size > VGA_MEMORY_START + VGA_MEMORY_SIZE || !next_address)
			return;
		access_both(next_address, size, value, s->value[0] & 1);
		next_address += size;
	} else if (kind == TIME) {
		time_ns += value % (2 * NS_PER_S);
		/* Queued writes are made by who looks at the time. */
		for (unsigned i = 0; i < 2; i++)
			bench_step(&cards[i]->m);
	} else {
		access_both(VGA_COLOR_START + offset % VGA_COLOR_SIZE, size > 2 ? 1 : size, value,
			kind == PORT_WRITE);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct step step;

	time_ns = NS_PER_S;
	next_address = 0;
	for (unsigned i = 0; i < 2; i++) {
		cards[i] = calloc(1, sizeof(*cards[i]));
		CLAIM(cards[i]);
		open_card(cards[i], i == 1);
	}
	for (unsigned n = 0; n < BENCH_STEPS && bench_next(&data, &size, &step, sizeof(step)); n++)
		take_step(&step);
	for (unsigned i = 0; i < 2; i++) {
		queue_drain(&cards[i]->queue);
		vfio_vga_settle(&cards[i]->vga);
	}
	CLAIM(!memcmp(cards[0]->model.plane, cards[1]->model.plane, sizeof(cards[0]->model.plane)));
	for (unsigned i = 0; i < 2; i++) {
		close_card(cards[i]);
		free(cards[i]);
	}
	return 0;
}
