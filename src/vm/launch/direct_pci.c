// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/launch/direct_pci.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/bytes.h"
#include "vm/boot/acpi/acpi.h"
#include "vm/mem/ram.h"
#include "vm/pci/root_port.h"

/* Above the legacy ports and those of power management. */
#define IO_START 0x1000ull
#define IO_END   0x10000ull

#define IO_WINDOW     (4 * KIB) /* the grain of a bridge's window */
#define MEMORY_WINDOW MIB

enum space { IO, LOW, HIGH, NR_SPACES };

/* Something that gets an address: a BAR of the root bus, or a bridge's window. */
struct want {
	struct pci_dev *dev;
	unsigned bar; /* of a function; not for a bridge */
	enum space space;
	u64 size, align;
	u64 start; /* 0: not placed */
};

struct placing {
	const struct fixed_bars *kept;
	struct want *wants;
	unsigned nr;
	/* Where each space is free; the second is used when the first is full. */
	struct range free[NR_SPACES][2];
	int ret;
};

/*
 * 64-bit BARs that are prefetchable can be behind a bridge above 4 GiB. All others are below, where
 * 32-bit guests reach them, too.
 */
static enum space space_of(const struct placing *p, const struct pci_dev_bar *bar)
{
	const u32 high = PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH;

	if (bar->flags & PCI_BASE_ADDRESS_SPACE_IO)
		return IO;
	return (bar->flags & high) == high && p->free[HIGH][0].size ? HIGH : LOW;
}

/* Functions whose BARs fixed_bars_set() places, and those beside them behind the same bridge. */
static bool is_kept(const struct placing *p, const struct pci_dev *dev)
{
	for (unsigned bar = 0; bar < PCI_NUM_BARS; bar++)
		if (p->kept && p->kept->nr && dev->bars[bar].alias_addr)
			return true;
	return false;
}

static bool has_kept(const struct placing *p, const struct pci_bus *bus)
{
	for (unsigned i = 0; i < PCI_BUS_DEVFNS; i++)
		if (bus->devs[i] && is_kept(p, bus->devs[i]))
			return true;
	return false;
}

static void add_want(struct placing *p, struct want want)
{
	if (!want.size || p->ret)
		return;
	p->ret = array_room(p->wants, p->nr, 1);
	if (!p->ret)
		p->wants[p->nr++] = want;
}

static void add_function(struct placing *p, struct pci_dev *dev)
{
	for (unsigned bar = 0; bar < PCI_NUM_BARS && !is_kept(p, dev); bar++)
		add_want(p, (struct want){
				    .dev = dev,
				    .bar = bar,
				    .space = space_of(p, &dev->bars[bar]),
				    .size = dev->bars[bar].size,
				    .align = dev->bars[bar].size,
			    });
}

/*
 * A window as large as the BARs behind the bridge. They are laid out from the largest to the
 * smallest, so that each is aligned if the largest is.
 */
static void add_bridge(struct placing *p, struct pci_dev *bridge)
{
	for (unsigned space = 0; space < NR_SPACES; space++) {
		u64 grain = space == IO ? IO_WINDOW : MEMORY_WINDOW;
		struct want want = { .dev = bridge, .space = space, .align = grain };

		for (unsigned i = 0; i < PCI_BUS_DEVFNS; i++) {
			const struct pci_dev *dev = bridge->secondary->devs[i];

			for (unsigned bar = 0; dev && bar < PCI_NUM_BARS; bar++) {
				u64 size = dev->bars[bar].size;

				if (!size || space_of(p, &dev->bars[bar]) != space)
					continue;
				want.size += size;
				if (size > want.align)
					want.align = size;
			}
		}
		want.size = round_up(want.size, grain);
		/* Root ports without I/O have a window that cannot be written. */
		if (space == IO && !bridge->writable[PCI_IO_BASE])
			want.size = 0;
		add_want(p, want);
	}
}

static int by_alignment(const void *a, const void *b)
{
	const struct want *x = a, *y = b;

	return x->align < y->align ? 1 : x->align > y->align ? -1 : 0;
}

/* Moves @start behind the first fixed BAR, or window for one, that overlaps. */
static bool avoid(const struct placing *p, u64 *start, u64 size)
{
	for (unsigned i = 0; p->kept && i < p->kept->nr; i++) {
		struct fixed_bars_windows w = fixed_bars_windows(p->kept, p->kept->place[i].addr);
		const struct range taken[] = { p->kept->place[i].range, w.memory, w.prefetch };

		for (unsigned n = 0; n < ARRAY_SIZE(taken); n++) {
			if (!range_touches(taken[n], *start, size))
				continue;
			*start = range_end(taken[n]);
			return true;
		}
	}
	return false;
}

/* Takes the first fitting addresses of @free, and leaves what is behind them. */
static u64 take(const struct placing *p, struct range *free, const struct want *want)
{
	u64 start = round_up(free->start, want->align), end = range_end(*free);

	while (start < end && want->size <= end - start) {
		if (want->space != IO && avoid(p, &start, want->size)) {
			start = round_up(start, want->align);
			continue;
		}
		*free = (struct range){ start + want->size, end - start - want->size };
		return start;
	}
	return 0;
}

static void set_bar(struct pci_dev *dev, unsigned bar, u64 start)
{
	bool is_io = dev->bars[bar].flags & PCI_BASE_ADDRESS_SPACE_IO;
	bool is_64 = !is_io && dev->bars[bar].flags & PCI_BASE_ADDRESS_MEM_TYPE_64;
	u16 reg = bar == PCI_ROM_BAR ? PCI_ROM_ADDRESS : (u16)(PCI_BASE_ADDRESS_0 + 4 * bar);

	pci_dev_config_write(dev, reg, 4, (u32)start);
	if (is_64 && bar != PCI_ROM_BAR)
		pci_dev_config_write(dev, reg + 4, 4, (u32)(start >> 32));
}

/* Places the BARs behind a bridge in its window. */
static void fill_window(const struct placing *p, const struct want *want)
{
	u64 start = want->start;

	for (u64 size = want->align; size; size /= 2)
		for (unsigned i = 0; i < PCI_BUS_DEVFNS; i++) {
			struct pci_dev *dev = want->dev->secondary->devs[i];

			for (unsigned bar = 0; dev && bar < PCI_NUM_BARS; bar++) {
				if (dev->bars[bar].size != size ||
					space_of(p, &dev->bars[bar]) != want->space)
					continue;
				set_bar(dev, bar, start);
				start += size;
			}
		}
}

static void set(const struct placing *p, const struct want *want)
{
	struct range none = { 0 }, window = { want->start, want->size };

	if (!want->start)
		return;
	if (!want->dev->secondary) {
		set_bar(want->dev, want->bar, want->start);
		return;
	}
	root_port_set_windows(want->dev, want->space == IO ? window : none,
		want->space == LOW ? window : none, want->space == HIGH ? window : none);
	fill_window(p, want);
}

/* The buses get numbers in the order of their bridges. */
static void collect(struct placing *p, struct pci_bus *root)
{
	u8 last = 0;

	for (unsigned i = 0; i < PCI_BUS_DEVFNS; i++) {
		struct pci_dev *dev = root->devs[i];

		if (!dev)
			continue;
		if (!dev->secondary) {
			add_function(p, dev);
			continue;
		}
		last++;
		pci_dev_config_write(dev, PCI_SECONDARY_BUS, 1, last);
		pci_dev_config_write(dev, PCI_SUBORDINATE_BUS, 1, last);
		if (!has_kept(p, dev->secondary))
			add_bridge(p, dev);
	}
}

int direct_pci_place(struct mch *mch, struct range high, const struct fixed_bars *kept)
{
	struct range ecam = mch_ecam(mch).size ? mch_ecam(mch) : (struct range){ RAM_LOW_MAX, 0 };
	struct placing p = {
		.kept = kept,
		.free = {
			[IO] = { { IO_START, IO_END - IO_START } },
			[LOW] = { { range_end(ecam), ACPI_IOAPIC - range_end(ecam) },
				{ RAM_LOW_MAX, ecam.start - RAM_LOW_MAX } },
			[HIGH] = { high },
		},
	};

	pthread_mutex_lock(&mch->host.lock);
	collect(&p, &mch->host.root);
	qsort(p.wants, p.nr, sizeof(p.wants[0]), by_alignment);
	for (unsigned i = 0; i < p.nr && !p.ret; i++) {
		struct want *want = &p.wants[i];

		for (unsigned n = 0; n < 2 && !want->start; n++)
			want->start = take(&p, &p.free[want->space][n], want);
		set(&p, want);
	}
	pthread_mutex_unlock(&mch->host.lock);
	free(p.wants);
	return p.ret;
}
