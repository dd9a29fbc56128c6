// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include "base/bytes.h"
#include "fake_irq.h"
#include "fake_vfio.h"

#define INDEX VFIO_PCI_INTX_IRQ_INDEX
#define BAR   0xd0000000ull

struct world {
	struct sim sim;
	struct sim_machine machine;
	struct vfio_pci vp;
};

static void set_up(struct world *w, bool no_resample)
{
	sim_open(&w->sim);
	sim_put(&w->sim, PCI_INTERRUPT_PIN, 1, 2);
	sim_add_bar(&w->sim, 0, 64 * KIB, 0);
	sim_machine_open(&w->machine);
	irq_fake_no_resample(no_resample);
	sim_assign(&w->machine, &w->sim, &w->vp, false, NULL);
	sim_write(&w->vp, PCI_BASE_ADDRESS_0, 4, BAR);
	sim_write(&w->vp, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
}

static void tear_down(struct world *w)
{
	vfio_pci_close(&w->vp);
	assert_false(w->sim.on[INDEX]);
	assert_int_equal(irq_fake_attached(), 0);
	for (unsigned gsi = 0; gsi < IRQ_NR_PINS; gsi++)
		assert_false(irq_fake_line(gsi));
	sim_machine_close(&w->machine);
	sim_close(&w->sim);
}

/* Behind the port in slot 1: pin B of device 0 comes out as (1 + 0 + 1) % 4. */
#define GSI 18

static void level_until_the_guest_has_served_it(void **state)
{
	struct world w;

	set_up(&w, false);
	assert_int_equal(irq_fake_level_gsi(), GSI);
	sim_set_intx(&w.sim, true);
	assert_true(w.sim.intx_masked);
	assert_int_equal(irq_fake_deliver(), 1);
	assert_true(irq_fake_line(GSI));

	/* An EOI while the device still raises its line: it begins anew. */
	irq_fake_eoi(GSI);
	assert_false(irq_fake_line(GSI));
	sim_run_unmask(&w.sim);
	assert_int_equal(irq_fake_deliver(), 1);
	assert_true(irq_fake_line(GSI));

	sim_set_intx(&w.sim, false);
	irq_fake_eoi(GSI);
	sim_run_unmask(&w.sim);
	assert_int_equal(irq_fake_deliver(), 0);
	assert_false(w.sim.intx_masked);
	tear_down(&w);
}

static void pin_moves_to_another_gsi(void **state)
{
	struct world w;

	set_up(&w, false);
	/* It waits on the old line, whose EOI will not come. */
	sim_set_intx(&w.sim, true);
	irq_fake_deliver();
	w.machine.gsi_base = 4;
	pci_bus_intx_moved(&w.machine.host.root);
	assert_int_equal(irq_fake_level_gsi(), GSI - 12);
	assert_false(irq_fake_line(GSI));
	assert_int_equal(irq_fake_deliver(), 1);
	assert_true(irq_fake_line(GSI - 12));
	tear_down(&w);
}

static void function_without_a_pin(void **state)
{
	struct world w;

	sim_open(&w.sim);
	sim_put(&w.sim, PCI_INTERRUPT_PIN, 1, 0);
	sim_machine_open(&w.machine);
	sim_assign(&w.machine, &w.sim, &w.vp, false, NULL);
	assert_false(w.sim.on[INDEX]);
	assert_int_equal(irq_fake_attached(), 0);
	tear_down(&w);
}

static unsigned live_segments(const struct world *w)
{
	unsigned n = 0;

	for (size_t i = 0; i < w->machine.mem.views[FLAT_VIEW_NORMAL].nr_segments; i++)
		n += w->machine.mem.views[FLAT_VIEW_NORMAL].segments[i].live;
	return n;
}

static void without_resampling_an_access_ends_it(void **state)
{
	struct world w;

	set_up(&w, true);
	assert_int_equal(irq_fake_attached(), 0);
	assert_int_equal(live_segments(&w), 0); /* each access exits */
	sim_set_intx(&w.sim, true);
	sim_machine_step(&w.machine);
	assert_true(irq_fake_line(GSI));
	assert_true(w.sim.intx_masked);

	/* The handler's access, before the device has let go: the line rises again. */
	bus_read(&w.machine.mmio, BAR, 4);
	assert_false(irq_fake_line(GSI));
	sim_machine_step(&w.machine);
	assert_true(irq_fake_line(GSI));

	sim_set_intx(&w.sim, false);
	bus_write(&w.machine.mmio, BAR + 8, 4, 1);
	assert_false(irq_fake_line(GSI));
	assert_false(w.sim.intx_masked);
	sim_machine_step(&w.machine);
	assert_false(irq_fake_line(GSI));

	/* Closing while the line is up leaves it down. */
	sim_set_intx(&w.sim, true);
	sim_machine_step(&w.machine);
	tear_down(&w);
}

static void pages_come_back_with_resampling(void **state)
{
	struct world w;

	set_up(&w, true);
	irq_fake_no_resample(false);
	w.machine.gsi_base = 8;
	pci_bus_intx_moved(&w.machine.host.root);
	assert_int_equal(irq_fake_level_gsi(), GSI - 8);
	assert_int_equal(live_segments(&w), 1);
	tear_down(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(level_until_the_guest_has_served_it),
		cmocka_unit_test(pin_moves_to_another_gsi),
		cmocka_unit_test(function_without_a_pin),
		cmocka_unit_test(without_resampling_an_access_ends_it),
		cmocka_unit_test(pages_come_back_with_resampling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
