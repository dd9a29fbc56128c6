// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "bzimage_builder.h"
#include "unit.h"
#include "vm/boot/bzimage.h"
#include "vm/mem/ram.h"

#define RAM_SIZE (64 * MIB)

/* A machine of 64 MiB, a directory for its files, and a kernel image to spoil. */
struct bench {
	char dir[32];
	char kernel[64], initrd[64];
	u8 image[BZIMAGE_SIZE];
	struct mem mem;
	struct ram guest;
	u8 *ram; /* guest physical 0 */
	struct e820 map;
	struct bzimage boot;
	struct vcpu_entry entry;
	struct err err;
};

static void write_file(const char *path, const void *data, size_t size)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static void write_kernel(struct bench *b)
{
	write_file(b->kernel, b->image, sizeof(b->image));
}

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	const struct e820_layout layout = { .low_ram = RAM_SIZE,
		.acpi_tables = { RAM_SIZE - 0x10000, 0x10000 } };

	strcpy(b->dir, "/tmp/tenon-unit-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	snprintf(b->kernel, sizeof(b->kernel), "%s/kernel", b->dir);
	snprintf(b->initrd, sizeof(b->initrd), "%s/initrd", b->dir);
	assert_int_equal(mem_open(&b->mem, NULL, &b->err), 0);
	assert_int_equal(ram_open(&b->guest, &b->mem, RAM_SIZE, &b->err), 0);
	b->ram = b->guest.host;
	assert_int_equal(e820_build(&b->map, &layout), 0);
	make_bzimage(b->image);
	b->boot = (struct bzimage){ .kernel = { .fd = -1 }, .initrd = { .fd = -1 } };
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	bzimage_close(&b->boot);
	unlink(b->kernel);
	unlink(b->initrd);
	rmdir(b->dir);
	ram_close(&b->guest);
	mem_close(&b->mem);
	free(b);
	return 0;
}

static int open_image(struct bench *b, const char *initrd, const char *cmdline)
{
	bzimage_close(&b->boot);
	err_clear(&b->err);
	return bzimage_open(&b->boot, b->kernel, initrd, cmdline, &b->err);
}

static int load(struct bench *b)
{
	return bzimage_load(&b->boot, &b->mem, &b->map, 0xf0010, &b->entry, &b->err);
}

static void a_kernel_is_placed(void **state)
{
	struct bench *b = *state;
	u8 *zero_page = b->ram + BOOT_ZERO_PAGE;

	write_kernel(b);
	memset(b->ram, 0xcc, 0x20000); /* what an earlier run of the guest left */
	assert_int_equal(open_image(b, NULL, "console=ttyS0"), 0);
	assert_int_equal(load(b), 0);

	assert_int_equal(b->entry.rip, 0x1000200);
	assert_int_equal(b->entry.rsi, BOOT_ZERO_PAGE);
	assert_memory_equal(b->ram + 0x1000000, b->image + BZIMAGE_SETUP, BZIMAGE_PROT);
	assert_string_equal((char *)b->ram + get_le32(zero_page + 0x228), "console=ttyS0");
	assert_int_equal(get_le64(zero_page + 0x70), 0xf0010);
	assert_int_equal(zero_page[0x1ef], 0);
	assert_int_equal(zero_page[0x210], 0xff);
	assert_int_equal(get_le32(zero_page + 0x214), 0x1000000);
	assert_int_equal(get_le32(zero_page + 0x218), 0);
	assert_int_equal(get_le32(zero_page + 0x21c), 0);
	assert_int_equal(get_le64(zero_page + 0x250), 0);
	assert_int_equal(get_le32(zero_page + 0x260), 0x800000);
	/* Behind the header's end the file holds code. */
	assert_int_equal(get_le32(zero_page + 0x26c), 0);
	assert_int_equal(zero_page[0x1e8], b->map.nr);
	assert_int_equal(get_le64(zero_page + 0x2d0 + 20 * 3), 0x100000);
	assert_int_equal(get_le64(zero_page + 0x2d0 + 20 * 3 + 8), RAM_SIZE - 0x110000);
	assert_int_equal(get_le32(zero_page + 0x2d0 + 20 * 3 + 16), E820_RAM);
}

/* Walks the page tables as the processor does. */
static u64 translate(const u8 *ram, u64 cr3, u64 addr)
{
	u64 entry = get_le64(ram + cr3 + 8 * (addr >> 39 & 511));

	for (unsigned shift = 30; shift >= 21; shift -= 9) {
		if (!(entry & 1) || !(entry & 2))
			return ~0ull;
		entry = get_le64(ram + (entry & ~0xfffull) + 8 * (addr >> shift & 511));
	}
	if ((entry & 0x83) != 0x83)
		return ~0ull;
	return (entry & ~0x1fffffull) | (addr & 0x1fffff);
}

static void long_mode_is_prepared(void **state)
{
	struct bench *b = *state;
	const u64 addrs[] = { 0, 0x1fffff, 0x200000, 0x3fffffff, 0x40000000, 0xfee00000,
		0xffffffff };
	const u8 *cs, *ds;

	write_kernel(b);
	memset(b->ram, 0xcc, 0x20000);
	assert_int_equal(open_image(b, NULL, NULL), 0);
	assert_int_equal(load(b), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(addrs); i++)
		assert_int_equal(translate(b->ram, b->entry.cr3, addrs[i]), addrs[i]);
	assert_int_equal(translate(b->ram, b->entry.cr3, 4 * GIB), ~0ull);

	assert_int_equal(b->entry.cs, 0x10);
	assert_int_equal(b->entry.ds, 0x18);
	assert_int_equal(b->entry.gdt_limit, 0x1f);
	cs = b->ram + b->entry.gdt_base + b->entry.cs;
	ds = b->ram + b->entry.gdt_base + b->entry.ds;
	assert_int_equal(cs[5] & 0x9a, 0x9a); /* present, code, readable */
	assert_int_equal(cs[6] & 0x60, 0x20); /* L, not D */
	assert_int_equal(ds[5] & 0x9a, 0x92); /* present, data, writable */
	assert_true(b->entry.rsp > BOOT_ZERO_PAGE + 0x1000 && b->entry.rsp <= BOOT_CMDLINE);
}

static void an_initrd_goes_high_and_below_its_limit(void **state)
{
	static const struct {
		u32 addr_max;
		u64 want;
	} cases[] = {
		{ 0x7fffffff, RAM_SIZE - 0x10000 - 0x2000 },
		{ 0xffffffff, RAM_SIZE - 0x10000 - 0x2000 },
		{ 0x1ffffff, 0x1ffe000 },
		{ 0x1fff7fe, 0x1ffd000 },
	};
	struct bench *b = *state;
	u8 data[0x1800];
	u8 *zero_page = b->ram + BOOT_ZERO_PAGE;

	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = i * 13;
	write_file(b->initrd, data, sizeof(data));
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		put_le32(b->image + 0x22c, cases[i].addr_max);
		write_kernel(b);
		assert_int_equal(open_image(b, b->initrd, NULL), 0);
		assert_int_equal(load(b), 0);
		assert_int_equal(get_le32(zero_page + 0x218), cases[i].want);
		assert_int_equal(get_le32(zero_page + 0x21c), sizeof(data));
		assert_memory_equal(b->ram + cases[i].want, data, sizeof(data));
	}

	write_file(b->initrd, data, 0);
	assert_int_equal(open_image(b, b->initrd, NULL), 0);
	assert_int_equal(load(b), 0);
	assert_int_equal(get_le32(zero_page + 0x218), 0);
}

static void a_reboot_reads_the_same_files(void **state)
{
	struct bench *b = *state;

	write_kernel(b);
	write_file(b->initrd, "ramdisk", 7);
	assert_int_equal(open_image(b, b->initrd, NULL), 0);
	assert_int_equal(load(b), 0);
	unlink(b->kernel);
	write_file(b->kernel, "another", 7);
	unlink(b->initrd);
	memset(b->ram, 0xcc, RAM_SIZE);
	assert_int_equal(load(b), 0);
	assert_memory_equal(b->ram + 0x1000000, b->image + BZIMAGE_SETUP, BZIMAGE_PROT);
	assert_memory_equal(b->ram + get_le32(b->ram + BOOT_ZERO_PAGE + 0x218), "ramdisk", 7);
}

static void a_file_that_changes_under_us_is_checked_again(void **state)
{
	struct bench *b = *state;

	write_kernel(b);
	assert_int_equal(open_image(b, NULL, NULL), 0);
	assert_int_equal(truncate(b->kernel, BZIMAGE_SETUP + 0x400), 0);
	assert_int_equal(load(b), -ENOEXEC);
	assert_non_null(strstr(b->err.text, "cut off"));
	memset(b->image + 0x202, 0, 4);
	write_kernel(b);
	assert_int_equal(load(b), -ENOEXEC);
}

struct spoil {
	unsigned offset, size;
	u64 value;
	const char *says;
};

static void hostile_headers_are_refused(void **state)
{
	static const struct spoil cases[] = {
		{ 0x202, 4, 0, "no boot header" },
		{ 0x1fe, 2, 0, "not a bootable Linux kernel" },
		{ 0x206, 2, 0x20b, "2.11" },
		{ 0x206, 2, 0, "boot protocol 0.00" },
		{ 0x236, 2, 0x7e, "32-bit" },
		{ 0x211, 1, 0, "zImage" },
		{ 0x201, 1, 0x20, "boot protocol" }, /* the header ends before xloadflags */
		{ 0x1f4, 4, 0xffffffff, "cut off" },
		{ 0x1f4, 4, BZIMAGE_PROT / 16 + 1, "cut off" },
		{ 0x1f1, 1, 0xff, "cut off" },
		{ 0x230, 4, 0, "damaged" },
		{ 0x230, 4, 0x300000, "damaged" },
		{ 0x258, 8, ~0ull, "damaged" },
		{ 0x258, 8, 4 * GIB, "damaged" },
		{ 0x258, 8, 4 * GIB - 0x1000, "damaged" },
		{ 0x258, 8, 1ull << 63, "damaged" },
	};
	struct bench *b = *state;

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		make_bzimage(b->image);
		put_le(b->image + cases[i].offset, cases[i].size, cases[i].value);
		if (cases[i].offset == 0x201)
			put_le16(b->image + 0x206, 0);
		write_kernel(b);
		assert_int_equal(open_image(b, NULL, NULL), -ENOEXEC);
		if (!strstr(b->err.text, cases[i].says))
			fail_msg("case %u: %s", i, b->err.text);
	}
}

static void files_of_other_kinds_are_named(void **state)
{
	static const struct {
		const char *start, *says;
	} cases[] = {
		{ "\177ELF", "ELF" },
		{ "MZ", "EFI program" },
		{ "\x1f\x8b", "gzip" },
		{ "", "no boot header" },
	};
	struct bench *b = *state;

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(b->image, 0, sizeof(b->image));
		memcpy(b->image, cases[i].start, strlen(cases[i].start));
		write_kernel(b);
		assert_int_equal(open_image(b, NULL, NULL), -ENOEXEC);
		assert_non_null(strstr(b->err.text, cases[i].says));
		assert_non_null(strstr(b->err.help, "bzImage"));
	}
	write_file(b->kernel, "x", 1);
	assert_int_equal(open_image(b, NULL, NULL), -ENOEXEC);
	unlink(b->kernel);
	assert_int_equal(open_image(b, NULL, NULL), -ENOENT);
	assert_int_equal(mkfifo(b->kernel, 0600), 0);
	assert_int_equal(open_image(b, NULL, NULL), -EINVAL);
	unlink(b->kernel);
	make_bzimage(b->image);
	write_kernel(b);
	assert_int_equal(open_image(b, b->dir, NULL), -EISDIR);
	assert_int_equal(open_image(b, "/nowhere/initrd", NULL), -ENOENT);
}

static void an_image_without_relocation_loads_where_it_says(void **state)
{
	struct bench *b = *state;

	/* As memtest86+: alignment means nothing, syssize rounds up past the file's end. */
	b->image[0x234] = 0;
	put_le32(b->image + 0x230, 0x1001);
	put_le64(b->image + 0x258, 0x100000);
	put_le32(b->image + 0x260, 0x100); /* the file is larger */
	put_le32(b->image + 0x1f4, BZIMAGE_PROT / 16);
	write_file(b->kernel, b->image, sizeof(b->image) - 8);
	assert_int_equal(open_image(b, NULL, NULL), 0);
	assert_int_equal(load(b), 0);
	assert_int_equal(b->entry.rip, 0x100200);
	assert_memory_equal(b->ram + 0x100000, b->image + BZIMAGE_SETUP, BZIMAGE_PROT - 8);

	put_le64(b->image + 0x258, 0x90000);
	write_kernel(b);
	assert_int_equal(open_image(b, NULL, NULL), -ENOEXEC);
	b->image[0x234] = 1;
	put_le32(b->image + 0x230, 0x200000);
	write_kernel(b);
	assert_int_equal(open_image(b, NULL, NULL), 0);
	assert_int_equal(load(b), 0);
	assert_int_equal(b->entry.rip, 0x200200);
}

static void too_little_memory_says_how_much(void **state)
{
	struct bench *b = *state;

	put_le32(b->image + 0x260, 0x3000000);
	write_kernel(b);
	assert_int_equal(open_image(b, NULL, NULL), 0);
	assert_int_equal(load(b), -ENOMEM);
	assert_non_null(strstr(b->err.help, "more than 64 MiB"));

	put_le32(b->image + 0x260, 0x2800000);
	write_kernel(b);
	write_file(b->initrd, "x", 1);
	assert_int_equal(truncate(b->initrd, 8 * MIB), 0);
	assert_int_equal(open_image(b, b->initrd, NULL), 0);
	assert_int_equal(load(b), -ENOMEM);
	assert_non_null(strstr(b->err.text, "(8 MiB)"));
	assert_non_null(strstr(b->err.help, "more than 64 MiB"));
	assert_int_equal(truncate(b->initrd, 8 * MIB - 0x10000), 0);
	assert_int_equal(load(b), 0);

	assert_int_equal(truncate(b->initrd, 3 * GIB), 0);
	assert_int_equal(load(b), -ENOMEM);
	assert_non_null(strstr(b->err.help, "below 2048 MiB"));
	assert_int_equal(truncate(b->initrd, 1ull << 42), 0);
	assert_int_equal(load(b), -ENOMEM);
}

static void a_memory_map_without_low_memory_is_refused(void **state)
{
	struct bench *b = *state;

	write_kernel(b);
	assert_int_equal(open_image(b, NULL, NULL), 0);
	assert_int_equal(e820_set(&b->map, 0x8000, 0x1000, E820_RESERVED), 0);
	assert_int_equal(load(b), -EINVAL);
	assert_int_equal(e820_set(&b->map, 0x8000, 0x1000, E820_RAM), 0);
	assert_int_equal(e820_set(&b->map, 0x1400000, 0x1000, E820_RESERVED), 0);
	assert_int_equal(load(b), -ENOMEM);
}

static void the_command_line_has_its_limit(void **state)
{
	struct bench *b = *state;
	char text[0x10001];

	memset(text, 'x', sizeof(text));
	write_kernel(b);
	text[100] = '\0';
	assert_int_equal(open_image(b, NULL, text), 0);
	assert_int_equal(load(b), 0);
	assert_string_equal((char *)b->ram + BOOT_CMDLINE, text);
	text[100] = 'x';
	text[101] = '\0';
	assert_int_equal(open_image(b, NULL, text), -E2BIG);
	assert_non_null(strstr(b->err.text, "101 characters"));

	put_le32(b->image + 0x238, 0xffffffff);
	write_kernel(b);
	text[101] = 'x';
	text[0x10000] = '\0';
	assert_int_equal(open_image(b, NULL, text), -E2BIG);
	text[0xffff] = '\0';
	assert_int_equal(open_image(b, NULL, text), 0);
	assert_int_equal(load(b), 0);
	assert_string_equal((char *)b->ram + BOOT_CMDLINE, text);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_kernel_is_placed),
		CASE(long_mode_is_prepared),
		CASE(an_initrd_goes_high_and_below_its_limit),
		CASE(a_reboot_reads_the_same_files),
		CASE(a_file_that_changes_under_us_is_checked_again),
		CASE(hostile_headers_are_refused),
		CASE(files_of_other_kinds_are_named),
		CASE(an_image_without_relocation_loads_where_it_says),
		CASE(too_little_memory_says_how_much),
		CASE(a_memory_map_without_low_memory_is_refused),
		CASE(the_command_line_has_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
