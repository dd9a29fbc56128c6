// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <errno.h>
#include <stdio.h>

#include "base/bytes.h"
#include "fake_vfio.h"

#define PM   0x60
#define MSI  0x68
#define EXP  0x78
#define VNDR 0xb8
#define MSIX 0xc8

struct world {
	struct sim sim;
	struct sim_machine machine;
	struct vfio_pci vp;
};

/* A card as they are: PM, MSI, PCIe, vendor's own, MSI-X; AER, ReBAR, serial number. */
static void make_card(struct sim *sim)
{
	sim_open(sim);
	sim_add_bar(sim, 0, 16 * MIB, 0);
	sim_add_cap(sim, PCI_CAP_ID_PM, PM);
	sim_put(sim, PM + PCI_PM_PMC, 2, 3);
	sim_add_cap(sim, PCI_CAP_ID_MSI, MSI);
	sim_put(sim, MSI + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_64BIT);
	sim_add_exp(sim, EXP, PCI_EXP_TYPE_LEG_END, PCI_EXP_DEVCAP_FLR);
	sim_add_cap(sim, PCI_CAP_ID_VNDR, VNDR);
	sim_put(sim, VNDR + 2, 1, 0x10);
	sim_add_msix(sim, MSIX, 6, 0xb90000, 0xba0000);
	sim_add_ext_cap(sim, PCI_EXT_CAP_ID_VC, 1, 0x100);
	sim_add_ext_cap(sim, PCI_EXT_CAP_ID_REBAR, 1, 0x140);
	sim_put(sim, 0x144, 4, 0xfff0);
	sim_add_ext_cap(sim, PCI_EXT_CAP_ID_ERR, 2, 0x200);
	sim_add_ext_cap(sim, PCI_EXT_CAP_ID_SRIOV, 1, 0x300);
	sim_add_ext_cap(sim, PCI_EXT_CAP_ID_DSN, 1, 0x400);
}

static void set_up(struct world *w, bool root_bus, const struct vfio_options *options)
{
	sim_machine_open(&w->machine);
	sim_assign(&w->machine, &w->sim, &w->vp, root_bus, options);
}

static void tear_down(struct world *w)
{
	vfio_pci_close(&w->vp);
	sim_machine_close(&w->machine);
	assert_true(w->sim.closed);
	sim_close(&w->sim);
}

static void header_as_a_driver_reads_it(void **state)
{
	struct world w;

	make_card(&w.sim);
	sim_put(&w.sim, PCI_CARDBUS_CIS, 4, 0x12345678);
	sim_put(&w.sim, PCI_BIST, 1, 0x80);
	sim_put(&w.sim, PCI_HEADER_TYPE, 1, 0x80);
	set_up(&w, false, NULL);
	assert_int_equal(sim_read(&w.vp, PCI_VENDOR_ID, 4), 0x12341111);
	assert_int_equal(sim_read(&w.vp, PCI_CLASS_REVISION, 4), 0x030000a1);
	assert_int_equal(sim_read(&w.vp, PCI_SUBSYSTEM_VENDOR_ID, 4), 0x56781043);
	assert_int_equal(sim_read(&w.vp, PCI_CARDBUS_CIS, 4), 0);
	/* The card's other functions are not the guest's. */
	assert_int_equal(sim_read(&w.vp, PCI_HEADER_TYPE, 2), 0);
	assert_int_equal(sim_read(&w.vp, PCI_INTERRUPT_LINE, 2), 0x100);
	sim_write(&w.vp, PCI_INTERRUPT_LINE, 1, 11);
	assert_int_equal(sim_read(&w.vp, PCI_INTERRUPT_LINE, 1), 11);
	assert_int_equal(w.sim.config[PCI_INTERRUPT_LINE], 0);
	/* Ids are the guest's copy: no read of them reaches the card. */
	w.sim.config_reads = 0;
	sim_read(&w.vp, PCI_VENDOR_ID, 4);
	assert_int_equal(w.sim.config_reads, 0);
	tear_down(&w);
}

/* A laptop's card has the laptop's ids only while the laptop's firmware has set them. */
static void subsystem_ids_are_the_users(void **state)
{
	const struct vfio_options options = { .subsystem = 0x1e411043 };
	struct world w;

	make_card(&w.sim);
	set_up(&w, false, &options);
	assert_int_equal(sim_read(&w.vp, PCI_SUBSYSTEM_VENDOR_ID, 2), 0x1043);
	assert_int_equal(sim_read(&w.vp, PCI_SUBSYSTEM_ID, 2), 0x1e41);
	sim_write(&w.vp, PCI_SUBSYSTEM_VENDOR_ID, 4, 0);
	assert_int_equal(sim_read(&w.vp, PCI_SUBSYSTEM_VENDOR_ID, 4), 0x1e411043);
	tear_down(&w);
}

static void command_reaches_card_and_map(void **state)
{
	struct world w;

	make_card(&w.sim);
	set_up(&w, false, NULL);
	sim_write(&w.vp, PCI_BASE_ADDRESS_0, 4, ~0u);
	assert_int_equal(sim_read(&w.vp, PCI_BASE_ADDRESS_0, 4), 0xff000000);
	sim_write(&w.vp, PCI_BASE_ADDRESS_0, 4, 0xc0000000);
	/* The host's BAR is not touched. */
	assert_int_equal(w.sim.config_writes[PCI_BASE_ADDRESS_0], 0);

	sim_write(&w.vp, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	assert_int_equal(get_le16(w.sim.config + PCI_COMMAND), 6);
	assert_int_equal(sim_read(&w.vp, PCI_COMMAND, 2), 6);
	assert_int_equal(pci_dev_bar_range(&w.vp.pci, 0).start, 0xc0000000);
	sim_write(&w.vp, PCI_COMMAND, 1, 0);
	assert_int_equal(get_le16(w.sim.config + PCI_COMMAND), 0);
	assert_int_equal(pci_dev_bar_range(&w.vp.pci, 0).size, 0);
	/* A 32-bit write that has the status in its upper half clears status bits there. */
	sim_write(&w.vp, PCI_COMMAND, 4, 0xf9000002);
	assert_int_equal(get_le16(w.sim.config + PCI_COMMAND), 2);
	assert_int_equal(pci_dev_bar_range(&w.vp.pci, 0).size, 16 * MIB);
	tear_down(&w);
}

static void capability_list_of(struct vfio_pci *vp, char *text)
{
	unsigned pos = sim_read(vp, PCI_CAPABILITY_LIST, 1);

	*text = '\0';
	for (unsigned i = 0; pos && i < 20; i++, pos = sim_read(vp, (u16)(pos + 1), 1))
		sprintf(text + strlen(text), "%02x@%02x ", sim_read(vp, (u16)pos, 1), pos);
}

static void ext_capability_list_of(struct vfio_pci *vp, char *text)
{
	unsigned pos = 0x100;

	*text = '\0';
	for (unsigned i = 0; pos && i < 20; i++) {
		u32 header = sim_read(vp, (u16)pos, 4);

		sprintf(text + strlen(text), "%04x@%03x ", header & 0xffff, pos);
		pos = header >> 20;
	}
}

static void lists_without_what_is_hidden(void **state)
{
	struct vfio_options no_msi = { .msi_off = true };
	char text[400];
	struct world w;

	make_card(&w.sim);
	set_up(&w, false, NULL);
	capability_list_of(&w.vp, text);
	assert_string_equal(text, "01@60 05@68 10@78 09@b8 11@c8 ");
	ext_capability_list_of(&w.vp, text);
	assert_string_equal(text, "0002@100 0001@200 0003@400 ");
	/* What was hidden reads as nothing and takes no writes. */
	assert_int_equal(sim_read(&w.vp, 0x140, 4), 0);
	assert_int_equal(sim_read(&w.vp, 0x144, 4), 0);
	sim_write(&w.vp, 0x148, 4, ~0u);
	assert_int_equal(w.sim.config_writes[0x148], 0);
	/* Versions stay. */
	assert_int_equal(sim_read(&w.vp, 0x200, 4) >> 16 & 0xf, 2);
	tear_down(&w);

	make_card(&w.sim);
	set_up(&w, false, &no_msi);
	capability_list_of(&w.vp, text);
	assert_string_equal(text, "01@60 10@78 09@b8 ");
	assert_int_equal(sim_read(&w.vp, MSIX, 4), 0);
	tear_down(&w);
}

static void first_extended_capability_hidden(void **state)
{
	char text[400];
	struct world w;

	make_card(&w.sim);
	memset(w.sim.config + 0x100, 0, 0xf00);
	sim_add_ext_cap(&w.sim, PCI_EXT_CAP_ID_ARI, 1, 0x100);
	sim_add_ext_cap(&w.sim, PCI_EXT_CAP_ID_ERR, 1, 0x180);
	set_up(&w, false, NULL);
	ext_capability_list_of(&w.vp, text);
	assert_string_equal(text, "0000@100 0001@180 ");
	tear_down(&w);

	make_card(&w.sim);
	memset(w.sim.config + 0x100, 0, 0xf00);
	sim_add_ext_cap(&w.sim, PCI_EXT_CAP_ID_SRIOV, 1, 0x100);
	set_up(&w, false, NULL);
	assert_int_equal(sim_read(&w.vp, 0x100, 4), 0);
	tear_down(&w);
}

static void lists_that_loop_or_run_out(void **state)
{
	char text[400];
	struct world w;

	make_card(&w.sim);
	w.sim.config[VNDR + 1] = PM;           /* back to the start */
	sim_put(&w.sim, 0x400, 4, 0x10010003); /* back to 100h */
	set_up(&w, false, NULL);
	capability_list_of(&w.vp, text);
	assert_string_equal(text, "01@60 05@68 10@78 09@b8 ");
	ext_capability_list_of(&w.vp, text);
	assert_string_equal(text, "0002@100 0001@200 0003@400 ");
	tear_down(&w);

	/* An MSI capability with no room for its registers is not shown. */
	make_card(&w.sim);
	w.sim.config[PM + 1] = 0xf8;
	w.sim.config[0xf8] = PCI_CAP_ID_MSI;
	w.sim.config[0xf9] = EXP;
	sim_put(&w.sim, 0xfa, 2, PCI_MSI_FLAGS_64BIT | PCI_MSI_FLAGS_MASKBIT);
	set_up(&w, false, NULL);
	capability_list_of(&w.vp, text);
	assert_string_equal(text, "01@60 10@78 09@b8 11@c8 ");
	tear_down(&w);
}

static void pcie_type_fits_the_place(void **state)
{
	static const struct {
		unsigned physical;
		bool root_bus;
		unsigned shown;
		u32 lnkcap;
		u16 lnksta;
	} cases[] = {
		{ PCI_EXP_TYPE_ENDPOINT, false, PCI_EXP_TYPE_ENDPOINT, 0x00477d04, 0x1104 },
		{ PCI_EXP_TYPE_LEG_END, false, PCI_EXP_TYPE_LEG_END, 0x00477d04, 0x1104 },
		{ PCI_EXP_TYPE_ENDPOINT, true, PCI_EXP_TYPE_RC_END, 0, 0 },
		{ PCI_EXP_TYPE_LEG_END, true, PCI_EXP_TYPE_RC_END, 0, 0 },
		{ PCI_EXP_TYPE_RC_END, true, PCI_EXP_TYPE_RC_END, 0x00477d04, 0x1104 },
		{ PCI_EXP_TYPE_RC_END, false, PCI_EXP_TYPE_ENDPOINT, 0x11, 0x11 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world w;

		make_card(&w.sim);
		sim_put(&w.sim, EXP + PCI_EXP_FLAGS, 2, 2 | cases[i].physical << 4);
		set_up(&w, cases[i].root_bus, NULL);
		assert_int_equal(sim_read(&w.vp, EXP + PCI_EXP_FLAGS, 2), 2 | cases[i].shown << 4);
		assert_int_equal(sim_read(&w.vp, EXP + PCI_EXP_LNKCAP, 4), cases[i].lnkcap);
		assert_int_equal(sim_read(&w.vp, EXP + PCI_EXP_LNKSTA, 2), cases[i].lnksta);
		tear_down(&w);
	}
}

static void the_rest_is_the_hardwares(void **state)
{
	struct world w;

	make_card(&w.sim);
	set_up(&w, false, NULL);
	/* A vendor's capability, registers outside of any, AER, and device control. */
	static const u16 regs[] = { VNDR + 4, 0xf0, 0x204, EXP + PCI_EXP_DEVCTL };

	for (size_t i = 0; i < ARRAY_SIZE(regs); i++) {
		sim_write(&w.vp, regs[i], 2, 0x5a5a);
		assert_int_equal(get_le16(w.sim.config + regs[i]), 0x5a5a);
		sim_put(&w.sim, regs[i], 2, 0x1234);
		assert_int_equal(sim_read(&w.vp, regs[i], 2), 0x1234);
	}
	tear_down(&w);
}

static void sleeping_function_decodes_nothing(void **state)
{
	struct world w;

	make_card(&w.sim);
	set_up(&w, false, NULL);
	sim_write(&w.vp, PCI_BASE_ADDRESS_0, 4, 0xc0000000);
	sim_write(&w.vp, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	sim_write(&w.vp, PM + PCI_PM_CTRL, 2, 3);
	assert_int_equal(w.sim.config[PM + PCI_PM_CTRL], 3);
	assert_int_equal(pci_dev_bar_range(&w.vp.pci, 0).size, 0);
	assert_int_equal(bus_read(&w.machine.mmio, 0xc0b90000, 4), ~0u);
	sim_write(&w.vp, PM + PCI_PM_CTRL, 2, 0);
	assert_int_equal(pci_dev_bar_range(&w.vp.pci, 0).size, 16 * MIB);
	tear_down(&w);
}

static void conventional_device_has_256_bytes(void **state)
{
	struct world w;

	sim_open(&w.sim);
	w.sim.regions[VFIO_PCI_CONFIG_REGION_INDEX].info.size = 256;
	set_up(&w, false, NULL);
	assert_int_equal(sim_read(&w.vp, 0x100, 4), ~0u);
	sim_write(&w.vp, 0x100, 4, 0);
	assert_int_equal(sim_read(&w.vp, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST, 0);
	tear_down(&w);
}

static void devices_that_cannot_be_assigned(void **state)
{
	struct vfio_options options = { 0 };
	struct pci_addr addr = { .bus = 0x41, .fn = 1 };
	struct err err = { 0 };
	struct vfio_pci vp;
	struct sim sim;

	make_card(&sim);
	sim.config[PCI_HEADER_TYPE] = PCI_HEADER_TYPE_BRIDGE;
	assert_int_equal(vfio_pci_open(&vp, addr, &sim.dev, &options, NULL, &err), -ENOTSUP);
	assert_string_equal(
		err.text, "0000:41:00.1: it is a bridge; only endpoints can be assigned");
	assert_true(sim.closed);
	vfio_pci_close(&vp);
	sim_close(&sim);

	make_card(&sim);
	memset(sim.config, 0xff, sizeof(sim.config));
	assert_int_equal(vfio_pci_open(&vp, addr, &sim.dev, &options, NULL, &err), -ENODEV);
	assert_non_null(strstr(err.text, "does not answer"));
	assert_true(err.help[0]);
	sim_close(&sim);

	make_card(&sim);
	sim.info.flags = VFIO_DEVICE_FLAGS_PLATFORM;
	assert_int_equal(vfio_pci_open(&vp, addr, &sim.dev, &options, NULL, &err), -ENOTSUP);
	sim_close(&sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subsystem_ids_are_the_users),
		cmocka_unit_test(header_as_a_driver_reads_it),
		cmocka_unit_test(command_reaches_card_and_map),
		cmocka_unit_test(lists_without_what_is_hidden),
		cmocka_unit_test(first_extended_capability_hidden),
		cmocka_unit_test(lists_that_loop_or_run_out),
		cmocka_unit_test(pcie_type_fits_the_place),
		cmocka_unit_test(the_rest_is_the_hardwares),
		cmocka_unit_test(sleeping_function_decodes_nothing),
		cmocka_unit_test(conventional_device_has_256_bytes),
		cmocka_unit_test(devices_that_cannot_be_assigned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
