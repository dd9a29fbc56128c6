// SPDX-License-Identifier: GPL-2.0-or-later
/* Files with several ROMs, and ROMs put together. */
#include <errno.h>
#include <stdlib.h>

#include "acpi_builder.h"
#include "base/bytes.h"
#include "pci/rom/join.h"
#include "pci/rom/set.h"
#include "rom_builder.h"
#include "unit.h"
#include "volume_builder.h"

static u8 bytes[64 * 1024];
static struct rom_set set;
static struct rom rom, other, after;
static struct rom_fixed fixed;

static int setup(void **state)
{
	memset(bytes, 0, sizeof(bytes));
	return 0;
}

static u32 make_rom(u32 at, u16 vendor, u16 device)
{
	at = make_image(bytes, at, &(struct make_image){ .vendor = vendor, .device = device });
	return make_image(bytes, at,
		&(struct make_image){
			.code = 3, .vendor = vendor, .device = device, .last = true });
}

static void none(void **state)
{
	rom_set_read(&set, bytes, sizeof(bytes));
	assert_int_equal(set.nr_entries, 0);
	assert_int_equal(rom_set_find(&set, NULL), -1);
	rom_set_close(&set);
	rom_set_read(&set, bytes, 0);
	assert_int_equal(set.nr_entries, 0);
}

static void one(void **state)
{
	u32 end = make_rom(0, 0x10de, 0x1280);

	rom_set_read(&set, bytes, end);
	assert_int_equal(set.nr_entries, 1);
	assert_int_equal(set.entries[0].device, 0x1280);
	assert_true(set.entries[0].bios && set.entries[0].efi);
	rom_set_parse(&set, 0, &rom);
	assert_int_equal(rom.wrapper, ROM_WRAPPER_NONE);
	assert_int_equal(rom.nr_problems, 0);
	rom_set_close(&set);
}

/* At any place, behind anything. */
static void put_together(void **state)
{
	static const struct rom_target second = { 0x1002, 0x67df, 0x030000 };
	u32 end = make_rom(0, 0x10de, 0x1280), start = end + 333;

	end = make_rom(start, 0x1002, 0x67df);
	rom_set_read(&set, bytes, end);
	assert_int_equal(set.nr_entries, 2);
	assert_int_equal(rom_set_find(&set, &second), 1);
	assert_int_equal(set.entries[1].offset, start);
	assert_int_equal(set.entries[1].end, end);
	rom_set_parse(&set, 1, &rom);
	assert_int_equal(rom.base, start);
	assert_int_equal(rom.nr_images, 2);
	assert_int_equal(rom.wrapper, ROM_WRAPPER_UNKNOWN);
	rom_set_close(&set);
}

static void vfct(void **state)
{
	u32 end;

	put_le32(bytes + 0x34, 0x4c);
	end = make_vfct_record(bytes, 0x4c, 3, 0x1638, 2048, 1);
	make_rom(0x4c + 28, 0x1002, 0x1638);
	/* The table tells a device though nothing in the record is a ROM. */
	end = make_vfct_record(bytes, end, 9, 0x73ff, 100, 2);
	make_acpi_header(bytes, "VFCT", end);
	rom_set_read(&set, bytes, end);
	assert_int_equal(set.wrapper, ROM_WRAPPER_VFCT);
	assert_int_equal(set.nr_entries, 2);
	assert_true(set.entries[0].has_address && set.entries[0].bus == 3);
	assert_int_equal(set.entries[1].device, 0x73ff);
	rom_set_parse(&set, 0, &rom);
	assert_int_equal(rom.nr_images, 2);
	rom_set_parse(&set, 1, &rom);
	assert_int_equal(rom.nr_images, 0);
	assert_true(rom_has_problems(&rom));
	rom_set_close(&set);
	rom_set_read(&set, bytes, end - 50);
	assert_int_equal(set.nr_entries, 1);
	assert_true(set.left_out);
	rom_set_close(&set);
}

static void volumes(void **state)
{
	static const struct rom_target target = { MAKE_VOLUME_VENDOR, MAKE_VOLUME_DEVICE, 0 };

	for (enum make_volume how = VOLUME_PLAIN; how <= VOLUME_LZMA; how++) {
		u32 size = make_volume(bytes + 0x1000, how);

		rom_set_read(&set, bytes, 0x1000 + size);
		assert_int_equal(set.wrapper, ROM_WRAPPER_FIRMWARE);
		assert_int_equal(set.nr_entries, 1);
		assert_int_equal(rom_set_find(&set, &target), 0);
		assert_int_equal(set.entries[0].decompressed, how != VOLUME_PLAIN);
		rom_set_parse(&set, 0, &rom);
		assert_int_equal(rom.nr_images, 1);
		assert_int_equal(rom.images[0].sum, 0);
		rom_set_close(&set);
	}
}

static int join(const struct rom *first, const struct rom *second, struct rom_made *made)
{
	const struct rom *const roms[] = { first, second };
	struct err err = { 0 };
	int ret = rom_join(roms, second ? 2 : 1, NULL, made, &fixed, &err);

	if (ret)
		print_message("  %s\n", err.text);
	return ret;
}

static void joined(void **state)
{
	u32 end = make_image(
		bytes, 0, &(struct make_image){ .vendor = 1, .device = 2, .last = true });
	u32 second = make_image(bytes, end, &(struct make_image){ .code = 3, .blocks = 4 });
	struct rom_made made;

	rom_parse(&rom, bytes, end);
	rom_parse(&other, bytes + end, second - end);
	assert_int_equal(join(&rom, &other, &made), 0);
	assert_int_equal(made.size, second);
	rom_parse(&after, made.bytes, made.size);
	assert_int_equal(after.nr_images, 2);
	assert_int_equal(after.nr_problems, 0);
	assert_false(after.images[0].pcir_last);
	assert_true(after.images[1].pcir_last);
	assert_int_equal(after.images[0].sum, 0);
	free(made.bytes);
}

static void not_joined(void **state)
{
	static const struct make_image cases[] = {
		{ .code = 1, .last = true },
		{ .bad_sum = true, .last = true },
		{ .code = 3, .no_driver = true, .last = true },
		{ .code = 3, .compression = 2, .last = true },
		{ .blocks = 2, .npde_blocks = 4, .last = true },
	};
	struct rom_made made;
	u32 end;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		end = make_image(bytes, 0, &cases[i]);
		rom_parse(&rom, bytes, end);
		assert_int_equal(join(&rom, NULL, &made), -EINVAL);
		assert_null(made.bytes);
	}
	end = make_image(bytes, 0, &(struct make_image){ .blocks = 4, .last = true });
	rom_parse(&rom, bytes, end - 1);
	assert_int_equal(join(&rom, NULL, &made), -EINVAL);
}

static void wrapped(void **state)
{
	static const struct rom_target target = { 0x10de, 0x1280, 0x038000 };

	make_driver(bytes, ROM_MACHINE_X64, 0x0c);
	for (int compress = 0; compress < 2; compress++) {
		struct rom_verdict verdict;
		struct err err = { 0 };
		struct rom_made made;

		assert_int_equal(
			rom_wrap(bytes, MAKE_DRIVER_SIZE, &target, compress, &made, &err), 0);
		rom_parse(&rom, made.bytes, made.size);
		assert_int_equal(rom.nr_images, 1);
		assert_int_equal(rom.nr_problems, 0);
		assert_int_equal(rom.images[0].class, 0x038000);
		assert_int_equal(rom.images[0].efi.compression, compress);
		assert_int_equal(rom.images[0].efi.subsystem, 0x0c);
		rom_verdict_efi(&rom, ROM_MACHINE_X64, &verdict);
		assert_true(verdict.boots);
		free(made.bytes);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(none),
		TEST(one),
		TEST(put_together),
		TEST(vfct),
		TEST(volumes),
		TEST(joined),
		TEST(not_joined),
		TEST(wrapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
