// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "base/bytes.h"
#include "pci/rom/fix.h"
#include "pci/rom/verdict.h"
#include "rom_builder.h"
#include "unit.h"

#define BUFFER (128 * 1024)

static u8 in[BUFFER], before[BUFFER], out[BUFFER];
static struct rom rom, after;
static struct rom_fixed fixed;

static int setup(void **state)
{
	memset(in, 0xff, sizeof(in));
	return 0;
}

/* Corrects in[0, size), checks that it stayed as it was, and parses what came out. */
static int fix(u32 size, const struct rom_fix *how, struct err *err)
{
	int rc;

	err_clear(err);
	memcpy(before, in, sizeof(in));
	rom_parse(&rom, in, size);
	rc = rom_fix(&rom, how, out, &fixed, err);
	assert_memory_equal(before, in, sizeof(in));
	if (!rc)
		rom_parse(&after, out, fixed.size);
	return rc;
}

static u32 make_combined(u32 at)
{
	at = make_image(in, at, &(struct make_image){ .vendor = 0x10de, .device = 0x1280 });
	at = make_image(in, at, &(struct make_image){ .code = 3, .vendor = 0, .device = 0 });
	return make_image(in, at,
		&(struct make_image){ .signature = 0x4e56,
			.pcir_signature = "NPDS",
			.code = 0x70,
			.vendor = 0x10de,
			.device = 0x1280,
			.last = true });
}

static void ids(void **state)
{
	struct rom_fix how = { .set_device = true, .device = 0x1287 };
	u32 end = make_combined(0);
	struct err err;

	assert_int_equal(fix(end, &how, &err), 0);
	assert_int_equal(fixed.size, end);
	assert_int_equal(after.images[0].vendor, 0x10de);
	assert_int_equal(after.images[0].device, 0x1287);
	assert_int_equal(after.images[0].sum, 0);
	assert_int_equal(after.images[1].device, 0x1287);
	/* NVIDIA's own image is signed; it stays. */
	assert_int_equal(after.images[2].device, 0x1280);
	assert_false(rom_has_problems(&after));
}

static void ids_of_one_image(void **state)
{
	struct rom_fix how = { .set_vendor = true, .vendor = 0x1002, .images = BIT(0) };
	u32 end = make_combined(0);
	struct err err;

	assert_int_equal(fix(end, &how, &err), 0);
	assert_int_equal(after.images[0].vendor, 0x1002);
	assert_int_equal(after.images[1].vendor, 0);
	assert_memory_equal(in + 1024, out + 1024, end - 1024);

	how.images = BIT(2);
	assert_int_equal(fix(end, &how, &err), -EINVAL);
	how.images = BIT(7);
	assert_int_equal(fix(end, &how, &err), -EINVAL);
}

/* The byte at 6 lies in the signature of an EFI image: nothing there may change. */
static void efi_first(void **state)
{
	struct rom_fix how = { .set_device = true, .device = 0x4242, .checksum = true };
	u32 end = make_image(in, 0, &(struct make_image){ .code = 3 });
	struct err err;

	end = make_image(in, end, &(struct make_image){ .last = true, .bad_sum = true });
	assert_int_equal(fix(end, &how, &err), 0);
	assert_memory_equal(in, out, 0x1c);
	assert_true(after.images[0].has_efi);
	assert_int_equal(after.images[0].device, 0x4242);
	assert_int_equal(after.images[1].sum, 0);
}

/* Which byte evens out the sum depends on what is code. */
static void where_the_checksum_goes(void **state)
{
	static const struct {
		u8 entry[3];
		bool atom;
		u32 at;
	} cases[] = {
		{ { 0xe9, 0x00, 0x01 }, false, 6 },
		{ { 0xeb, 0x4b, 0x37 }, false, 6 },
		{ { 0xeb, 0x01, 0x90 }, false, 1023 },
		{ { 0xcb, 0, 0 }, false, 6 },
		{ { 0xb8, 0x00, 0x01 }, false, 1023 },
		{ { 0xe9, 0x00, 0x01 }, true, 0x21 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rom_fix how = { .checksum = true };
		struct err err;

		make_image(in, 0, &(struct make_image){ .last = true, .pcir_at = 0x60 });
		memcpy(in + 3, cases[i].entry, 3);
		if (cases[i].atom)
			memcpy(in + 0x30, " 761295520", 10);
		in[700] ^= 0x5a;
		assert_int_equal(fix(1024, &how, &err), 0);
		assert_int_equal(after.images[0].sum, 0);
		for (u32 at = 0; at < 1024; at++)
			assert_int_equal(in[at] != out[at], at == cases[i].at);
	}
}

static void checksum_beside_the_data_structure(void **state)
{
	struct rom_fix how = { .checksum = true };
	struct err err;

	make_image(in, 0, &(struct make_image){ .last = true });
	/* The structure around byte 6, as no sane ROM has it. */
	memmove(in + 4, in + 0x1c, 0x18);
	put_le16(in + 0x18, 4);
	in[0x18] = 4;
	rom_parse(&rom, in, 1024);
	assert_int_equal(rom.images[0].code, ROM_CODE_UNKNOWN);
	assert_int_equal(fix(1024, &how, &err), 0);
	assert_int_equal(fixed.nr_changes, 0);
}

static void unwrap(void **state)
{
	for (unsigned version = 1; version <= 3; version++) {
		struct rom_fix how = { .unwrap = true };
		u32 base = 0x3000, end;
		struct rom_verdict verdict;
		struct err err;

		setup(NULL);
		make_nvgi(in, version, base);
		end = make_combined(base);
		in[end + 5000] = 0x12;
		assert_int_equal(fix(end + 8192, &how, &err), 0);
		assert_int_equal(fixed.size, end - base);
		assert_memory_equal(out, in + base, end - base);
		assert_int_equal(after.wrapper, ROM_WRAPPER_NONE);
		assert_int_equal(after.nr_images, 3);
		assert_false(rom_has_problems(&after));
		rom_verdict_efi(&after, ROM_MACHINE_X64, &verdict);
		assert_true(verdict.boots);
	}
}

/* Ids and checksum of images behind a container, with and without taking it off. */
static void unwrap_and_ids(void **state)
{
	struct rom_fix how = { .set_device = true, .device = 7 };
	u32 end;
	struct err err;

	make_nvgi(in, 3, 0x9400);
	end = make_combined(0x9400);
	assert_int_equal(fix(end, &how, &err), 0);
	assert_int_equal(fixed.size, end);
	assert_int_equal(after.wrapper, ROM_WRAPPER_NVGI);
	assert_int_equal(after.images[0].device, 7);
	assert_int_equal(after.images[0].sum, 0);
	how.unwrap = true;
	assert_int_equal(fix(end, &how, &err), 0);
	assert_int_equal(after.wrapper, ROM_WRAPPER_NONE);
	assert_int_equal(after.images[0].device, 7);
	assert_int_equal(after.images[0].sum, 0);
}

static void nothing_to_do(void **state)
{
	struct rom_fix how = { .unwrap = true, .checksum = true };
	u32 end = make_combined(0);
	struct err err;

	/* What follows in a dump without a container stays: it is the vendor's. */
	in[end + 100] = 0x12;
	assert_int_equal(fix(end + 512, &how, &err), 0);
	assert_int_equal(fixed.nr_changes, 0);
	assert_int_equal(fixed.size, end + 512);
	assert_memory_equal(in, out, end + 512);
}

static void refuses_what_cannot_be(void **state)
{
	struct rom_fix how = { .checksum = true };
	struct err err;

	assert_int_equal(fix(4096, &how, &err), -EINVAL);
	make_image(in, 0, &(struct make_image){ .blocks = 8, .last = true });
	assert_int_equal(fix(2048, &how, &err), -EINVAL);
	assert_non_null(strstr(err.text, "does not hold all"));
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ids),
		TEST(ids_of_one_image),
		TEST(efi_first),
		TEST(where_the_checksum_goes),
		TEST(checksum_beside_the_data_structure),
		TEST(unwrap),
		TEST(unwrap_and_ids),
		TEST(nothing_to_do),
		TEST(refuses_what_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
