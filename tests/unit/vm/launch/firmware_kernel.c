// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/launch/firmware_kernel.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "bzimage_builder.h"
#include "unit.h"

#define RAM_SIZE (64 * MIB)
#define INITRD   5000u
#define LOADER   "/usr/share/qemu/linuxboot_dma.bin"

struct bench {
	char dir[32], kernel[64], initrd[64];
	u8 image[BZIMAGE_SIZE], disk[INITRD];
	struct bus pio;
	struct mem mem;
	struct ram ram;
	struct fw_cfg fw;
	struct firmware_kernel boot;
	struct err err;
};

static void write_file(const char *path, const void *data, size_t size)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	strcpy(b->dir, "/tmp/tenon-unit-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	snprintf(b->kernel, sizeof(b->kernel), "%s/kernel", b->dir);
	snprintf(b->initrd, sizeof(b->initrd), "%s/initrd", b->dir);
	make_bzimage(b->image);
	for (unsigned i = 0; i < INITRD; i++)
		b->disk[i] = (u8)(i * 13);
	write_file(b->kernel, b->image, sizeof(b->image));
	write_file(b->initrd, b->disk, sizeof(b->disk));
	bus_open(&b->pio);
	assert_int_equal(mem_open(&b->mem, NULL, &b->err), 0);
	assert_int_equal(ram_open(&b->ram, &b->mem, RAM_SIZE, &b->err), 0);
	assert_int_equal(fw_cfg_open(&b->fw, &b->pio, &b->mem, &b->err), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	fw_cfg_close(&b->fw);
	firmware_kernel_close(&b->boot);
	ram_close(&b->ram);
	mem_close(&b->mem);
	bus_close(&b->pio);
	unlink(b->kernel);
	unlink(b->initrd);
	rmdir(b->dir);
	free(b);
	return 0;
}

/* As the guest reads it, byte by byte. */
static void read_item(struct bench *b, u16 key, u8 *to, u32 size)
{
	bus_write(&b->pio, FW_CFG_PORT, 2, key);
	for (u32 i = 0; i < size; i++)
		to[i] = (u8)bus_read(&b->pio, FW_CFG_PORT + 1, 1);
}

static u32 read_number(struct bench *b, u16 key)
{
	u8 bytes[4];

	read_item(b, key, bytes, 4);
	return get_le32(bytes);
}

static int open_kernel(struct bench *b, const char *cmdline, bool bios)
{
	return firmware_kernel_open(&b->boot, b->kernel, b->initrd, cmdline, bios, &b->err);
}

static void the_files_come_as_they_are(void **state)
{
	struct bench *b = *state;
	u8 bytes[BZIMAGE_SIZE];

	assert_int_equal(open_kernel(b, "quiet", false), 0);
	assert_int_equal(firmware_kernel_fill(&b->boot, &b->fw, &b->ram, &b->err), 0);
	assert_int_equal(read_number(b, FW_CFG_SETUP_SIZE), BZIMAGE_SETUP);
	read_item(b, FW_CFG_SETUP_DATA, bytes, BZIMAGE_SETUP);
	assert_memory_equal(bytes, b->image, BZIMAGE_SETUP);
	assert_int_equal(read_number(b, FW_CFG_KERNEL_SIZE), BZIMAGE_PROT);
	read_item(b, FW_CFG_KERNEL_DATA, bytes, BZIMAGE_PROT);
	assert_memory_equal(bytes, b->image + BZIMAGE_SETUP, BZIMAGE_PROT);
	assert_int_equal(read_number(b, FW_CFG_INITRD_SIZE), INITRD);
	read_item(b, FW_CFG_INITRD_DATA, bytes, INITRD);
	assert_memory_equal(bytes, b->disk, INITRD);
	assert_int_equal(read_number(b, FW_CFG_CMDLINE_SIZE), 6);
	read_item(b, FW_CFG_CMDLINE_DATA, bytes, 6);
	assert_string_equal((char *)bytes, "quiet");
	assert_int_equal(read_number(b, FW_CFG_KERNEL_ADDR), 0);
}

/* What OVMF is to start need not be a kernel. */
static void uefi_programs_are_taken_whole(void **state)
{
	struct bench *b = *state;

	write_file(b->kernel, "MZ", 2);
	assert_int_equal(open_kernel(b, NULL, false), 0);
	assert_int_equal(firmware_kernel_fill(&b->boot, &b->fw, &b->ram, &b->err), 0);
	assert_int_equal(read_number(b, FW_CFG_SETUP_SIZE), 0);
	assert_int_equal(read_number(b, FW_CFG_KERNEL_SIZE), 2);
	assert_int_equal(read_number(b, FW_CFG_KERNEL_DATA) & 0xffff, get_le16("MZ"));
	assert_int_equal(read_number(b, FW_CFG_CMDLINE_SIZE), 1);
}

static void a_bios_is_told_where_everything_goes(void **state)
{
	struct bench *b = *state;
	u8 header[BZIMAGE_SETUP];
	u32 initrd;

	if (access(LOADER, R_OK))
		skip();
	assert_int_equal(open_kernel(b, "quiet", true), 0);
	assert_int_equal(firmware_kernel_fill(&b->boot, &b->fw, &b->ram, &b->err), 0);
	initrd = read_number(b, FW_CFG_INITRD_ADDR);
	assert_int_equal(initrd, RAM_SIZE - 0x2000);
	assert_int_equal(read_number(b, FW_CFG_KERNEL_ADDR), 0x100000);
	read_item(b, FW_CFG_SETUP_DATA, header, sizeof(header));
	assert_int_equal(header[0x210], 0xff);
	assert_int_equal(header[0x211], 0x81);
	assert_int_equal(get_le32(header + 0x218), initrd);
	assert_int_equal(get_le32(header + 0x21c), INITRD);
	assert_int_equal(get_le32(header + 0x228), read_number(b, FW_CFG_CMDLINE_ADDR));
	/* Setup part, heap and command line do not overlap. */
	assert_true(get_le16(header + 0x224) + 0x200u + read_number(b, FW_CFG_SETUP_ADDR) <=
		    read_number(b, FW_CFG_CMDLINE_ADDR));
}

static void initrd_stays_where_the_kernel_takes_it(void **state)
{
	struct bench *b = *state;

	if (access(LOADER, R_OK))
		skip();
	put_le32(b->image + 0x22c, 0x1ffffff);
	write_file(b->kernel, b->image, sizeof(b->image));
	assert_int_equal(open_kernel(b, NULL, true), 0);
	assert_int_equal(firmware_kernel_fill(&b->boot, &b->fw, &b->ram, &b->err), 0);
	assert_int_equal(read_number(b, FW_CFG_INITRD_ADDR), 0x2000000 - 0x2000);
}

/* Setup code that is no kernel may say that an initrd goes nowhere. */
static void without_initrd_nothing_limits_it(void **state)
{
	struct bench *b = *state;

	if (access(LOADER, R_OK))
		skip();
	put_le32(b->image + 0x22c, 0);
	write_file(b->kernel, b->image, sizeof(b->image));
	assert_int_equal(firmware_kernel_open(&b->boot, b->kernel, NULL, NULL, true, &b->err), 0);
	assert_int_equal(firmware_kernel_fill(&b->boot, &b->fw, &b->ram, &b->err), 0);
	assert_int_equal(read_number(b, FW_CFG_INITRD_SIZE), 0);
}

static void no_magic(u8 *image)
{
	image[0x202] = 'h';
}

static void old_protocol(u8 *image)
{
	put_le16(image + 0x206, 0x201);
}

static void loaded_low(u8 *image)
{
	image[0x211] = 0;
}

static void all_setup(u8 *image)
{
	image[0x1f1] = 255;
}

static void short_cmdline(u8 *image)
{
	put_le32(image + 0x238, 4);
}

static void a_bios_wants_a_kernel(void **state)
{
	static const struct {
		void (*spoil)(u8 *image);
		int ret;
	} cases[] = {
		{ no_magic, -ENOEXEC },
		{ old_protocol, -ENOEXEC },
		{ loaded_low, -ENOEXEC },
		{ all_setup, -EINVAL },
		{ short_cmdline, -E2BIG },
	};
	struct bench *b = *state;

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		make_bzimage(b->image);
		cases[i].spoil(b->image);
		write_file(b->kernel, b->image, sizeof(b->image));
		assert_int_equal(open_kernel(b, "quiet", true), cases[i].ret);
		firmware_kernel_close(&b->boot);
	}
}

static void files_that_do_not_fit_are_refused(void **state)
{
	struct bench *b = *state;

	assert_int_equal(truncate(b->initrd, RAM_SIZE), 0);
	assert_int_equal(open_kernel(b, NULL, true), 0);
	assert_int_equal(firmware_kernel_fill(&b->boot, &b->fw, &b->ram, &b->err), -ENOMEM);
	firmware_kernel_close(&b->boot);
	assert_int_equal(truncate(b->initrd, (off_t)(4 * GIB)), 0);
	assert_int_equal(open_kernel(b, NULL, false), -EFBIG);
	firmware_kernel_close(&b->boot);
	unlink(b->initrd);
	assert_int_equal(open_kernel(b, NULL, false), -ENOENT);
}

/* The guest reads less than it was told of; the machine goes on. */
static void a_file_that_shrinks_reads_zero(void **state)
{
	struct bench *b = *state;

	assert_int_equal(open_kernel(b, NULL, false), 0);
	assert_int_equal(firmware_kernel_fill(&b->boot, &b->fw, &b->ram, &b->err), 0);
	assert_int_equal(truncate(b->initrd, 100), 0);
	bus_write(&b->pio, FW_CFG_PORT, 2, FW_CFG_INITRD_DATA);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(bus_read(&b->pio, FW_CFG_PORT + 1, 1), b->disk[i]);
	assert_int_equal(bus_read(&b->pio, FW_CFG_PORT + 1, 1), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_files_come_as_they_are),
		TEST(uefi_programs_are_taken_whole),
		TEST(a_bios_is_told_where_everything_goes),
		TEST(initrd_stays_where_the_kernel_takes_it),
		TEST(without_initrd_nothing_limits_it),
		TEST(a_bios_wants_a_kernel),
		TEST(files_that_do_not_fit_are_refused),
		TEST(a_file_that_shrinks_reads_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
