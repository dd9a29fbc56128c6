// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/pci/mch.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "unit.h"

struct bench {
	struct bus mmio, pio;
	struct mem mem;
	struct mch mch;
	struct pci_dev card; /* at 00:02.3 */
	u8 cf9;
};

static u64 cf9_read(void *owner, u64 offset, unsigned size)
{
	return ((struct bench *)owner)->cf9;
}

static void cf9_write(void *owner, u64 offset, unsigned size, u64 value)
{
	((struct bench *)owner)->cf9 = (u8)value;
}

static const struct bus_ops cf9_ops = { cf9_read, cf9_write };

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err err = { 0 };

	bus_open(&b->mmio);
	bus_open(&b->pio);
	mem_open(&b->mem, NULL, &err);
	assert_int_equal(mch_open(&b->mch, &b->mmio, &b->pio, &b->mem, NULL, &err), 0);
	b->mch.cf9_ops = &cf9_ops;
	b->mch.cf9_owner = b;
	pci_dev_init(&b->card, "card", NULL, 0x1234, 0x5678, 0x020000, PCI_HEADER_TYPE_NORMAL);
	for (unsigned i = 0x40; i < PCI_CONFIG_SIZE; i++) {
		b->card.config[i] = (u8)i;
		b->card.writable[i] = 0xff;
	}
	pci_dev_seal(&b->card);
	assert_int_equal(pci_bus_add(&b->mch.host.root, &b->card, PCI_DEVFN_OF(2, 3)), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	pci_bus_remove(&b->mch.host.root, &b->card);
	mch_close(&b->mch);
	mem_close(&b->mem);
	bus_close(&b->mmio);
	bus_close(&b->pio);
	free(b);
	return 0;
}

static void address(struct bench *b, u32 value)
{
	bus_write(&b->pio, 0xcf8, 4, value);
}

static u64 data(struct bench *b, unsigned offset, unsigned size)
{
	return bus_read(&b->pio, 0xcfc + offset, size);
}

#define CARD 0x80001300u /* 00:02.3 */

static void ports_reach_functions(void **state)
{
	struct bench *b = *state;

	address(b, 0x80000000);
	assert_int_equal(data(b, 0, 4), 0x29c08086);
	assert_int_equal(data(b, 2, 2), 0x29c0);
	address(b, 0x8000002c);
	assert_int_equal(data(b, 0, 4), 0x11001af4);
	address(b, CARD);
	assert_int_equal(data(b, 0, 4), 0x56781234);
	assert_int_equal(data(b, 3, 1), 0x56);
	address(b, CARD | 0x44);
	assert_int_equal(data(b, 0, 4), 0x47464544);
	assert_int_equal(data(b, 1, 2), 0x4645);
	assert_int_equal(data(b, 2, 4) & 0xffff, 0x4746); /* and what is behind the port */
	bus_write(&b->pio, 0xcfd, 2, 0xaabb);
	assert_int_equal(data(b, 0, 4), 0x47aabb44);
	/* Nobody there. */
	address(b, 0x80001b00);
	assert_int_equal(data(b, 0, 4), 0xffffffff);
	address(b, 0x80011300);
	assert_int_equal(data(b, 0, 2), 0xffff);
}

static void the_address_is_a_dword(void **state)
{
	struct bench *b = *state;

	address(b, CARD | 0x44);
	assert_int_equal(bus_read(&b->pio, 0xcf8, 4), CARD | 0x44);
	/* Linux's probe for direct access: a byte at CFB changes nothing, 80000000 reads back. */
	bus_write(&b->pio, 0xcfb, 1, 0x01);
	bus_write(&b->pio, 0xcf8, 2, 0);
	assert_int_equal(bus_read(&b->pio, 0xcf8, 4), CARD | 0x44);
	assert_int_equal(bus_read(&b->pio, 0xcfa, 1), 0xff);
	/* Reserved bits read as zero; without the enable bit nothing is selected. */
	address(b, 0x7f001303);
	assert_int_equal(bus_read(&b->pio, 0xcf8, 4), 0x00001300);
	assert_int_equal(data(b, 0, 4), 0xffffffff);
	bus_write(&b->pio, 0xcfc + 4, 4, 0);
}

static void cf9_is_somebody_elses(void **state)
{
	struct bench *b = *state;

	address(b, CARD);
	bus_write(&b->pio, 0xcf9, 1, 0x06);
	assert_int_equal(b->cf9, 0x06);
	assert_int_equal(bus_read(&b->pio, 0xcf9, 1), 0x06);
	assert_int_equal(bus_read(&b->pio, 0xcf8, 4), CARD);
	/* The dword over it is the address. */
	address(b, 0x80000e00);
	assert_int_equal(b->cf9, 0x06);
	b->mch.cf9_ops = NULL;
	assert_int_equal(bus_read(&b->pio, 0xcf9, 1), 0xff);
}

static u64 ecam(struct bench *b, u64 base, unsigned offset, unsigned size)
{
	return bus_read(&b->mmio, base + (PCI_DEVFN_OF(2, 3) << 12) + offset, size);
}

/* As OVMF and SeaBIOS do it. */
static void firmware_places_ecam(void **state)
{
	struct bench *b = *state;

	assert_int_equal(mch_ecam(&b->mch).size, 0);
	assert_int_equal(ecam(b, MCH_ECAM_DEFAULT, 0, 4), 0xffffffff);
	address(b, 0x80000060);
	bus_write(&b->pio, 0xcfc, 4, 0);
	address(b, 0x80000064);
	bus_write(&b->pio, 0xcfc, 4, 0);
	address(b, 0x80000060);
	bus_write(&b->pio, 0xcfc, 4, 0xb0000001);
	assert_int_equal(mch_ecam(&b->mch).start, MCH_ECAM_DEFAULT);
	assert_int_equal(mch_ecam(&b->mch).size, 256 * MIB);
	assert_int_equal(ecam(b, MCH_ECAM_DEFAULT, 0, 4), 0x56781234);
	assert_int_equal(ecam(b, MCH_ECAM_DEFAULT, 0xffc, 4), 0xfffefdfc);
	assert_int_equal(ecam(b, MCH_ECAM_DEFAULT, 0x105, 2), 0x0605);
	assert_int_equal(ecam(b, MCH_ECAM_DEFAULT, 0x107, 2), 0x0807);
	assert_true(ecam(b, MCH_ECAM_DEFAULT, 0x100, 8) == 0x0706050403020100ull);
	/* From one function into the hole behind it. */
	assert_int_equal(ecam(b, MCH_ECAM_DEFAULT, 0xffe, 4), 0xfffffffe);
	bus_write(&b->mmio, MCH_ECAM_DEFAULT + 0x13000 + 0x201, 4, 0x11223344);
	assert_int_equal(b->card.config[0x201], 0x44);
	assert_int_equal(b->card.config[0x204], 0x11);
	assert_int_equal(b->card.config[0x205], 0x05);
}

static void ecam_moves_by_its_own_way(void **state)
{
	struct bench *b = *state;
	u64 high = 0x7ffull << 28;

	mch_set_ecam(&b->mch, MCH_ECAM_DEFAULT);
	/* Through itself, while the access is under way. */
	bus_write(&b->mmio, MCH_ECAM_DEFAULT + MCH_PCIEXBAR, 4, 0xe0000001);
	assert_int_equal(ecam(b, MCH_ECAM_DEFAULT, 0, 4), 0xffffffff);
	assert_int_equal(ecam(b, 0xe0000000, 0, 4), 0x56781234);
	bus_write(&b->mmio, 0xe0000000 + MCH_PCIEXBAR, 8, high | 1);
	assert_int_equal(ecam(b, high, 0, 4), 0x56781234);
	pci_bus_reset(&b->mch.host.root);
	assert_int_equal(mch_ecam(&b->mch).size, 0);
	assert_int_equal(ecam(b, high, 0, 4), 0xffffffff);
	assert_int_equal(bus_read(&b->pio, 0xcf8, 4), 0);
}

static void ecam_has_three_sizes(void **state)
{
	static const struct {
		u32 low;
		u64 start;
		u64 size;
	} cases[] = {
		{ 0xb0000001, 0xb0000000, 256 * MIB },
		{ 0xb8000001, 0xb0000000, 256 * MIB },
		{ 0xb8000003, 0xb8000000, 128 * MIB },
		{ 0xbc000005, 0xbc000000, 64 * MIB },
		{ 0xb0000007, 0, 0 },
		{ 0xb0000000, 0, 0 },
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		pci_host_config_write(&b->mch.host, 0, 0, MCH_PCIEXBAR, 4, cases[i].low);
		assert_int_equal(mch_ecam(&b->mch).size, cases[i].size);
		assert_int_equal(mch_ecam(&b->mch).start, cases[i].start);
	}
	/* 64 MiB are 64 buses. */
	pci_host_config_write(&b->mch.host, 0, 0, MCH_PCIEXBAR, 4, 0xbc000005);
	assert_int_equal(bus_read(&b->mmio, 0xbc000000, 4), 0x29c08086);
	assert_int_equal(bus_read(&b->mmio, 0xc0000000, 4), 0xffffffff);
}

static void shadow_registers_are_storage(void **state)
{
	struct bench *b = *state;
	struct pci_host *host = &b->mch.host;

	/* SeaBIOS: everything RAM, then parts of it read-only. */
	pci_host_config_write(host, 0, 0, MCH_PAM0, 4, 0x33333330);
	pci_host_config_write(host, 0, 0, MCH_PAM0 + 4, 2, 0x3333);
	pci_host_config_write(host, 0, 0, MCH_PAM0 + 6, 1, 0x33);
	assert_int_equal(pci_host_config_read(host, 0, 0, MCH_PAM0, 4), 0x33333330);
	pci_host_config_write(host, 0, 0, MCH_PAM0, 4, 0x11111110);
	assert_int_equal(pci_host_config_read(host, 0, 0, MCH_PAM0, 4), 0x11111110);
	assert_int_equal(pci_host_config_read(host, 0, 0, SMRAM_CONTROL, 1), 0x02);
	pci_bus_reset(&host->root);
	assert_int_equal(pci_host_config_read(host, 0, 0, MCH_PAM0, 4), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ports_reach_functions),
		TEST(the_address_is_a_dword),
		TEST(cf9_is_somebody_elses),
		TEST(firmware_places_ecam),
		TEST(ecam_moves_by_its_own_way),
		TEST(ecam_has_three_sizes),
		TEST(shadow_registers_are_storage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
