// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/lpc.h"

#include <stdlib.h>

#include "fake.h"
#include "unit.h"
#include "vm/pci/mch.h"

struct bench {
	struct loop loop;
	struct bus mmio, pio;
	struct mem mem;
	struct mch mch;
	pthread_mutex_t lock;
	struct fake_line sci;
	struct pm pm;
	struct lpc lpc;
	struct pci_dev card;
	unsigned moved;
};

static const struct pm_ops pm_ops;

static void on_moved(struct pci_dev *dev)
{
	((struct bench *)dev->owner)->moved++;
}

static const struct pci_dev_ops card_ops = { .intx_moved = on_moved };

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err err = { 0 };

	assert_int_equal(loop_open(&b->loop, &clock_system, &err), 0);
	bus_open(&b->mmio);
	bus_open(&b->pio);
	mem_open(&b->mem, NULL, &err);
	pthread_mutex_init(&b->lock, NULL);
	fake_line_init(&b->sci);
	assert_int_equal(mch_open(&b->mch, &b->mmio, &b->pio, &b->mem, NULL, &err), 0);
	pm_open(&b->pm, &b->pio, &b->loop, &b->sci.line, &b->lock, &pm_ops, b);
	assert_int_equal(lpc_open(&b->lpc, &b->mch.host, &b->pm, &err), 0);
	pci_dev_init(&b->card, "card", &card_ops, 0x1234, 0x5678, 0, PCI_HEADER_TYPE_NORMAL);
	b->card.owner = b;
	assert_int_equal(pci_bus_add(&b->mch.host.root, &b->card, PCI_DEVFN_OF(3, 0)), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	pci_bus_remove(&b->mch.host.root, &b->card);
	lpc_close(&b->lpc);
	pm_close(&b->pm);
	mch_close(&b->mch);
	mem_close(&b->mem);
	bus_close(&b->mmio);
	bus_close(&b->pio);
	loop_close(&b->loop);
	pthread_mutex_destroy(&b->lock);
	free(b);
	return 0;
}

static u32 get(struct bench *b, u16 offset, unsigned size)
{
	return pci_host_config_read(&b->mch.host, 0, LPC_DEVFN, offset, size);
}

static void set(struct bench *b, u16 offset, unsigned size, u32 value)
{
	pci_host_config_write(&b->mch.host, 0, LPC_DEVFN, offset, size, value);
}

static void it_is_an_ich9(void **state)
{
	struct bench *b = *state;

	assert_int_equal(get(b, 0, 4), 0x29188086);
	assert_int_equal(get(b, PCI_CLASS_REVISION, 4) >> 8, 0x060100);
	assert_int_equal(get(b, PCI_HEADER_TYPE, 1), 0x80);
}

static u64 pm_control(struct bench *b, u16 base)
{
	return bus_read(&b->pio, base + PM1_CNT, 4);
}

/* As OVMF and SeaBIOS do it. */
static void firmware_places_power_management(void **state)
{
	struct bench *b = *state;

	assert_int_equal(get(b, LPC_PMBASE, 4), 1);
	set(b, LPC_PMBASE, 4, 0x600 | 1);
	assert_int_equal(get(b, LPC_PMBASE, 4), 0x601);
	assert_int_equal(pm_control(b, 0x600), 0xffffffff);
	set(b, LPC_ACPI_CNTL, 1, 0x80);
	assert_int_equal(pm_control(b, 0x600), PM1_SCI_EN);
	set(b, LPC_PMBASE, 4, 0xffffffff);
	assert_int_equal(get(b, LPC_PMBASE, 4), 0xff81);
	assert_int_equal(pm_control(b, 0x600), 0xffffffff);
	assert_int_equal(pm_control(b, 0xff80), PM1_SCI_EN);
	pci_bus_reset(&b->mch.host.root);
	assert_int_equal(pm_control(b, 0xff80), 0xffffffff);
	assert_int_equal(get(b, LPC_PMBASE, 4), 1);
}

static void firmware_places_the_register_block(void **state)
{
	struct bench *b = *state;
	u64 at = 0xfed1c000;

	assert_int_equal(bus_read(&b->mmio, at, 4), 0xffffffff);
	set(b, LPC_RCBA, 4, 0xfed1c001);
	assert_int_equal(bus_read(&b->mmio, at + 0x3410, 4), 0);
	bus_write(&b->mmio, at + 0x3410, 4, 0x20);
	bus_write(&b->mmio, at + LPC_RCRB_SIZE - 1, 1, 0x77);
	assert_int_equal(bus_read(&b->mmio, at + 0x3410, 4), 0x20);
	assert_int_equal(bus_read(&b->mmio, at + LPC_RCRB_SIZE - 2, 2), 0x7700);
	assert_int_equal(bus_read(&b->mmio, at + LPC_RCRB_SIZE, 1), 0xff);
	/* It moves with its contents, and goes. */
	set(b, LPC_RCBA, 4, 0xfed20001);
	assert_int_equal(bus_read(&b->mmio, at + 0x3410, 4), 0xffffffff);
	assert_int_equal(bus_read(&b->mmio, 0xfed23410, 4), 0x20);
	set(b, LPC_RCBA, 1, 0);
	assert_int_equal(bus_read(&b->mmio, 0xfed23410, 4), 0xffffffff);
	pci_bus_reset(&b->mch.host.root);
	set(b, LPC_RCBA, 4, 0xfed1c001);
	assert_int_equal(bus_read(&b->mmio, at + 0x3410, 4), 0);
}

static unsigned gsi(struct bench *b, unsigned device, unsigned pin)
{
	return b->mch.host.intx_gsi(&b->mch.host, device, pin);
}

static void lines_end_at_their_gsi(void **state)
{
	static const struct {
		unsigned device, pin, gsi;
	} cases[] = {
		{ 0, 0, 20 },
		{ 1, 0, 21 },
		{ 1, 3, 20 },
		{ 4, 0, 20 },
		{ 24, 2, 22 },
		{ 25, 0, 16 },
		{ 29, 3, 19 },
		{ 30, 0, 20 },
		{ 30, 3, 23 },
		{ 31, 1, 17 },
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(gsi(b, cases[i].device, cases[i].pin), cases[i].gsi);
}

/* Firmware: 10, 10, 11, 11 to A-D and E-H; Linux: turns the links off. */
static void routes_to_isa_interrupts_come_and_go(void **state)
{
	struct bench *b = *state;

	assert_int_equal(get(b, LPC_PIRQ_A, 4), 0x80808080);
	assert_int_equal(get(b, LPC_PIRQ_E, 4), 0x80808080);
	for (unsigned i = 0; i < 4; i++) {
		set(b, LPC_PIRQ_A + i, 1, i < 2 ? 10 : 11);
		set(b, LPC_PIRQ_E + i, 1, i < 2 ? 10 : 11);
	}
	assert_int_equal(b->moved, 8);
	assert_int_equal(gsi(b, 3, 0), 11); /* PIRQH */
	assert_int_equal(gsi(b, 4, 0), 10); /* PIRQE */
	assert_int_equal(gsi(b, 31, 2), 11);
	set(b, LPC_PIRQ_E + 3, 1, 0x8b);
	assert_int_equal(gsi(b, 3, 0), 23);
	assert_int_equal(gsi(b, 2, 0), 11);
	assert_int_equal(b->moved, 9);
	/* The same again, and other registers, move nothing. */
	set(b, LPC_PIRQ_E + 3, 1, 0x8b);
	set(b, 0xa0, 2, 0x10);
	assert_int_equal(b->moved, 9);
	set(b, LPC_PIRQ_A, 4, 0xffffffff);
	assert_int_equal(get(b, LPC_PIRQ_A, 4), 0x8f8f8f8f);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_an_ich9),
		TEST(firmware_places_power_management),
		TEST(firmware_places_the_register_block),
		TEST(lines_end_at_their_gsi),
		TEST(routes_to_isa_interrupts_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
