// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include "base/bytes.h"
#include "fake_irq.h"
#include "fake_vfio.h"

#define MSI 0x50

struct world {
	struct sim sim;
	struct sim_machine machine;
	struct vfio_pci vp;
};

/* @log2: what the device is capable of. */
static void set_up(struct world *w, u16 flags, unsigned log2)
{
	sim_open(&w->sim);
	sim_add_cap(&w->sim, PCI_CAP_ID_MSI, MSI);
	sim_put(&w->sim, MSI + PCI_MSI_FLAGS, 2, flags | log2 << 1);
	w->sim.irqs[VFIO_PCI_MSI_IRQ_INDEX].count = 1u << log2;
	sim_machine_open(&w->machine);
	sim_assign(&w->machine, &w->sim, &w->vp, false, NULL);
}

static void tear_down(struct world *w)
{
	vfio_pci_close(&w->vp);
	assert_int_equal(irq_fake_routes(), 0);
	assert_int_equal(irq_fake_attached(), 0);
	sim_machine_close(&w->machine);
	sim_close(&w->sim);
}

static void enable(struct world *w, unsigned log2)
{
	u16 flags = (u16)sim_read(&w->vp, MSI + PCI_MSI_FLAGS, 2);

	flags &= ~PCI_MSI_FLAGS_QSIZE;
	sim_write(&w->vp, MSI + PCI_MSI_FLAGS, 2, flags | log2 << 4 | PCI_MSI_FLAGS_ENABLE);
}

static void one_vector_32_bits(void **state)
{
	struct world w;

	set_up(&w, 0, 0);
	assert_true(w.sim.on[VFIO_PCI_INTX_IRQ_INDEX]);
	sim_write(&w.vp, MSI + PCI_MSI_ADDRESS_LO, 4, 0xfee01003);
	sim_write(&w.vp, MSI + PCI_MSI_DATA_32, 2, 0x4041);
	enable(&w, 0);
	/* INTx had to go first: the device has one kind of interrupt at a time. */
	assert_false(w.sim.on[VFIO_PCI_INTX_IRQ_INDEX]);
	assert_true(w.sim.on[VFIO_PCI_MSI_IRQ_INDEX]);
	/* The hardware's own registers are the host kernel's. */
	assert_int_equal(w.sim.config_writes[MSI + PCI_MSI_ADDRESS_LO], 0);
	assert_int_equal(w.sim.config_writes[MSI + PCI_MSI_FLAGS], 0);

	assert_true(sim_raise(&w.sim, VFIO_PCI_MSI_IRQ_INDEX, 0));
	assert_int_equal(irq_fake_deliver(), 1);
	assert_int_equal(irq_fake_delivered(0xfee01000, 0x4041), 1);

	/* The guest moves the interrupt to another processor while it is on. */
	sim_write(&w.vp, MSI + PCI_MSI_ADDRESS_LO, 4, 0xfee02000);
	sim_raise(&w.sim, VFIO_PCI_MSI_IRQ_INDEX, 0);
	irq_fake_deliver();
	assert_int_equal(irq_fake_delivered(0xfee02000, 0x4041), 1);
	assert_int_equal(w.sim.starts[VFIO_PCI_MSI_IRQ_INDEX], 1);

	sim_write(&w.vp, MSI + PCI_MSI_FLAGS, 2, 0);
	assert_false(w.sim.on[VFIO_PCI_MSI_IRQ_INDEX]);
	assert_true(w.sim.on[VFIO_PCI_INTX_IRQ_INDEX]);
	tear_down(&w);
}

static void several_vectors_64_bits(void **state)
{
	struct world w;

	set_up(&w, PCI_MSI_FLAGS_64BIT, 3);
	sim_write(&w.vp, MSI + PCI_MSI_ADDRESS_LO, 4, 0xfee00000);
	sim_write(&w.vp, MSI + PCI_MSI_ADDRESS_HI, 4, 1);
	sim_write(&w.vp, MSI + PCI_MSI_DATA_64, 2, 0x0043);
	enable(&w, 2);
	for (unsigned i = 0; i < 4; i++)
		assert_true(sim_raise(&w.sim, VFIO_PCI_MSI_IRQ_INDEX, i));
	assert_false(sim_raise(&w.sim, VFIO_PCI_MSI_IRQ_INDEX, 4));
	assert_int_equal(irq_fake_deliver(), 4);
	/* The vector takes the place of the data's low bits. */
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(irq_fake_delivered(0x1fee00000, 0x40 + i), 1);

	/* More than the device is capable of is as much as it is capable of. */
	enable(&w, 5);
	assert_true(sim_raise(&w.sim, VFIO_PCI_MSI_IRQ_INDEX, 7));
	assert_false(sim_raise(&w.sim, VFIO_PCI_MSI_IRQ_INDEX, 8));
	tear_down(&w);
}

static void host_with_fewer_vectors(void **state)
{
	struct world w;

	set_up(&w, PCI_MSI_FLAGS_64BIT, 3);
	w.sim.max_msi = 1;
	sim_write(&w.vp, MSI + PCI_MSI_ADDRESS_LO, 4, 0xfee00000);
	sim_write(&w.vp, MSI + PCI_MSI_DATA_64, 2, 0x30);
	enable(&w, 3);
	assert_true(sim_raise(&w.sim, VFIO_PCI_MSI_IRQ_INDEX, 0));
	assert_int_equal(irq_fake_deliver(), 1);
	assert_int_equal(irq_fake_delivered(0xfee00000, 0x30), 1);
	tear_down(&w);
}

static void masked_vectors_wait(void **state)
{
	static const struct {
		u16 flags;
		u16 mask, pending, data;
	} layouts[] = {
		{ PCI_MSI_FLAGS_MASKBIT, PCI_MSI_MASK_32, PCI_MSI_PENDING_32, PCI_MSI_DATA_32 },
		{ PCI_MSI_FLAGS_MASKBIT | PCI_MSI_FLAGS_64BIT, PCI_MSI_MASK_64, PCI_MSI_PENDING_64,
			PCI_MSI_DATA_64 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		struct world w;

		set_up(&w, layouts[i].flags, 1);
		sim_write(&w.vp, MSI + PCI_MSI_ADDRESS_LO, 4, 0xfee00000);
		sim_write(&w.vp, MSI + layouts[i].data, 2, 0x50);
		sim_write(&w.vp, MSI + layouts[i].mask, 4, 2);
		enable(&w, 1);
		sim_raise(&w.sim, VFIO_PCI_MSI_IRQ_INDEX, 0);
		sim_raise(&w.sim, VFIO_PCI_MSI_IRQ_INDEX, 1);
		assert_int_equal(irq_fake_deliver(), 1);
		assert_int_equal(sim_read(&w.vp, MSI + layouts[i].pending, 4), 2);

		sim_write(&w.vp, MSI + layouts[i].mask, 4, 0);
		assert_int_equal(irq_fake_deliver(), 1);
		assert_int_equal(irq_fake_delivered(0xfee00000, 0x51), 1);
		assert_int_equal(sim_read(&w.vp, MSI + layouts[i].pending, 4), 0);
		tear_down(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_vector_32_bits),
		cmocka_unit_test(several_vectors_64_bits),
		cmocka_unit_test(host_with_fewer_vectors),
		cmocka_unit_test(masked_vectors_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
