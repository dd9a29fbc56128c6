// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/devices/boot_order.h"

#include <errno.h>
#include <stdio.h>

#include "unit.h"

struct bench {
	struct bus mmio, pio;
	struct mem mem;
	struct pci_host host;
	struct root_port ports[2];
	struct vfio_pci functions[5];
	struct vfio_pci *devices[5];
	struct assigned assigned;
};

static void add(struct bench *b, unsigned i, unsigned port, u8 fn, u32 class)
{
	struct pci_dev *dev = &b->functions[i].pci;

	pci_dev_init(dev, "card", NULL, 0x1234, 0x5678, class, PCI_HEADER_TYPE_NORMAL);
	pci_dev_seal(dev);
	assert_int_equal(pci_bus_add(&b->ports[port].bus, dev, PCI_DEVFN_OF(0, fn)), 0);
	b->devices[i] = &b->functions[i];
	b->assigned.assign.nr_devices = i + 1;
}

static int setup(void **state)
{
	const struct root_port_config port = { .slot = 1, .link_speed = 3, .link_width = 16 };
	struct bench *b = calloc(1, sizeof(*b));
	struct err err;

	bus_open(&b->mmio);
	bus_open(&b->pio);
	assert_int_equal(mem_open(&b->mem, NULL, &err), 0);
	assert_int_equal(pci_host_init(&b->host, &b->mmio, &b->pio, &b->mem, NULL), 0);
	assert_int_equal(
		root_port_open(&b->ports[0], &b->host, PCI_DEVFN_OF(1, 0), &port, &err), 0);
	assert_int_equal(
		root_port_open(&b->ports[1], &b->host, PCI_DEVFN_OF(0x1c, 3), &port, &err), 0);
	b->assigned.assign.devices = b->devices;
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	for (unsigned i = 0; i < b->assigned.assign.nr_devices; i++)
		pci_bus_remove(b->functions[i].pci.bus, &b->functions[i].pci);
	root_port_close(&b->ports[0]);
	root_port_close(&b->ports[1]);
	pci_host_close(&b->host);
	mem_close(&b->mem);
	bus_close(&b->pio);
	bus_close(&b->mmio);
	free(b);
	return 0;
}

static void disks_come_before_usb_before_networks(void **state)
{
	struct bench *b = *state;
	struct blob order = { 0 };

	add(b, 0, 0, 0, 0x020000);
	add(b, 1, 0, 1, 0x0c0330);
	add(b, 2, 0, 2, 0x030000);
	add(b, 3, 1, 0, 0x010802);
	add(b, 4, 1, 5, 0x010601);
	boot_order_add(&order, "/rom@first");
	boot_order_add_assigned(&order, &b->assigned);
	boot_order_end(&order);
	assert_string_equal((const char *)order.data, "/rom@first\n"
						      "/pci@i0cf8/pci-bridge@1c,3/storage@0\n"
						      "/pci@i0cf8/pci-bridge@1c,3/storage@0,5\n"
						      "/pci@i0cf8/pci-bridge@1/usb@0,1\n"
						      "/pci@i0cf8/pci-bridge@1/ethernet@0");
	assert_int_equal(order.size, strlen((const char *)order.data) + 1);
	blob_free(&order);
}

static void what_is_told_not_to_start_is_left_out(void **state)
{
	struct bench *b = *state;
	struct blob order = { 0 };

	add(b, 0, 0, 0, 0x020000);
	add(b, 1, 1, 0, 0x010802);
	b->functions[0].options.boot_off = true;
	boot_order_add_assigned(&order, &b->assigned);
	boot_order_end(&order);
	assert_string_equal((const char *)order.data, "/pci@i0cf8/pci-bridge@1c,3/storage@0");
	blob_free(&order);
}

static void nothing_to_start_is_no_file(void **state)
{
	struct bench *b = *state;
	struct blob order = { 0 };

	add(b, 0, 0, 0, 0x030000);
	boot_order_add_assigned(&order, &b->assigned);
	boot_order_end(&order);
	assert_int_equal(order.size, 0);
	blob_free(&order);
}

static void what_is_named_comes_first(void **state)
{
	static const struct {
		struct boot_config config;
		enum boot_source sources[BOOT_NR_SOURCES];
		unsigned nr;
	} cases[] = {
		{ { .menu = true }, { BOOT_DISK, BOOT_CDROM, BOOT_DEVICE }, 3 },
		{ { { BOOT_CDROM }, 1 }, { BOOT_CDROM, BOOT_DISK, BOOT_DEVICE }, 3 },
		{ { { BOOT_DEVICE, BOOT_DISK }, 2 }, { BOOT_DEVICE, BOOT_DISK, BOOT_CDROM }, 3 },
		{ { { BOOT_NET }, 1 }, { BOOT_NET, BOOT_DISK, BOOT_CDROM, BOOT_DEVICE }, 4 },
		{ { { BOOT_CDROM, BOOT_NET, BOOT_DEVICE, BOOT_DISK }, 4 },
			{ BOOT_CDROM, BOOT_NET, BOOT_DEVICE, BOOT_DISK }, 4 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum boot_source sources[BOOT_NR_SOURCES];

		assert_int_equal(boot_order_sources(&cases[i].config, sources), cases[i].nr);
		assert_memory_equal(sources, cases[i].sources, cases[i].nr * sizeof(sources[0]));
		assert_int_equal(boot_order_has(&cases[i].config, BOOT_NET), cases[i].nr == 4);
	}
}

/* Bridges behind each other, deeper than a path has room for. */
static void a_path_has_an_end(void **state)
{
	struct pci_bus buses[16] = { 0 };
	struct pci_dev bridges[16] = { 0 };
	char path[BOOT_PATH_SIZE];

	for (unsigned i = 0; i < ARRAY_SIZE(bridges); i++) {
		buses[i].bridge = i ? &bridges[i - 1] : NULL;
		bridges[i].bus = &buses[i];
		bridges[i].secondary = i + 1 < ARRAY_SIZE(buses) ? &buses[i + 1] : &buses[0];
		bridges[i].devfn = PCI_DEVFN_OF(0x1f, 7);
	}
	assert_int_equal(boot_order_path(&bridges[1], path), 0);
	assert_string_equal(path, "/pci@i0cf8/pci-bridge@1f,7/pci-bridge@1f,7");
	assert_int_equal(boot_order_path(&bridges[15], path), -ENAMETOOLONG);
	assert_true(strlen(path) < BOOT_PATH_SIZE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(disks_come_before_usb_before_networks),
		TEST(what_is_told_not_to_start_is_left_out),
		TEST(nothing_to_start_is_no_file),
		cmocka_unit_test(what_is_named_comes_first),
		cmocka_unit_test(a_path_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
