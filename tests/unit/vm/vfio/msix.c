// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <errno.h>

#include "base/bytes.h"
#include "fake_irq.h"
#include "fake_vfio.h"

#define MSIX  0x70
#define BAR   0xd0000000ull
#define TABLE 0x2000
#define PBA   0x2800
#define INDEX VFIO_PCI_MSIX_IRQ_INDEX

struct world {
	struct sim sim;
	struct sim_machine machine;
	struct vfio_pci vp;
};

static void set_up(struct world *w, unsigned nr, bool resizes)
{
	sim_open(&w->sim);
	sim_add_bar(&w->sim, 1, 64 * KIB, 0);
	sim_add_msix(&w->sim, MSIX, nr, TABLE | 1, PBA | 1);
	if (resizes)
		w->sim.irqs[INDEX].flags = 0;
	sim_machine_open(&w->machine);
	sim_assign(&w->machine, &w->sim, &w->vp, false, NULL);
	sim_write(&w->vp, PCI_BASE_ADDRESS_1, 4, BAR);
	sim_write(&w->vp, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static void tear_down(struct world *w)
{
	vfio_pci_close(&w->vp);
	assert_int_equal(irq_fake_routes(), 0);
	assert_int_equal(irq_fake_attached(), 0);
	sim_machine_close(&w->machine);
	sim_close(&w->sim);
}

static void set_flags(struct world *w, u16 flags)
{
	sim_write(&w->vp, MSIX + PCI_MSIX_FLAGS, 2, flags);
}

static void set_entry(struct world *w, unsigned n, u64 address, u32 data, u32 control)
{
	u64 entry = BAR + TABLE + n * PCI_MSIX_ENTRY_SIZE;

	bus_write(&w->machine.mmio, entry, 4, (u32)address);
	bus_write(&w->machine.mmio, entry + 4, 4, address >> 32);
	bus_write(&w->machine.mmio, entry + 8, 4, data);
	bus_write(&w->machine.mmio, entry + 12, 4, control);
}

static u64 pending(struct world *w)
{
	return bus_read(&w->machine.mmio, BAR + PBA, 8);
}

static void table_is_ours(void **state)
{
	struct world w;

	set_up(&w, 8, false);
	assert_int_equal(sim_read(&w.vp, MSIX + PCI_MSIX_FLAGS, 2), 7);
	assert_int_equal(sim_read(&w.vp, MSIX + PCI_MSIX_TABLE, 4), TABLE | 1);
	/* All masked after a reset. */
	assert_int_equal(bus_read(&w.machine.mmio, BAR + TABLE + 7 * 16 + 12, 4), 1);
	set_entry(&w, 3, 0x1fee03000, 0x77, 0xfffffffe);
	assert_int_equal(bus_read(&w.machine.mmio, BAR + TABLE + 3 * 16, 4), 0xfee03000);
	assert_true(bus_read(&w.machine.mmio, BAR + TABLE + 3 * 16, 8) == 0x1fee03000);
	assert_int_equal(bus_read(&w.machine.mmio, BAR + TABLE + 3 * 16 + 8, 4), 0x77);
	/* Of the control word only the mask is there. */
	assert_int_equal(bus_read(&w.machine.mmio, BAR + TABLE + 3 * 16 + 12, 4), 0);
	assert_int_equal(w.sim.regions[1].writes, 0);

	/* Next to the table is the device. */
	bus_write(&w.machine.mmio, BAR + TABLE + 8 * 16, 4, 0xabcd);
	assert_int_equal(get_le32(w.sim.regions[1].mem + TABLE + 8 * 16), 0xabcd);
	/* An access across the end takes a part of each. */
	bus_write(&w.machine.mmio, BAR + TABLE + 8 * 16 - 4, 8, 0x1122334400000000);
	assert_int_equal(get_le32(w.sim.regions[1].mem + TABLE + 8 * 16), 0x11223344);
	assert_int_equal(get_le32(w.sim.regions[1].mem + TABLE + 8 * 16 - 4), 0);
	assert_true(bus_read(&w.machine.mmio, BAR + TABLE + 8 * 16 - 4, 8) == 0x1122334400000000);
	/* Pending bits take no writes. */
	bus_write(&w.machine.mmio, BAR + PBA, 4, ~0u);
	assert_int_equal(pending(&w), 0);
	tear_down(&w);
}

/* As Linux does it: enable with the function masked, fill, unmask the function, then vectors. */
static void enable_like_linux(struct world *w, unsigned nr)
{
	set_flags(w, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	for (unsigned i = 0; i < nr; i++)
		set_entry(w, i, 0xfee00000, 0x40 + i, 1);
	set_flags(w, PCI_MSIX_FLAGS_ENABLE);
	for (unsigned i = 0; i < nr; i++)
		set_entry(w, i, 0xfee00000, 0x40 + i, 0);
}

static void interrupts_arrive(struct world *w, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		assert_true(sim_raise(&w->sim, INDEX, i));
	assert_int_equal(irq_fake_deliver(), nr);
	for (unsigned i = 0; i < nr; i++)
		assert_int_equal(irq_fake_delivered(0xfee00000, 0x40 + i), 1);
}

static void small_table_is_given_once(void **state)
{
	struct world w;

	set_up(&w, 8, false);
	set_flags(&w, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	assert_true(w.sim.on[INDEX]);
	assert_false(w.sim.on[VFIO_PCI_INTX_IRQ_INDEX]);
	assert_int_equal(irq_fake_attached(), 0);
	enable_like_linux(&w, 8);
	assert_int_equal(w.sim.starts[INDEX], 1);
	interrupts_arrive(&w, 8);

	set_flags(&w, 0);
	assert_false(w.sim.on[INDEX]);
	assert_true(w.sim.on[VFIO_PCI_INTX_IRQ_INDEX]);
	assert_int_equal(irq_fake_attached(), 1); /* INTx */
	tear_down(&w);
}

static void kernel_that_takes_vectors_later(void **state)
{
	struct world w;

	set_up(&w, 100, true);
	enable_like_linux(&w, 3);
	assert_int_equal(w.sim.starts[INDEX], 1);
	assert_true(w.sim.fds[INDEX][2] >= 0);
	assert_int_equal(w.sim.fds[INDEX][3], -1);
	interrupts_arrive(&w, 3);
	/* The 90th alone: nothing in between. */
	set_entry(&w, 90, 0xfee00000, 0x99, 0);
	assert_true(sim_raise(&w.sim, INDEX, 90));
	assert_int_equal(w.sim.fds[INDEX][89], -1);
	assert_int_equal(irq_fake_deliver(), 1);
	assert_int_equal(w.sim.starts[INDEX], 1);
	tear_down(&w);
}

static void growing_loses_no_interrupt(void **state)
{
	struct world w;

	set_up(&w, 100, false);
	enable_like_linux(&w, 1);
	interrupts_arrive(&w, 1);
	/* The restart for vector 50 may swallow one of vector 0: it gets one to be sure. */
	set_entry(&w, 50, 0xfee00000, 0x90, 0);
	assert_true(w.sim.starts[INDEX] > 1);
	assert_int_equal(irq_fake_deliver(), 1);
	assert_int_equal(irq_fake_delivered(0xfee00000, 0x40), 2);
	assert_true(sim_raise(&w.sim, INDEX, 50));
	assert_true(sim_raise(&w.sim, INDEX, 0));
	assert_int_equal(irq_fake_deliver(), 2);
	/* It grew ahead: the next vectors cost nothing. */
	unsigned starts = w.sim.starts[INDEX];

	set_entry(&w, 51, 0xfee00000, 0x91, 0);
	assert_int_equal(w.sim.starts[INDEX], starts);
	tear_down(&w);
}

static void masking_keeps_what_arrives(void **state)
{
	struct world w;

	set_up(&w, 8, false);
	enable_like_linux(&w, 3);
	set_entry(&w, 1, 0xfee00000, 0x41, 1);
	sim_raise(&w.sim, INDEX, 0);
	sim_raise(&w.sim, INDEX, 1);
	sim_raise(&w.sim, INDEX, 1);
	assert_int_equal(irq_fake_deliver(), 1);
	assert_int_equal(pending(&w), 2);
	assert_int_equal(bus_read(&w.machine.mmio, BAR + PBA, 1), 2);
	/* The message is changed while it is masked: the new one is delivered, once. */
	set_entry(&w, 1, 0xfee05000, 0xaa, 0);
	assert_int_equal(irq_fake_deliver(), 1);
	assert_int_equal(irq_fake_delivered(0xfee05000, 0xaa), 1);
	assert_int_equal(pending(&w), 0);
	/* What was delivered is neither pending nor delivered again. */
	set_entry(&w, 1, 0xfee05000, 0xaa, 1);
	assert_int_equal(pending(&w), 0);
	set_entry(&w, 1, 0xfee05000, 0xaa, 0);
	assert_int_equal(irq_fake_deliver(), 0);

	/* The function's mask masks all. */
	set_flags(&w, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	sim_raise(&w.sim, INDEX, 0);
	sim_raise(&w.sim, INDEX, 2);
	assert_int_equal(irq_fake_deliver(), 0);
	assert_int_equal(pending(&w), 5);
	set_flags(&w, PCI_MSIX_FLAGS_ENABLE);
	assert_int_equal(irq_fake_deliver(), 2);
	tear_down(&w);
}

static void message_changes_without_a_mask(void **state)
{
	struct world w;

	set_up(&w, 4, false);
	enable_like_linux(&w, 1);
	bus_write(&w.machine.mmio, BAR + TABLE + 8, 4, 0x55);
	sim_raise(&w.sim, INDEX, 0);
	irq_fake_deliver();
	assert_int_equal(irq_fake_delivered(0xfee00000, 0x55), 1);
	assert_int_equal(irq_fake_routes(), 1);
	tear_down(&w);
}

static void table_outside_of_its_bar(void **state)
{
	static const u32 tables[] = { 0xfff0 | 1, 0x10000 | 1, TABLE | 5, TABLE | 6 };
	struct vfio_options options = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		struct world w;
		struct err err = { 0 };

		sim_open(&w.sim);
		sim_add_bar(&w.sim, 1, 64 * KIB, 0);
		sim_add_msix(&w.sim, MSIX, 8, tables[i], PBA | 1);
		sim_machine_open(&w.machine);
		assert_int_equal(vfio_pci_open(&w.vp, (struct pci_addr){ 0 }, &w.sim.dev, &options,
					 &w.machine.watcher, &err),
			0);
		assert_int_equal(
			vfio_pci_attach(&w.vp, &w.machine.behind, 0, false, &err), -EPROTO);
		assert_non_null(strstr(err.text, "MSI-X table"));
		assert_null(w.machine.behind.devs[0]);
		tear_down(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_ours),
		cmocka_unit_test(small_table_is_given_once),
		cmocka_unit_test(kernel_that_takes_vectors_later),
		cmocka_unit_test(growing_loses_no_interrupt),
		cmocka_unit_test(masking_keeps_what_arrives),
		cmocka_unit_test(message_changes_without_a_mask),
		cmocka_unit_test(table_outside_of_its_bar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
