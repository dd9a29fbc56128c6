// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/pci/root_port.h"

#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "unit.h"

#define PORT_DEVFN PCI_DEVFN_OF(4, 0)

struct bench {
	struct bus mmio, pio;
	struct mem mem;
	struct pci_host host;
	struct root_port port;
	struct pci_dev card; /* at 00.0 below it */
	unsigned resets;
};

static void on_reset(struct pci_dev *dev)
{
	((struct bench *)dev->owner)->resets++;
}

static const struct pci_dev_ops card_ops = { .reset = on_reset };

static const struct root_port_config usual = {
	.slot = 5, .link_speed = 4, .link_width = 16, .io = true
};

static void start(struct bench *b, const struct root_port_config *config)
{
	struct err err = { 0 };

	bus_open(&b->mmio);
	bus_open(&b->pio);
	mem_open(&b->mem, NULL, &err);
	pci_host_init(&b->host, &b->mmio, &b->pio, &b->mem, NULL);
	assert_int_equal(root_port_open(&b->port, &b->host, PORT_DEVFN, config, &err), 0);
	pci_dev_init(&b->card, "card", &card_ops, 0x10de, 0x2204, 0x030000, PCI_HEADER_TYPE_NORMAL);
	b->card.owner = b;
	pci_dev_set_bar(&b->card, 1, 256 * MIB,
		PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH);
	pci_dev_set_bar(&b->card, 5, 128, PCI_BASE_ADDRESS_SPACE_IO);
	pci_dev_seal(&b->card);
	assert_int_equal(pci_bus_add(&b->port.bus, &b->card, 0), 0);
}

static void stop(struct bench *b)
{
	pci_bus_remove(&b->port.bus, &b->card);
	root_port_close(&b->port);
	pci_host_close(&b->host);
	mem_close(&b->mem);
	bus_close(&b->mmio);
	bus_close(&b->pio);
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	start(b, &usual);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	stop(*state);
	free(*state);
	return 0;
}

static u32 get(struct bench *b, u16 offset, unsigned size)
{
	return pci_host_config_read(&b->host, 0, PORT_DEVFN, offset, size);
}

static void set(struct bench *b, u16 offset, unsigned size, u32 value)
{
	pci_host_config_write(&b->host, 0, PORT_DEVFN, offset, size, value);
}

/* The capability @id, found as a guest finds it; 0: there is none. */
static u16 cap(struct bench *b, u8 id)
{
	u16 at = (u16)get(b, PCI_CAPABILITY_LIST, 1);

	for (int i = 0; at && i < 48; i++) {
		if (get(b, at, 1) == id)
			return at;
		at = (u16)get(b, at + 1, 1);
	}
	return 0;
}

static void it_is_a_bridge(void **state)
{
	struct bench *b = *state;

	assert_int_equal(get(b, PCI_HEADER_TYPE, 1), PCI_HEADER_TYPE_BRIDGE);
	assert_int_equal(get(b, PCI_CLASS_REVISION, 4) >> 8, 0x060400);
	/* Firmware numbers the buses. */
	set(b, PCI_PRIMARY_BUS, 4, 0xff030200);
	assert_int_equal(get(b, PCI_PRIMARY_BUS, 4), 0x00030200);
	assert_int_equal(pci_host_config_read(&b->host, 2, 0, 0, 4), 0x220410de);
	set(b, PCI_PRIMARY_BUS, 4, 0x00070700);
	assert_int_equal(pci_host_config_read(&b->host, 2, 0, 0, 4), 0xffffffff);
	assert_int_equal(pci_host_config_read(&b->host, 7, 0, 0, 4), 0x220410de);
}

/* Firmware writes all ones to learn the widths. */
static void windows(void **state)
{
	struct bench *b = *state;

	set(b, PCI_IO_BASE, 2, 0xffff);
	assert_int_equal(get(b, PCI_IO_BASE, 2), 0xf0f0);
	set(b, PCI_MEMORY_BASE, 4, 0xffffffff);
	assert_int_equal(get(b, PCI_MEMORY_BASE, 4), 0xfff0fff0);
	set(b, PCI_PREF_MEMORY_BASE, 4, 0xffffffff);
	assert_int_equal(get(b, PCI_PREF_MEMORY_BASE, 4), 0xfff1fff1);
	set(b, PCI_PREF_BASE_UPPER32, 4, 0xffffffff);
	set(b, PCI_PREF_LIMIT_UPPER32, 4, 0xffffffff);
	assert_int_equal(get(b, PCI_PREF_BASE_UPPER32, 4), 0xffffffff);
	assert_int_equal(get(b, PCI_PREF_LIMIT_UPPER32, 4), 0xffffffff);
	/* After a reset they are closed. */
	pci_bus_reset(&b->host.root);
	assert_int_equal(get(b, PCI_IO_BASE, 2), 0x00f0);
	assert_int_equal(get(b, PCI_MEMORY_BASE, 4), 0x0000fff0);
	assert_int_equal(get(b, PCI_PREF_MEMORY_BASE, 4), 0x0001fff1);
	set(b, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
	for (u64 at = 0; at < 1ull << 32; at += MIB) {
		assert_false(pci_bus_forwards(
			&b->port.bus, (struct range){ at, 16 }, PCI_BASE_ADDRESS_SPACE_MEMORY));
		assert_false(pci_bus_forwards(
			&b->port.bus, (struct range){ at >> 16, 16 }, PCI_BASE_ADDRESS_SPACE_IO));
	}
	/* No BARs of its own, and no ROM. */
	set(b, PCI_BASE_ADDRESS_0, 4, 0xffffffff);
	set(b, PCI_ROM_ADDRESS1, 4, 0xffffffff);
	assert_int_equal(get(b, PCI_BASE_ADDRESS_0, 4), 0);
	assert_int_equal(get(b, PCI_ROM_ADDRESS1, 4), 0);
}

static void without_io_the_window_is_zero(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct root_port_config config = usual;

	config.io = false;
	start(b, &config);
	set(b, PCI_IO_BASE, 2, 0xffff);
	assert_int_equal(get(b, PCI_IO_BASE, 2), 0);
	set(b, PCI_COMMAND, 2, PCI_COMMAND_IO);
	assert_false(pci_bus_forwards(
		&b->port.bus, (struct range){ 0, 128 }, PCI_BASE_ADDRESS_SPACE_IO));
	stop(b);
	free(b);
}

/* SeaBIOS then takes no card below it for its screen. */
static void a_port_may_forward_no_vga(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct root_port_config config = usual;

	start(b, &config);
	set(b, PCI_BRIDGE_CONTROL, 2, 0x18);
	assert_int_equal(get(b, PCI_BRIDGE_CONTROL, 2), 0x18);
	stop(b);
	config.no_vga = true;
	start(b, &config);
	set(b, PCI_BRIDGE_CONTROL, 2, 0x1c);
	assert_int_equal(get(b, PCI_BRIDGE_CONTROL, 2), 0x04);
	stop(b);
	free(b);
}

/* A BAR of 256 MiB above 4 GiB, as OVMF places it. */
static void the_prefetchable_window_reaches_high(void **state)
{
	struct bench *b = *state;
	u64 base = 0x3800000000;

	set(b, PCI_PRIMARY_BUS, 4, 0x00010100);
	set(b, PCI_PREF_MEMORY_BASE, 4, 0x0ff00000);
	set(b, PCI_PREF_BASE_UPPER32, 4, base >> 32);
	set(b, PCI_PREF_LIMIT_UPPER32, 4, base >> 32);
	set(b, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	pci_host_config_write(&b->host, 1, 0, PCI_BASE_ADDRESS_1, 4, (u32)base);
	pci_host_config_write(&b->host, 1, 0, PCI_BASE_ADDRESS_2, 4, base >> 32);
	pci_host_config_write(&b->host, 1, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_true(pci_dev_bar_range(&b->card, 1).start == base);
	assert_int_equal(pci_dev_bar_range(&b->card, 1).size, 256 * MIB);
	set(b, PCI_PREF_MEMORY_BASE, 4, 0x0fe00000);
	assert_int_equal(pci_dev_bar_range(&b->card, 1).size, 0);
}

static void the_secondary_bus_is_reset_by_the_edge(void **state)
{
	struct bench *b = *state;

	set(b, PCI_PRIMARY_BUS, 4, 0x00010100);
	pci_host_config_write(&b->host, 1, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	set(b, PCI_BRIDGE_CONTROL, 2, PCI_BRIDGE_CTL_VGA);
	assert_int_equal(b->resets, 0);
	set(b, PCI_BRIDGE_CONTROL, 2, PCI_BRIDGE_CTL_VGA | PCI_BRIDGE_CTL_BUS_RESET);
	assert_int_equal(b->resets, 1);
	assert_int_equal(pci_host_config_read(&b->host, 1, 0, PCI_COMMAND, 2), 0);
	set(b, PCI_BRIDGE_CONTROL, 2, PCI_BRIDGE_CTL_BUS_RESET);
	set(b, PCI_BRIDGE_CONTROL, 2, 0);
	assert_int_equal(b->resets, 1);
	/* With the access that also holds the interrupt line. */
	set(b, PCI_INTERRUPT_LINE, 4, PCI_BRIDGE_CTL_BUS_RESET << 16 | 11);
	assert_int_equal(b->resets, 2);
	/* The port itself stays. */
	assert_int_equal(get(b, PCI_SECONDARY_BUS, 1), 1);
	assert_int_equal(get(b, PCI_BRIDGE_CONTROL, 2), PCI_BRIDGE_CTL_BUS_RESET);
}

static void links(void **state)
{
	static const struct {
		u8 speed, width;
		u32 cap2;
	} cases[] = {
		{ 1, 1, 0x02 },
		{ 3, 16, 0x0e },
		{ 5, 8, 0x3e },
		{ 6, 32, 0x7e },
		{ 7, 12, 0xfe },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench *b = calloc(1, sizeof(*b));
		struct root_port_config config = usual;
		u32 link = (u32)cases[i].width << 4 | cases[i].speed;
		u16 exp;

		config.link_speed = cases[i].speed;
		config.link_width = cases[i].width;
		start(b, &config);
		exp = cap(b, PCI_CAP_ID_EXP);
		assert_int_equal(get(b, exp + PCI_EXP_LNKCAP, 4) & 0x3ff, link);
		assert_int_equal(get(b, exp + PCI_EXP_LNKSTA, 2) & 0x3ff, link);
		assert_int_equal(get(b, exp + PCI_EXP_LNKCAP2, 4), cases[i].cap2);
		stop(b);
		free(b);
	}
}

static void links_that_do_not_exist_are_refused(void **state)
{
	static const u8 cases[][2] = { { 0, 16 }, { 8, 16 }, { 4, 0 }, { 4, 3 }, { 4, 64 } };
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct root_port_config config = { 6, cases[i][0], cases[i][1] };
		struct root_port port;
		struct err err = { 0 };

		assert_int_equal(root_port_open(&port, &b->host, PCI_DEVFN_OF(5, 0), &config, &err),
			-EINVAL);
		assert_int_equal(err.code, EINVAL);
		root_port_close(&port);
	}
	assert_null(b->host.root.devs[PCI_DEVFN_OF(5, 0)]);
}

static void a_place_holds_one_port(void **state)
{
	struct bench *b = *state;
	struct root_port port;
	struct err err = { 0 };

	assert_int_equal(root_port_open(&port, &b->host, PORT_DEVFN, &usual, &err), -EBUSY);
	assert_int_equal(err.code, EBUSY);
	root_port_close(&port);
	assert_ptr_equal(b->host.root.devs[PORT_DEVFN], &b->port.dev);
}

static void a_slot_without_hot_plug(void **state)
{
	struct bench *b = *state;
	u16 exp = cap(b, PCI_CAP_ID_EXP);
	u32 slot = get(b, exp + PCI_EXP_SLTCAP, 4);

	assert_int_equal(get(b, exp + PCI_EXP_FLAGS, 2), 0x0142);
	assert_int_equal(slot >> 19, 5);
	assert_int_equal(slot & (PCI_EXP_SLTCAP_HPC | PCI_EXP_SLTCAP_HPS | PCI_EXP_SLTCAP_PCP), 0);
	assert_int_equal(get(b, exp + PCI_EXP_SLTSTA, 2) & PCI_EXP_SLTSTA_PDS, PCI_EXP_SLTSTA_PDS);
	/* No way to put the port to sleep. */
	assert_int_equal(cap(b, PCI_CAP_ID_PM), 0);
}

/* Linux waits for the link after a secondary bus reset, and for the end of a retraining. */
static void the_link_is_up(void **state)
{
	struct bench *b = *state;
	u16 exp = cap(b, PCI_CAP_ID_EXP);

	set(b, exp + PCI_EXP_LNKCTL, 2, PCI_EXP_LNKCTL_RL);
	assert_int_equal(get(b, exp + PCI_EXP_LNKCTL, 2), 0);
	assert_int_equal(
		get(b, exp + PCI_EXP_LNKSTA, 2) & (PCI_EXP_LNKSTA_LT | PCI_EXP_LNKSTA_DLLLA),
		PCI_EXP_LNKSTA_DLLLA);
	/* No ASPM is offered, so a guest leaves the card's alone. */
	assert_int_equal(get(b, exp + PCI_EXP_LNKCAP, 4) & PCI_EXP_LNKCAP_ASPMS, 0);
}

/* Linux, pci_acs_enabled(): all that the capability has, and SV, RR, CR, UF can be turned on. */
static void it_isolates(void **state)
{
	struct bench *b = *state;
	u16 wanted = PCI_ACS_SV | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF;

	assert_int_equal(get(b, 0x100, 4), 0x0001000d); /* the last one */
	assert_int_equal(get(b, 0x100 + PCI_ACS_CAP, 2) & wanted, wanted);
	assert_int_equal(get(b, 0x100 + PCI_ACS_CTRL, 2), 0);
	set(b, 0x100 + PCI_ACS_CTRL, 2, 0xffff);
	assert_int_equal(get(b, 0x100 + PCI_ACS_CTRL, 2) & wanted, wanted);
	assert_int_equal(get(b, 0x100 + PCI_ACS_CTRL, 2) & ~get(b, 0x100 + PCI_ACS_CAP, 2), 0);
}

static void atomics_are_told_as_configured(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct root_port_config config = usual;
	u16 exp;

	config.atomics = PCI_EXP_DEVCAP2_ATOMIC_COMP32 | PCI_EXP_DEVCAP2_ATOMIC_COMP64;
	start(b, &config);
	exp = cap(b, PCI_CAP_ID_EXP);
	assert_int_equal(get(b, exp + PCI_EXP_DEVCAP2, 4) & 0x3c0, 0x1c0);
	stop(b);
	free(b);
	b = *state;
	exp = cap(b, PCI_CAP_ID_EXP);
	assert_int_equal(get(b, exp + PCI_EXP_DEVCAP2, 4) & 0x3c0, 0);
}

static void its_interrupt_can_be_set_up(void **state)
{
	struct bench *b = *state;
	u16 msi = cap(b, PCI_CAP_ID_MSI);

	assert_int_equal(get(b, PCI_INTERRUPT_PIN, 1), 1);
	set(b, msi + PCI_MSI_ADDRESS_LO, 4, 0xfee01003);
	set(b, msi + PCI_MSI_DATA_64, 2, 0x4041);
	set(b, msi + PCI_MSI_FLAGS, 2, 0xffff);
	assert_int_equal(get(b, msi + PCI_MSI_ADDRESS_LO, 4), 0xfee01000);
	assert_int_equal(get(b, msi + PCI_MSI_DATA_64, 2), 0x4041);
	assert_int_equal(
		get(b, msi + PCI_MSI_FLAGS, 2), PCI_MSI_FLAGS_64BIT | PCI_MSI_FLAGS_ENABLE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_a_bridge),
		TEST(windows),
		cmocka_unit_test(without_io_the_window_is_zero),
		cmocka_unit_test(a_port_may_forward_no_vga),
		TEST(the_prefetchable_window_reaches_high),
		TEST(the_secondary_bus_is_reset_by_the_edge),
		cmocka_unit_test(links),
		TEST(links_that_do_not_exist_are_refused),
		TEST(a_place_holds_one_port),
		TEST(a_slot_without_hot_plug),
		TEST(the_link_is_up),
		TEST(it_isolates),
		TEST(atomics_are_told_as_configured),
		TEST(its_interrupt_can_be_set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
