// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/launch/firmware_display.h"

#include "rom_builder.h"
#include "unit.h"

#define RADEON 0x1002, 0x73bf
#define VGA    0x030000

enum images { BIOS = 1, EFI = 2 };

static const struct rom *make_rom(unsigned images)
{
	static struct rom rom;
	static u8 bytes[64 * 1024];
	u32 at = 0;

	memset(bytes, 0, sizeof(bytes));
	if (images & BIOS)
		at = make_image(bytes, at,
			&(struct make_image){
				.vendor = 0x1002, .device = 0x73bf, .last = !(images & EFI) });
	if (images & EFI)
		at = make_image(bytes, at, &(struct make_image){ .code = 3, .last = true });
	rom_parse(&rom, bytes, at);
	return images ? &rom : NULL;
}

static void a_display_needs_the_right_image(void **state)
{
	static const struct {
		enum firmware_kind kind;
		unsigned images;
		struct rom_target target;
		const char *why; /* a part of it; NULL: it shows something */
	} cases[] = {
		{ FIRMWARE_UEFI, BIOS | EFI, { RADEON, VGA }, NULL },
		{ FIRMWARE_UEFI, EFI, { RADEON, VGA }, NULL },
		{ FIRMWARE_UEFI, BIOS, { RADEON, VGA }, "--firmware bios can" },
		{ FIRMWARE_UEFI, 0, { RADEON, VGA }, "it has none; rom=FILE" },
		{ FIRMWARE_BIOS, BIOS | EFI, { RADEON, VGA }, NULL },
		{ FIRMWARE_BIOS, EFI, { RADEON, VGA }, "--firmware uefi can" },
		{ FIRMWARE_BIOS, 0, { RADEON, VGA }, "it has none; rom=FILE" },
		/* OVMF has its own drivers, SeaBIOS has not. */
		{ FIRMWARE_UEFI, 0, { 0x1234, 0x1111, VGA }, NULL },
		{ FIRMWARE_UEFI, BIOS, { 0x1af4, 0x1050, VGA }, NULL },
		{ FIRMWARE_BIOS, 0, { 0x1234, 0x1111, VGA }, "it has none" },
		/* Not the screen of a BIOS; no screen at all. */
		{ FIRMWARE_UEFI, 0, { RADEON, 0x038000 }, "it has none" },
		{ FIRMWARE_BIOS, 0, { RADEON, 0x038000 }, NULL },
		{ FIRMWARE_UEFI, 0, { 0x10de, 0x20b0, 0x030200 }, NULL },
		{ FIRMWARE_UEFI, 0, { 0x8086, 0x10d3, 0x020000 }, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char why[512] = "";
		bool shows = firmware_shows(cases[i].kind, &cases[i].target,
			make_rom(cases[i].images), why, sizeof(why));

		assert_int_equal(shows, !cases[i].why);
		if (cases[i].why)
			assert_non_null(strstr(why, cases[i].why));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_display_needs_the_right_image),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
