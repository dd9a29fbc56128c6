// SPDX-License-Identifier: GPL-2.0-or-later
/* The arbiter's lines, and the way that legacy VGA takes. */
#include <errno.h>
#include <linux/pci_regs.h>

#include "base/bytes.h"
#include "host/facts/vga.h"
#include "unit.h"

static void test_lines(void **state)
{
	static const struct {
		const char *text;
		int ret;
		struct vga_line line;
	} cases[] = {
		{ "count:3,PCI:0000:01:00.0,decodes=io+mem,owns=none,locks=none(0:0)", 0,
			{ 3, { 0, 1, 0, 0 }, 3, 0, 0, 0, 0 } },
		{ "count:1,PCI:10000:e1:1f.7,decodes=none,owns=io+mem,locks=mem(0:2)", 0,
			{ 1, { 0x10000, 0xe1, 0x1f, 7 }, 0, 3, 2, 0, 2 } },
		{ "count:1,PCI:0000:00:02.0,decodes=io,owns=mem,locks=io(4:0)", 0,
			{ 1, { 0, 0, 2, 0 }, 1, 2, 1, 4, 0 } },
		{ "invalid", -EINVAL },
		{ "", -EINVAL },
		{ "count:,PCI:0000:00:02.0,decodes=io,owns=mem,locks=io(4:0)", -EINVAL },
		{ "count:1,PCI:zz,decodes=io,owns=mem,locks=io(4:0)", -EINVAL },
		{ "count:1,PCI:0000:00:02.0,decodes=all,owns=mem,locks=io(4:0)", -EINVAL },
		{ "count:1,PCI:0000:00:02.0,decodes=io,owns=", -EINVAL },
		{ "count:1,PCI:0000:00:02.0,decodes=io,owns=mem,locks=io", -EINVAL },
		{ "count:1,PCI:0000:00:02.0,owns=io,decodes=mem,locks=io(4:0)", -EINVAL },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct vga_line *want = &cases[i].line;
		struct vga_line line;

		assert_int_equal(vga_parse(cases[i].text, &line), cases[i].ret);
		if (cases[i].ret)
			continue;
		assert_int_equal(line.count, want->count);
		assert_true(pci_addr_equal(line.addr, want->addr));
		assert_int_equal(line.decodes, want->decodes);
		assert_int_equal(line.owns, want->owns);
		assert_int_equal(line.locks, want->locks);
		assert_int_equal(line.io_locks, want->io_locks);
		assert_int_equal(line.mem_locks, want->mem_locks);
	}
}

/* Port, bridge, card: one bridge that does not forward closes the way. */
static void test_path(void **state)
{
	static u8 config[3][64];
	struct host_dev devs[3] = {
		{ .parent = HOST_NONE, .bridge = true, .config = config[0], .config_size = 64 },
		{ .parent = 0, .bridge = true, .config = config[1], .config_size = 64 },
		{ .parent = 1, .class = 0x030000, .config = config[2], .config_size = 64 },
	};
	const struct host host = { .devs = devs, .count = 3 };
	struct vga_path path;
	bool forwards, wide;

	put_le16(config[0] + PCI_BRIDGE_CONTROL, PCI_BRIDGE_CTL_VGA | 0x10);
	put_le16(config[2] + PCI_COMMAND, PCI_COMMAND_MEMORY);
	path = vga_path_of(&host, 2);
	assert_true(path.known && !path.open);
	assert_int_equal(path.closed_at, 1);
	put_le16(config[1] + PCI_BRIDGE_CONTROL, PCI_BRIDGE_CTL_VGA);
	path = vga_path_of(&host, 2);
	assert_true(path.known && path.open);
	assert_int_equal(path.closed_at, HOST_NONE);
	assert_true(vga_bridge(&devs[0], &forwards, &wide) && forwards && wide);
	assert_true(vga_bridge(&devs[1], &forwards, &wide) && forwards && !wide);
	assert_int_equal(vga_decoding(&devs[2]), VGA_MEM);
	assert_true(vga_is_card(&devs[2]));

	devs[1].config_size = 0;
	path = vga_path_of(&host, 2);
	assert_false(path.known || path.open);
	devs[2].config_size = 0;
	assert_int_equal(vga_decoding(&devs[2]), -1);
	/* Bridges in a circle, as a forged capture may have them. */
	devs[0].parent = 1;
	devs[1].config_size = 64;
	path = vga_path_of(&host, 2);
	assert_true(path.open);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
