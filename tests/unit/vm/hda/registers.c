// SPDX-License-Identifier: GPL-2.0-or-later
/* The function, the registers and the rings: High Definition Audio 1.0a, chapters 3 and 4. */
#include "unit.h"

#include "base/bytes.h"
#include "fake_hda.h"
#include "fake_irq.h"

/* 3.3: the offset, the size, the value after a reset, and what all ones leave there. */
static const struct {
	u32 offset, size, reset, ones;
} registers[] = {
	{ 0x00, 2, 0x4401, 0x4401 }, /* GCAP: 4 outputs, 4 inputs, 64-bit */
	{ 0x02, 1, 0x00, 0x00 }, { 0x03, 1, 0x01, 0x01 }, { 0x04, 2, 0x003c, 0x003c },
	{ 0x06, 2, 0x001d, 0x001d }, { 0x0c, 2, 0x0000, 0x7fff },
	{ 0x20, 4, 0x00000000, 0xc00000ff }, { 0x24, 4, 0x00000000, 0x00000000 },
	{ 0x34, 4, 0x00000000, 0x000000ff },
	{ 0x38, 4, 0x000000ff, 0x000000ff }, /* the same register */
	{ 0x40, 4, 0x00000000, 0xffffff80 }, { 0x44, 4, 0x00000000, 0xffffffff },
	{ 0x48, 2, 0x0000, 0x00ff }, { 0x4c, 1, 0x00, 0x01 },
	/* it stops at once, as its ring is nowhere */ { 0x4e, 1, 0x42, 0x42 },
	{ 0x50, 4, 0x00000000, 0xffffff80 }, { 0x54, 4, 0x00000000, 0xffffffff },
	{ 0x58, 2, 0x0000, 0x0000 }, /* the bit that resets the pointer reads as 0 */
	{ 0x5a, 2, 0x0000, 0x00ff }, { 0x5c, 1, 0x00, 0x07 }, { 0x5d, 1, 0x00, 0x00 },
	{ 0x5e, 1, 0x42, 0x42 }, { 0x60, 4, 0x00000000, 0xffffffff },
	{ 0x64, 4, 0x00000000, 0x00000000 }, { 0x70, 4, 0x00000000, 0xffffff81 },
	{ 0x74, 4, 0x00000000, 0xffffffff },
	{ 0x84, 4, 0x00000000, 0x00000000 }, /* the first stream's */
	{ 0x88, 4, 0x00000000, 0xffffffff }, { 0x8c, 2, 0x0000, 0x00ff },
	{ 0x90, 2, 0x00bf, 0x00bf }, { 0x92, 2, 0x0000, 0x7f7f },
	{ 0x98, 4, 0x00000000, 0xffffff80 }, { 0x9c, 4, 0x00000000, 0xffffffff },
	{ 0x168, 4, 0x00000000, 0xffffffff }, /* the last one's */
};

static void registers_are_the_specifications(void **state)
{
	struct fhda f;

	fhda_open(&f);
	fhda_write(&f, HDA_GCTL, 4, HDA_GCTL_CRST);
	fhda_write(&f, HDA_STATESTS, 2, 1);
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		u32 offset = registers[i].offset, size = registers[i].size;

		if (fhda_read(&f, offset, size) != registers[i].reset)
			fail_msg("%x is %x", offset, fhda_read(&f, offset, size));
		fhda_write(&f, offset, size, ~0u);
		if (fhda_read(&f, offset, size) != registers[i].ones)
			fail_msg("%x becomes %x", offset, fhda_read(&f, offset, size));
	}
	/* By bytes and by eight of them. */
	assert_int_equal(fhda_read(&f, 1, 1), 0x44);
	assert_int_equal(bus_read(&f.guest.mmio, GUEST_BAR, 8), 0x001d003c01004401);
	/* Beside all registers. */
	fhda_write(&f, 0x180, 4, ~0u);
	assert_int_equal(fhda_read(&f, 0x180, 4), 0);
	assert_int_equal(fhda_read(&f, 0x3ffc, 4), 0);
	fhda_close(&f);
}

static void function_is_what_drivers_look_for(void **state)
{
	struct fhda f;

	fhda_open(&f);
	assert_int_equal(guest_config_read(&f.guest, 0, 4), 0x293e8086);
	assert_int_equal(guest_config_read(&f.guest, PCI_CLASS_REVISION, 4) >> 8, 0x040300);
	assert_int_equal(guest_config_read(&f.guest, 0x40, 1), 1);
	assert_int_equal(guest_config_read(&f.guest, PCI_CAPABILITY_LIST, 1), 0x60);
	assert_int_equal(guest_config_read(&f.guest, 0x60, 1), PCI_CAP_ID_MSI);
	guest_config_write(&f.guest, 0x44, 1, 0xff);
	assert_int_equal(guest_config_read(&f.guest, 0x44, 1), 7);
	fhda_close(&f);
}

static void reset_forgets_all_and_finds_the_codec(void **state)
{
	struct fhda f;

	fhda_open(&f);
	/* In reset nothing but the bit that ends it can be written. */
	fhda_write(&f, HDA_CORBLBASE, 4, 0x1000);
	assert_int_equal(fhda_read(&f, HDA_CORBLBASE, 4), 0);
	assert_int_equal(fhda_read(&f, HDA_STATESTS, 2), 0);
	fhda_write(&f, HDA_GCTL, 4, HDA_GCTL_CRST);
	assert_int_equal(fhda_read(&f, HDA_GCTL, 4), HDA_GCTL_CRST);
	assert_int_equal(fhda_read(&f, HDA_STATESTS, 2), 1);
	fhda_write(&f, HDA_STATESTS, 2, 1);
	assert_int_equal(fhda_read(&f, HDA_STATESTS, 2), 0);
	fhda_write(&f, HDA_CORBLBASE, 4, 0x1000);
	fhda_write(&f, HDA_GCTL, 4, 0);
	assert_int_equal(fhda_read(&f, HDA_GCTL, 4), 0);
	assert_int_equal(fhda_read(&f, HDA_CORBLBASE, 4), 0);
	fhda_close(&f);
}

static void flush_is_done_at_once(void **state)
{
	struct fhda f;

	fhda_open(&f);
	fhda_write(&f, HDA_GCTL, 4, HDA_GCTL_CRST);
	fhda_write(&f, HDA_GCTL, 4, HDA_GCTL_CRST | HDA_GCTL_FCNTRL);
	assert_int_equal(fhda_read(&f, HDA_GSTS, 2), HDA_GSTS_FSTS);
	fhda_write(&f, HDA_GSTS, 2, HDA_GSTS_FSTS);
	assert_int_equal(fhda_read(&f, HDA_GSTS, 2), 0);
	fhda_close(&f);
}

static void wall_clock_has_24_mhz(void **state)
{
	struct fhda f;
	u32 before;

	fhda_open(&f);
	fhda_write(&f, HDA_GCTL, 4, HDA_GCTL_CRST);
	before = fhda_read(&f, HDA_WALCLK, 4);
	fake_clock_pass(&f.clock, NS_PER_S);
	assert_int_equal(fhda_read(&f, HDA_WALCLK, 4) - before, 24000000);
	assert_int_equal(fhda_read(&f, HDA_ALIAS + HDA_WALCLK, 4) - before, 24000000);
	/* It goes around after three minutes. */
	fake_clock_pass(&f.clock, 3600 * NS_PER_S);
	assert_int_equal(fhda_read(&f, HDA_WALCLK, 4) - before, (u32)(3601 * 24000000ull));
	fhda_close(&f);
}

static void pointers_are_reset_as_drivers_do(void **state)
{
	struct fhda f;

	fhda_open(&f);
	fhda_start(&f);
	assert_int_equal(fhda_ask(&f, 0xf0000), 0x1af40022);
	fhda_write(&f, HDA_CORBRP, 2, 0x8000);
	assert_int_equal(fhda_read(&f, HDA_CORBRP, 2), 0x8000);
	fhda_write(&f, HDA_CORBRP, 2, 0);
	assert_int_equal(fhda_read(&f, HDA_CORBRP, 2), 0);
	fhda_write(&f, HDA_RIRBWP, 2, 0x8000);
	assert_int_equal(fhda_read(&f, HDA_RIRBWP, 2), 0);
	fhda_close(&f);
}

static void put(struct fhda *f, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		put_le32(guest_at(&f->guest, f->corb + 4u * ++f->corb_at), 0xf0000);
	fhda_write(f, HDA_CORBWP, 2, f->corb_at);
}

static void answers_interrupt_by_their_number(void **state)
{
	struct fhda f;

	fhda_open(&f);
	fhda_start(&f);
	fhda_write(&f, HDA_RINTCNT, 2, 2);
	put(&f, 5);
	irq_fake_deliver();
	/* Two answers, and the others wait until the driver has seen them. */
	assert_int_equal(fhda_read(&f, HDA_RIRBWP, 2), 2);
	assert_int_equal(irq_fake_delivered(GUEST_MSI, 0x40), 1);
	assert_int_equal(fhda_read(&f, HDA_INTSTS, 4), 0xc0000000);
	fhda_write(&f, HDA_RIRBSTS, 1, HDA_RIRBSTS_INT);
	assert_int_equal(fhda_read(&f, HDA_RIRBWP, 2), 4);
	fhda_write(&f, HDA_RIRBSTS, 1, HDA_RIRBSTS_INT);
	/* The last one interrupts alone, as nothing comes after it. */
	assert_int_equal(fhda_read(&f, HDA_RIRBWP, 2), 5);
	irq_fake_deliver();
	assert_int_equal(fhda_read(&f, HDA_RIRBSTS, 1), HDA_RIRBSTS_INT);
	fhda_write(&f, HDA_RIRBSTS, 1, HDA_RIRBSTS_INT);
	assert_int_equal(fhda_read(&f, HDA_INTSTS, 4), 0);
	fhda_close(&f);
}

/* A driver that polls takes all answers at once, and no codec answers at the other addresses. */
static void polling_needs_no_acknowledgement(void **state)
{
	struct fhda f;

	fhda_open(&f);
	fhda_start(&f);
	fhda_write(&f, HDA_RIRBCTL, 1, HDA_RIRBCTL_DMA);
	put(&f, 255);
	assert_int_equal(fhda_read(&f, HDA_RIRBWP, 2), 255);
	put_le32(guest_at(&f.guest, f.corb), 0x100f0000);
	fhda_write(&f, HDA_CORBWP, 2, 0);
	assert_int_equal(fhda_read(&f, HDA_CORBRP, 2), 0);
	assert_int_equal(fhda_read(&f, HDA_RIRBWP, 2), 255);
	fhda_close(&f);
}

static void ring_outside_memory_is_an_error(void **state)
{
	struct fhda f;

	fhda_open(&f);
	fhda_start(&f);
	fhda_write(&f, HDA_CORBCTL, 1, HDA_CORBCTL_RUN | HDA_CORBCTL_MEIE);
	fhda_write(&f, HDA_CORBUBASE, 4, 0xffffffff);
	fhda_write(&f, HDA_CORBLBASE, 4, 0xffffff80);
	fhda_write(&f, HDA_CORBWP, 2, 9);
	irq_fake_deliver();
	assert_int_equal(fhda_read(&f, HDA_CORBSTS, 1), HDA_CORBSTS_MEI);
	assert_int_equal(fhda_read(&f, HDA_CORBCTL, 1), HDA_CORBCTL_MEIE);
	assert_int_equal(irq_fake_delivered(GUEST_MSI, 0x40), 1);
	fhda_close(&f);
}

/* 3.4.1: a driver without rings, or a firmware. */
static void immediate_commands_are_answered(void **state)
{
	struct fhda f;

	fhda_open(&f);
	fhda_write(&f, HDA_GCTL, 4, HDA_GCTL_CRST);
	fhda_write(&f, HDA_ICOI, 4, 0xf0004);
	fhda_write(&f, HDA_ICIS, 2, HDA_ICIS_BUSY);
	assert_int_equal(fhda_read(&f, HDA_ICIS, 2), HDA_ICIS_VALID);
	assert_int_equal(fhda_read(&f, HDA_ICII, 4), 0x00010001);
	fhda_write(&f, HDA_ICIS, 2, HDA_ICIS_VALID);
	assert_int_equal(fhda_read(&f, HDA_ICIS, 2), 0);
	/* Nobody is there. */
	fhda_write(&f, HDA_ICOI, 4, 0x300f0004);
	fhda_write(&f, HDA_ICIS, 2, HDA_ICIS_BUSY);
	assert_int_equal(fhda_read(&f, HDA_ICIS, 2), 0);
	fhda_close(&f);
}

static void without_msi_the_pin_is_asserted(void **state)
{
	struct fhda f;

	fhda_open(&f);
	fhda_start(&f);
	guest_config_write(&f.guest, 0x62, 2, 0);
	put(&f, 1);
	guest_step(&f.guest);
	assert_true(irq_fake_line(GUEST_GSI));
	fhda_write(&f, HDA_RIRBSTS, 1, HDA_RIRBSTS_INT);
	guest_step(&f.guest);
	assert_false(irq_fake_line(GUEST_GSI));
	fhda_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_are_the_specifications),
		cmocka_unit_test(function_is_what_drivers_look_for),
		cmocka_unit_test(reset_forgets_all_and_finds_the_codec),
		cmocka_unit_test(flush_is_done_at_once),
		cmocka_unit_test(wall_clock_has_24_mhz),
		cmocka_unit_test(pointers_are_reset_as_drivers_do),
		cmocka_unit_test(answers_interrupt_by_their_number),
		cmocka_unit_test(polling_needs_no_acknowledgement),
		cmocka_unit_test(ring_outside_memory_is_an_error),
		cmocka_unit_test(immediate_commands_are_answered),
		cmocka_unit_test(without_msi_the_pin_is_asserted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
