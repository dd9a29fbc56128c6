// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/rom/rom.h"
#include "base/bytes.h"
#include "rom_builder.h"
#include "unit.h"

#define BUFFER (256 * 1024)

static u8 bytes[BUFFER];
static struct rom rom;

static bool reported(const char *code)
{
	for (unsigned i = 0; i < rom.nr_problems; i++)
		if (!strcmp(rom.problems[i].code, code))
			return true;
	return false;
}

static void print_problems(void)
{
	for (unsigned i = 0; i < rom.nr_problems; i++)
		print_message("  %s: %s\n", rom.problems[i].code, rom.problems[i].text);
}

/* Two images as graphics cards have them. */
static u32 make_combined(u32 at)
{
	at = make_image(bytes, at,
		&(struct make_image){ .vendor = 0x10de, .device = 0x1280, .class = 0x030000 });
	return make_image(bytes, at,
		&(struct make_image){
			.code = 3, .vendor = 0x10de, .device = 0x1280, .last = true });
}

static int setup(void **state)
{
	memset(bytes, 0xff, sizeof(bytes));
	return 0;
}

static void combined(void **state)
{
	u32 end = make_combined(0);
	const struct rom_image *bios = &rom.images[0], *efi = &rom.images[1];

	rom_parse(&rom, bytes, end);
	assert_int_equal(rom.nr_images, 2);
	assert_int_equal(rom.nr_problems, 0);
	assert_int_equal(rom.wrapper, ROM_WRAPPER_NONE);
	assert_int_equal(bios->code, ROM_CODE_BIOS);
	assert_int_equal(bios->length, 1024);
	assert_int_equal(bios->vendor, 0x10de);
	assert_int_equal(bios->device, 0x1280);
	assert_int_equal(bios->class, 0x030000);
	assert_int_equal(bios->revision, 0x0102);
	assert_true(bios->has_sum);
	assert_int_equal(bios->sum, 0);
	assert_false(bios->last);
	assert_int_equal(efi->offset, 1024);
	assert_int_equal(efi->code, ROM_CODE_EFI);
	assert_true(efi->last);
	assert_false(efi->has_sum);
	assert_true(efi->has_efi);
	assert_int_equal(efi->efi.machine, ROM_MACHINE_X64);
	assert_int_equal(efi->efi.subsystem, 0x0b);
	assert_int_equal(efi->efi.pe_offset, 0x80);
}

static void machines(void **state)
{
	static const struct {
		u16 value;
		const char *name;
	} cases[] = { { 0x8664, "x64" }, { 0x14c, "ia32" }, { 0xaa64, "aa64" }, { 0x200, "ia64" },
		{ 0x0ebc, "ebc" }, { 0x1c2, "arm" }, { 0x1234, NULL } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u32 end = make_image(bytes, 0,
			&(struct make_image){ .code = 3, .machine = cases[i].value, .last = true });

		rom_parse(&rom, bytes, end);
		assert_int_equal(rom.images[0].efi.machine, cases[i].value);
		if (cases[i].name)
			assert_string_equal(rom_machine_name(cases[i].value), cases[i].name);
		else
			assert_null(rom_machine_name(cases[i].value));
		assert_int_equal(reported("efi-machine"), !cases[i].name);
		assert_false(rom_has_problems(&rom));
	}
}

/* A card for two kinds of machine: two EFI images, the second without a class. */
static void two_efi_images(void **state)
{
	u32 end = make_image(bytes, 0,
		&(struct make_image){
			.code = 3, .blocks = 3, .class = 0x030000, .compression = 1 });

	end = make_image(bytes, end,
		&(struct make_image){
			.code = 3, .machine = 0xaa64, .last = true, .compression = 1 });
	rom_parse(&rom, bytes, end);
	assert_int_equal(rom.nr_images, 2);
	assert_int_equal(rom.images[1].offset, 3 * 512);
	assert_int_equal(rom.images[1].efi.machine, ROM_MACHINE_AA64);
	assert_int_equal(rom.images[1].efi.compression, 1);
	assert_int_equal(rom.nr_problems, 0);
}

/* 55 AA inside an image must not be taken for one. */
static void no_false_hit_inside(void **state)
{
	u32 end;

	make_image(bytes, 0, &(struct make_image){ .blocks = 8, .last = true });
	end = make_image(bytes, 1024, &(struct make_image){ .blocks = 2, .last = true });
	end = 8 * 512;
	make_sum(bytes, 0, end);
	rom_parse(&rom, bytes, end);
	assert_int_equal(rom.nr_images, 1);
	assert_int_equal(rom.images[0].length, 8 * 512);
}

static void npde_overrides(void **state)
{
	/* PCIR: 4 blocks and last; NPDE: 2 blocks and not. The flash chip has one more image. */
	u32 end = make_image(
		bytes, 0, &(struct make_image){ .vendor = 0x10de, .last = true, .npde_blocks = 2 });

	put_le16(bytes + 0x1c + 0x10, 4);
	make_sum(bytes, 0, 1024);
	end = make_image(bytes, end,
		&(struct make_image){
			.code = 0xe0, .vendor = 0x10de, .npde_blocks = 2, .npde_last = true });
	rom_parse(&rom, bytes, end);
	print_problems();
	assert_int_equal(rom.nr_images, 2);
	assert_true(rom.images[0].npde.present);
	assert_int_equal(rom.images[0].length, 1024);
	assert_int_equal(rom.images[0].pcir_length, 2048);
	assert_false(rom.images[0].last);
	assert_true(rom.images[0].pcir_last);
	assert_int_equal(rom.images[1].code, ROM_CODE_NVIDIA);
	assert_true(rom.images[1].last);
	assert_false(rom_has_problems(&rom));
}

/* What the kernel's `rom` file gives of an NVIDIA card: cut where PCIR says last. */
static void npde_promises_more_than_the_kernel_reads(void **state)
{
	u32 end = make_image(
		bytes, 0, &(struct make_image){ .vendor = 0x10de, .last = true, .npde_blocks = 2 });

	rom_parse(&rom, bytes, end);
	assert_int_equal(rom.nr_images, 1);
	assert_true(rom.images[0].last);
	assert_false(rom.images[0].npde.last);
	assert_true(reported("npde-more"));
	assert_false(rom_has_problems(&rom));
}

/* An NPDE too short to hold a last bit: a sub-image shorter than the whole is not last. */
static void npde_without_last(void **state)
{
	make_image(bytes, 0,
		&(struct make_image){
			.last = true, .blocks = 4, .npde_blocks = 2, .npde_size = 10 });
	make_image(bytes, 1024, &(struct make_image){ .last = true });
	rom_parse(&rom, bytes, 2048);
	assert_false(rom.images[0].npde.has_last);
	assert_false(rom.images[0].last);

	make_image(bytes, 0,
		&(struct make_image){
			.last = true, .blocks = 2, .npde_blocks = 2, .npde_size = 10 });
	rom_parse(&rom, bytes, 1024);
	assert_true(rom.images[0].last);
}

static void nvgi(void **state)
{
	for (unsigned version = 1; version <= 3; version++) {
		u32 base = version == 3 ? 0x9400 : 0x600, end;

		setup(NULL);
		make_nvgi(bytes, version, base);
		end = make_combined(base);
		rom_parse(&rom, bytes, end);
		assert_int_equal(rom.wrapper, ROM_WRAPPER_NVGI);
		assert_int_equal(rom.nvgi_version, version);
		assert_int_equal(rom.base, base);
		assert_int_equal(rom.nr_images, 2);
		assert_int_equal(rom.images[0].offset, base);
		assert_false(rom.scanned);
		assert_true(reported("container"));
	}
}

static void nvgi_that_leads_nowhere(void **state)
{
	u32 end;

	make_nvgi(bytes, 1, 0x7ffffffe);
	end = make_combined(0x800);
	rom_parse(&rom, bytes, end);
	assert_int_equal(rom.wrapper, ROM_WRAPPER_NVGI);
	assert_int_equal(rom.base, 0x800);
	assert_true(rom.scanned);
	assert_true(rom.images[0].by_scan);
	assert_false(rom.images[1].by_scan);
	assert_true(reported("nvgi-base"));
	assert_int_equal(rom.nr_images, 2);
}

/* Data that is no container, then images, at a block boundary or anywhere. */
static void headerless(void **state)
{
	static const u32 bases[] = { 0x34200 / 2, 512, 77 };

	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		u32 end;

		memset(bytes, 0x5a, sizeof(bytes));
		memcpy(bytes, "\x4c\xc0\xe0\x0c", 4);
		end = make_combined(bases[i]);
		rom_parse(&rom, bytes, end);
		assert_int_equal(rom.wrapper, ROM_WRAPPER_UNKNOWN);
		assert_int_equal(rom.base, bases[i]);
		assert_int_equal(rom.nr_images, 2);
		assert_true(rom.images[0].by_scan);
	}
}

/* NVIDIA's own images: other signatures, the same layout. */
static void nvidia_data_images(void **state)
{
	u32 end = make_image(bytes, 0, &(struct make_image){ .vendor = 0x10de });

	end = make_image(bytes, end,
		&(struct make_image){ .signature = 0x4e56,
			.pcir_signature = "NPDS",
			.code = 0x70,
			.vendor = 0x10de });
	end = make_image(bytes, end,
		&(struct make_image){ .signature = 0xbb77,
			.pcir_signature = "RGIS",
			.code = 0xe0,
			.vendor = 0x10de,
			.last = true });
	rom_parse(&rom, bytes, end);
	assert_int_equal(rom.nr_images, 3);
	assert_int_equal(rom.images[1].signature, 0x4e56);
	assert_int_equal(rom.images[1].code, ROM_CODE_NVIDIA);
	assert_int_equal(rom.images[2].code, ROM_CODE_NVIDIA);
	assert_int_equal(rom.nr_problems, 0);
}

static void device_list(void **state)
{
	static const u16 devices[] = { 0x1281, 0x1282, 0 };
	u16 endless[ROM_MAX_DEVICES + 40];
	u32 end = make_image(
		bytes, 0, &(struct make_image){ .revision = 3, .devices = devices, .last = true });

	rom_parse(&rom, bytes, end);
	assert_int_equal(rom.images[0].nr_devices, 2);
	assert_int_equal(rom.images[0].devices[1], 0x1282);
	assert_int_equal(rom.nr_problems, 0);

	/* Revision 0 has something else in that place. */
	make_image(bytes, 0, &(struct make_image){ .devices = devices, .last = true });
	rom_parse(&rom, bytes, end);
	assert_int_equal(rom.images[0].nr_devices, 0);

	memset(endless, 1, sizeof(endless));
	endless[ARRAY_SIZE(endless) - 1] = 0;
	make_image(
		bytes, 0, &(struct make_image){ .revision = 3, .devices = endless, .last = true });
	rom_parse(&rom, bytes, end);
	assert_int_equal(rom.images[0].nr_devices, ROM_MAX_DEVICES);
	assert_true(reported("device-list"));
}

struct broken {
	const char *what;
	struct make_image image;
	u32 size; /* of the file, 0: all of the image */
	const char *code;
	unsigned images;
};

static void broken_images(void **state)
{
	static const struct broken cases[] = {
		{ "bad sum", { .last = true, .bad_sum = true }, 0, "checksum", 1 },
		{ "no size in the header", { .last = true, .no_init = true }, 0, "no-init-size",
			1 },
		{ "header larger than image", { .last = true, .init_blocks = 3 }, 0, "init-longer",
			1 },
		{ "truncated", { .last = true, .blocks = 8 }, 1024, "truncated", 1 },
		{ "length 0", { .no_length = true, .code = 3 }, 0, "length-zero", 1 },
		{ "length 0, last", { .no_length = true, .last = true }, 0, "length-zero", 1 },
		{ "more promised, file ends", { 0 }, 0, "first-image-only", 1 },
		{ "more promised after efi", { .code = 3 }, 0, "chain-end", 1 },
		{ "more promised, nothing there", { 0 }, 4096, "rest-blank", 1 },
		{ "no pcir", { .pcir_at = 0xfff0, .bad_sum = true }, 0, "pcir-beyond", 0 },
		{ "pcir signature", { .pcir_signature = "PCIX", .bad_sum = true }, 0,
			"pcir-signature", 0 },
		{ "pcir unaligned", { .pcir_at = 0x1e, .last = true }, 0, "pcir-unaligned", 1 },
		{ "efi signature", { .code = 3, .no_efi_signature = true, .last = true }, 0,
			"efi-signature", 1 },
		{ "efi application", { .code = 3, .subsystem = 10, .last = true }, 0,
			"efi-subsystem", 1 },
		{ "efi compression", { .code = 3, .compression = 2, .last = true }, 0,
			"efi-compression", 1 },
		{ "efi offset", { .code = 3, .pe_offset = 0x2000, .last = true }, 0, "efi-offset",
			1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct broken *c = &cases[i];
		u32 end;

		setup(NULL);
		end = make_image(bytes, 0, &c->image);
		rom_parse(&rom, bytes, c->size ? c->size : end);
		print_message("%s: %u images\n", c->what, rom.nr_images);
		print_problems();
		assert_true(reported(c->code));
		assert_int_equal(rom.nr_images, c->images);
		assert_true(rom_has_problems(&rom));
	}
}

/* The pointer lies within what it points to. */
static void data_structure_around_its_own_pointer(void **state)
{
	make_image(bytes, 0, &(struct make_image){ .last = true });
	memmove(bytes + 4, bytes + 0x1c, 0x18);
	put_le16(bytes + 0x18, 4);
	rom_parse(&rom, bytes, 1024);
	assert_int_equal(rom.nr_images, 1);
	assert_int_equal(rom.images[0].code, ROM_CODE_UNKNOWN);
	assert_true(reported("pcir-in-header"));
}

/* A length that leads nowhere: the rest is found by scanning, and that is said. */
static void scan_as_a_fallback(void **state)
{
	make_image(bytes, 0, &(struct make_image){ .blocks = 2 });
	make_image(bytes, 4096, &(struct make_image){ .code = 3, .last = true });
	rom_parse(&rom, bytes, 4096 + 1024);
	assert_int_equal(rom.nr_images, 2);
	assert_false(rom.images[0].by_scan);
	assert_true(rom.images[1].by_scan);
	assert_true(rom.scanned);
	assert_true(reported("no-signature"));
	assert_true(reported("scanned"));
}

/* The header at 0 is damaged; the image behind it is not. */
static void damaged_first_image(void **state)
{
	make_combined(0);
	memcpy(bytes + 0x1c, "XXXX", 4);
	rom_parse(&rom, bytes, 2048);
	assert_int_equal(rom.wrapper, ROM_WRAPPER_NONE);
	assert_int_equal(rom.nr_images, 1);
	assert_int_equal(rom.images[0].offset, 1024);
	assert_true(reported("pcir-signature"));
}

static void isa_rom(void **state)
{
	memset(bytes, 0, 512);
	memcpy(bytes, "\x55\xaa\x01\xe9", 4);
	make_sum(bytes, 0, 512);
	rom_parse(&rom, bytes, 512);
	assert_int_equal(rom.nr_images, 1);
	assert_false(rom.images[0].has_pcir);
	assert_int_equal(rom.images[0].length, 512);
	assert_true(reported("no-pcir"));
	bytes[300]++;
	rom_parse(&rom, bytes, 512);
	assert_int_equal(rom.nr_images, 0);
}

static void nothing_in_it(void **state)
{
	rom_parse(&rom, bytes, 65536);
	assert_true(reported("all-ff"));
	memcpy(bytes, "NV", 2);
	rom_parse(&rom, bytes, 65536);
	assert_true(reported("blank-nvidia"));
	memset(bytes, 0, 65536);
	rom_parse(&rom, bytes, 65536);
	assert_true(reported("all-zero"));
	rom_parse(&rom, bytes, 0);
	assert_true(reported("empty"));
	memset(bytes, 0x42, 65536);
	rom_parse(&rom, bytes, 65536);
	assert_true(reported("no-image"));
	for (u32 size = 1; size < 0x40; size++) {
		make_combined(0);
		rom_parse(&rom, bytes, size);
		assert_int_equal(rom.nr_images, size >= 0x1c + 0x18);
		assert_true(rom_has_problems(&rom));
	}
}

/* A ROM of nothing but headers: the walk ends, and says that it did not show all. */
static void more_images_than_anyone_has(void **state)
{
	u32 at = 0;

	for (int i = 0; i < ROM_MAX_IMAGES + 10; i++)
		at = make_image(bytes, at, &(struct make_image){ .blocks = 1 });
	rom_parse(&rom, bytes, at);
	assert_int_equal(rom.nr_images, ROM_MAX_IMAGES);
	assert_true(reported("too-many"));
}

static void trailer(void **state)
{
	u32 end = make_combined(0);

	rom_parse(&rom, bytes, end + 4096);
	assert_int_equal(rom.nr_problems, 0);
	bytes[end + 100] = 0x12;
	rom_parse(&rom, bytes, end + 4096);
	assert_true(reported("trailer"));
	assert_false(rom_has_problems(&rom));
	assert_int_equal(rom.end, end);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(combined),
		TEST(machines),
		TEST(two_efi_images),
		TEST(no_false_hit_inside),
		TEST(npde_overrides),
		TEST(npde_promises_more_than_the_kernel_reads),
		TEST(npde_without_last),
		TEST(nvgi),
		TEST(nvgi_that_leads_nowhere),
		TEST(headerless),
		TEST(nvidia_data_images),
		TEST(device_list),
		TEST(broken_images),
		TEST(data_structure_around_its_own_pointer),
		TEST(scan_as_a_fallback),
		TEST(damaged_first_image),
		TEST(isa_rom),
		TEST(nothing_in_it),
		TEST(more_images_than_anyone_has),
		TEST(trailer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
