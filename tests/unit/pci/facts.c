// SPDX-License-Identifier: GPL-2.0-or-later
/* The small decoders of src/pci: addresses, capability lists, ACS, links, regions. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/bytes.h"
#include "pci/acs.h"
#include "pci/addr.h"
#include "pci/bar.h"
#include "pci/caps.h"
#include "pci/link.h"
#include "pci/names.h"
#include "unit.h"

static void addresses(void **state)
{
	static const struct {
		const char *text, *full;
	} good[] = {
		{ "01:00.0", "0000:01:00.0" },
		{ "0000:ff:1f.7", "0000:ff:1f.7" },
		{ "10000:e1:00.0", "10000:e1:00.0" },
		{ "0:00:00.0", "0000:00:00.0" },
		{ "FFFFFFFF:aB:0c.3", "ffffffff:ab:0c.3" },
	};
	static const char *const bad[] = { "", "1:00.0", "01:20.0", "01:00.8", "01:00", "01:00.0 ",
		"0000:01:00.0.0", "g1:00.0", "01:00.00", "123456789:01:00.0", ":01:00.0",
		"01-00.0" };
	char text[PCI_ADDR_SIZE];
	struct pci_addr addr;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(pci_addr_parse(good[i].text, &addr), 0);
		assert_string_equal(pci_addr_text(addr, text), good[i].full);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(pci_addr_parse(bad[i], &addr), -EINVAL);
	assert_int_equal(pci_addr_scan("0000:01:00.0/02:00.1", &addr), 12);
	assert_true(pci_addr_cmp((struct pci_addr){ 1, 0, 0, 0 },
			    (struct pci_addr){ 0, 255, 31, 7 }) > 0);
	assert_true(
		pci_addr_cmp((struct pci_addr){ 0, 1, 2, 3 }, (struct pci_addr){ 0, 1, 2, 4 }) < 0);
	assert_int_equal(pci_addr_rid((struct pci_addr){ 0, 1, 2, 3 }), 0x113);
}

static void put_cap(u8 *config, unsigned pos, u8 id, u8 next)
{
	config[pos] = id;
	config[pos + 1] = next;
}

static void put_ext_cap(u8 *config, unsigned pos, u16 id, u16 next)
{
	put_le32(config + pos, id | 1u << 16 | (u32)next << 20);
}

static void make_lists(u8 *config)
{
	memset(config, 0, PCI_CONFIG_SIZE);
	config[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	config[PCI_CAPABILITY_LIST] = 0x40;
	put_cap(config, 0x40, PCI_CAP_ID_PM, 0x50);
	put_cap(config, 0x50, PCI_CAP_ID_EXP, 0xf0);
	put_cap(config, 0xf0, PCI_CAP_ID_MSIX, 0);
	put_ext_cap(config, 0x100, PCI_EXT_CAP_ID_ERR, 0x200);
	put_ext_cap(config, 0x200, PCI_EXT_CAP_ID_ACS, 0);
	put_le16(config + 0x204, 0x5f);
	put_le16(config + 0x206, 0x0d);
	put_le16(config + 0x50 + PCI_EXP_FLAGS, 2 | PCI_EXP_TYPE_ROOT_PORT << 4);
	put_le32(config + 0x50 + PCI_EXP_LNKCAP, 4 | 16 << 4);
	put_le16(config + 0x50 + PCI_EXP_LNKSTA, 1 | 8 << 4);
}

static void lists_are_walked(void **state)
{
	u8 config[PCI_CONFIG_SIZE];
	struct pci_acs acs;
	struct pci_link link;

	make_lists(config);
	assert_int_equal(pci_cap_find(config, 256, PCI_CAP_ID_EXP, 4), 0x50);
	assert_int_equal(pci_cap_find(config, 256, PCI_CAP_ID_MSIX, 12), 0xf0);
	assert_int_equal(pci_cap_find(config, 256, PCI_CAP_ID_MSIX, 17), 0);
	assert_int_equal(pci_cap_find(config, 64, PCI_CAP_ID_PM, 4), 0);
	assert_int_equal(pci_cap_find(config, 0, PCI_CAP_ID_PM, 4), 0);
	assert_int_equal(pci_ext_cap_find(config, 4096, PCI_EXT_CAP_ID_ACS, 8), 0x200);
	assert_int_equal(pci_ext_cap_find(config, 0x204, PCI_EXT_CAP_ID_ACS, 8), 0);
	assert_int_equal(pci_ext_cap_find(config, 256, PCI_EXT_CAP_ID_ERR, 4), 0);
	acs = pci_acs_read(config, sizeof(config));
	assert_true(acs.present);
	assert_int_equal(pci_acs_missing(acs, PCI_ACS_ISOLATION), PCI_ACS_UF);
	link = pci_link_read(config, 256);
	assert_int_equal(link.speed, 1);
	assert_int_equal(link.width, 8);
	assert_int_equal(link.max_speed, 4);
	assert_int_equal(link.max_width, 16);
	config[PCI_STATUS] = 0;
	assert_int_equal(pci_cap_find(config, 256, PCI_CAP_ID_EXP, 4), 0);
}

/* Lists that a broken or hostile device could show: none of them keeps the walk going. */
static void lists_that_loop(void **state)
{
	u8 config[PCI_CONFIG_SIZE];
	struct pci_cap cap = { 0 };
	unsigned steps = 0;

	make_lists(config);
	put_cap(config, 0xf0, PCI_CAP_ID_MSIX, 0x40);
	while (pci_cap_next(config, 256, &cap))
		assert_true(++steps < 100);
	assert_true(steps >= 3);
	put_ext_cap(config, 0x200, PCI_EXT_CAP_ID_ACS, 0x100);
	cap = (struct pci_cap){ 0 };
	for (steps = 0; pci_ext_cap_next(config, 4096, &cap);)
		assert_true(++steps < 2000);
	put_ext_cap(config, 0x200, PCI_EXT_CAP_ID_ACS, 0xffc);
	assert_int_equal(pci_ext_cap_find(config, 4096, PCI_EXT_CAP_ID_SRIOV, 64), 0);
	memset(config, 0xff, sizeof(config));
	assert_int_equal(pci_cap_find(config, 256, PCI_CAP_ID_EXP, 4), 0);
	assert_int_equal(pci_ext_cap_find(config, 4096, 0xffff, 4), 0);
}

struct source {
	const u8 *config;
	unsigned size; /* what a reader without rights would get */
	unsigned read; /* bytes that were asked for */
	u8 touched[PCI_CONFIG_SIZE];
};

static long read_source(void *from, unsigned pos, void *bytes, unsigned size)
{
	struct source *source = from;

	if (pos >= source->size)
		return 0;
	if (size > source->size - pos)
		size = source->size - pos;
	memcpy(bytes, source->config + pos, size);
	memset(source->touched + pos, 1, size);
	source->read += size;
	return size;
}

static void collecting_touches_only_capabilities(void **state)
{
	u8 config[PCI_CONFIG_SIZE], got[PCI_CONFIG_SIZE];
	struct source source = { config, 4096 };

	make_lists(config);
	config[0x90] = 0xaa;
	config[0x800] = 0xaa;
	assert_int_equal(pci_config_collect(read_source, &source, got), 4096);
	assert_int_equal(pci_ext_cap_find(got, 4096, PCI_EXT_CAP_ID_ACS, 8), 0x200);
	assert_int_equal(pci_acs_read(got, 4096).ctrl, 0x0d);
	assert_int_equal(pci_link_read(got, 4096).width, 8);
	assert_false(source.touched[0x90]);
	assert_false(source.touched[0x800]);
	assert_true(source.read < 400);

	source = (struct source){ config, 64 };
	assert_int_equal(pci_config_collect(read_source, &source, got), 64);
	source = (struct source){ config, 256 };
	assert_int_equal(pci_config_collect(read_source, &source, got), 256);
	source = (struct source){ config, 10 };
	assert_int_equal(pci_config_collect(read_source, &source, got), 0);
	/* A list in a circle ends, and nothing is written behind the buffer. */
	put_cap(config, 0xf0, PCI_CAP_ID_EXP, 0x50);
	put_ext_cap(config, 0x200, PCI_EXT_CAP_ID_SRIOV, 0xffc);
	put_ext_cap(config, 0xffc, PCI_EXT_CAP_ID_SRIOV, 0x100);
	source = (struct source){ config, 4096 };
	assert_int_equal(pci_config_collect(read_source, &source, got), 4096);
}

static void acs_in_words(void **state)
{
	char text[PCI_ACS_TEXT_SIZE], words[PCI_ACS_WORDS_SIZE];

	assert_string_equal(pci_acs_text(0, text), "none");
	assert_string_equal(pci_acs_text(0x7f, text), "SV TB RR CR UF EC DT");
	assert_string_equal(pci_acs_words(PCI_ACS_RR | PCI_ACS_UF, words),
		"request redirect, upstream forwarding");
	/* What is not offered is not missing; without a capability nothing is offered. */
	assert_int_equal(
		pci_acs_missing((struct pci_acs){ true, PCI_ACS_SV, 0 }, PCI_ACS_ISOLATION),
		PCI_ACS_SV);
	assert_int_equal(pci_acs_missing((struct pci_acs){ true, 0, 0 }, PCI_ACS_ISOLATION), 0);
}

static void regions(void **state)
{
	struct pci_bar bar;
	char text[PCI_BAR_TEXT_SIZE];
	u64 size;

	assert_int_equal(pci_bar_scan_resource("0x00000000fb000000 0x00000000fbffffff "
					       "0x0000000000040200\n",
				 &bar),
		57);
	assert_true(bar.start == 0xfb000000 && bar.size == 16 * MIB && bar.flags == 0);
	assert_true(pci_bar_scan_resource("0x000000d000000000 0x000000d7ffffffff "
					  "0x000000000014220c",
		&bar));
	assert_int_equal(bar.flags, PCI_BAR_64BIT | PCI_BAR_PREFETCH);
	assert_true(bar.size == 32 * GIB);
	assert_true(pci_bar_scan_resource("0x000c0000 0x000dffff 0x00000212\n", &bar));
	assert_int_equal(bar.flags, PCI_BAR_SHADOW);
	assert_true(pci_bar_scan_resource("0x0 0x0 0x0\n", &bar));
	assert_true(bar.size == 0);
	assert_int_equal(pci_bar_scan_resource("0x0 0x0\n", &bar), 0);
	assert_int_equal(pci_bar_scan_resource("", &bar), 0);
	assert_int_equal(pci_bar_scan_resource("junk", &bar), 0);
	assert_string_equal(pci_bar_size_text(256 * MIB, text), "256M");
	assert_string_equal(pci_bar_size_text(1536, text), "1536");
	assert_string_equal(pci_bar_size_text(32 * GIB, text), "32G");
	assert_int_equal(pci_bar_scan_size("16M]", &size), 3);
	assert_true(size == 16 * MIB);
	assert_int_equal(pci_bar_scan_size("128]", &size), 3);
	assert_int_equal(pci_bar_scan_size("99999999999E", &size), 0);
	assert_int_equal(pci_bar_scan_size("]", &size), 0);
}

static void names_and_back(void **state)
{
	struct pci_names *names = pci_names_open();
	char text[PCI_NAME_SIZE];
	u16 vendor = 0, device = 0;

	assert_non_null(names);
	assert_string_equal(pci_names_class(names, 0x0300, text), "VGA compatible controller");
	assert_int_equal(pci_names_find_class(names, "usb Controller", 14), 0x0c03);
	assert_int_equal(pci_names_find_class(names, "No such class", 13), -1);
	pci_names_device(names, 0x8086, 0x1521, text);
	assert_int_equal(pci_names_find_device(names, text, strlen(text), &vendor, &device), 2);
	assert_int_equal(vendor, 0x8086);
	assert_int_equal(device, 0x1521);
	assert_int_equal(
		pci_names_find_device(names, "Intel Corporation Device beef", 29, &vendor, &device),
		2);
	assert_int_equal(device, 0xbeef);
	assert_int_equal(
		pci_names_find_device(names, "Intel Corporation Nonsense", 26, &vendor, &device),
		1);
	assert_int_equal(pci_names_find_device(names, "Nobody", 6, &vendor, &device), 0);
	assert_int_equal(pci_names_find_device(names, "", 0, &vendor, &device), 0);
	pci_names_close(names);
}

/* The cache that lspci -q keeps in the caller's home; libpci 3.10 and later look for it here. */
static void names_of_nobodys_cache(void **state)
{
	char home[] = "/tmp/tenon-names-XXXXXX", path[64], text[PCI_NAME_SIZE];
	struct pci_names *names;
	FILE *cache;

	assert_non_null(mkdtemp(home));
	snprintf(path, sizeof(path), "%s/pci-ids", home);
	cache = fopen(path, "w");
	assert_non_null(cache);
	/* The category of vendors is 1. */
	fputs("#PCI-CACHE-1.0\n1 8085 0 0 0 Only here\n", cache);
	assert_int_equal(fclose(cache), 0);
	setenv("XDG_CACHE_HOME", home, 1);
	names = pci_names_open();
	assert_non_null(names);
	assert_string_equal(pci_names_device(names, 0x8085, 0, text), "Device 8085:0000");
	pci_names_close(names);
	unsetenv("XDG_CACHE_HOME");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(home), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(lists_are_walked),
		cmocka_unit_test(lists_that_loop),
		cmocka_unit_test(collecting_touches_only_capabilities),
		cmocka_unit_test(acs_in_words),
		cmocka_unit_test(regions),
		cmocka_unit_test(names_and_back),
		cmocka_unit_test(names_of_nobodys_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
