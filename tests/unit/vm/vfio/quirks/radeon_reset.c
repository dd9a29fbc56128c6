// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_card.h"

#define CLOCK 0x80000004
#define PC    0x80000370
#define RESET 0x80000000
#define FUSES 0xc00c0000
#define MISC  0xc0000010

struct smc_card {
	struct quirk_card card;
	u32 index;
	u32 clock, pc, reset, fuses, misc;
	unsigned busy; /* reads of the memory's size until the card is back */
	bool dead;     /* it never is */
	char order[200];
};

static u32 *smc_register(struct smc_card *smc)
{
	static u32 none;

	switch (smc->index) {
	case CLOCK:
		return &smc->clock;
	case PC:
		return &smc->pc;
	case RESET:
		return &smc->reset;
	case FUSES:
		return &smc->fuses;
	case MISC:
		return &smc->misc;
	}
	return &none;
}

static bool card_access(struct sim *sim, u32 region, u64 offset, u8 *bytes, size_t size, bool write)
{
	struct smc_card *smc = sim->card;

	if (region != 5 || size != 4)
		return false;
	assert_int_equal(get_le16(sim->config + PCI_COMMAND), PCI_COMMAND_MEMORY);
	if (offset == 0x200 && write) {
		smc->index = get_le32(bytes);
	} else if (offset == 0x204 && write) {
		*smc_register(smc) = get_le32(bytes);
		strcat(smc->order, smc->index == MISC    ? "misc "
				   : smc->index == RESET ? "reset "
							 : "clock ");
	} else if (offset == 0x204) {
		put_le32(bytes, *smc_register(smc));
	} else if (offset == 0x5428) {
		bool back = get_le32(sim->config + 0x7c) == 0x39d5e86b && !smc->dead && !smc->busy;

		if (smc->busy)
			smc->busy--;
		put_le32(bytes, back ? 0x2000 : ~0u);
		if (back)
			strcat(smc->order, "back ");
	}
	return true;
}

/* A Hawaii that no reset of the kernel's brings back. */
static void open_card(struct smc_card *smc, u16 device, bool kernel_resets)
{
	struct vfio_options options = { 0 };
	struct err err = { 0 };

	memset(smc, 0, sizeof(*smc));
	quirk_card_init(&smc->card, 0x1002, device);
	quirk_card_bar(&smc->card, 5, 256 * KIB, 0);
	if (!kernel_resets)
		smc->card.sim.info.flags = VFIO_DEVICE_FLAGS_PCI;
	smc->card.sim.access = card_access;
	smc->card.sim.card = smc;
	smc->card.sim.log = smc->order;
	smc->pc = 0x20100;
	sim_machine_open(&smc->card.machine);
	assert_int_equal(vfio_pci_open(&smc->card.vp, (struct pci_addr){ .bus = 1 },
				 &smc->card.sim.dev, &options, &smc->card.machine.watcher, &err),
		0);
}

static void reset_all(struct smc_card *smc)
{
	struct vfio_pci *devices[] = { &smc->card.vp };
	struct vfio_owned owned = { .devices = devices, .nr_devices = 1 };

	vfio_reset_all(&owned);
	assert_int_equal(get_le16(smc->card.sim.config + PCI_COMMAND), 0);
}

static void the_steps_in_their_order(void **state)
{
	struct smc_card smc;

	open_card(&smc, 0x67b0, false);
	smc.busy = 3;
	reset_all(&smc);
	assert_string_equal(smc.order, "misc back reset clock ");
	assert_int_equal(smc.misc, 2);
	assert_int_equal(smc.reset & 1, 1);
	assert_int_equal(smc.clock & 1, 1);
	assert_true(smc.card.vp.pristine);
	quirk_card_close(&smc.card);
}

static void the_scope_is_graphics_alone(void **state)
{
	static const struct {
		u32 fuses, before, after;
	} cases[] = { { 0, 0, 2 }, { 0, 2, 2 }, { 0x40, 0, 0 }, { 0x40, 2, 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct smc_card smc;

		open_card(&smc, 0x6658, false);
		smc.fuses = cases[i].fuses;
		smc.misc = cases[i].before;
		reset_all(&smc);
		assert_int_equal(smc.misc, cases[i].after);
		quirk_card_close(&smc.card);
	}
}

/* Nothing of the card is changed where its firmware does not run, or does not answer. */
static void not_without_a_running_smc(void **state)
{
	for (unsigned i = 0; i < 3; i++) {
		struct smc_card smc;

		open_card(&smc, 0x67b0, false);
		smc.clock = i == 0;
		smc.pc = i == 1 ? 0x200ff : 0x20100;
		smc.dead = i == 2;
		reset_all(&smc);
		assert_string_equal(smc.order, i == 2 ? "misc " : "");
		assert_false(smc.card.vp.pristine);
		quirk_card_close(&smc.card);
	}
}

static void the_kernels_reset_comes_first(void **state)
{
	struct smc_card smc;

	open_card(&smc, 0x67b0, true);
	reset_all(&smc);
	assert_string_equal(smc.order, "reset ");
	quirk_card_close(&smc.card);
	open_card(&smc, 0x6779, false); /* another Radeon */
	reset_all(&smc);
	assert_string_equal(smc.order, "");
	quirk_card_close(&smc.card);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_steps_in_their_order),
		cmocka_unit_test(the_scope_is_graphics_alone),
		cmocka_unit_test(not_without_a_running_smc),
		cmocka_unit_test(the_kernels_reset_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
