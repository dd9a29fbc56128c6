// SPDX-License-Identifier: GPL-2.0-or-later
/* How a guest calls SMM: port B2h with SMI_EN, its lock in the LPC bridge, and the negotiation. */
#include "vm/dev/smi.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "fake.h"
#include "unit.h"
#include "vm/dev/lpc.h"
#include "vm/pci/mch.h"

struct bench {
	struct fake_clock clock;
	struct loop loop;
	struct bus mmio, pio;
	struct mem mem;
	struct ram ram;
	struct mch mch;
	pthread_mutex_t lock;
	struct fake_line sci;
	struct pm pm;
	struct lpc lpc;
	struct fw_cfg fw_cfg;
	struct smi smi;
	unsigned own, all; /* SMIs */
};

static void on_smi(void *owner, bool all)
{
	struct bench *b = owner;

	if (all)
		b->all++;
	else
		b->own++;
}

static const struct pm_ops pm_ops;

static struct bench *open_bench(bool smm)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err err = { 0 };

	fake_clock_init(&b->clock, 0);
	assert_int_equal(loop_open(&b->loop, &b->clock.clock, &err), 0);
	bus_open(&b->mmio);
	bus_open(&b->pio);
	mem_open(&b->mem, NULL, &err);
	ram_open(&b->ram, &b->mem, 4 * MIB, &err);
	pthread_mutex_init(&b->lock, NULL);
	fake_line_init(&b->sci);
	assert_int_equal(mch_open(&b->mch, &b->mmio, &b->pio, &b->mem, NULL, &err), 0);
	pm_open(&b->pm, &b->pio, &b->loop, &b->sci.line, &b->lock, &pm_ops, b);
	assert_int_equal(lpc_open(&b->lpc, &b->mch.host, &b->pm, &err), 0);
	assert_int_equal(fw_cfg_open(&b->fw_cfg, &b->pio, &b->mem, &err), 0);
	assert_int_equal(smi_open(&b->smi, &b->pio, &b->pm, &b->lock, on_smi, b), 0);
	if (smm) {
		pm_add_smm(&b->pm);
		assert_int_equal(smi_offer(&b->smi, &b->fw_cfg, &err), 0);
	}
	pm_map(&b->pm, PM_BASE);
	return b;
}

static int setup(void **state)
{
	*state = open_bench(true);
	return 0;
}

static int setup_without(void **state)
{
	*state = open_bench(false);
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	smi_close(&b->smi);
	fw_cfg_close(&b->fw_cfg);
	lpc_close(&b->lpc);
	pm_close(&b->pm);
	mch_close(&b->mch);
	ram_close(&b->ram);
	mem_close(&b->mem);
	bus_close(&b->mmio);
	bus_close(&b->pio);
	loop_close(&b->loop);
	pthread_mutex_destroy(&b->lock);
	free(b);
	return 0;
}

static void reset(struct bench *b)
{
	pci_bus_reset(&b->mch.host.root);
	pm_reset(&b->pm);
	smi_reset(&b->smi);
	pm_map(&b->pm, PM_BASE);
}

static void out(struct bench *b, u16 port, unsigned size, u32 value)
{
	bus_write(&b->pio, port, size, value);
}

static u32 in(struct bench *b, u16 port, unsigned size)
{
	return (u32)bus_read(&b->pio, port, size);
}

static void set_lpc(struct bench *b, u16 offset, unsigned size, u32 value)
{
	pci_host_config_write(&b->mch.host, 0, LPC_DEVFN, offset, size, value);
}

static void enable(struct bench *b)
{
	out(b, PM_BASE + PM_SMI_EN, 4, PM_SMI_GBL_EN | PM_SMI_APMC);
}

static unsigned smis(struct bench *b)
{
	unsigned nr = b->own + b->all;

	b->own = b->all = 0;
	return nr;
}

/* Of a file of fw_cfg: its key. */
static u16 key_of(struct bench *b, const char *name)
{
	for (unsigned i = 0; i < b->fw_cfg.nr_items; i++)
		if (!strcmp(b->fw_cfg.items[i].name, name))
			return b->fw_cfg.items[i].key;
	return 0;
}

static u64 read_file(struct bench *b, const char *name, unsigned size)
{
	u64 value = 0;

	out(b, FW_CFG_PORT, 2, key_of(b, name));
	for (unsigned i = 0; i < size; i++)
		value |= (u64)in(b, FW_CFG_PORT + 1, 1) << (8 * i);
	return value;
}

/* By DMA, the only way to write. */
static void request(struct bench *b, u64 features)
{
	u8 *command = mem_ptr(&b->mem, 0x1000, 32);

	put_be32(command, (u32)key_of(b, SMI_FILE_REQUESTED) << 16 | BIT(3) | BIT(4));
	put_be32(command + 4, 8);
	put_be64(command + 8, 0x1010);
	put_le64(command + 16, features);
	out(b, FW_CFG_DMA_PORT + 4, 4, __builtin_bswap32(0x1000));
	assert_int_equal(get_be32(command), 0);
}

static void smm_is_off_until_firmware_turns_it_on(void **state)
{
	struct bench *b = *state;

	assert_int_equal(in(b, PM_BASE + PM_SMI_EN, 4), 0);
	out(b, SMI_PORT, 1, 0);
	assert_int_equal(smis(b), 0);
	out(b, PM_BASE + PM_SMI_EN, 4, PM_SMI_APMC);
	out(b, SMI_PORT, 1, 0);
	assert_int_equal(smis(b), 0);
	out(b, PM_BASE + PM_SMI_EN, 4, PM_SMI_GBL_EN);
	out(b, SMI_PORT, 1, 0);
	assert_int_equal(smis(b), 0);
	assert_int_equal(in(b, PM_BASE + PM_SMI_STS, 4), 0);
	enable(b);
	out(b, SMI_PORT, 1, 0);
	assert_int_equal(smis(b), 1);
	assert_int_equal(in(b, PM_BASE + PM_SMI_STS, 4), PM_SMI_APMC);
	out(b, PM_BASE + PM_SMI_STS, 4, PM_SMI_APMC);
	assert_int_equal(in(b, PM_BASE + PM_SMI_STS, 4), 0);
}

static void the_ports_keep_their_bytes(void **state)
{
	struct bench *b = *state;

	out(b, SMI_PORT, 1, 0x12);
	out(b, SMI_PORT + 1, 1, 0x34);
	assert_int_equal(in(b, SMI_PORT, 2), 0x3412);
	out(b, SMI_PORT, 2, 0x7856);
	assert_int_equal(in(b, SMI_PORT, 1), 0x56);
	assert_int_equal(in(b, SMI_PORT + 1, 1), 0x78);
	enable(b);
	out(b, SMI_PORT + 1, 1, 0x99);
	assert_int_equal(smis(b), 0);
	out(b, SMI_PORT, 2, 0x1100);
	assert_int_equal(smis(b), 1);
	reset(b);
	assert_int_equal(in(b, SMI_PORT, 2), 0);
}

/* ACPI 6.5, 4.8.2.5; the values are those of the FADT. */
static void acpi_mode_is_turned_on_and_off(void **state)
{
	struct bench *b = *state;

	enable(b);
	assert_int_equal(in(b, PM_BASE + PM1_CNT, 2) & PM1_SCI_EN, 0);
	out(b, PM_BASE + PM1_EN, 2, PM1_PWRBTN);
	pm_power_button(&b->pm);
	assert_false(b->sci.line.level);
	out(b, SMI_PORT, 1, SMI_ACPI_ENABLE);
	assert_int_equal(in(b, PM_BASE + PM1_CNT, 2) & PM1_SCI_EN, PM1_SCI_EN);
	assert_true(b->sci.line.level);
	out(b, SMI_PORT, 1, SMI_ACPI_DISABLE);
	assert_int_equal(in(b, PM_BASE + PM1_CNT, 2) & PM1_SCI_EN, 0);
	assert_false(b->sci.line.level);
	assert_int_equal(smis(b), 0);
	/* OVMF sets the bit itself. */
	out(b, PM_BASE + PM1_CNT, 2, PM1_SCI_EN);
	assert_true(b->sci.line.level);
}

/* ICH9, 13.8.1.1: GEN_PMCON_1.SMI_LOCK. */
static void the_lock_stays_until_a_reset(void **state)
{
	struct bench *b = *state;

	enable(b);
	set_lpc(b, LPC_GEN_PMCON, 1, LPC_SMI_LOCK);
	set_lpc(b, LPC_GEN_PMCON, 2, 0);
	assert_int_equal(
		pci_host_config_read(&b->mch.host, 0, LPC_DEVFN, LPC_GEN_PMCON, 1), LPC_SMI_LOCK);
	out(b, PM_BASE + PM_SMI_EN, 4, 0);
	assert_int_equal(in(b, PM_BASE + PM_SMI_EN, 4), PM_SMI_GBL_EN);
	out(b, PM_BASE + PM_SMI_EN, 1, PM_SMI_APMC);
	out(b, SMI_PORT, 1, 0);
	assert_int_equal(smis(b), 1);
	reset(b);
	assert_int_equal(in(b, PM_BASE + PM_SMI_EN, 4), 0);
	enable(b);
	out(b, PM_BASE + PM_SMI_EN, 4, 0);
	assert_int_equal(in(b, PM_BASE + PM_SMI_EN, 4), 0);
}

static void firmware_negotiates_broadcast(void **state)
{
	struct bench *b = *state;

	enable(b);
	assert_int_equal(read_file(b, SMI_FILE_SUPPORTED, 8), SMI_BROADCAST);
	out(b, SMI_PORT, 1, 0);
	assert_int_equal(b->own, 1);
	/* What is not offered is refused, and can be asked for again. */
	request(b, SMI_BROADCAST | 2);
	assert_int_equal(read_file(b, SMI_FILE_OK, 1), 0);
	out(b, SMI_PORT, 1, 0);
	assert_int_equal(b->own, 2);
	request(b, SMI_BROADCAST);
	assert_int_equal(b->all, 0); /* not before it is confirmed */
	assert_int_equal(read_file(b, SMI_FILE_OK, 1), 1);
	out(b, SMI_PORT, 1, 0);
	assert_int_equal(b->all, 1);
	/* It is final. */
	request(b, 0);
	assert_int_equal(read_file(b, SMI_FILE_OK, 1), 1);
	out(b, SMI_PORT, 1, 0);
	assert_int_equal(b->all, 2);
}

static void a_reset_forgets_the_negotiation(void **state)
{
	struct bench *b = *state;

	for (unsigned i = 0; i < 3; i++) {
		request(b, SMI_BROADCAST);
		assert_int_equal(read_file(b, SMI_FILE_OK, 1), 1);
		reset(b);
		assert_int_equal(read_file(b, SMI_FILE_REQUESTED, 8), 0);
		enable(b);
		out(b, SMI_PORT, 1, 0);
		assert_int_equal(b->own, 1);
		assert_int_equal(smis(b), 1);
	}
	/* Nothing asked for, nothing granted, but final. */
	assert_int_equal(read_file(b, SMI_FILE_OK, 1), 1);
	request(b, SMI_BROADCAST);
	out(b, SMI_PORT, 1, 0);
	assert_int_equal(b->all, 0);
}

static void without_smm_nothing_raises_one(void **state)
{
	struct bench *b = *state;

	assert_int_equal(in(b, PM_BASE + PM_SMI_EN, 4), PM_SMI_APMC);
	enable(b);
	for (unsigned value = 0; value < 256; value++)
		out(b, SMI_PORT, 1, value);
	assert_int_equal(smis(b), 0);
	assert_int_equal(in(b, SMI_PORT, 1), 0xff);
	assert_int_equal(in(b, PM_BASE + PM1_CNT, 2) & PM1_SCI_EN, PM1_SCI_EN);
	out(b, PM_BASE + PM1_CNT, 2, 0);
	assert_int_equal(in(b, PM_BASE + PM1_CNT, 2) & PM1_SCI_EN, PM1_SCI_EN);
	assert_int_equal(key_of(b, SMI_FILE_SUPPORTED), 0);
	reset(b);
	assert_int_equal(in(b, PM_BASE + PM_SMI_EN, 4), PM_SMI_APMC);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(smm_is_off_until_firmware_turns_it_on),
		TEST(the_ports_keep_their_bytes),
		TEST(acpi_mode_is_turned_on_and_off),
		TEST(the_lock_stays_until_a_reset),
		TEST(firmware_negotiates_broadcast),
		TEST(a_reset_forgets_the_negotiation),
		cmocka_unit_test_setup_teardown(
			without_smm_nothing_raises_one, setup_without, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
