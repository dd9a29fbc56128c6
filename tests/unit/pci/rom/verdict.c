// SPDX-License-Identifier: GPL-2.0-or-later
/* What firmware makes of ROMs: their walks, not the reader's. */
#include "pci/rom/verdict.h"
#include "base/bytes.h"
#include "rom_builder.h"
#include "unit.h"

static u8 bytes[256 * 1024];
static struct rom rom;

static const struct rom_target card = { 0x10de, 0x1280, 0x030000 };

static int setup(void **state)
{
	memset(bytes, 0xff, sizeof(bytes));
	return 0;
}

static struct rom_verdict bios(u32 size, const struct rom_target *target)
{
	struct rom_verdict verdict;

	rom_parse(&rom, bytes, size);
	rom_verdict_bios(&rom, target, &verdict);
	print_message("  SeaBIOS %d: %s\n", verdict.boots, verdict.why);
	assert_int_equal(verdict.boots, verdict.offset >= 0);
	return verdict;
}

static struct rom_verdict efi(u32 size)
{
	struct rom_verdict verdict;

	rom_parse(&rom, bytes, size);
	rom_verdict_efi(&rom, ROM_MACHINE_X64, &verdict);
	print_message("  OVMF %d: %s\n", verdict.boots, verdict.why);
	assert_int_equal(verdict.boots, verdict.offset >= 0);
	return verdict;
}

static void both(void **state)
{
	u32 end = make_image(bytes, 0, &(struct make_image){ .vendor = 0x10de, .device = 0x1280 });

	end = make_image(bytes, end, &(struct make_image){ .code = 3, .last = true });
	assert_true(bios(end, NULL).boots);
	assert_true(bios(end, &card).boots);
	assert_true(efi(end).boots);
	assert_int_equal(efi(end).offset, 1024);
}

/* SeaBIOS compares ids, OVMF does not. */
static void other_ids(void **state)
{
	u32 end = make_image(bytes, 0, &(struct make_image){ .vendor = 0x10de, .device = 0x1287 });
	struct rom_verdict verdict;

	end = make_image(bytes, end,
		&(struct make_image){ .code = 3, .vendor = 0x8086, .device = 1, .last = true });
	verdict = bios(end, &card);
	assert_false(verdict.boots);
	assert_non_null(strstr(verdict.why, "10de:1287"));
	assert_non_null(strstr(verdict.why, "10de:1280"));
	assert_true(efi(end).boots);
}

/* The one with the device's ids is used, though it is not the first. */
static void second_bios_image(void **state)
{
	u32 end = make_image(bytes, 0, &(struct make_image){ .vendor = 0x10de, .device = 1 });

	end = make_image(bytes, end,
		&(struct make_image){ .vendor = 0x10de, .device = 0x1280, .last = true });
	assert_int_equal(bios(end, &card).offset, 1024);
}

struct bios_case {
	const char *what;
	struct make_image image;
	u32 size;
	const char *why;
};

static void bios_refuses(void **state)
{
	static const struct bios_case cases[] = {
		{ "bad sum", { .last = true, .bad_sum = true }, 0, "checksum" },
		{ "no size", { .last = true, .no_init = true }, 0, "no size" },
		{ "cut off", { .last = true, .blocks = 4 }, 1024, "cut off" },
		{ "efi only", { .last = true, .code = 3 }, 0, "no BIOS image" },
		{ "broken chain", { .code = 3 }, 0, "stops at 0x400" },
		{ "hangs", { .code = 3, .no_length = true }, 0, "hang" },
		{ "no pcir", { .pcir_signature = "XXXX" }, 0, "stops at 0" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u32 end;
		struct rom_verdict verdict;

		setup(NULL);
		end = make_image(bytes, 0, &cases[i].image);
		print_message("%s\n", cases[i].what);
		verdict = bios(cases[i].size ? cases[i].size : end, NULL);
		assert_false(verdict.boots);
		assert_non_null(strstr(verdict.why, cases[i].why));
	}
}

static void efi_refuses(void **state)
{
	static const struct bios_case cases[] = {
		{ "ia32", { .last = true, .code = 3, .machine = 0x14c }, 0, "ia32" },
		{ "unknown machine", { .last = true, .code = 3, .machine = 0x77 }, 0, "0077h" },
		{ "application", { .last = true, .code = 3, .subsystem = 10 }, 0, "not a driver" },
		{ "compression", { .last = true, .code = 3, .compression = 3 }, 0, "compressed" },
		{ "no signature", { .last = true, .code = 3, .no_efi_signature = true }, 0,
			"signature" },
		{ "driver outside", { .last = true, .code = 3, .pe_offset = 0x7000 }, 0,
			"outside" },
		{ "header too large", { .last = true, .code = 3, .init_blocks = 3 }, 2048,
			"larger than the image" },
		{ "cut off", { .last = true, .code = 3, .blocks = 4 }, 1600, "cut off" },
		{ "larger than the BAR", { .last = true, .code = 3, .blocks = 40 }, 4096,
			"larger than the ROM" },
		{ "unaligned pcir", { .last = true, .code = 3, .pcir_at = 0x1e }, 0,
			"multiple of 4" },
		{ "length 0", { .last = true, .code = 3, .no_length = true }, 0, "length 0" },
		{ "legacy only", { .last = true }, 0, "no EFI image" },
		{ "no pcir", { .code = 3, .pcir_signature = "XXXX" }, 0, "no PCI data" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u32 end;
		struct rom_verdict verdict;

		setup(NULL);
		end = make_image(bytes, 0, &cases[i].image);
		print_message("%s\n", cases[i].what);
		verdict = efi(cases[i].size ? cases[i].size : end);
		assert_false(verdict.boots);
		assert_non_null(strstr(verdict.why, cases[i].why));
	}
}

static void second_efi_image(void **state)
{
	u32 end = make_image(bytes, 0, &(struct make_image){ .code = 3, .machine = 0xaa64 });

	end = make_image(bytes, end, &(struct make_image){ .code = 3, .last = true });
	assert_int_equal(efi(end).offset, 1024);
}

/* Firmware does not know NPDE: it stops at PCIR's last. */
static void npde_is_not_for_firmware(void **state)
{
	u32 end = make_image(bytes, 0, &(struct make_image){ .last = true, .npde_blocks = 2 });

	end = make_image(bytes, end, &(struct make_image){ .code = 3, .last = true });
	rom_parse(&rom, bytes, end);
	assert_int_equal(rom.nr_images, 2);
	assert_false(efi(end).boots);
}

/* OVMF skips to the next 55 AA after a gap, SeaBIOS does not. */
static void a_gap(void **state)
{
	make_image(bytes, 0, &(struct make_image){ .code = 1 });
	make_image(bytes, 4096, &(struct make_image){ .code = 3 });
	make_image(bytes, 5120, &(struct make_image){ .last = true });
	assert_true(efi(6144).boots);
	assert_false(bios(6144, NULL).boots);
}

static void container(void **state)
{
	struct rom_verdict verdict;
	u32 end;

	make_nvgi(bytes, 1, 0x600);
	end = make_image(bytes, 0x600, &(struct make_image){ 0 });
	end = make_image(bytes, end, &(struct make_image){ .code = 3, .last = true });
	verdict = bios(end, NULL);
	assert_false(verdict.boots);
	assert_non_null(strstr(verdict.why, "0x600"));
	assert_false(efi(end).boots);
	memset(bytes, 0xff, 0x600);
	assert_false(efi(0x500).boots);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both),
		TEST(other_ids),
		TEST(second_bios_image),
		TEST(bios_refuses),
		TEST(efi_refuses),
		TEST(second_efi_image),
		TEST(npde_is_not_for_firmware),
		TEST(a_gap),
		TEST(container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
