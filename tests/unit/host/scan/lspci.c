// SPDX-License-Identifier: GPL-2.0-or-later
/* The lspci reader on texts of many shapes. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/groups/isolation.h"
#include "host/scan/scan.h"
#include "unit.h"

static int scan_text(struct host *host, const char *text, struct err *err)
{
	*host = (struct host){ 0 };
	return scan_lspci(host, text, strlen(text), err);
}

static void scan(struct host *host, const char *text)
{
	struct err err = { 0 };

	if (scan_text(host, text, &err))
		fail_msg("%s", err.text);
}

static const struct host_dev *dev_at(const struct host *host, const char *text)
{
	struct pci_addr addr;
	int dev;

	assert_int_equal(pci_addr_parse(text, &addr), 0);
	dev = host_find(host, addr);
	assert_true(dev >= 0);
	return &host->devs[dev];
}

static const char card[] =
	"01:00.0 VGA compatible controller [0300]: NVIDIA Corporation GA102 [GeForce RTX 3090] "
	"[10de:2204] (rev a1) (prog-if 00 [VGA controller])\n"
	"\tSubsystem: Micro-Star International Co., Ltd. [MSI] Device [1462:3881]\n"
	"\tPhysical Slot: 3\n"
	"\tControl: I/O+ Mem+ BusMaster+\n"
	"\tStatus: Cap+ 66MHz- UDF- FastB2B- ParErr- DEVSEL=fast >TAbort- <TAbort-\n"
	"\tNUMA node: 1\n"
	"\tIOMMU group: 25\n"
	"\tRegion 0: Memory at fb000000 (32-bit, non-prefetchable) [size=16M]\n"
	"\tRegion 1: Memory at d0000000 (64-bit, prefetchable) [size=256M]\n"
	"\tRegion 5: I/O ports at f000 [size=128]\n"
	"\tExpansion ROM at fc000000 [virtual] [disabled] [size=512K]\n"
	"\tCapabilities: [60] Power Management version 3\n"
	"\t\tStatus: D3 NoSoftRst+ PME-Enable- DSel=0 DScale=0 PME-\n"
	"\tCapabilities: [78] Express (v2) Legacy Endpoint, MSI 00\n"
	"\t\tLnkCap:\tPort #0, Speed 16GT/s, Width x16, ASPM L0s L1\n"
	"\t\tLnkSta:\tSpeed 2.5GT/s (downgraded), Width x8 (downgraded)\n"
	"\tCapabilities: [bb0 v1] Physical Resizable BAR\n"
	"\t\tBAR 0: current size: 16MB, supported: 16MB\n"
	"\tKernel driver in use: nvidia\n"
	"\tKernel modules: nvidiafb, nouveau\n";

static void check_card(const struct host *host)
{
	const struct host_dev *dev = dev_at(host, "01:00.0");

	assert_int_equal(dev->vendor, 0x10de);
	assert_int_equal(dev->device, 0x2204);
	assert_int_equal(dev->subvendor, 0x1462);
	assert_int_equal(dev->subdevice, 0x3881);
	assert_int_equal(dev->class, 0x030000);
	assert_int_equal(dev->revision, 0xa1);
	assert_string_equal(dev->name, "NVIDIA Corporation GA102 [GeForce RTX 3090]");
	assert_string_equal(dev->driver, "nvidia");
	assert_string_equal(dev->slot, "3");
	assert_string_equal(dev->power_state, "D3hot");
	assert_int_equal(dev->group, 25);
	assert_int_equal(dev->numa, 1);
	assert_true(dev->bar[0].size == 16 * MIB && dev->bar[0].start == 0xfb000000);
	assert_int_equal(dev->bar[1].flags, PCI_BAR_64BIT | PCI_BAR_PREFETCH);
	assert_int_equal(dev->bar[5].flags, PCI_BAR_IO);
	assert_true(dev->bar[PCI_BAR_ROM].size == 512 * KIB);
	assert_int_equal(dev->pcie_type, PCI_EXP_TYPE_LEG_END);
	assert_int_equal(dev->link.speed, 1);
	assert_int_equal(dev->link.width, 8);
	assert_int_equal(dev->link.max_speed, 4);
	assert_int_equal(dev->link.max_width, 16);
	assert_false(dev->acs.present);
	assert_true(host_knows(dev, HOST_ACS | HOST_PCIE | HOST_ROM));
	assert_false(dev->known & (HOST_RESET | HOST_BOOT_VGA | HOST_HEADER));
}

static void a_card_with_all_lines(void **state)
{
	struct host host;

	scan(&host, card);
	assert_int_equal(host.count, 1);
	check_card(&host);
	assert_true(host.groups_known);
	host_close(&host);
}

/* Puts @before in front of every line, @after behind it. */
static char *dress(const char *text, const char *before, const char *after, bool tabs)
{
	char *out = NULL;
	size_t size;
	FILE *file = open_memstream(&out, &size);

	fputs("Hello, the card does not work. lspci says:\n\n", file);
	while (*text) {
		size_t n = strcspn(text, "\n");

		fputs(before, file);
		for (size_t i = 0; i < n; i++)
			if (text[i] == '\t' && !tabs)
				fputs("        ", file);
			else
				fputc(text[i], file);
		fprintf(file, "%s\n", after);
		text += n + 1;
	}
	fputs("\nThank you: 12:34.5 is not an address: nor is this.\n", file);
	fclose(file);
	return out;
}

static void a_card_in_other_dress(void **state)
{
	static const struct {
		const char *before, *after;
		bool tabs;
	} dresses[] = {
		{ "", "\r", true },
		{ "> ", "", true },
		{ ">", "", true },
		{ "> > ", "\r", false },
		{ "    ", "", false },
		{ "", "   ", false },
		{ "\t", "", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(dresses); i++) {
		char *text = dress(card, dresses[i].before, dresses[i].after, dresses[i].tabs);
		struct host host;

		scan(&host, text);
		assert_int_equal(host.count, 1);
		check_card(&host);
		host_close(&host);
		free(text);
	}
}

static const struct {
	const char *head;
	const char *addr;
	u32 class;
	u16 vendor, device;
	const char *name;
} heads[] = {
	{ "00:02.0 0300: 8086:3e9b (rev 02)", "00:02.0", 0x030000, 0x8086, 0x3e9b, NULL },
	{ "00:02.0 Class 0300: 8086:3e9b", "00:02.0", 0x030000, 0x8086, 0x3e9b, NULL },
	{ "0000:00:1f.0 ISA bridge: Intel Corporation Device a30d (rev 10)", "00:1f.0", 0x060100,
		0x8086, 0xa30d, NULL },
	{ "10000:e1:00.0 Non-Volatile memory controller [0108]: X [144d:a808] (prog-if 02 [NVM "
	  "Express])",
		"10000:e1:00.0", 0x010802, 0x144d, 0xa808, "X" },
	{ "03:00.0 USB Controller: Made Up [1033:0194] (rev 03) (prog-if 30 [XHCI])", "03:00.0",
		0x0c0330, 0x1033, 0x0194, "Made Up" },
	{ "04:00.0 Unassigned class [ff00]: Realtek Semiconductor Co., Ltd. X [10ec:525a]",
		"04:00.0", 0xff0000, 0x10ec, 0x525a, "Realtek Semiconductor Co., Ltd. X" },
	{ "05:00.0 Ethernet controller: Nobody Knows This Maker Thing", "05:00.0", 0x020000, 0, 0,
		"Nobody Knows This Maker Thing" },
	{ "00:1c.0 PCI bridge: Intel Corporation Sunrise Point-H PCI Express Root Port #5 (rev f1)",
		"00:1c.0", 0x060400, 0x8086, 0xa110,
		"Intel Corporation Sunrise Point-H PCI Express Root Port #5" },
};

static void head_lines_of_all_kinds(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		const struct host_dev *dev;
		struct host host;

		scan(&host, heads[i].head);
		assert_int_equal(host.count, 1);
		dev = dev_at(&host, heads[i].addr);
		assert_int_equal(dev->class, heads[i].class);
		assert_int_equal(dev->vendor, heads[i].vendor);
		assert_int_equal(dev->device, heads[i].device);
		if (heads[i].name)
			assert_string_equal(dev->name, heads[i].name);
		else
			assert_null(dev->name);
		/* A head alone says nothing of capabilities, groups or drivers. */
		assert_false(
			dev->known & (HOST_PCIE | HOST_ACS | HOST_GROUP | HOST_DRIVER | HOST_ROM));
		host_close(&host);
	}
}

static void what_is_no_record(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n\n",
		"no record: in here",
		"01:00.0: not a class, the colon comes too early",
		"01:00.0 Some words: that are no class",
		"01:00.0 Some words: that are no class\nand more of them",
		"01:20.0 Host bridge: device number too large",
		"01:00.8 Host bridge: function number too large",
		"\tCapabilities: [78] Express (v2) Legacy Endpoint, MSI 00",
		"00: 86 80 18 59",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct err err = { 0 };
		struct host host;

		assert_int_equal(scan_text(&host, texts[i], &err), -EINVAL);
		assert_true(err.help[0] != '\0');
		host_close(&host);
	}
}

/* A class that nobody has heard of does not hide the device, nor give its lines to another. */
static void a_class_without_a_name(void **state)
{
	const struct host_dev *dev;
	struct host host;

	scan(&host, "0a:00.1 Audio device: Made Up [1234:0001]\n"
		    "\tFlags: fast devsel\n"
		    "\n"
		    "0b:00.0 Quantum device: Made Up [1234:0002]\n"
		    "\tSubsystem: Made Up [1234:0003]\n"
		    "\tFlags: fast devsel\n"
		    "\tCapabilities: [2a0 v1] Access Control Services\n");
	assert_int_equal(host.count, 2);
	assert_false(dev_at(&host, "0a:00.1")->acs.present);
	dev = dev_at(&host, "0b:00.0");
	assert_true(dev->acs.present);
	assert_int_equal(dev->subdevice, 3);
	assert_false(host_knows(dev, HOST_CLASS));
	host_close(&host);
}

static void wrapped_lines(void **state)
{
	const struct host_dev *dev;
	struct host host;

	scan(&host, "> 00:01.0 PCI bridge: Intel Corporation 6th-10th Gen Core Processor PCIe\n"
		    "> Controller (x16) [8086:1901] (rev 07) (prog-if 00 [Normal decode])\n"
		    "> \tControl: I/O+\n"
		    "> \tBus: primary=00, secondary=01, subordinate=01, sec-latency=0\n"
		    "> \tCapabilities: [a0] Express (v2) Root Port (Slot+), MSI 00\n"
		    "> \tCapabilities: [140 v1] Access Control Services\n"
		    "> \t\tACSCap:\tSrcValid+ TransBlk- ReqRedir+ CmpltRedir+\n"
		    "> UpstreamFwd+ EgressCtrl- DirectTrans-\n"
		    "> \t\tACSCtl:\tSrcValid+ TransBlk- ReqRedir+ CmpltRedir-\n"
		    "> UpstreamFwd+ EgressCtrl- DirectTrans-\n");
	dev = dev_at(&host, "00:01.0");
	assert_int_equal(dev->device, 0x1901);
	assert_int_equal(dev->revision, 7);
	assert_int_equal(dev->acs.cap, PCI_ACS_ISOLATION);
	assert_int_equal(dev->acs.ctrl, PCI_ACS_ISOLATION & ~PCI_ACS_CR);
	assert_int_equal(isolation_of(&host, dev).missing, PCI_ACS_CR);
	assert_true(dev->has_slot);
	host_close(&host);
}

static void what_is_not_readable_is_not_known(void **state)
{
	const struct host_dev *dev;
	struct host host;

	scan(&host,
		"00:01.0 PCI bridge [0604]: Made Up [1234:0001]\n"
		"\tFlags: bus master, fast devsel, latency 0, IRQ 24, NUMA node 2, IOMMU group 7\n"
		"\tBus: primary=00, secondary=01, subordinate=01, sec-latency=0\n"
		"\tCapabilities: <access denied>\n"
		"\tKernel driver in use: pcieport\n"
		"\n"
		"00:1f.0 ISA bridge [0601]: Made Up [1234:0002]\n"
		"\tFlags: fast devsel\n");
	dev = dev_at(&host, "00:01.0");
	assert_false(dev->known & (HOST_PCIE | HOST_ACS));
	assert_int_equal(isolation_of(&host, dev).reason, ISOLATION_UNKNOWN);
	assert_int_equal(dev->group, 7);
	assert_int_equal(dev->numa, 2);
	/* Capabilities would have followed; a driver and a group too, since others have them. */
	dev = dev_at(&host, "00:1f.0");
	assert_true(host_knows(dev, HOST_PCIE | HOST_GROUP | HOST_DRIVER));
	assert_int_equal(dev->pcie_type, HOST_NONE);
	assert_int_equal(dev->group, HOST_NONE);
	assert_null(dev->driver);
	host_close(&host);
}

static void acs_without_its_bits_is_assumed_on(void **state)
{
	struct isolation is;
	struct host host;

	scan(&host, "00:01.0 PCI bridge [0604]: Made Up [1234:0001]\n"
		    "\tFlags: bus master, fast devsel\n"
		    "\tCapabilities: [40] Express Root Port (Slot-), MSI 00\n"
		    "\tCapabilities: [140] Access Control Services\n"
		    "\tKernel driver in use: pcieport\n");
	is = isolation_of(&host, dev_at(&host, "00:01.0"));
	assert_true(is.isolates);
	assert_int_equal(is.reason, ISOLATION_ASSUMED);
	host_close(&host);
}

static void the_fuller_of_two_records_stays(void **state)
{
	struct host host;
	char *text;

	assert_true(asprintf(&text,
			    "01:00.0 VGA compatible controller [0300]: Short [10de:2204]\n\n%s\n"
			    "01:00.0 VGA compatible controller [0300]: Short [10de:2204]\n",
			    card) > 0);
	scan(&host, text);
	assert_int_equal(host.count, 1);
	check_card(&host);
	host_close(&host);
	free(text);
}

static void lists_of_groups(void **state)
{
	static const char *const texts[] = {
		"IOMMU Group 2:\n"
		"\t00:01.0 PCI bridge [0604]: A [8086:1901] (rev 07)\n"
		"\t01:00.0 VGA compatible controller [0300]: B [10de:2204] (rev a1)\n"
		"IOMMU Group 11:\n"
		"\t00:1f.0 ISA bridge [0601]: C [8086:a30d] (rev 10)\n",
		"IOMMU Group 2 00:01.0 PCI bridge [0604]: A [8086:1901] (rev 07)\n"
		"IOMMU Group 2 01:00.0 VGA compatible controller [0300]: B [10de:2204] (rev a1)\n"
		"IOMMU Group 11 00:1f.0 ISA bridge [0601]: C [8086:a30d] (rev 10)\n",
		/* A full lspci behind the list: what it says of groups counts. */
		"IOMMU Group 11:\n"
		"\t00:1f.0 ISA bridge [0601]: C [8086:a30d] (rev 10)\n"
		"00:01.0 PCI bridge [0604]: A [8086:1901] (rev 07)\n"
		"\tControl: I/O+\n\tIOMMU group: 2\n"
		"01:00.0 VGA compatible controller [0300]: B [10de:2204] (rev a1)\n"
		"\tControl: I/O+\n\tIOMMU group: 2\n"
		"02:00.0 Ethernet controller [0200]: D [10de:2204]\n\tControl: I/O+\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct host host;

		scan(&host, texts[i]);
		assert_int_equal(dev_at(&host, "00:01.0")->group, 2);
		assert_int_equal(dev_at(&host, "01:00.0")->group, 2);
		assert_int_equal(dev_at(&host, "00:1f.0")->group, 11);
		if (i == 2)
			assert_int_equal(dev_at(&host, "02:00.0")->group, HOST_NONE);
		assert_false(host_knows(dev_at(&host, "00:1f.0"), HOST_PCIE));
		host_close(&host);
	}
}

static void paths_of_bridges(void **state)
{
	static const char *const texts[] = {
		"00:01.0 PCI bridge [0604]: A [1234:0001]\n"
		"\tBus: primary=00, secondary=03, subordinate=04, sec-latency=0\n"
		"00:01.0/03:00.0 PCI bridge [0604]: B [1234:0001]\n"
		"\tBus: primary=03, secondary=04, subordinate=04, sec-latency=0\n"
		"00:01.0/03:00.0/04:00.1 Audio device [0403]: C [1234:0002]\n",
		"00:01.0 PCI bridge [0604]: A [1234:0001]\n"
		"\tBus: primary=00, secondary=03, subordinate=04, sec-latency=0\n"
		"00:01.0/00.0 PCI bridge [0604]: B [1234:0001]\n"
		"\tBus: primary=03, secondary=04, subordinate=04, sec-latency=0\n"
		"00:01.0/00.0/00.1 Audio device [0403]: C [1234:0002]\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const struct host_dev *dev;
		struct host host;

		scan(&host, texts[i]);
		assert_int_equal(host.count, 3);
		dev = dev_at(&host, "04:00.1");
		assert_ptr_equal(host_parent(&host, dev), dev_at(&host, "03:00.0"));
		assert_ptr_equal(
			host_parent(&host, host_parent(&host, dev)), dev_at(&host, "00:01.0"));
		host_close(&host);
	}
}

static void hex_is_the_truth(void **state)
{
	const struct host_dev *dev;
	struct host host;

	/* The words say endpoint; the dump is a bridge with a downstream port's capability. */
	scan(&host, "02:00.0 PCI bridge [0604]: Made Up [1234:0001]\n"
		    "\tControl: I/O+\n"
		    "\tBus: primary=00, secondary=00, subordinate=00, sec-latency=0\n"
		    "\tCapabilities: [40] Express (v2) Endpoint, MSI 00\n"
		    "00: b5 10 97 97 07 00 10 00 ca 00 04 06 00 00 81 00\n"
		    "10: 00 00 00 00 00 00 00 00 02 05 06 00 00 00 00 00\n"
		    "20: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n"
		    "30: 00 00 00 00 40 00 00 00 00 00 00 00 00 00 00 00\n"
		    "40: 10 00 62 01 00 00 00 00 00 00 00 00 00 00 00 00\n");
	dev = dev_at(&host, "02:00.0");
	assert_int_equal(dev->vendor, 0x10b5);
	assert_int_equal(dev->revision, 0xca);
	assert_int_equal(dev->secondary, 5);
	assert_int_equal(dev->subordinate, 6);
	assert_true(dev->multifunction);
	assert_int_equal(dev->config_size, 64);
	/* 64 bytes do not reach the list: there the words count. */
	assert_int_equal(dev->pcie_type, PCI_EXP_TYPE_ENDPOINT);
	host_close(&host);
}

static void names_are_fit_to_print(void **state)
{
	struct host host;

	scan(&host,
		"05:00.0 Ethernet controller: A\033[31mred\x7f \xc3\xa4\xff\xc2\x9b [10ec:8168]\n"
		"\tKernel driver in use: r\ab\n");
	assert_string_equal(host.devs[0].name, "Ared? \xc3\xa4???");
	assert_string_equal(host.devs[0].driver, "r?b");
	host_close(&host);
}

static void a_bridge_that_is_not_in_the_text(void **state)
{
	const struct host_dev *dev;
	struct host host;

	scan(&host, "00:01.0 PCI bridge [0604]: A [1234:0001]\n"
		    "\tBus: primary=00, secondary=01, subordinate=05, sec-latency=0\n"
		    "\tCapabilities: [40] Express (v2) Root Port (Slot+), MSI 00\n"
		    "03:00.0 Ethernet controller [0200]: B [1234:0002]\n"
		    "\tCapabilities: [40] Express (v2) Endpoint, MSI 00\n"
		    "09:00.0 Ethernet controller [0200]: C [1234:0002]\n"
		    "\tCapabilities: [40] Express (v2) Endpoint, MSI 00\n"
		    "40:00.0 Host bridge [0600]: D [1234:0003]\n");
	dev = dev_at(&host, "03:00.0");
	assert_true(dev->parent_missing);
	assert_ptr_equal(host_parent(&host, dev), dev_at(&host, "00:01.0"));
	dev = dev_at(&host, "09:00.0");
	assert_true(dev->parent_missing);
	assert_null(host_parent(&host, dev));
	assert_false(dev_at(&host, "40:00.0")->parent_missing);
	host_close(&host);
}

/* Numbers that make no tree: to itself, upwards, two bridges to one bus. */
static void bus_numbers_that_make_circles(void **state)
{
	struct host host;

	scan(&host, "00:01.0 PCI bridge [0604]: A [1234:0001]\n"
		    "\tBus: primary=00, secondary=00, subordinate=ff, sec-latency=0\n"
		    "01:00.0 PCI bridge [0604]: B [1234:0001]\n"
		    "\tBus: primary=01, secondary=02, subordinate=02, sec-latency=0\n"
		    "02:00.0 PCI bridge [0604]: C [1234:0001]\n"
		    "\tBus: primary=02, secondary=01, subordinate=01, sec-latency=0\n"
		    "02:01.0 PCI bridge [0604]: D [1234:0001]\n"
		    "\tBus: primary=02, secondary=02, subordinate=02, sec-latency=0\n");
	for (unsigned i = 0; i < host.count; i++) {
		unsigned depth = 0;

		for (int k = i; k != HOST_NONE; k = host.devs[k].parent)
			assert_true(++depth < 8);
	}
	host_close(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_card_with_all_lines),
		cmocka_unit_test(a_card_in_other_dress),
		cmocka_unit_test(head_lines_of_all_kinds),
		cmocka_unit_test(what_is_no_record),
		cmocka_unit_test(a_class_without_a_name),
		cmocka_unit_test(wrapped_lines),
		cmocka_unit_test(what_is_not_readable_is_not_known),
		cmocka_unit_test(acs_without_its_bits_is_assumed_on),
		cmocka_unit_test(the_fuller_of_two_records_stays),
		cmocka_unit_test(lists_of_groups),
		cmocka_unit_test(paths_of_bridges),
		cmocka_unit_test(hex_is_the_truth),
		cmocka_unit_test(names_are_fit_to_print),
		cmocka_unit_test(a_bridge_that_is_not_in_the_text),
		cmocka_unit_test(bus_numbers_that_make_circles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
