// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses in a direct start, looked at as a driver sees them: through bridges, decoded. */
#include "vm/launch/direct_pci.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "unit.h"
#include "vm/pci/root_port.h"

#define MEM32  PCI_BASE_ADDRESS_SPACE_MEMORY
#define MEM64  PCI_BASE_ADDRESS_MEM_TYPE_64
#define PREF64 (PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH)
#define IO     PCI_BASE_ADDRESS_SPACE_IO
#define NR     6

static const struct range high = { 6 * GIB, 58 * GIB };

struct bench {
	struct bus mmio, pio;
	struct mem mem;
	struct mch mch;
	struct root_port ports[3];
	struct pci_dev cards[NR];
	unsigned nr;
};

static u64 nothing_read(void *owner, u64 offset, unsigned size)
{
	return 0;
}

static void nothing_write(void *owner, u64 offset, unsigned size, u64 value)
{
}

static const struct bus_ops nothing = { nothing_read, nothing_write };

struct bar {
	unsigned index;
	u64 size;
	u32 flags;
};

static void add(struct bench *b, struct pci_bus *bus, u8 devfn, const struct bar *bars, unsigned nr)
{
	struct pci_dev *dev = &b->cards[b->nr++];

	pci_dev_init(dev, "card", NULL, 0x1234, 0x5678, 0x020000, PCI_HEADER_TYPE_NORMAL);
	for (unsigned i = 0; i < nr; i++) {
		pci_dev_set_bar(dev, bars[i].index, bars[i].size, bars[i].flags);
		dev->bars[bars[i].index].ops = &nothing;
	}
	pci_dev_seal(dev);
	assert_int_equal(pci_bus_add(bus, dev, devfn), 0);
}

static void add_cards(struct bench *b)
{
	static const struct bar on_board[] = { { 0, 64, IO }, { 1, 4 * KIB, MEM32 },
		{ 4, 16 * KIB, PREF64 } };
	static const struct bar graphics[] = { { 0, 16 * MIB, MEM32 }, { 1, 8 * GIB, PREF64 },
		{ 3, 32 * MIB, PREF64 }, { 5, 128, IO }, { PCI_ROM_BAR, 512 * KIB, MEM32 } };
	static const struct bar sound[] = { { 0, 16 * KIB, MEM64 } };
	static const struct bar disk[] = { { 0, 16 * KIB, MEM64 }, { 2, 256 * MIB, PREF64 } };

	add(b, &b->mch.host.root, PCI_DEVFN_OF(2, 0), on_board, 3);
	add(b, &b->mch.host.root, PCI_DEVFN_OF(2, 1), on_board, 3);
	add(b, &b->ports[0].bus, 0, graphics, 5);
	add(b, &b->ports[0].bus, 1, sound, 1);
	add(b, &b->ports[1].bus, 0, disk, 2);
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err err = { 0 };

	bus_open(&b->mmio);
	bus_open(&b->pio);
	assert_int_equal(mem_open(&b->mem, NULL, &err), 0);
	assert_int_equal(mch_open(&b->mch, &b->mmio, &b->pio, &b->mem, NULL, &err), 0);
	mch_set_ecam(&b->mch, MCH_ECAM_DEFAULT);
	for (unsigned i = 0; i < ARRAY_SIZE(b->ports); i++) {
		const struct root_port_config config = {
			.slot = (u8)i,
			.link_speed = 3,
			.link_width = 16,
			.io = i == 0,
		};

		assert_int_equal(root_port_open(&b->ports[i], &b->mch.host, PCI_DEVFN_OF(4 + i, 0),
					 &config, &err),
			0);
	}
	add_cards(b);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	for (unsigned i = 0; i < b->nr; i++) {
		pci_dev_unmap(&b->cards[i]);
		pci_bus_remove(b->cards[i].bus, &b->cards[i]);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(b->ports); i++)
		root_port_close(&b->ports[i]);
	mch_close(&b->mch);
	mem_close(&b->mem);
	bus_close(&b->pio);
	bus_close(&b->mmio);
	free(b);
	return 0;
}

static void decode(struct pci_dev *dev)
{
	pci_dev_config_write(dev, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
}

/* Each BAR answers at an address of its own, where a BAR of its kind may be. */
static void check(struct bench *b)
{
	struct range ranges[NR * PCI_NUM_BARS];
	bool io[NR * PCI_NUM_BARS];
	unsigned nr = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(b->ports); i++)
		decode(&b->ports[i].dev);
	for (unsigned i = 0; i < b->nr; i++) {
		struct pci_dev *dev = &b->cards[i];

		decode(dev);
		for (unsigned bar = 0; bar < PCI_ROM_BAR; bar++) {
			struct range r = pci_dev_bar_range(dev, bar);
			bool is_high = dev->bars[bar].flags == PREF64;

			if (!dev->bars[bar].size || dev->bars[bar].alias_addr)
				continue;
			assert_int_equal(r.size, dev->bars[bar].size);
			io[nr] = dev->bars[bar].flags & IO;
			assert_true(pci_bus_forwards(dev->bus, r, io[nr] ? IO : MEM32));
			if (io[nr])
				assert_true(r.start >= 0x1000 && range_end(r) <= 0x10000);
			else if (is_high)
				assert_true(range_contains(high, r.start, r.size));
			else
				assert_true(r.start >= 2 * GIB && range_end(r) <= 0xfec00000);
			assert_false(!io[nr] && range_overlaps(r, mch_ecam(&b->mch)));
			for (unsigned n = 0; n < nr; n++)
				assert_false(io[n] == io[nr] && range_overlaps(ranges[n], r));
			ranges[nr++] = r;
		}
	}
	assert_true(nr >= 8);
}

static void every_bar_has_a_place(void **state)
{
	struct bench *b = *state;

	assert_int_equal(direct_pci_place(&b->mch, high, NULL), 0);
	/* Nothing answers before a driver wants it. */
	for (unsigned i = 0; i < b->nr; i++)
		assert_int_equal(pci_dev_command(&b->cards[i]) & 3, 0);
	check(b);
	for (u8 i = 0; i < ARRAY_SIZE(b->ports); i++) {
		assert_int_equal(b->ports[i].dev.config[PCI_SECONDARY_BUS], i + 1);
		assert_int_equal(b->ports[i].dev.config[PCI_SUBORDINATE_BUS], i + 1);
	}
	assert_ptr_equal(pci_host_find(&b->mch.host, 2, 0), &b->cards[4]);
	/* The ROM has an address behind the bridge, and is off. */
	assert_true(get_le32(b->cards[2].config + PCI_ROM_ADDRESS) >= 2 * GIB);
	assert_false(get_le32(b->cards[2].config + PCI_ROM_ADDRESS) & PCI_ROM_ADDRESS_ENABLE);
	/* A bridge with nothing behind it forwards nothing. */
	assert_false(pci_bus_forwards(&b->ports[2].bus, (struct range){ 2 * GIB, MIB }, MEM32));
}

/* After a reset of the guest everything is placed anew. */
static void a_second_start_is_like_the_first(void **state)
{
	struct bench *b = *state;
	u32 first;

	assert_int_equal(direct_pci_place(&b->mch, high, NULL), 0);
	first = get_le32(b->cards[2].config + PCI_BASE_ADDRESS_0);
	check(b);
	pthread_mutex_lock(&b->mch.host.lock);
	pci_bus_reset(&b->mch.host.root);
	pthread_mutex_unlock(&b->mch.host.lock);
	mch_set_ecam(&b->mch, MCH_ECAM_DEFAULT);
	assert_int_equal(get_le32(b->cards[2].config + PCI_BASE_ADDRESS_0), 0);
	assert_int_equal(direct_pci_place(&b->mch, high, NULL), 0);
	assert_int_equal(get_le32(b->cards[2].config + PCI_BASE_ADDRESS_0), first);
	check(b);
}

/* A BAR that is too large for what is left stays at 0, and the others have their places. */
static void what_has_no_room_stays_out(void **state)
{
	struct bench *b = *state;

	assert_int_equal(direct_pci_place(&b->mch, (struct range){ 6 * GIB, GIB }, NULL), 0);
	assert_int_equal(get_le32(b->cards[2].config + PCI_BASE_ADDRESS_1), PREF64);
	assert_int_equal(get_le32(b->cards[2].config + PCI_BASE_ADDRESS_2), 0);
	assert_true(get_le32(b->cards[2].config + PCI_BASE_ADDRESS_0) >= 2 * GIB);
	assert_int_equal(get_le32(b->cards[4].config + PCI_BASE_ADDRESS_3), 1);
}

/* BARs at the host's addresses, and the bridge above them, are left alone and not overlapped. */
static void fixed_bars_are_kept(void **state)
{
	struct bench *b = *state;
	struct fixed_bars kept = {
		.place = { { .bar = 0, .range = { 0xc0000000, 16 * MIB } },
			{ .bar = 1, .range = { 8 * GIB, 8 * GIB } } },
		.nr = 2,
	};

	b->cards[2].bars[0].alias_addr = 0xc0000000;
	b->cards[2].bars[1].alias_addr = 8 * GIB;
	assert_int_equal(direct_pci_place(&b->mch, high, &kept), 0);
	assert_int_equal(get_le32(b->cards[2].config + PCI_BASE_ADDRESS_0), 0);
	assert_int_equal(b->ports[0].dev.config[PCI_SECONDARY_BUS], 1);
	assert_int_equal(get_le16(b->ports[0].dev.config + PCI_MEMORY_BASE), 0xfff0);
	for (unsigned i = 0; i < b->nr; i++) {
		if (i == 2 || i == 3)
			continue;
		decode(b->cards[i].bus->bridge ? b->cards[i].bus->bridge : &b->cards[i]);
		decode(&b->cards[i]);
		for (unsigned bar = 0; bar < PCI_ROM_BAR; bar++) {
			struct range r = pci_dev_bar_range(&b->cards[i], bar);

			if (b->cards[i].bars[bar].flags & IO || !b->cards[i].bars[bar].size)
				continue;
			assert_true(r.size);
			assert_false(range_overlaps(r, kept.place[0].range));
			assert_false(range_overlaps(r, kept.place[1].range));
		}
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_bar_has_a_place),
		TEST(a_second_start_is_like_the_first),
		TEST(what_has_no_room_stays_out),
		TEST(fixed_bars_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
