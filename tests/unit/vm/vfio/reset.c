// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <errno.h>

#include "base/bytes.h"
#include "fake_irq.h"
#include "fake_vfio.h"
#include "vm/vfio/reset.h"

#define PM     0x60
#define AF_CAP 0x68
#define EXP    0x78
#define MSIX   0xc8

/* A card and its audio function, in groups 7 and 8 (or the same). */
struct world {
	struct sim sims[2];
	struct sim_machine machine;
	struct vfio_pci vps[2];
	struct vfio_pci *devices[2];
	u32 ids[2];
	s32 fds[2];
	struct vfio_owned owned;
	char log[200];
};

enum reset_kinds { FLR = 1, POWER = 2, NONE = 4, SPECIFIC = 8, AF = 16 };

static void make_function(struct world *w, unsigned fn, unsigned kinds)
{
	struct vfio_options options = { 0 };
	struct sim *sim = &w->sims[fn];
	struct err err = { 0 };

	sim_open(sim);
	sim->log = w->log;
	sim_add_bar(sim, 0, 64 * KIB, 0);
	sim_add_cap(sim, PCI_CAP_ID_PM, PM);
	sim_put(sim, PM + PCI_PM_CTRL, 2, kinds & POWER ? 0 : PCI_PM_CTRL_NO_SOFT_RESET);
	sim_add_cap(sim, PCI_CAP_ID_AF, AF_CAP);
	sim_put(sim, AF_CAP + PCI_AF_CAP, 1, kinds & AF ? PCI_AF_CAP_FLR | PCI_AF_CAP_TP : 0);
	sim_add_exp(sim, EXP, PCI_EXP_TYPE_ENDPOINT, kinds & FLR ? PCI_EXP_DEVCAP_FLR : 0);
	sim_add_msix(sim, MSIX, 4, 0x1000, 0x2000);
	if (kinds & NONE)
		sim->info.flags &= ~VFIO_DEVICE_FLAGS_RESET;
	sim->nr_dependents = 2;
	sim->dependents[0] = (struct vfio_pci_dependent_device){ .group_id = 7, .bus = 1 };
	sim->dependents[1] =
		(struct vfio_pci_dependent_device){ .group_id = 8, .bus = 1, .devfn = 1 };
	assert_int_equal(vfio_pci_open(&w->vps[fn], (struct pci_addr){ .bus = 1, .fn = (u8)fn },
				 &sim->dev, &options, &w->machine.watcher, &err),
		0);
	w->vps[fn].specific_reset = kinds & SPECIFIC;
	w->vps[fn].owned = &w->owned;
	w->devices[fn] = &w->vps[fn];
}

static void set_up(struct world *w, unsigned kinds, unsigned nr_groups)
{
	memset(w, 0, sizeof(*w));
	sim_machine_open(&w->machine);
	for (unsigned i = 0; i < 2; i++) {
		make_function(w, i, kinds);
		w->ids[i] = 7 + i;
		w->fds[i] = 100 + (s32)i;
	}
	w->owned = (struct vfio_owned){ w->devices, 2, w->ids, w->fds, nr_groups };
}

static void attach(struct world *w)
{
	struct err err = { 0 };

	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(
			vfio_pci_attach(&w->vps[i], &w->machine.behind, (u8)i, true, &err), 0);
		sim_write(&w->vps[i], PCI_BASE_ADDRESS_0, 4, 0xd0000000 + i * 0x10000);
		sim_write(&w->vps[i], PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	}
}

static void tear_down(struct world *w)
{
	for (unsigned i = 0; i < 2; i++)
		vfio_pci_close(&w->vps[i]);
	sim_machine_close(&w->machine);
	for (unsigned i = 0; i < 2; i++)
		sim_close(&w->sims[i]);
}

static void best_reset_at_the_start(void **state)
{
	static const struct {
		unsigned kinds, nr_groups;
		const char *log;
	} cases[] = {
		{ FLR, 2, "reset reset " },
		{ FLR | POWER, 2, "reset reset " },
		{ AF | POWER, 2, "reset reset " },
		{ POWER | SPECIFIC, 2, "reset reset " },
		/* A way of the kernel's that is not a change of power state. */
		{ 0, 2, "reset reset " },
		/* Power state only: the bus is better, once for both. */
		{ POWER, 2, "hot " },
		{ NONE, 2, "hot " },
		/* A group that is another's: what is left, or nothing. */
		{ POWER, 1, "reset reset " },
		{ NONE, 1, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world w;

		set_up(&w, cases[i].kinds, cases[i].nr_groups);
		vfio_reset_all(&w.owned);
		assert_string_equal(w.log, cases[i].log);
		if (w.sims[0].hot_resets)
			assert_int_equal(w.sims[0].hot_reset_groups, 2);
		tear_down(&w);
	}
}

static void a_reset_that_fails_is_followed_by_the_next(void **state)
{
	struct world w;

	set_up(&w, FLR, 2);
	w.sims[0].reset_error = EIO;
	vfio_reset_all(&w.owned);
	/* The bus took function 1 along. */
	assert_string_equal(w.log, "reset hot ");
	tear_down(&w);

	set_up(&w, POWER, 2);
	w.sims[0].hot_reset_error = EINVAL;
	w.sims[1].hot_reset_error = EINVAL;
	vfio_reset_all(&w.owned);
	assert_string_equal(w.log, "hot reset hot reset ");
	tear_down(&w);
}

/* A kernel that is busy with a device is asked again, unless it is taking the device away. */
static void a_busy_kernel_is_asked_again(void **state)
{
	struct world w;

	set_up(&w, FLR, 1);
	w.sims[0].busy = 7;
	vfio_reset_all(&w.owned);
	assert_int_equal(w.sims[0].resets + w.sims[0].hot_resets, 1);
	assert_true(w.vps[0].pristine);
	tear_down(&w);

	set_up(&w, FLR, 1);
	w.vps[0].leaving = true;
	w.sims[0].busy = 1000;
	vfio_reset_all(&w.owned);
	assert_int_equal(w.sims[0].resets, 0);
	/* The bus has no reset here, so the function is tried twice. */
	assert_int_equal(w.sims[0].busy, 1000 - 2);
	tear_down(&w);
}

static void one_group_vouches_once(void **state)
{
	struct world w;

	set_up(&w, POWER, 1);
	w.sims[0].dependents[1].group_id = 7;
	vfio_reset_all(&w.owned);
	assert_int_equal(w.sims[0].hot_reset_groups, 1);
	tear_down(&w);
}

static void dma_is_off_before_and_nothing_twice(void **state)
{
	struct world w;

	set_up(&w, POWER, 2);
	vfio_reset_all(&w.owned);
	attach(&w);
	put_le16(w.sims[0].config + PM + PCI_PM_CTRL, 3);
	vfio_reset_all(&w.owned);
	assert_string_equal(w.log, "hot hot ");
	assert_false(w.sims[0].decoding_at_reset);
	/* It was woken: a bus reset of what sleeps may not come back. */
	assert_int_equal(w.sims[0].config[PM + PCI_PM_CTRL] & 3, 0);
	vfio_reset_all(&w.owned);
	assert_string_equal(w.log, "hot hot ");
	tear_down(&w);
}

static void guest_resets_the_bus(void **state)
{
	struct world w;

	set_up(&w, POWER, 2);
	vfio_reset_all(&w.owned);
	attach(&w);
	w.log[0] = '\0';
	/* MSI-X is on and a vector unmasked; all of that is gone after. */
	sim_write(&w.vps[0], MSIX + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
	bus_write(&w.machine.mmio, 0xd000100c, 4, 0);
	assert_true(w.sims[0].on[VFIO_PCI_MSIX_IRQ_INDEX]);

	pci_bus_reset(&w.machine.behind);
	assert_string_equal(w.log, "hot ");
	assert_false(w.sims[0].decoding_at_reset);
	assert_false(w.sims[0].on[VFIO_PCI_MSIX_IRQ_INDEX]);
	assert_true(w.sims[0].on[VFIO_PCI_INTX_IRQ_INDEX]);
	assert_int_equal(sim_read(&w.vps[0], PCI_COMMAND, 2), 0);
	assert_int_equal(sim_read(&w.vps[0], PCI_BASE_ADDRESS_0, 4), 0);
	sim_write(&w.vps[0], PCI_BASE_ADDRESS_0, 4, 0xd0000000);
	sim_write(&w.vps[0], PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_int_equal(bus_read(&w.machine.mmio, 0xd000100c, 4), 1);
	tear_down(&w);
}

/* Function 1 sits on another bus of the guest, in use: function 0 must not take it along. */
static void guest_reset_spares_other_buses(void **state)
{
	struct err err = { 0 };
	struct world w;

	set_up(&w, POWER, 2);
	assert_int_equal(vfio_pci_attach(&w.vps[0], &w.machine.behind, 0, false, &err), 0);
	assert_int_equal(vfio_pci_attach(&w.vps[1], &w.machine.host.root, 0x30, false, &err), 0);
	sim_write(&w.vps[0], PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	sim_write(&w.vps[1], PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	pci_bus_reset(&w.machine.behind);
	assert_string_equal(w.log, "reset ");
	assert_int_equal(w.sims[1].resets, 0);
	tear_down(&w);
}

/* The kernel resets the hardware at the guest's write; to the guest all registers are new. */
static void guest_resets_the_function(void **state)
{
	static const struct {
		unsigned kinds;
		u16 reg, value;
		unsigned size;
		bool resets;
	} cases[] = {
		{ FLR, EXP + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR, 2, true },
		{ FLR, EXP + PCI_EXP_DEVCTL + 1, 0x80, 1, true },
		{ FLR, EXP + PCI_EXP_DEVCTL, 0x2810, 4, false },
		/* Without the capability the bit means nothing, or something else. */
		{ 0, EXP + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR, 2, false },
		{ AF, AF_CAP + PCI_AF_CTRL, PCI_AF_CTRL_FLR, 1, true },
		{ 0, AF_CAP + PCI_AF_CTRL, PCI_AF_CTRL_FLR, 1, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world w;
		struct vfio_pci *vp = &w.vps[0];

		set_up(&w, cases[i].kinds, 2);
		attach(&w);
		sim_write(vp, MSIX + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
		w.sims[0].config_writes[cases[i].reg] = 0;
		sim_write(vp, cases[i].reg, cases[i].size, cases[i].value);
		assert_int_equal(w.sims[0].config_writes[cases[i].reg], 1);
		assert_int_equal(
			get_le(w.sims[0].config + cases[i].reg, cases[i].size), cases[i].value);
		assert_int_equal(sim_read(vp, PCI_COMMAND, 2) == 0, cases[i].resets);
		assert_int_equal(sim_read(vp, PCI_BASE_ADDRESS_0, 4) == 0, cases[i].resets);
		assert_int_equal(w.sims[0].on[VFIO_PCI_INTX_IRQ_INDEX], cases[i].resets);
		assert_int_equal(w.sims[0].on[VFIO_PCI_MSIX_IRQ_INDEX], !cases[i].resets);
		/* Its neighbour goes on. */
		assert_int_equal(sim_read(&w.vps[1], PCI_COMMAND, 2), 6);
		tear_down(&w);
	}
}

static void host_speaks_up(void **state)
{
	struct world w;

	set_up(&w, FLR, 2);
	assert_true(sim_raise(&w.sims[1], VFIO_PCI_REQ_IRQ_INDEX, 0));
	sim_machine_step(&w.machine);
	assert_string_equal(w.machine.lost, "0000:01:00.1: the host takes the device back");
	assert_true(sim_raise(&w.sims[0], VFIO_PCI_ERR_IRQ_INDEX, 0));
	sim_machine_step(&w.machine);
	assert_string_equal(
		w.machine.lost, "0000:01:00.0: the device reported an uncorrectable error");
	tear_down(&w);
	assert_false(w.sims[0].on[VFIO_PCI_ERR_IRQ_INDEX]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(best_reset_at_the_start),
		cmocka_unit_test(a_reset_that_fails_is_followed_by_the_next),
		cmocka_unit_test(a_busy_kernel_is_asked_again),
		cmocka_unit_test(one_group_vouches_once),
		cmocka_unit_test(dma_is_off_before_and_nothing_twice),
		cmocka_unit_test(guest_resets_the_bus),
		cmocka_unit_test(guest_reset_spares_other_buses),
		cmocka_unit_test(guest_resets_the_function),
		cmocka_unit_test(host_speaks_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
