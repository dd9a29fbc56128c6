// SPDX-License-Identifier: GPL-2.0-or-later
/* ACPI tables made up by hand, and those captured on real machines where they are at hand. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "acpi_builder.h"
#include "base/bytes.h"
#include "base/own.h"
#include "pci/acpi/dmar.h"
#include "pci/acpi/ivrs.h"
#include "pci/acpi/vfct.h"
#include "unit.h"

static u8 table[8192];

static int setup(void **state)
{
	memset(table, 0, sizeof(table));
	return 0;
}

static void header(void **state)
{
	struct acpi_table t;

	make_acpi_header(table, "DMAR", 100);
	assert_int_equal(acpi_table(&t, table, 100, "DMAR"), 0);
	assert_true(t.sum_ok);
	assert_string_equal(t.oem, "OEM");
	table[50]++;
	assert_int_equal(acpi_table(&t, table, 100, "DMAR"), 0);
	assert_false(t.sum_ok);
	assert_int_equal(acpi_table(&t, table, 100, "IVRS"), -EINVAL);
	assert_int_equal(acpi_table(&t, table, 99, "DMAR"), -EINVAL);
	assert_int_equal(acpi_table(&t, table, 10, "DMAR"), -EINVAL);
	put_le32(table + 4, 35);
	assert_int_equal(acpi_table(&t, table, 100, "DMAR"), -EINVAL);
}

static void vfct(void **state)
{
	struct vfct_image image;
	struct acpi_table t;
	u32 end;

	put_le32(table + 0x34, 0x4c);
	end = make_vfct_record(table, 0x4c, 0x6a, 0x1638, 1024, 0xa1);
	end = make_vfct_record(table, end, 3, 0x73ff, 512, 0xa2);
	end = make_vfct_record(table, end, 4, 0x73ff, 512, 0xa3);
	make_acpi_header(table, "VFCT", end);
	assert_int_equal(acpi_table(&t, table, sizeof(table), "VFCT"), 0);

	assert_int_equal(vfct_find(&t, 4, 0, 0, 0x1002, 0x73ff, &image), VFCT_ADDRESS);
	assert_int_equal(image.bytes[0], 0xa3);
	assert_int_equal(image.size, 512);
	assert_int_equal(vfct_find(&t, 0x0b, 0, 0, 0x1002, 0x1638, &image), VFCT_IDS);
	assert_int_equal(image.bus, 0x6a);
	assert_int_equal(image.size, 1024);
	assert_int_equal(vfct_find(&t, 9, 0, 0, 0x1002, 0x73ff, &image), VFCT_AMBIGUOUS);
	assert_int_equal(vfct_find(&t, 4, 0, 0, 0x1002, 0x7400, &image), VFCT_NONE);
	/* Another card in the place that the table names. */
	assert_int_equal(vfct_find(&t, 4, 0, 0, 0x10de, 0x73ff, &image), VFCT_NONE);
}

static void vfct_with_wrong_lengths(void **state)
{
	static const u32 lengths[] = { 0, 1025, 0x7fffffff, 0xffffffff, 0xffffffe4 };
	struct vfct_image image;
	struct acpi_table t;
	u32 end;

	put_le32(table + 0x34, 0x4c);
	end = make_vfct_record(table, 0x4c, 3, 0x1638, 1024, 0xa1);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		put_le32(table + 0x4c + 24, lengths[i]);
		make_acpi_header(table, "VFCT", end);
		acpi_table(&t, table, sizeof(table), "VFCT");
		assert_int_equal(vfct_find(&t, 3, 0, 0, 0x1002, 0x1638, &image), VFCT_NONE);
	}
	put_le32(table + 0x34, end + 1);
	assert_int_equal(vfct_find(&t, 3, 0, 0, 0x1002, 0x1638, &image), VFCT_NONE);
	put_le32(table + 0x34, 0xfffffff0);
	assert_int_equal(vfct_find(&t, 3, 0, 0, 0x1002, 0x1638, &image), VFCT_NONE);
}

static void dmar(void **state)
{
	struct dmar_entry entry;
	struct dmar_scope scope;
	struct dmar d;
	u32 end = make_dmar(table);

	make_acpi_header(table, "DMAR", end);
	assert_int_equal(dmar_read(&d, table, sizeof(table)), 0);
	assert_int_equal(d.address_width, 39);
	assert_int_equal(d.flags, DMAR_INTR_REMAP | DMAR_DMA_OPT_IN);

	assert_true(dmar_next(&d, &entry));
	assert_int_equal(entry.type, DMAR_DRHD);
	assert_int_equal(entry.flags, 1);
	assert_true(entry.base == 0xfed90000);
	assert_false(dmar_scope_next(&entry, &scope));

	assert_true(dmar_next(&d, &entry));
	assert_int_equal(entry.type, DMAR_RMRR);
	assert_int_equal(entry.segment, 1);
	assert_true(entry.base == 0x3a000000 && entry.limit == 0x407fffff);
	assert_true(dmar_scope_next(&entry, &scope));
	assert_int_equal(scope.type, DMAR_SCOPE_ENDPOINT);
	assert_int_equal(scope.path_length, 1);
	assert_int_equal(scope.path[0].dev, 2);
	assert_true(dmar_scope_next(&entry, &scope));
	assert_int_equal(scope.type, DMAR_SCOPE_BRIDGE);
	assert_int_equal(scope.bus, 0x40);
	assert_int_equal(scope.path_length, 2);
	assert_int_equal(scope.path[0].dev, 0x1c);
	assert_int_equal(scope.path[0].fn, 3);
	assert_int_equal(scope.path[1].dev, 1);
	assert_false(dmar_scope_next(&entry, &scope));
	assert_false(entry.scopes.broken);

	assert_true(dmar_next(&d, &entry));
	assert_int_equal(entry.type, 99);
	assert_false(dmar_scope_next(&entry, &scope));
	assert_false(dmar_next(&d, &entry));
	assert_false(d.entries.broken);
}

/* Each byte of a table that speaks of a length, with each value: the walk ends. */
static void lengths_that_lie(void **state)
{
	static const u32 places[] = { 48 + 2, 48 + 3, 64 + 2, 64 + 3, 64 + 25, 64 + 33 };
	u32 end = make_dmar(table);

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		u8 was = table[places[i]];

		for (int value = 0; value < 256; value++) {
			struct dmar_entry entry;
			struct dmar_scope scope;
			unsigned steps = 0;
			struct dmar d;

			table[places[i]] = value;
			make_acpi_header(table, "DMAR", end);
			assert_int_equal(dmar_read(&d, table, sizeof(table)), 0);
			while (dmar_next(&d, &entry))
				while (dmar_scope_next(&entry, &scope))
					assert_true(++steps < 100);
		}
		table[places[i]] = was;
	}
}

static void ivrs(void **state)
{
	static const struct ivhd_entry want[] = {
		{ IVHD_DEVICES, 3, 0x0008, 0x03ff },
		{ IVHD_DEVICES, 0x42, 0x0500, 0x0500, .has_alias = true, .alias = 0x0420 },
		{ IVHD_DEVICES, 0x43, 0x0508, 0x05ff, .has_alias = true, .alias = 0x0420 },
		{ IVHD_IOAPIC, 0x48, 0, 0, .handle = 0x21, .alias = 0xa0 },
		{ IVHD_HPET, 0x48, 0, 0, .alias = 0xa0 },
		{ IVHD_HID, 0xf0, 0x99, 0x99, .hid = "AMDI0040" },
	};
	struct ivhd_entry entry;
	struct ivrs_block block;
	struct ivrs r;
	u32 end = make_ivrs(table);

	make_acpi_header(table, "IVRS", end);
	assert_int_equal(ivrs_read(&r, table, sizeof(table)), 0);
	assert_int_equal(r.physical_bits, 48);
	assert_int_equal(r.virtual_bits, 64);

	assert_true(ivrs_next(&r, &block));
	assert_int_equal(block.type, IVRS_IVHD_40);
	assert_int_equal(block.id, 2);
	assert_int_equal(block.segment, 1);
	assert_true(block.base == 0xfd200000);
	assert_true(block.features == 0x004f77ef22294ada);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		assert_true(ivhd_next(&block, &entry));
		assert_int_equal(entry.kind, want[i].kind);
		assert_int_equal(entry.type, want[i].type);
		assert_int_equal(entry.first, want[i].first);
		assert_int_equal(entry.last, want[i].last);
		assert_int_equal(entry.has_alias, want[i].has_alias);
		assert_int_equal(entry.alias, want[i].alias);
		assert_int_equal(entry.handle, want[i].handle);
		assert_string_equal(entry.hid, want[i].hid);
	}
	assert_false(ivhd_next(&block, &entry));
	assert_false(block.entries.broken);

	assert_true(ivrs_next(&r, &block));
	assert_int_equal(block.type, IVRS_IVMD_RANGE);
	assert_int_equal(block.id, 0x100);
	assert_int_equal(block.last_id, 0x107);
	assert_true(block.base == 0x80000000 && block.size == 0x100000);
	assert_false(ivrs_next(&r, &block));
	assert_false(r.blocks.broken);
}

static void ivrs_ranges_that_lie(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} cases[] = {
		{ "\x03\x08\x00\x00", 4 },                 /* no end */
		{ "\x03\x08\x00\x00\x02\x09\x00\x00", 8 }, /* something else comes */
		{ "\x03\x08\x00\x00\x04\x07\x00\x00", 8 }, /* the end before the start */
		{ "\x43\x08\x00\x00", 4 },                 /* cut off */
		{ "\x90\0\0\0\0\0\0\0", 8 },               /* nobody knows its length */
		{ "\xf0\0\0\0", 4 },                       /* cut off */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u8 *block = table + 48;
		struct ivhd_entry entry;
		struct ivrs_block b;
		struct ivrs r;

		setup(NULL);
		block[0] = 0x10;
		put_le16(block + 2, 24 + cases[i].size);
		memcpy(block + 24, cases[i].bytes, cases[i].size);
		make_acpi_header(table, "IVRS", 48 + 24 + cases[i].size);
		assert_int_equal(ivrs_read(&r, table, sizeof(table)), 0);
		assert_true(ivrs_next(&r, &b));
		while (ivhd_next(&b, &entry))
			;
		assert_true(b.entries.broken);
	}
}

/* Captured tables are not part of the source; TENON_FIXTURES says where they are. */
static size_t captured(const char *name)
{
	const char *directory = getenv("TENON_FIXTURES");
	own_file FILE *f = NULL;
	char path[512];

	snprintf(path, sizeof(path), "%s/acpi/%s", directory ? directory : "", name);
	f = directory ? fopen(path, "rb") : NULL;
	if (!f) {
		print_message("no captured table: TENON_FIXTURES has no acpi/%s\n", name);
		skip();
	}
	return fread(table, 1, sizeof(table), f);
}

static void captured_dmar(void **state)
{
	size_t size = captured("dmar-z790-ud-ax.dat");
	unsigned units = 0, scopes = 0;
	struct dmar_entry entry;
	struct dmar_scope scope;
	struct dmar d;

	assert_int_equal(dmar_read(&d, table, size), 0);
	assert_int_equal(d.address_width, 39);
	assert_int_equal(d.flags, DMAR_INTR_REMAP);
	while (dmar_next(&d, &entry)) {
		units += entry.type == DMAR_DRHD;
		while (dmar_scope_next(&entry, &scope))
			scopes++;
		assert_false(entry.scopes.broken);
		if (entry.type == DMAR_RMRR)
			assert_true(entry.base == 0x3a000000 && entry.limit == 0x407fffff);
	}
	assert_false(d.entries.broken);
	assert_int_equal(units, 2);
	assert_int_equal(scopes, 4);
}

static void captured_ivrs(void **state)
{
	size_t size = captured("ivrs-x370-killer-sli.dat");
	/* Entries of blocks 10h, 11h, 40h: one range, ten devices, three special, one HID. */
	static const unsigned want[] = { 14, 14, 15 };
	struct ivhd_entry entry;
	struct ivrs_block block;
	unsigned n = 0;
	struct ivrs r;

	assert_int_equal(ivrs_read(&r, table, size), 0);
	while (ivrs_next(&r, &block)) {
		unsigned entries = 0;

		assert_true(n < ARRAY_SIZE(want));
		while (ivhd_next(&block, &entry))
			entries++;
		assert_false(block.entries.broken);
		assert_int_equal(entries, want[n++]);
	}
	assert_false(r.blocks.broken);
	assert_int_equal(n, 3);
	assert_string_equal(entry.hid, "AMDI0040");
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(header),
		TEST(vfct),
		TEST(vfct_with_wrong_lengths),
		TEST(dmar),
		TEST(lengths_that_lie),
		TEST(ivrs),
		TEST(ivrs_ranges_that_lie),
		TEST(captured_dmar),
		TEST(captured_ivrs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
