// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/bytes.h"
#include "fake_vfio.h"

#define ROM 0xe0000000u

struct world {
	struct sim sim;
	struct sim_machine machine;
	struct vfio_pci vp;
};

static void tear_down(struct world *w)
{
	vfio_pci_close(&w->vp);
	sim_machine_close(&w->machine);
	sim_close(&w->sim);
}

static void turn_on(struct world *w)
{
	sim_write(&w->vp, PCI_ROM_ADDRESS, 4, ROM | PCI_ROM_ADDRESS_ENABLE);
	sim_write(&w->vp, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
}

static void *rom_page(struct world *w)
{
	struct mem *mem = &w->machine.mem;

	for (size_t i = 0; i < mem->views[FLAT_VIEW_NORMAL].nr_segments; i++)
		if (mem->views[FLAT_VIEW_NORMAL].segments[i].live &&
			mem->views[FLAT_VIEW_NORMAL].segments[i].region->kind == MEM_ROM)
			return mem_segment_host(&mem->views[FLAT_VIEW_NORMAL].segments[i]);
	return NULL;
}

static void card_is_read_once_and_late(void **state)
{
	struct sim_region *region;
	struct world w;
	unsigned reads;

	sim_open(&w.sim);
	/* Not a power of two: the BAR is the next one, erased behind the end. */
	sim_add_rom(&w.sim, 0x1a000);
	region = &w.sim.regions[VFIO_PCI_ROM_REGION_INDEX];
	region->mem[0x19fff] = 0x77;
	sim_machine_open(&w.machine);
	sim_assign(&w.machine, &w.sim, &w.vp, false, NULL);
	sim_write(&w.vp, PCI_ROM_ADDRESS, 4, 0xfffff800);
	assert_int_equal(sim_read(&w.vp, PCI_ROM_ADDRESS, 4), 0xfffe0000);
	assert_int_equal(region->reads, 0);
	turn_on(&w);
	assert_int_equal(region->reads, 0);
	assert_int_equal(bus_read(&w.machine.mmio, ROM, 4) & 0xffff, 0xaa55);
	reads = region->reads;
	assert_true(reads > 0);
	assert_int_equal(bus_read(&w.machine.mmio, ROM + 0x19fff, 1), 0x77);
	assert_int_equal(bus_read(&w.machine.mmio, ROM + 0x1a000, 4), ~0u);
	assert_int_equal(region->reads, reads);
	/* From the first access on it is memory, which writes do not change. */
	assert_non_null(rom_page(&w));
	assert_int_equal(get_le16(rom_page(&w)), 0xaa55);
	bus_write(&w.machine.mmio, ROM, 4, 0);
	assert_int_equal(bus_read(&w.machine.mmio, ROM, 2), 0xaa55);
	tear_down(&w);
}

/* As before a start with firmware: the guest has not turned anything on. */
static void card_is_read_early(void **state)
{
	struct sim_region *region;
	struct world w;
	unsigned reads;

	sim_open(&w.sim);
	sim_add_rom(&w.sim, 0x10000);
	region = &w.sim.regions[VFIO_PCI_ROM_REGION_INDEX];
	sim_machine_open(&w.machine);
	sim_assign(&w.machine, &w.sim, &w.vp, false, NULL);
	vfio_rom_read(&w.vp.rom);
	assert_int_equal(get_le16(w.vp.rom.bytes), 0xaa55);
	assert_int_equal(get_le16(w.sim.config + PCI_COMMAND) & PCI_COMMAND_MEMORY, 0);
	reads = region->reads;
	turn_on(&w);
	assert_non_null(rom_page(&w));
	assert_int_equal(bus_read(&w.machine.mmio, ROM, 4) & 0xffff, 0xaa55);
	assert_int_equal(region->reads, reads);
	tear_down(&w);
}

static void off_and_absent(void **state)
{
	struct vfio_options off = { .rom_off = true };
	struct world w;

	sim_open(&w.sim);
	sim_add_rom(&w.sim, 64 * KIB);
	sim_machine_open(&w.machine);
	sim_assign(&w.machine, &w.sim, &w.vp, false, &off);
	sim_write(&w.vp, PCI_ROM_ADDRESS, 4, ~0u);
	assert_int_equal(sim_read(&w.vp, PCI_ROM_ADDRESS, 4), 0);
	tear_down(&w);

	sim_open(&w.sim);
	sim_machine_open(&w.machine);
	sim_assign(&w.machine, &w.sim, &w.vp, false, NULL);
	sim_write(&w.vp, PCI_ROM_ADDRESS, 4, ~0u);
	assert_int_equal(sim_read(&w.vp, PCI_ROM_ADDRESS, 4), 0);
	tear_down(&w);
}

static const char *write_file(const void *bytes, size_t size)
{
	static char path[] = "/tmp/tenon-rom-XXXXXX";
	int fd;

	strcpy(path, "/tmp/tenon-rom-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
	return path;
}

static void file_replaces_the_card(void **state)
{
	u8 bytes[0x900] = { 0x55, 0xaa, 5, [0x8ff] = 0x99 };
	struct vfio_options options = { .rom_file = write_file(bytes, sizeof(bytes)) };
	struct world w;

	sim_open(&w.sim);
	sim_add_rom(&w.sim, 64 * KIB);
	sim_machine_open(&w.machine);
	sim_assign(&w.machine, &w.sim, &w.vp, false, &options);
	turn_on(&w);
	assert_non_null(rom_page(&w));
	assert_int_equal(bus_read(&w.machine.mmio, ROM + 2, 1), 5);
	assert_int_equal(bus_read(&w.machine.mmio, ROM + 0x8ff, 1), 0x99);
	assert_int_equal(w.sim.regions[VFIO_PCI_ROM_REGION_INDEX].reads, 0);
	tear_down(&w);
	unlink(options.rom_file);
}

static void files_that_are_no_rom(void **state)
{
	static const u8 bytes[1024] = { 'N', 'V', 'G', 'I' };
	struct vfio_options options = { .rom_file = write_file(bytes, sizeof(bytes)) };
	struct err err = { 0 };
	struct world w;

	for (int i = 0; i < 3; i++) {
		sim_open(&w.sim);
		sim_machine_open(&w.machine);
		assert_int_equal(vfio_pci_open(&w.vp, (struct pci_addr){ 0 }, &w.sim.dev, &options,
					 &w.machine.watcher, &err),
			0);
		assert_true(vfio_pci_attach(&w.vp, &w.machine.behind, 0, false, &err) < 0);
		assert_non_null(strstr(err.text, options.rom_file));
		tear_down(&w);
		/* Then a file that is too short, then none. */
		if (i == 0)
			assert_int_equal(truncate(options.rom_file, 100), 0);
		else
			unlink(options.rom_file);
	}
	assert_int_equal(err.code, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(card_is_read_once_and_late),
		cmocka_unit_test(card_is_read_early),
		cmocka_unit_test(off_and_absent),
		cmocka_unit_test(file_replaces_the_card),
		cmocka_unit_test(files_that_are_no_rom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
