// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "base/bytes.h"
#include "unit.h"
#include "vm/pci/pci_bus.h"
#include "vm/pci/vga.h"

#define BOTH  (PCI_COMMAND_IO | PCI_COMMAND_MEMORY)
#define VGA   PCI_BRIDGE_CTL_VGA
#define VGA16 (PCI_BRIDGE_CTL_VGA | 0x10)

struct card {
	struct pci_dev dev;
	struct pci_vga vga;
	u32 read_addr, write_addr;
	u64 written;
	u8 answer;
	char routes[64]; /* what it was told: "m" memory, "p" ports, "-" none, for each change */
};

/*
 * Two cards: a behind ports 1 and 2 in a row (two levels), b behind port 3 beside them, c on the
 * root bus.
 */
struct sysroot {
	struct bus mmio, pio;
	struct mem mem;
	struct pci_host host;
	struct pci_dev port[3];
	struct pci_bus below[3];
	struct card a, b, c;
};

static u64 card_read(void *owner, u32 addr, unsigned size)
{
	struct card *card = owner;

	card->read_addr = addr;
	return card->answer * 0x0101010101010101ull;
}

static void card_write(void *owner, u32 addr, unsigned size, u64 value)
{
	struct card *card = owner;

	card->write_addr = addr;
	card->written = value;
}

static void card_routed(void *owner, bool memory, bool ports)
{
	struct card *card = owner;

	strcat(card->routes, memory && ports ? "mp " : memory ? "m " : ports ? "p " : "- ");
}

static const struct pci_vga_ops card_ops = { card_read, card_write, card_routed };

static void add_card(struct card *card, const char *name, u8 answer, struct pci_bus *bus, u8 devfn)
{
	pci_dev_init(&card->dev, name, NULL, 0x1234, 0x1111, 0x030000, PCI_HEADER_TYPE_NORMAL);
	card->vga = (struct pci_vga){ .ops = &card_ops, .owner = card };
	card->dev.vga = &card->vga;
	card->answer = answer;
	pci_dev_seal(&card->dev);
	pci_bus_add(bus, &card->dev, devfn);
}

static void add_port(struct sysroot *t, unsigned i, struct pci_bus *bus, u8 devfn)
{
	pci_dev_init(&t->port[i], "port", NULL, 1, 2, 0x060400, PCI_HEADER_TYPE_BRIDGE);
	memset(t->port[i].writable + PCI_PRIMARY_BUS, 0xff, 0x28);
	t->port[i].secondary = &t->below[i];
	pci_dev_seal(&t->port[i]);
	pci_bus_add(bus, &t->port[i], devfn);
}

static int setup(void **state)
{
	struct sysroot *t = calloc(1, sizeof(*t));
	struct err err = { 0 };

	*state = t;
	bus_open(&t->mmio);
	bus_open(&t->pio);
	mem_open(&t->mem, NULL, &err);
	pci_host_init(&t->host, &t->mmio, &t->pio, &t->mem, NULL);
	add_port(t, 0, &t->host.root, 8);
	add_port(t, 1, &t->below[0], 0);
	add_port(t, 2, &t->host.root, 16);
	add_card(&t->a, "a", 0xaa, &t->below[1], 0);
	add_card(&t->b, "b", 0xbb, &t->below[2], 0);
	add_card(&t->c, "c", 0xcc, &t->host.root, 24);
	return 0;
}

static int teardown(void **state)
{
	struct sysroot *t = *state;

	pci_dev_unmap(&t->a.dev);
	pci_dev_unmap(&t->b.dev);
	pci_dev_unmap(&t->c.dev);
	assert_int_equal(t->mmio.nr_regions, 0);
	assert_int_equal(t->pio.nr_regions, 0);
	pci_host_close(&t->host);
	mem_close(&t->mem);
	bus_close(&t->mmio);
	bus_close(&t->pio);
	free(t);
	return 0;
}

static void set(struct pci_dev *dev, u16 command, u16 bridge_control)
{
	pci_dev_config_write(dev, PCI_COMMAND, 2, command);
	if (dev->secondary)
		pci_dev_config_write(dev, PCI_BRIDGE_CONTROL, 2, bridge_control);
}

/* Who answers the frame buffer and the ports: "aa", or "--". */
static const char *who(struct sysroot *t)
{
	static char text[3];
	u64 memory = bus_read(&t->mmio, 0xb8000, 1), ports = bus_read(&t->pio, 0x3da, 1);

	text[0] = memory == 0xff ? '-' : (char)('a' + (memory & 0xf) - 0xa);
	text[1] = ports == 0xff ? '-' : (char)('a' + (ports & 0xf) - 0xa);
	return text;
}

static void routing_needs_every_bridge_and_the_card(void **state)
{
	static const struct {
		u16 card, port0, control0, port1, control1;
		const char *who;
	} cases[] = {
		{ BOTH, BOTH, VGA, BOTH, VGA, "aa" },
		{ BOTH, BOTH, VGA16, BOTH, VGA, "aa" },
		{ BOTH, BOTH, 0, BOTH, VGA, "--" },
		{ BOTH, BOTH, VGA, BOTH, 0, "--" },
		{ BOTH, BOTH, 0x10, BOTH, VGA, "--" },
		{ 0, BOTH, VGA, BOTH, VGA, "--" },
		{ PCI_COMMAND_IO, BOTH, VGA, BOTH, VGA, "-a" },
		{ PCI_COMMAND_MEMORY, BOTH, VGA, BOTH, VGA, "a-" },
		{ BOTH, PCI_COMMAND_IO, VGA, BOTH, VGA, "-a" },
		{ BOTH, BOTH, VGA, PCI_COMMAND_MEMORY, VGA, "a-" },
		{ BOTH, 0, VGA, BOTH, VGA, "--" },
	};
	struct sysroot *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		set(&t->a.dev, cases[i].card, 0);
		set(&t->port[0], cases[i].port0, cases[i].control0);
		set(&t->port[1], cases[i].port1, cases[i].control1);
		assert_string_equal(who(t), cases[i].who);
	}
	/* No bridge is above the card on the root bus. */
	set(&t->c.dev, PCI_COMMAND_MEMORY, 0);
	assert_string_equal(who(t), "c-");
}

static void a_sleeping_card_answers_nothing(void **state)
{
	struct sysroot *t = *state;

	set(&t->c.dev, BOTH, 0);
	t->c.dev.asleep = true;
	pci_dev_update(&t->c.dev);
	assert_string_equal(who(t), "--");
	t->c.dev.asleep = false;
	pci_dev_update(&t->c.dev);
	assert_string_equal(who(t), "cc");
	pci_bus_reset(&t->host.root);
	assert_string_equal(who(t), "--");
	assert_string_equal(t->c.routes, "mp - mp - ");
}

static void a_switch_between_cards_moves_each_access(void **state)
{
	struct sysroot *t = *state;

	set(&t->a.dev, BOTH, 0);
	set(&t->b.dev, BOTH, 0);
	set(&t->port[1], BOTH, VGA);
	set(&t->port[0], BOTH, VGA);
	set(&t->port[2], BOTH, 0);
	assert_string_equal(who(t), "aa");
	/* As Linux's arbiter does it: off at the one, then on at the other. */
	set(&t->port[0], BOTH, 0);
	set(&t->port[2], BOTH, VGA);
	assert_string_equal(who(t), "bb");
	bus_write(&t->mmio, 0xa0010, 4, 0x12345678);
	assert_int_equal(t->b.write_addr, 0xa0010);
	assert_int_equal(t->b.written, 0x12345678);
	assert_int_equal(t->a.write_addr, 0);
	/* Both at once: who had it keeps it. */
	set(&t->port[0], BOTH, VGA);
	assert_string_equal(who(t), "bb");
	set(&t->port[2], BOTH, 0);
	assert_string_equal(who(t), "aa");
	assert_string_equal(t->a.routes, "mp - mp ");
}

static void only_the_ranges_of_legacy_vga(void **state)
{
	static const struct {
		u32 addr;
		bool memory, answers;
	} cases[] = {
		{ 0x9ffff, true, false },
		{ 0xa0000, true, true },
		{ 0xbffff, true, true },
		{ 0xc0000, true, false },
		{ 0x3af, false, false },
		{ 0x3b0, false, true },
		{ 0x3bb, false, true },
		{ 0x3bc, false, false },
		{ 0x3bf, false, false },
		{ 0x3c0, false, true },
		{ 0x3df, false, true },
		{ 0x3e0, false, false },
		{ 0x7c0, false, false },
	};
	struct sysroot *t = *state;

	set(&t->c.dev, BOTH, 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bus *bus = cases[i].memory ? &t->mmio : &t->pio;

		t->c.read_addr = 0;
		assert_int_equal(bus_read(bus, cases[i].addr, 1), cases[i].answers ? 0xcc : 0xff);
		assert_int_equal(t->c.read_addr, cases[i].answers ? cases[i].addr : 0);
	}
}

static u64 other_read(void *owner, u64 offset, unsigned size)
{
	return 0x42;
}

static void aliases_pass_bridges_of_ten_bits(void **state)
{
	static const struct bus_ops ops = { other_read, NULL };
	struct bus_region bar = { "bar", { 0xc3c0, 0x20 }, FLAT_RANK_BAR, &ops, NULL, NULL };
	struct sysroot *t = *state;

	set(&t->a.dev, BOTH, 0);
	set(&t->port[0], BOTH, VGA);
	set(&t->port[1], BOTH, VGA);
	assert_int_equal(bus_read(&t->pio, 0x7c4, 1), 0xaa);
	assert_int_equal(t->a.read_addr, 0x3c4);
	bus_write(&t->pio, 0xfbb4, 2, 0x1122);
	assert_int_equal(t->a.write_addr, 0x3b4);
	assert_int_equal(bus_read(&t->pio, 0x7bc, 1), 0xff);
	assert_int_equal(bus_read(&t->pio, 0x7be, 4), 0xaaaaffff);
	/* What has the address as its own is stronger than an alias. */
	bus_add(&t->pio, &bar);
	assert_int_equal(bus_read(&t->pio, 0xc3c4, 1), 0x42);
	bus_remove(&t->pio, &bar);
	assert_int_equal(bus_read(&t->pio, 0xc3c4, 1), 0xaa);
	/* One bridge that looks at all bits is enough. */
	set(&t->port[1], BOTH, VGA16);
	assert_int_equal(bus_read(&t->pio, 0x7c4, 1), 0xff);
	assert_int_equal(bus_read(&t->pio, 0x3c4, 1), 0xaa);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			routing_needs_every_bridge_and_the_card, setup, teardown),
		cmocka_unit_test_setup_teardown(a_sleeping_card_answers_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_switch_between_cards_moves_each_access, setup, teardown),
		cmocka_unit_test_setup_teardown(only_the_ranges_of_legacy_vga, setup, teardown),
		cmocka_unit_test_setup_teardown(aliases_pass_bridges_of_ten_bits, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
