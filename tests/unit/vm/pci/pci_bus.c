// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "base/bytes.h"
#include "unit.h"
#include "vm/pci/pci_bus.h"

/* A root bus, a bridge at 00:01.0, and a function below it at devfn 02.1. */
struct sysroot {
	struct bus mmio, pio;
	struct mem mem;
	struct pci_host host;
	struct pci_dev bridge, dev;
	struct pci_bus below;
	unsigned resets;
};

static char pages[0x4000] __attribute__((aligned(4096)));
static struct sysroot *current; /* of the running test */

static u64 bar_read(void *owner, u64 offset, unsigned size)
{
	return 0x50 + offset;
}

static void bar_write(void *owner, u64 offset, unsigned size, u64 value)
{
}

static const struct bus_ops bar_ops = { bar_read, bar_write };

static void on_reset(struct pci_dev *dev)
{
	current->resets++;
}

static const struct pci_dev_ops dev_ops = { .reset = on_reset };

static unsigned test_gsi(struct pci_host *host, unsigned device, unsigned pin)
{
	return 100 + 4 * device + pin;
}

static int setup(void **state)
{
	struct sysroot *t = calloc(1, sizeof(*t));
	struct err err = { 0 };

	current = *state = t;
	bus_open(&t->mmio);
	bus_open(&t->pio);
	mem_open(&t->mem, NULL, &err);
	pci_host_init(&t->host, &t->mmio, &t->pio, &t->mem, NULL);
	t->host.intx_gsi = test_gsi;

	pci_dev_init(&t->bridge, "bridge", NULL, 0x8086, 0x3420, 0x060400, PCI_HEADER_TYPE_BRIDGE);
	memset(t->bridge.writable + PCI_PRIMARY_BUS, 0xff, 0x20);
	t->bridge.secondary = &t->below;
	pci_dev_seal(&t->bridge);
	assert_int_equal(pci_bus_add(&t->host.root, &t->bridge, PCI_DEVFN_OF(1, 0)), 0);

	pci_dev_init(&t->dev, "card", &dev_ops, 0x10de, 0x1280, 0x030000, PCI_HEADER_TYPE_NORMAL);
	pci_dev_set_bar(&t->dev, 0, 0x4000, PCI_BASE_ADDRESS_MEM_TYPE_64);
	pci_dev_set_bar(&t->dev, 5, 0x80, PCI_BASE_ADDRESS_SPACE_IO);
	pci_dev_set_bar(&t->dev, PCI_ROM_BAR, 0x1000, 0);
	t->dev.bars[0].ops = t->dev.bars[5].ops = t->dev.bars[PCI_ROM_BAR].ops = &bar_ops;
	t->dev.config[PCI_INTERRUPT_PIN] = 2;
	pci_dev_seal(&t->dev);
	assert_int_equal(pci_bus_add(&t->below, &t->dev, PCI_DEVFN_OF(2, 1)), 0);
	assert_int_equal(pci_bus_add(&t->below, &t->dev, PCI_DEVFN_OF(2, 1)), -EBUSY);
	return 0;
}

static int teardown(void **state)
{
	struct sysroot *t = *state;

	pci_dev_unmap(&t->dev);
	pci_host_close(&t->host);
	mem_close(&t->mem);
	bus_close(&t->mmio);
	bus_close(&t->pio);
	free(t);
	return 0;
}

static void write_config(struct sysroot *t, u8 bus, u8 devfn, u16 offset, unsigned size, u32 value)
{
	pci_host_config_write(&t->host, bus, devfn, offset, size, value);
}

/* Bus 5 below the bridge, memory e0000000-e01fffff and ports c000-cfff forwarded. */
static void open_bridge(struct sysroot *t)
{
	write_config(t, 0, 8, PCI_PRIMARY_BUS, 4, 0x00070500);
	write_config(t, 0, 8, PCI_IO_BASE, 2, 0xc0c0);
	write_config(t, 0, 8, PCI_MEMORY_BASE, 4, 0xe010e000);
	write_config(t, 0, 8, PCI_PREF_MEMORY_BASE, 4, 0x0000fff0);
	write_config(t, 0, 8, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
}

static void config_cycles_follow_the_bus_numbers(void **state)
{
	struct sysroot *t = *state;

	assert_null(pci_host_find(&t->host, 5, 0x11));
	assert_int_equal(pci_host_config_read(&t->host, 5, 0x11, 0, 4), 0xffffffff);
	open_bridge(t);
	assert_ptr_equal(pci_host_find(&t->host, 5, 0x11), &t->dev);
	assert_int_equal(pci_host_config_read(&t->host, 5, 0x11, 0, 4), 0x128010de);
	assert_int_equal(pci_host_config_read(&t->host, 5, 0x11, 2, 2), 0x1280);
	assert_null(pci_host_find(&t->host, 6, 0x11));
	assert_null(pci_host_find(&t->host, 5, 0x10));
	/* A bridge that names itself as its child must not turn the walk into a loop. */
	write_config(t, 0, 8, PCI_PRIMARY_BUS, 4, 0x00ff0000);
	assert_null(pci_host_find(&t->host, 1, 0x11));
}

static void a_bar_is_sized_as_a_driver_does(void **state)
{
	struct sysroot *t = *state;

	open_bridge(t);
	write_config(t, 5, 0x11, PCI_BASE_ADDRESS_0, 4, 0xffffffff);
	write_config(t, 5, 0x11, PCI_BASE_ADDRESS_1, 4, 0xffffffff);
	assert_int_equal(
		pci_host_config_read(&t->host, 5, 0x11, PCI_BASE_ADDRESS_0, 4), 0xffffc004);
	assert_int_equal(
		pci_host_config_read(&t->host, 5, 0x11, PCI_BASE_ADDRESS_1, 4), 0xffffffff);
	write_config(t, 5, 0x11, PCI_BASE_ADDRESS_5, 4, 0xffffffff);
	assert_int_equal(
		pci_host_config_read(&t->host, 5, 0x11, PCI_BASE_ADDRESS_5, 4), 0xffffff81);
	write_config(t, 5, 0x11, PCI_ROM_ADDRESS, 4, 0xfffff800);
	assert_int_equal(pci_host_config_read(&t->host, 5, 0x11, PCI_ROM_ADDRESS, 4), 0xfffff000);
	/* What is not there reads as zero, whatever is written. */
	write_config(t, 5, 0x11, PCI_BASE_ADDRESS_2, 4, 0xffffffff);
	assert_int_equal(pci_host_config_read(&t->host, 5, 0x11, PCI_BASE_ADDRESS_2, 4), 0);
}

static void a_bar_shows_while_everything_routes_it(void **state)
{
	struct sysroot *t = *state;

	open_bridge(t);
	write_config(t, 5, 0x11, PCI_BASE_ADDRESS_0, 4, 0xe0100000);
	assert_int_equal(bus_read(&t->mmio, 0xe0100008, 4), 0xffffffff);
	write_config(t, 5, 0x11, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_int_equal(bus_read(&t->mmio, 0xe0100008, 4), 0x58);
	assert_int_equal(pci_dev_bar_range(&t->dev, 0).start, 0xe0100000);

	/* The bridge above closes, for all below it. */
	write_config(t, 0, 8, PCI_COMMAND, 2, PCI_COMMAND_IO);
	assert_int_equal(bus_read(&t->mmio, 0xe0100008, 4), 0xffffffff);
	write_config(t, 0, 8, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_int_equal(bus_read(&t->mmio, 0xe0100008, 4), 0x58);

	/* Its window moves away; the prefetchable one, with 64 bits, takes over. */
	write_config(t, 0, 8, PCI_MEMORY_BASE, 4, 0x0000fff0);
	assert_int_equal(bus_read(&t->mmio, 0xe0100008, 4), 0xffffffff);
	write_config(t, 0, 8, PCI_PREF_BASE_UPPER32, 4, 8);
	write_config(t, 0, 8, PCI_PREF_LIMIT_UPPER32, 4, 8);
	write_config(t, 0, 8, PCI_PREF_MEMORY_BASE, 4, 0x00110001);
	write_config(t, 5, 0x11, PCI_BASE_ADDRESS_0, 4, 0x00100000);
	write_config(t, 5, 0x11, PCI_BASE_ADDRESS_1, 4, 8);
	assert_int_equal(bus_read(&t->mmio, 0x800100008, 4), 0x58);
	/* Half outside is outside. */
	write_config(t, 5, 0x11, PCI_BASE_ADDRESS_0, 4, 0x001fc000);
	assert_int_equal(bus_read(&t->mmio, 0x8001fc000, 1), 0x50);
	write_config(t, 5, 0x11, PCI_BASE_ADDRESS_0, 4, 0x00200000);
	assert_int_equal(bus_read(&t->mmio, 0x800200000, 1), 0xff);
}

static void ports_and_the_rom(void **state)
{
	struct sysroot *t = *state;

	open_bridge(t);
	write_config(t, 5, 0x11, PCI_BASE_ADDRESS_5, 4, 0xc080);
	write_config(t, 5, 0x11, PCI_ROM_ADDRESS, 4, 0xe0000000);
	write_config(t, 5, 0x11, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
	assert_int_equal(bus_read(&t->pio, 0xc081, 1), 0x51);
	assert_int_equal(bus_read(&t->mmio, 0xe0000000, 1), 0xff);
	write_config(t, 5, 0x11, PCI_ROM_ADDRESS, 4, 0xe0000001);
	assert_int_equal(bus_read(&t->mmio, 0xe0000000, 1), 0x50);
}

static void pages_of_a_bar_enter_the_memory_map(void **state)
{
	struct sysroot *t = *state;
	struct pci_bar_page page = { .offset = 0x2000,
		.region = { .name = "card",
			.range = { 0, 0x2000 },
			.kind = MEM_DEVICE,
			.host = pages,
			.fd = -1 } };

	t->dev.bars[0].place.pages = &page;
	t->dev.bars[0].nr_pages = 1;
	open_bridge(t);
	write_config(t, 5, 0x11, PCI_BASE_ADDRESS_0, 4, 0xe0100000);
	write_config(t, 5, 0x11, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_int_equal(t->mem.views[FLAT_VIEW_NORMAL].nr_segments, 1);
	assert_int_equal(t->mem.views[FLAT_VIEW_NORMAL].segments[0].range.start, 0xe0102000);
	write_config(t, 5, 0x11, PCI_COMMAND, 2, 0);
	assert_int_equal(t->mem.views[FLAT_VIEW_NORMAL].nr_segments, 0);
}

static void intx_turns_at_each_bridge(void **state)
{
	struct sysroot *t = *state;

	/* INTB of device 2 is INTD ((1 + 2) % 4) of the bridge, device 1 on the root bus. */
	assert_int_equal(pci_dev_intx_gsi(&t->dev), 100 + 4 + 3);
	assert_int_equal(pci_dev_intx_gsi(&t->bridge), -1);
}

static void a_reset_puts_everything_back(void **state)
{
	struct sysroot *t = *state;

	open_bridge(t);
	write_config(t, 5, 0x11, PCI_BASE_ADDRESS_0, 4, 0xe0100000);
	write_config(t, 5, 0x11, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	pci_bus_reset(&t->host.root);
	assert_int_equal(t->resets, 1);
	assert_int_equal(bus_read(&t->mmio, 0xe0100008, 4), 0xffffffff);
	assert_null(pci_host_find(&t->host, 5, 0x11));
	assert_int_equal(
		get_le32(t->dev.config + PCI_BASE_ADDRESS_0), PCI_BASE_ADDRESS_MEM_TYPE_64);
}

static void registers_keep_their_kind(void **state)
{
	struct sysroot *t = *state;

	write_config(t, 0, 8, PCI_VENDOR_ID, 4, 0);
	assert_int_equal(pci_host_config_read(&t->host, 0, 8, PCI_VENDOR_ID, 4), 0x34208086);
	put_le16(t->bridge.config + PCI_STATUS, PCI_STATUS_REC_MASTER_ABORT | PCI_STATUS_CAP_LIST);
	write_config(t, 0, 8, PCI_STATUS, 2, 0xffff);
	assert_int_equal(pci_host_config_read(&t->host, 0, 8, PCI_STATUS, 2), PCI_STATUS_CAP_LIST);
}

static void capabilities_are_chained(void **state)
{
	struct pci_dev dev;

	pci_dev_init(&dev, "card", NULL, 1, 2, 0, PCI_HEADER_TYPE_NORMAL);
	assert_int_equal(pci_dev_add_cap(&dev, PCI_CAP_ID_PM, 0, 8), 0x40);
	assert_int_equal(pci_dev_add_cap(&dev, PCI_CAP_ID_MSI, 0, 14), 0x48);
	assert_int_equal(pci_dev_add_cap(&dev, PCI_CAP_ID_EXP, 0, 0x3c), 0x58);
	assert_int_equal(dev.config[PCI_CAPABILITY_LIST], 0x58);
	assert_int_equal(dev.config[0x58 + PCI_CAP_LIST_NEXT], 0x48);
	assert_int_equal(dev.config[0x40 + PCI_CAP_LIST_NEXT], 0);
	assert_true(dev.config[PCI_STATUS] & PCI_STATUS_CAP_LIST);
	assert_int_equal(pci_dev_add_cap(&dev, PCI_CAP_ID_VNDR, 0xf8, 0x10), -ENOSPC);
}

#define TREE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(config_cycles_follow_the_bus_numbers),
		TREE_TEST(a_bar_is_sized_as_a_driver_does),
		TREE_TEST(a_bar_shows_while_everything_routes_it),
		TREE_TEST(ports_and_the_rom),
		TREE_TEST(pages_of_a_bar_enter_the_memory_map),
		TREE_TEST(intx_turns_at_each_bridge),
		TREE_TEST(a_reset_puts_everything_back),
		TREE_TEST(registers_keep_their_kind),
		cmocka_unit_test(capabilities_are_chained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
