// SPDX-License-Identifier: GPL-2.0-or-later
/* The ACPI tables that firmware is given, by what it has programmed before it asks. */
#include "base/bytes.h"
#include "unit.h"
#include "vm/boot/acpi/acpi.h"
#include "vm/launch/firmware.h"

#define RAM_SIZE (16 * MIB)
#define KEPT     0x6000000000

struct bench {
	struct bus mmio, pio;
	struct mem mem;
	struct ram ram;
	struct board_config config;
	struct board board;
	struct fixed_bars fixed_bars;
	struct device_set devices; /* none */
	struct machine_parts parts;
	struct firmware fw;
	u8 directory[4096];
	u8 bytes[256 * 1024];
};

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err err;

	bus_open(&b->mmio);
	bus_open(&b->pio);
	assert_int_equal(mem_open(&b->mem, NULL, &err), 0);
	assert_int_equal(ram_open(&b->ram, &b->mem, RAM_SIZE, &err), 0);
	b->config.topology = (struct topology){ 1, 2, 1 };
	b->board.config = &b->config;
	b->fixed_bars.nr = 2;
	b->fixed_bars.place[0].range = (struct range){ 0xfb000000, 16 * MIB };
	b->fixed_bars.place[1].range = (struct range){ KEPT, 256 * MIB };
	assert_int_equal(mch_open(&b->board.mch, &b->mmio, &b->pio, &b->mem, NULL, &err), 0);
	b->parts = (struct machine_parts){
		.board = &b->board,
		.devices = &b->devices,
		.ram = &b->ram,
		.mmio64 = { .phys_bits = 40 },
		.fixed_bars = &b->fixed_bars,
	};
	b->fw.parts = &b->parts;
	assert_int_equal(fw_cfg_open(&b->fw.fw_cfg, &b->pio, &b->mem, &err), 0);
	assert_int_equal(firmware_fill_acpi(&b->fw, &err), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	fw_cfg_close(&b->fw.fw_cfg);
	mch_close(&b->board.mch);
	ram_close(&b->ram);
	mem_close(&b->mem);
	bus_close(&b->pio);
	bus_close(&b->mmio);
	free(b);
	return 0;
}

static void read_item(struct bench *b, u16 key, u8 *to, u32 size)
{
	bus_write(&b->pio, FW_CFG_PORT, 2, key);
	for (u32 i = 0; i < size; i++)
		to[i] = (u8)bus_read(&b->pio, FW_CFG_PORT + 1, 1);
}

/* As firmware: by the directory. Returns the file's size, with its bytes in @b->bytes. */
static u32 read_file(struct bench *b, const char *name)
{
	const u8 *entry = b->directory + 4;

	read_item(b, FW_CFG_DIRECTORY, b->directory, sizeof(b->directory));
	for (u32 i = 0; i < get_be32(b->directory); i++, entry += 64) {
		if (strcmp((const char *)entry + 8, name))
			continue;
		assert_true(get_be32(entry) <= sizeof(b->bytes));
		read_item(b, get_be16(entry + 4), b->bytes, get_be32(entry));
		return get_be32(entry);
	}
	fail_msg("there is no file %s", name);
	return 0;
}

/* Where MCFG says that ECAM is, after the script was asked for. */
static u64 ecam_of_tables(struct bench *b, u32 *size)
{
	const u8 *mcfg;

	read_file(b, ACPI_FILE_SCRIPT);
	*size = read_file(b, ACPI_FILE_TABLES);
	mcfg = memmem(b->bytes, *size, "MCFG", 4);
	assert_non_null(mcfg);
	return get_le64(mcfg + 44);
}

static void program_ecam(struct bench *b, u64 reg)
{
	struct pci_host *host = &b->board.mch.host;

	pci_host_config_write(host, 0, 0, MCH_PCIEXBAR, 4, 0);
	pci_host_config_write(host, 0, 0, MCH_PCIEXBAR + 4, 4, (u32)(reg >> 32));
	pci_host_config_write(host, 0, 0, MCH_PCIEXBAR, 4, (u32)reg);
}

static void the_tables_follow_the_firmware(void **state)
{
	struct bench *b = *state;
	u32 size, again;

	assert_int_equal(ecam_of_tables(b, &size), MCH_ECAM_DEFAULT);
	program_ecam(b, 0xe0000001);
	assert_int_equal(ecam_of_tables(b, &again), 0xe0000000);
	assert_int_equal(again, size);
	program_ecam(b, MCH_ECAM_DEFAULT | 1);
	assert_int_equal(ecam_of_tables(b, &again), MCH_ECAM_DEFAULT);
	assert_int_equal(again, size);
}

/* Where the host has BARs, an operating system places none: both are resources of the board. */
static void the_hosts_places_are_not_free(void **state)
{
	struct bench *b = *state;
	u32 size = read_file(b, ACPI_FILE_TABLES);
	u8 kept[16];

	put_le64(kept, KEPT);
	put_le64(kept + 8, KEPT + 256 * MIB - 1);
	assert_non_null(memmem(b->bytes, size, kept, sizeof(kept)));
	put_le64(kept, 0xfb000000);
	put_le64(kept + 8, 0xfbffffff);
	assert_non_null(memmem(b->bytes, size, kept, sizeof(kept)));
}

/* Not before the script is asked for: firmware reads tables that belong together. */
static void they_stay_between(void **state)
{
	struct bench *b = *state;
	u32 size;
	const u8 *mcfg;

	assert_int_equal(ecam_of_tables(b, &size), MCH_ECAM_DEFAULT);
	program_ecam(b, 0xe0000001);
	size = read_file(b, ACPI_FILE_TABLES);
	mcfg = memmem(b->bytes, size, "MCFG", 4);
	assert_int_equal(get_le64(mcfg + 44), MCH_ECAM_DEFAULT);
}

/* Any place and length that the register takes: the tables are whole, and of one size. */
static void nonsense_does_no_harm(void **state)
{
	static const u64 regs[] = { 0x0000000000000001, 0x7ffc000005, 0x7ff0000001, 0x7fe0000003,
		0x80000001, 0xf0000001, 0xfc000005, 0xfffffffff, 0x7fffffffff, 0x100000001 };
	struct bench *b = *state;
	u32 size, again;

	ecam_of_tables(b, &size);
	for (unsigned i = 0; i < ARRAY_SIZE(regs); i++) {
		program_ecam(b, regs[i]);
		ecam_of_tables(b, &again);
		assert_int_equal(again, size);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_tables_follow_the_firmware),
		TEST(they_stay_between),
		TEST(the_hosts_places_are_not_free),
		TEST(nonsense_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
