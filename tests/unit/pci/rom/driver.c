// SPDX-License-Identifier: GPL-2.0-or-later
/* EFI drivers: their headers, within ROMs and alone. */
#include "base/bytes.h"
#include "pci/rom/pe.h"
#include "pci/rom/rom.h"
#include "rom_builder.h"
#include "unit.h"

static u8 bytes[4096];
static struct rom rom;

static int setup(void **state)
{
	memset(bytes, 0, sizeof(bytes));
	make_driver(bytes, ROM_MACHINE_X64, PE_EFI_BOOT_DRIVER);
	return 0;
}

static void whole(void **state)
{
	struct pe pe;

	assert_null(pe_read(&pe, bytes, MAKE_DRIVER_SIZE));
	assert_int_equal(pe.machine, ROM_MACHINE_X64);
	assert_int_equal(pe.subsystem, PE_EFI_BOOT_DRIVER);
	assert_int_equal(pe.size, MAKE_DRIVER_SIZE);
	assert_false(pe.is_empty);
	assert_false(pe.terse);
	/* What is behind it does not count. */
	assert_null(pe_read(&pe, bytes, sizeof(bytes)));
	assert_int_equal(pe.size, MAKE_DRIVER_SIZE);
}

static void terse(void **state)
{
	struct pe pe;

	memset(bytes, 0, sizeof(bytes));
	put_le16(bytes, PE_TE_MAGIC);
	put_le16(bytes + 2, ROM_MACHINE_AA64);
	bytes[4] = 1;
	bytes[5] = PE_EFI_RUNTIME_DRIVER;
	put_le16(bytes + 6, 0x128);
	put_le32(bytes + 0x28 + 0x10, 0x40);
	put_le32(bytes + 0x28 + 0x14, 0x200);
	assert_null(pe_read(&pe, bytes, 0x140));
	assert_true(pe.terse);
	assert_int_equal(pe.machine, ROM_MACHINE_AA64);
	assert_int_equal(pe.subsystem, PE_EFI_RUNTIME_DRIVER);
	assert_int_equal(pe.size, 0x140);
	assert_non_null(pe_read(&pe, bytes, 0x13f));
	put_le16(bytes + 6, 0x20);
	assert_non_null(pe_read(&pe, bytes, 0x140));
}

/* A change of one number, and what is said of it. */
static void refused(void **state)
{
	static const struct {
		u32 at, size;
		u64 value;
		const char *why;
	} cases[] = {
		{ 0, 2, 0x4142, "neither MZ nor VZ" },
		{ 0x3c, 4, 0xfffffff0, "leads to no PE" },
		{ 0x40, 4, 0x4550ff, "leads to no PE" },
		{ 0x54, 2, 0xffff, "shorter than its header" },
		{ 0x54, 2, 0x20, "too short" },
		{ 0x54, 2, 0x60, "too short" },
		{ 0x58, 2, 0x107, "neither PE32" },
		{ 0x46, 2, 60, "list of sections" },
		{ 0x58 + 0x3c, 4, 0x10000, "headers say" },
		{ 0x58 + 0x38, 4, 0x10, "less room" },
		{ 0x58 + 0x6c, 4, 17, "directories" },
		{ 0x58 + 0x6c, 4, 0xffffffff, "directories" },
		{ 0x58 + 0x70 + 4 * 8 + 4, 4, 0x1000, "signatures" },
		{ 0x148 + 0x10, 4, 0x1000, "sections say" },
		{ 0x148 + 0x14, 4, 0xffffff00, "sections say" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *wrong;
		struct pe pe;

		setup(NULL);
		put_le(bytes + cases[i].at, cases[i].size, cases[i].value);
		wrong = pe_read(&pe, bytes, MAKE_DRIVER_SIZE);
		print_message("  %s\n", wrong);
		assert_non_null(wrong);
		assert_non_null(strstr(wrong, cases[i].why));
	}
}

static void every_length(void **state)
{
	struct pe pe;

	for (u32 size = 0; size < MAKE_DRIVER_SIZE; size++)
		assert_non_null(pe_read(&pe, bytes, size));
}

static const struct rom_driver *parsed(const struct make_image *spec)
{
	u32 end = make_image(bytes, 0, spec);

	rom_parse(&rom, bytes, end);
	return &rom.images[0].efi.driver;
}

static void in_a_rom(void **state)
{
	for (u16 compression = 0; compression < 2; compression++) {
		const struct rom_driver *driver = parsed(&(struct make_image){
			.code = 3, .compression = compression, .last = true });

		assert_true(driver->read && driver->loads && !driver->empty);
		assert_int_equal(driver->machine, ROM_MACHINE_X64);
		assert_int_equal(driver->subsystem, PE_EFI_BOOT_DRIVER);
		assert_int_equal(driver->size, MAKE_DRIVER_SIZE);
		assert_false(rom_has_problems(&rom));
		driver = parsed(&(struct make_image){
			.code = 3, .compression = compression, .last = true, .no_driver = true });
		assert_true(driver->read && !driver->loads && driver->wrong[0]);
		assert_true(rom_has_problems(&rom));
	}
	assert_false(
		parsed(&(struct make_image){ .code = 3, .compression = 2, .last = true })->read);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whole),
		TEST(terse),
		TEST(refused),
		TEST(every_length),
		TEST(in_a_rom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
