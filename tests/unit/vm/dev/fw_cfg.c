// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/fw_cfg.h"

#include <errno.h>

#include "base/bytes.h"
#include "unit.h"

#define RAM_SIZE 0x10000
#define COMMAND  0x100 /* where the tests put DMA commands */
#define BUFFER   0x1000

enum { READ = 2, SKIP = 4, SELECT = 8, WRITE = 16 };

struct bench {
	struct bus pio;
	struct mem mem;
	struct mem_region ram;
	u8 bytes[RAM_SIZE];
	struct fw_cfg fw;
	unsigned selected;
	unsigned written;
	u8 last[64];
	int read_fails;
};

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err err;

	bus_open(&b->pio);
	assert_int_equal(mem_open(&b->mem, NULL, &err), 0);
	b->ram = (struct mem_region){
		.name = "RAM",
		.range = { 0, RAM_SIZE },
		.host = b->bytes,
		.fd = -1,
	};
	assert_int_equal(mem_add(&b->mem, &b->ram, &err), 0);
	assert_int_equal(fw_cfg_open(&b->fw, &b->pio, &b->mem, &err), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	fw_cfg_close(&b->fw);
	fw_cfg_close(&b->fw);
	assert_int_equal(b->pio.nr_regions, 0);
	mem_close(&b->mem);
	bus_close(&b->pio);
	free(b);
	return 0;
}

static void out_select(struct bench *b, u16 key)
{
	bus_write(&b->pio, FW_CFG_PORT, 2, key);
}

static u8 in_byte(struct bench *b)
{
	return (u8)bus_read(&b->pio, FW_CFG_PORT + 1, 1);
}

/* As OVMF: both halves, big-endian. Returns what the device leaves in the control field. */
static u32 dma(struct bench *b, u32 control, u32 size, u64 addr)
{
	put_be32(b->bytes + COMMAND, control);
	put_be32(b->bytes + COMMAND + 4, size);
	put_be64(b->bytes + COMMAND + 8, addr);
	bus_write(&b->pio, FW_CFG_DMA_PORT, 4, 0);
	bus_write(&b->pio, FW_CFG_DMA_PORT + 4, 4, htobe32(COMMAND));
	return get_be32(b->bytes + COMMAND);
}

static u32 dma_select(struct bench *b, u16 key, u32 size)
{
	memset(b->bytes + BUFFER, 0xcc, 0x1000);
	return dma(b, (u32)key << 16 | SELECT | READ, size, BUFFER);
}

static void add_file(struct bench *b, const char *name, const void *bytes, u32 size)
{
	struct err err;

	assert_int_equal(fw_cfg_add_file_bytes(&b->fw, name, bytes, size, &err), 0);
}

static void firmware_recognises_it(void **state)
{
	struct bench *b = *state;

	out_select(b, FW_CFG_SIGNATURE);
	for (const char *c = "QEMU"; *c; c++)
		assert_int_equal(in_byte(b), *c);
	out_select(b, FW_CFG_FEATURES);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(in_byte(b), i ? 0 : 3);
	assert_int_equal(bus_read(&b->pio, FW_CFG_DMA_PORT, 4), get_le32("QEMU"));
	assert_int_equal(bus_read(&b->pio, FW_CFG_DMA_PORT + 4, 4), get_le32(" CFG"));
}

static void what_is_not_there_reads_zero(void **state)
{
	struct bench *b = *state;

	assert_int_equal(in_byte(b), 0); /* nothing selected yet */
	out_select(b, 0x8001);
	assert_int_equal(in_byte(b), 0);
	out_select(b, FW_CFG_SIGNATURE);
	for (unsigned i = 0; i < 4; i++)
		in_byte(b);
	assert_int_equal(in_byte(b), 0);
	assert_int_equal(dma_select(b, FW_CFG_SIGNATURE, 8), 0);
	assert_memory_equal(b->bytes + BUFFER, "QEMU\0\0\0\0\xcc", 9);
	assert_int_equal(dma_select(b, 0x1234, 2), 0);
	assert_memory_equal(b->bytes + BUFFER, "\0\0\xcc", 3);
}

static void the_directory_lists_the_files_by_name(void **state)
{
	static const char *const names[] = { "etc/table-loader", "bootorder", "etc/acpi/rsdp" };
	static const struct {
		const char *name;
		u16 key;
		u32 size;
	} expected[] = {
		{ "bootorder", 0x21, 2 },
		{ "etc/acpi/rsdp", 0x22, 3 },
		{ "etc/table-loader", 0x20, 1 },
	};
	struct bench *b = *state;
	const u8 *entry = b->bytes + BUFFER + 4;

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		add_file(b, names[i], "abc", i + 1);
	assert_int_equal(dma_select(b, FW_CFG_DIRECTORY, 4 + 3 * 64), 0);
	assert_int_equal(get_be32(entry - 4), 3);
	for (unsigned i = 0; i < ARRAY_SIZE(expected); i++, entry += 64) {
		assert_int_equal(get_be32(entry), expected[i].size);
		assert_int_equal(get_be16(entry + 4), expected[i].key);
		assert_int_equal(get_be16(entry + 6), 0);
		assert_string_equal((const char *)entry + 8, expected[i].name);
	}
	assert_int_equal(dma_select(b, 0x22, 3), 0);
	assert_memory_equal(b->bytes + BUFFER, "abc", 3);
}

static void a_command_goes_on_where_the_last_one_stopped(void **state)
{
	struct bench *b = *state;

	add_file(b, "digits", "0123456789", 10);
	assert_int_equal(dma_select(b, 0x20, 2), 0);
	assert_int_equal(dma(b, SKIP, 3, 0), 0);
	assert_int_equal(dma(b, READ, 2, BUFFER), 0);
	assert_memory_equal(b->bytes + BUFFER, "56\xcc", 3);
	assert_int_equal(in_byte(b), '7');
	assert_int_equal(dma(b, SKIP, ~0u, 0), 0);
	assert_int_equal(in_byte(b), 0);
	/* A command without any bit does nothing and is done. */
	assert_int_equal(dma(b, 0, 5, BUFFER), 0);
}

static void transfers_outside_ram_fail(void **state)
{
	static const struct {
		u64 addr;
		u32 size;
	} cases[] = {
		{ RAM_SIZE - 1, 2 },
		{ RAM_SIZE, 1 },
		{ ~0ull, 1 },
		{ ~0ull - 1, 4 },
		{ 0x800000000000ull, ~0u },
		{ 0, RAM_SIZE + 1 },
		{ 0, ~0u },
	};
	struct bench *b = *state;

	add_file(b, "digits", "0123456789", 10);
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(
			dma(b, 0x20 << 16 | SELECT | READ, cases[i].size, cases[i].addr), 1);
		/* It stays where it was. */
		assert_int_equal(in_byte(b), '0');
	}
	assert_int_equal(dma(b, 0x20 << 16 | SELECT | READ, 1, RAM_SIZE - 1), 0);
	assert_int_equal(b->bytes[RAM_SIZE - 1], '0');
}

static void commands_outside_ram_are_dropped(void **state)
{
	static const u64 where[] = { RAM_SIZE - 8, RAM_SIZE, 0xfffffff0, 0x100000000ull + COMMAND };
	struct bench *b = *state;

	add_file(b, "digits", "0123456789", 10);
	out_select(b, 0x20);
	put_be32(b->bytes + COMMAND, 0 << 16 | SELECT);
	for (unsigned i = 0; i < ARRAY_SIZE(where); i++) {
		bus_write(&b->pio, FW_CFG_DMA_PORT, 4, htobe32((u32)(where[i] >> 32)));
		bus_write(&b->pio, FW_CFG_DMA_PORT + 4, 4, htobe32((u32)where[i]));
	}
	assert_int_equal(in_byte(b), '0');
	/* SeaBIOS writes the low half alone: the high one of before is used up. */
	bus_write(&b->pio, FW_CFG_DMA_PORT + 4, 4, htobe32(COMMAND));
	assert_int_equal(in_byte(b), 'Q');
}

static void on_written(void *owner, const u8 *bytes, u32 size)
{
	struct bench *b = owner;

	b->written++;
	memcpy(b->last, bytes, size);
}

static void only_writable_files_are_written(void **state)
{
	struct bench *b = *state;
	const struct fw_cfg_content content = {
		.size = 28, .writable = true, .written = on_written, .owner = b
	};
	struct err err;

	add_file(b, "fixed", "0123456789", 10);
	assert_int_equal(fw_cfg_add_file(&b->fw, "etc/ramfb", &content, &err), 0);
	memcpy(b->bytes + BUFFER, "hello, world", 12);

	assert_int_equal(dma(b, 0x20 << 16 | SELECT | WRITE, 4, BUFFER), 1);
	assert_int_equal(in_byte(b), '0');
	assert_int_equal(dma(b, 0x7777 << 16 | SELECT | WRITE, 4, BUFFER), 1);
	assert_int_equal(dma(b, 0x21 << 16 | SELECT | WRITE, 29, BUFFER), 1);
	assert_int_equal(b->written, 0);

	assert_int_equal(dma(b, 0x21 << 16 | SELECT | WRITE, 5, BUFFER), 0);
	assert_int_equal(b->written, 1);
	assert_memory_equal(b->last, "hello\0", 6);
	assert_int_equal(dma(b, WRITE, 23, BUFFER), 0);
	assert_int_equal(b->written, 2);
	assert_memory_equal(b->last, "hellohello, world", 17);
	assert_int_equal(dma(b, WRITE, 1, BUFFER), 1);
	/* Through the port nothing is ever written. */
	out_select(b, 0x4000 | 0x21);
	bus_write(&b->pio, FW_CFG_PORT + 1, 1, 'x');
	assert_int_equal(in_byte(b), 'h');
}

static void on_selected(void *owner)
{
	struct bench *b = owner;
	u8 text[2] = { (u8)('0' + ++b->selected), 'x' };

	assert_int_equal(fw_cfg_put(&b->fw, "etc/acpi/tables", text, 2), 0);
}

/* Tables are made anew whenever the firmware asks for the script that goes with them. */
static void selecting_one_file_can_renew_another(void **state)
{
	struct bench *b = *state;
	const struct fw_cfg_content loader = {
		.bytes = "loader", .size = 6, .selected = on_selected, .owner = b
	};
	struct err err;

	add_file(b, "etc/acpi/tables", "00", 2);
	assert_int_equal(fw_cfg_add_file(&b->fw, "etc/table-loader", &loader, &err), 0);
	for (unsigned n = 1; n <= 3; n++) {
		assert_int_equal(dma_select(b, 0x21, 6), 0);
		assert_memory_equal(b->bytes + BUFFER, "loader", 6);
		assert_int_equal(dma_select(b, 0x20, 2), 0);
		assert_int_equal(b->bytes[BUFFER], '0' + n);
	}
	out_select(b, 0x21);
	assert_int_equal(b->selected, 4);
}

static void a_file_that_grows_is_listed_so(void **state)
{
	struct bench *b = *state;

	add_file(b, "bootorder", "a", 2);
	out_select(b, 0x20);
	assert_int_equal(fw_cfg_put(&b->fw, "bootorder", "a\nb", 4), 0);
	assert_int_equal(in_byte(b), 'a');
	assert_int_equal(in_byte(b), '\n');
	assert_int_equal(dma_select(b, FW_CFG_DIRECTORY, 12), 0);
	assert_int_equal(get_be32(b->bytes + BUFFER + 4), 4);
	assert_int_equal(fw_cfg_put(&b->fw, "no such file", "", 0), -ENOENT);
	assert_int_equal(fw_cfg_put(&b->fw, "", "", 0), -ENOENT);
}

static int give(void *owner, u32 offset, void *to, u32 size)
{
	struct bench *b = owner;

	if (b->read_fails)
		return -EIO;
	for (u32 i = 0; i < size; i++)
		((u8 *)to)[i] = (u8)(offset + i);
	return 0;
}

static void an_item_can_be_read_where_it_is(void **state)
{
	struct bench *b = *state;
	const struct fw_cfg_content content = { .size = 300, .read = give, .owner = b };
	struct err err;

	assert_int_equal(fw_cfg_add(&b->fw, FW_CFG_KERNEL_DATA, &content, &err), 0);
	assert_int_equal(dma_select(b, FW_CFG_KERNEL_DATA, 290), 0);
	assert_int_equal(b->bytes[BUFFER + 289], 289 & 0xff);
	assert_int_equal(in_byte(b), 290 & 0xff);
	assert_int_equal(dma(b, READ, 20, BUFFER), 0);
	assert_int_equal(b->bytes[BUFFER + 8], 299 & 0xff);
	assert_int_equal(b->bytes[BUFFER + 9], 0);
	b->read_fails = 1;
	assert_int_equal(dma_select(b, FW_CFG_KERNEL_DATA, 1), 1);
}

static void what_cannot_be_added_is_refused(void **state)
{
	struct bench *b = *state;
	char name[FW_CFG_NAME_SIZE + 1];
	struct err err;
	int ret = 0;

	memset(name, 'n', sizeof(name));
	name[FW_CFG_NAME_SIZE] = '\0';
	assert_int_equal(fw_cfg_add_file_bytes(&b->fw, name, "", 0, &err), -ENAMETOOLONG);
	name[FW_CFG_NAME_SIZE - 1] = '\0';
	add_file(b, name, "", 0);
	assert_int_equal(fw_cfg_add_file_bytes(&b->fw, name, "", 0, &err), -EEXIST);
	assert_int_equal(fw_cfg_add_file_bytes(&b->fw, "", "", 0, &err), -EINVAL);
	assert_int_equal(fw_cfg_add_number(&b->fw, FW_CFG_FEATURES, 4, 0, &err), -EEXIST);
	for (unsigned i = 0; i < FW_CFG_MAX && !ret; i++)
		ret = fw_cfg_add_number(&b->fw, (u16)(0x8100 + i), 2, i, &err);
	assert_int_equal(ret, -ENOSPC);
	assert_int_equal(b->fw.nr_items, FW_CFG_MAX);
}

static void a_reset_forgets_what_was_selected(void **state)
{
	struct bench *b = *state;

	out_select(b, FW_CFG_SIGNATURE);
	bus_write(&b->pio, FW_CFG_DMA_PORT, 4, 0x12345678);
	fw_cfg_reset(&b->fw);
	assert_int_equal(in_byte(b), 0);
	put_be32(b->bytes + COMMAND, FW_CFG_SIGNATURE << 16 | SELECT);
	bus_write(&b->pio, FW_CFG_DMA_PORT + 4, 4, htobe32(COMMAND));
	assert_int_equal(in_byte(b), 'Q');
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(firmware_recognises_it),
		TEST(what_is_not_there_reads_zero),
		TEST(the_directory_lists_the_files_by_name),
		TEST(a_command_goes_on_where_the_last_one_stopped),
		TEST(transfers_outside_ram_fail),
		TEST(commands_outside_ram_are_dropped),
		TEST(only_writable_files_are_written),
		TEST(selecting_one_file_can_renew_another),
		TEST(a_file_that_grows_is_listed_so),
		TEST(an_item_can_be_read_where_it_is),
		TEST(what_cannot_be_added_is_refused),
		TEST(a_reset_forgets_what_was_selected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
