// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/mmiotrace.h"

#include <stdlib.h>

#include "cmd/trace/summary.h"
#include "unit.h"

/* Lines as the kernel's tracer writes them, and what is no event. */
static void lines_are_read(void **state)
{
	static const struct {
		const char *line;
		enum mmiotrace_kind kind;
		u64 us;
		unsigned map, width;
		u64 addr, value, size;
	} cases[] = {
		{ "VERSION 20070824\n", MMIOTRACE_VERSION, 0, 0, 0, 0, 20070824, 0 },
		{ "R 4 100.000250 1 0xfb000140 0x1234 0x0 0\n", MMIOTRACE_READ, 100000250, 1, 4,
			0xfb000140, 0x1234, 0 },
		{ "W 1 0.5 7 0xfb000140 ff 0xffffffffa0012345 1", MMIOTRACE_WRITE, 500000, 7, 1,
			0xfb000140, 0xff, 0 },
		{ "MAP 3.0 2 0xd0000000 0xffffc90000000000 0x1000000 0x0 0", MMIOTRACE_MAP, 3000000,
			2, 0, 0xd0000000, 0, 0x1000000 },
		{ "UNMAP 3.1 2 0x0 0", MMIOTRACE_UNMAP, 3100000, 2, 0, 0, 0, 0 },
		{ "MARK 3.2 hello", MMIOTRACE_MARK, 3200000, 0, 0, 0, 0, 0 },
		{ "R 9 1.0 1 0x0 0x0 0x0 0", MMIOTRACE_OTHER, 0, 0, 0, 0, 0, 0 },
		{ "R 0 1.0 1 0x0 0x0 0x0 0", MMIOTRACE_OTHER, 0, 0, 0, 0, 0, 0 },
		{ "R 4 1.0 1 0x0", MMIOTRACE_OTHER, 0, 0, 0, 0, 0, 0 },
		{ "R 4 1 1 0x0 0x0 0x0 0", MMIOTRACE_OTHER, 0, 0, 0, 0, 0, 0 },
		{ "W 4 1.0 1 0x0 0x10000000000000000 0x0 0", MMIOTRACE_OTHER, 0, 0, 0, 0, 0, 0 },
		{ "PCIDEV 0100", MMIOTRACE_OTHER, 0, 0, 0, 0, 0, 0 },
		{ "", MMIOTRACE_OTHER, 0, 0, 0, 0, 0, 0 },
		{ "LOST 3 events", MMIOTRACE_OTHER, 0, 0, 0, 0, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mmiotrace_event e;

		mmiotrace_parse(cases[i].line, strlen(cases[i].line), &e);
		assert_int_equal(e.kind, cases[i].kind);
		assert_int_equal(e.us, cases[i].us);
		assert_int_equal(e.map, cases[i].map);
		assert_int_equal(e.width, cases[i].width);
		assert_int_equal(e.addr, cases[i].addr);
		assert_int_equal(e.value, cases[i].value);
		assert_int_equal(e.size, cases[i].size);
	}
}

static void a_device_is_written_and_read(void **state)
{
	struct mmiotrace_event e = { .kind = MMIOTRACE_DEVICE,
		.device = { .bus = 10, .dev = 3, .fn = 1 },
		.vendor = 0x10de,
		.id = 0x1c82,
		.bars = { { 0xd0000000, 16 * MIB, 0 }, { 0 }, { 0xe000, 256, PCI_BAR_IO } } };
	struct mmiotrace_event again;
	char text[512] = "";
	FILE *f = fmemopen(text, sizeof(text), "w");

	assert_int_equal(mmiotrace_print(f, &e), 0);
	fclose(f);
	assert_string_equal(text, "PCIDEV 0a19 10de1c82 0 d0000000 0 e001 0 0 0 0 "
				  "1000000 0 100 0 0 0 0 vfio-pci\n");
	mmiotrace_parse(text, strlen(text), &again);
	assert_int_equal(again.kind, MMIOTRACE_DEVICE);
	assert_true(pci_addr_equal(again.device, e.device));
	assert_int_equal(again.vendor, e.vendor);
	assert_int_equal(again.bars[2].start, 0xe000);
	assert_int_equal(again.bars[2].flags, PCI_BAR_IO);
	assert_int_equal(again.bars[0].size, 16 * MIB);
}

static void a_summary_counts_by_register(void **state)
{
	static const char *const text[] = {
		"VERSION 20070824",
		"MARK 1.0 0000:01:00.0 map 16 is BAR 0",
		"MAP 1.0 16 0x1000 0x1000 0x1000 0x0 0",
		"R 4 1.0 16 0x1010 0x5 0x0 0",
		"R 4 1.1 16 0x1010 0x5 0x0 0",
		"W 4 1.2 16 0x1010 0x6 0x0 0",
		"R 2 1.3 16 0x1010 0x6 0x0 0",
		"MARK 1.4 0000:01:00.0 MSI 0",
		"MARK 1.5 0000:01:00.0 MSI 0",
		"what is that",
	};
	struct trace_summary s = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(text); i++)
		assert_int_equal(trace_summary_add(&s, text[i], strlen(text[i])), 0);
	assert_true(s.is_trace);
	assert_int_equal(s.others, 1);
	assert_int_equal(s.nr_registers, 2);
	assert_int_equal(s.registers[0].width, 2);
	assert_int_equal(s.registers[1].reads, 2);
	assert_int_equal(s.registers[1].writes, 1);
	assert_int_equal(s.registers[1].changes, 1);
	assert_int_equal(s.registers[1].first, 5);
	assert_int_equal(s.registers[1].last, 6);
	assert_string_equal(trace_summary_map(&s, 16)->name, "0000:01:00.0 BAR 0");
	assert_int_equal(s.nr_marks, 1);
	assert_int_equal(s.marks[0].count, 2);
	trace_summary_close(&s);
}

static void a_summary_is_bounded(void **state)
{
	struct trace_summary s = { 0 };
	char line[80];

	for (unsigned i = 0; i < TRACE_MAX_MARKS + 10; i++) {
		snprintf(line, sizeof(line), "MARK 1.0 number %u", i);
		assert_int_equal(trace_summary_add(&s, line, strlen(line)), 0);
		snprintf(line, sizeof(line), "MAP 1.0 %u 0x0 0x0 0x1 0x0 0", i);
		assert_int_equal(trace_summary_add(&s, line, strlen(line)), 0);
	}
	assert_int_equal(s.nr_marks, TRACE_MAX_MARKS);
	assert_int_equal(s.nr_maps, TRACE_MAX_MAPS);
	assert_int_equal(s.left_out, 20);
	trace_summary_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_read),
		cmocka_unit_test(a_device_is_written_and_read),
		cmocka_unit_test(a_summary_counts_by_register),
		cmocka_unit_test(a_summary_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
