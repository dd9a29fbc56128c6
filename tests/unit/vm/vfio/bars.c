// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <errno.h>
#include <stdio.h>

#include "base/bytes.h"
#include "fake_vfio.h"

#define MSIX 0x70

struct world {
	struct sim sim;
	struct sim_machine machine;
	struct vfio_pci vp;
};

static void set_up(struct world *w, const struct vfio_options *options)
{
	sim_machine_open(&w->machine);
	sim_assign(&w->machine, &w->sim, &w->vp, false, options);
}

static void tear_down(struct world *w)
{
	vfio_pci_close(&w->vp);
	assert_int_equal(w->machine.mem.nr_regions, 0);
	sim_machine_close(&w->machine);
	sim_close(&w->sim);
}

static void decode(struct world *w)
{
	sim_write(&w->vp, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
}

/* The guest's pages as "start+size " in order. */
static const char *pages(struct world *w)
{
	static char text[400];

	text[0] = '\0';
	for (size_t i = 0; i < w->machine.mem.views[FLAT_VIEW_NORMAL].nr_segments; i++) {
		const struct mem_segment *s = &w->machine.mem.views[FLAT_VIEW_NORMAL].segments[i];

		if (s->live)
			sprintf(text + strlen(text), "%llx+%llx ",
				(unsigned long long)s->range.start,
				(unsigned long long)s->range.size);
	}
	return text;
}

static void sizes_and_kinds(void **state)
{
	static const struct {
		u64 size;
		u32 flags;
		u32 low, high; /* what sizing reads */
	} cases[] = {
		{ 16 * MIB, 0, 0xff000000, 0 },
		{ 64 * KIB, PCI_BASE_ADDRESS_MEM_PREFETCH, 0xffff0008, 0 },
		{ 256 * MIB, PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH,
			0xf000000c, 0xffffffff },
		{ 8 * GIB, PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH, 0x0000000c,
			0xfffffffe },
		{ 128, PCI_BASE_ADDRESS_SPACE_IO, 0xffffff81, 0 },
		{ 256, 0, 0xffffff00, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world w;

		sim_open(&w.sim);
		sim_add_bar(&w.sim, 2, cases[i].size, cases[i].flags);
		set_up(&w, NULL);
		sim_write(&w.vp, PCI_BASE_ADDRESS_2, 4, ~0u);
		sim_write(&w.vp, PCI_BASE_ADDRESS_3, 4, ~0u);
		assert_int_equal(sim_read(&w.vp, PCI_BASE_ADDRESS_2, 4), cases[i].low);
		assert_int_equal(sim_read(&w.vp, PCI_BASE_ADDRESS_3, 4), cases[i].high);
		assert_int_equal(sim_read(&w.vp, PCI_BASE_ADDRESS_0, 4), 0);
		tear_down(&w);
	}
}

static void whole_bar_is_pages_that_move(void **state)
{
	struct world w;

	sim_open(&w.sim);
	sim_add_bar(&w.sim, 0, 4 * GIB, PCI_BASE_ADDRESS_MEM_TYPE_64);
	set_up(&w, NULL);
	sim_write(&w.vp, PCI_BASE_ADDRESS_1, 4, 0x20);
	assert_string_equal(pages(&w), "");
	decode(&w);
	assert_string_equal(pages(&w), "2000000000+100000000 ");
	/* Where the host's pages are 1 GiB, KVM can use them. */
	assert_int_equal(
		(uintptr_t)mem_segment_host(&w.machine.mem.views[FLAT_VIEW_NORMAL].segments[0]) %
			GIB,
		0);
	put_le32(
		(u8 *)mem_segment_host(&w.machine.mem.views[FLAT_VIEW_NORMAL].segments[0]) + 0x1000,
		0xcafe);
	assert_int_equal(get_le32(w.sim.regions[0].mem + 0x1000), 0xcafe);

	sim_write(&w.vp, PCI_BASE_ADDRESS_1, 4, 0x40);
	assert_string_equal(pages(&w), "4000000000+100000000 ");
	sim_write(&w.vp, PCI_COMMAND, 2, 0);
	assert_string_equal(pages(&w), "");
	tear_down(&w);
}

static void table_page_is_left_out(void **state)
{
	static const struct {
		u32 table;
		bool mappable;
		const char *pages;
	} cases[] = {
		{ 0x4000, true, "d0000000+4000 d0005000+b000 " },
		{ 0x4800, true, "d0000000+4000 d0005000+b000 " },
		{ 0x0000, true, "d0001000+f000 " },
		{ 0xf000, true, "d0000000+f000 " },
		{ 0x4ff8, true, "d0000000+4000 d0006000+a000 " },
		{ 0x4000, false, "d0000000+4000 d0005000+b000 " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world w;

		sim_open(&w.sim);
		sim_add_bar(&w.sim, 0, 64 * KIB, 0);
		sim_add_msix(&w.sim, MSIX, 8, cases[i].table, 0x8000);
		w.sim.regions[0].info.msix_mappable = cases[i].mappable;
		set_up(&w, NULL);
		sim_write(&w.vp, PCI_BASE_ADDRESS_0, 4, 0xd0000000);
		decode(&w);
		assert_string_equal(pages(&w), cases[i].pages);
		tear_down(&w);
	}
}

static void areas_that_the_kernel_names(void **state)
{
	struct world w;
	struct vfio_region *info;

	sim_open(&w.sim);
	sim_add_bar(&w.sim, 0, 64 * KIB, 0);
	info = &w.sim.regions[0].info;
	info->sparse = true;
	info->areas[0] = (struct range){ 0, 0x2000 };
	info->areas[1] = (struct range){ 0x8000, 0x4000 };
	info->nr_areas = 2;
	set_up(&w, NULL);
	sim_write(&w.vp, PCI_BASE_ADDRESS_0, 4, 0xd0000000);
	decode(&w);
	assert_string_equal(pages(&w), "d0000000+2000 d0008000+4000 ");
	/* Between them each access goes through VFIO. */
	put_le32(w.sim.regions[0].mem + 0x4000, 0x55aa);
	assert_int_equal(bus_read(&w.machine.mmio, 0xd0004000, 4), 0x55aa);
	assert_int_equal(w.sim.regions[0].reads, 1);
	tear_down(&w);
}

static void small_bars_ports_and_no_mmap(void **state)
{
	struct vfio_options mmap_off = { .mmap_off = true };
	struct world w;

	sim_open(&w.sim);
	sim_add_bar(&w.sim, 0, 1 * KIB, 0);
	sim_add_bar(&w.sim, 1, 64 * KIB, 0);
	sim_add_bar(&w.sim, 5, 128, PCI_BASE_ADDRESS_SPACE_IO);
	set_up(&w, &mmap_off);
	sim_write(&w.vp, PCI_BASE_ADDRESS_0, 4, 0xd0000000);
	sim_write(&w.vp, PCI_BASE_ADDRESS_1, 4, 0xd0010000);
	sim_write(&w.vp, PCI_BASE_ADDRESS_5, 4, 0xc000);
	decode(&w);
	assert_string_equal(pages(&w), "");
	for (unsigned size = 1; size <= 8; size *= 2) {
		u64 value = 0x1122334455667788 & all_ones(size);

		bus_write(&w.machine.mmio, 0xd0010010, size, value);
		assert_true(get_le(w.sim.regions[1].mem + 0x10, size) == value);
		assert_true(bus_read(&w.machine.mmio, 0xd0010010, size) == value);
	}
	bus_write(&w.machine.mmio, 0xd0000004, 2, 0xbeef);
	assert_int_equal(get_le16(w.sim.regions[0].mem + 4), 0xbeef);
	bus_write(&w.machine.pio, 0xc008, 4, 0x12345678);
	assert_int_equal(get_le32(w.sim.regions[5].mem + 8), 0x12345678);
	assert_int_equal(bus_read(&w.machine.pio, 0xc009, 1), 0x56);
	/* What the device does not answer reads as all ones. */
	put_le16(w.sim.config + PCI_COMMAND, 0);
	assert_int_equal(bus_read(&w.machine.mmio, 0xd0000004, 2), 0xffff);
	tear_down(&w);
}

#define HOST  0x3800000000 /* where the host has BAR 0 */
#define GUEST 0x2000000000

/* BAR 0 with an MSI-X table in its page 4, at the host's address too. */
static void set_up_identity(struct world *w, struct vfio_options options)
{
	options.bars_host = true;
	sim_open(&w->sim);
	sim_add_bar(&w->sim, 0, 64 * KIB, PCI_BASE_ADDRESS_MEM_TYPE_64);
	sim_put(&w->sim, PCI_BASE_ADDRESS_1, 4, HOST >> 32);
	sim_add_msix(&w->sim, MSIX, 8, 0x4000, 0x8000);
	set_up(w, &options);
}

static void identity_is_there_while_memory_is_decoded(void **state)
{
	struct world w;

	set_up_identity(&w, (struct vfio_options){ 0 });
	assert_string_equal(pages(&w), "");
	assert_int_equal(bus_read(&w.machine.mmio, HOST, 4), 0xffffffff);
	/* Whatever the register says. */
	decode(&w);
	assert_string_equal(pages(&w), "3800000000+4000 3800005000+b000 ");
	sim_write(&w.vp, PCI_BASE_ADDRESS_1, 4, GUEST >> 32);
	assert_string_equal(
		pages(&w), "2000000000+4000 2000005000+b000 3800000000+4000 3800005000+b000 ");
	assert_ptr_equal(mem_segment_host(&w.machine.mem.views[FLAT_VIEW_NORMAL].segments[0]),
		mem_segment_host(&w.machine.mem.views[FLAT_VIEW_NORMAL].segments[2]));
	assert_int_equal(
		(uintptr_t)mem_segment_host(&w.machine.mem.views[FLAT_VIEW_NORMAL].segments[2]) %
			(64 * KIB),
		0);
	sim_write(&w.vp, PCI_COMMAND, 2, PCI_COMMAND_IO);
	assert_string_equal(pages(&w), "");
	assert_int_equal(bus_read(&w.machine.mmio, HOST + 0x4000, 4), 0xffffffff);
	decode(&w);
	/* A reset takes the decoding away. */
	pci_bus_reset(&w.machine.host.root);
	assert_string_equal(pages(&w), "");
	assert_int_equal(w.machine.mmio.nr_regions, 0);
	tear_down(&w);
}

/* A register that says the same is what counts; there is nothing twice. */
static void identity_and_a_bar_at_one_address(void **state)
{
	struct world w;

	set_up_identity(&w, (struct vfio_options){ 0 });
	sim_write(&w.vp, PCI_BASE_ADDRESS_1, 4, HOST >> 32);
	decode(&w);
	assert_string_equal(pages(&w), "3800000000+4000 3800005000+b000 ");
	assert_int_equal(w.machine.mmio.nr_regions, 1);
	assert_int_equal(
		w.machine.mem.views[FLAT_VIEW_NORMAL].segments[0].region->rank, FLAT_RANK_BAR);
	sim_write(&w.vp, PCI_BASE_ADDRESS_1, 4, GUEST >> 32);
	assert_int_equal(w.machine.mmio.nr_regions, 2);
	assert_int_equal(
		w.machine.mem.views[FLAT_VIEW_NORMAL].segments[2].region->rank, FLAT_RANK_ALIAS);
	tear_down(&w);
}

/* The guest's own table answers there too, and what the kernel has to see exits. */
static void identity_has_the_same_traps(void **state)
{
	struct world w;

	set_up_identity(&w, (struct vfio_options){ 0 });
	sim_write(&w.vp, PCI_BASE_ADDRESS_1, 4, GUEST >> 32);
	decode(&w);
	bus_write(&w.machine.mmio, HOST + 0x4008, 4, 0x1234);
	assert_int_equal(bus_read(&w.machine.mmio, GUEST + 0x4008, 4), 0x1234);
	assert_int_equal(get_le32(w.sim.regions[0].mem + 0x4008), 0);
	/* The rest of the table's page is the hardware's. */
	put_le32(w.sim.regions[0].mem + 0x4800, 0xcafe);
	assert_int_equal(bus_read(&w.machine.mmio, HOST + 0x4800, 4), 0xcafe);

	w.vp.pci.trapped = true;
	pci_dev_update_pages(&w.vp.pci);
	assert_string_equal(pages(&w), "");
	assert_int_equal(bus_read(&w.machine.mmio, HOST + 0x4800, 4), 0xcafe);
	w.vp.pci.trapped = false;
	pci_dev_update_pages(&w.vp.pci);
	assert_string_equal(
		pages(&w), "2000000000+4000 2000005000+b000 3800000000+4000 3800005000+b000 ");
	w.vp.pci.asleep = true;
	pci_dev_update(&w.vp.pci);
	assert_string_equal(pages(&w), "");
	tear_down(&w);
}

static void identity_gives_way(void **state)
{
	static char ram[0x1000] __attribute__((aligned(4096)));
	struct mem_region other = { "RAM", { HOST + 0x6000, 0x1000 }, FLAT_RANK_PLATFORM, MEM_RAM,
		ram, -1 };
	struct mem_region bar = { "BAR", { HOST + 0x2000, 0x1000 }, FLAT_RANK_BAR, MEM_DEVICE, ram,
		-1 };
	struct err err = { 0 };
	struct world w;

	set_up_identity(&w, (struct vfio_options){ 0 });
	decode(&w);
	assert_int_equal(mem_add(&w.machine.mem, &other, &err), 0);
	assert_int_equal(mem_add(&w.machine.mem, &bar, &err), 0);
	assert_string_equal(pages(&w), "3800000000+2000 3800002000+1000 3800003000+1000 "
				       "3800005000+1000 3800006000+1000 3800007000+9000 ");
	mem_remove(&w.machine.mem, &other);
	mem_remove(&w.machine.mem, &bar);
	assert_string_equal(pages(&w), "3800000000+4000 3800005000+b000 ");
	tear_down(&w);
}

/* What the guest's processors reach, its other devices do. */
static void identity_is_shared_with_other_devices(void **state)
{
	struct world w;

	for (unsigned i = 0; i < 3; i++) {
		enum vfio_peer peer = (enum vfio_peer)i;

		set_up_identity(&w, (struct vfio_options){ .peer = peer });
		sim_write(&w.vp, PCI_BASE_ADDRESS_1, 4, GUEST >> 32);
		decode(&w);
		assert_int_equal(w.machine.mem.views[FLAT_VIEW_NORMAL].nr_segments, 4);
		for (unsigned n = 0; n < 4; n++) {
			const struct mem_region *region =
				w.machine.mem.views[FLAT_VIEW_NORMAL].segments[n].region;

			assert_int_equal(region->peer, peer != VFIO_PEER_OFF);
			assert_int_equal(region->peer_unasked, peer == VFIO_PEER_SMALL);
		}
		tear_down(&w);
	}
}

/* A card that reaches its own registers by DMA needs no option; a large BAR does. */
static void small_bars_are_shared_unasked(void **state)
{
	static const struct {
		u64 size;
		enum vfio_peer peer;
		bool shared;
	} cases[] = {
		{ 8 * KIB, VFIO_PEER_SMALL, true },
		{ VFIO_PEER_MAX, VFIO_PEER_SMALL, true },
		{ 2 * VFIO_PEER_MAX, VFIO_PEER_SMALL, false },
		{ 2 * VFIO_PEER_MAX, VFIO_PEER_ON, true },
		{ 8 * KIB, VFIO_PEER_OFF, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vfio_bars bars = { 0 };
		struct vfio_bar *bar = &bars.bar[2];

		bar->region.size = cases[i].size;
		bar->nr_pages = 1;
		if (cases[i].peer != VFIO_PEER_OFF)
			vfio_bars_share(
				&bars, cases[i].peer == VFIO_PEER_ON ? ~0ull : VFIO_PEER_MAX);
		assert_int_equal(bar->pages[0].region.peer, cases[i].shared);
	}
}

static void identity_needs_an_address_of_the_host(void **state)
{
	struct vfio_options options = { .bars_host = true };
	struct pci_addr addr = { .bus = 1 };
	struct err err = { 0 };
	struct world w;

	sim_open(&w.sim);
	sim_add_bar(&w.sim, 0, 64 * KIB, 0);
	sim_machine_open(&w.machine);
	assert_int_equal(
		vfio_pci_open(&w.vp, addr, &w.sim.dev, &options, &w.machine.watcher, &err), 0);
	assert_int_equal(vfio_pci_attach(&w.vp, &w.machine.behind, 0, false, &err), -EPROTO);
	assert_non_null(strstr(err.text, "0000:01:00.0: BAR 0 has 0x10000 bytes, and the host's"));
	tear_down(&w);
}

static void refusals(void **state)
{
	struct pci_addr addr = { .bus = 1 };
	struct vfio_options options = { 0 };
	static const struct {
		u64 size;
		u32 flags;
		int map_error, code;
		const char *text;
	} cases[] = {
		{ 64 * KIB, 0, EBUSY, -EBUSY, "0000:01:00.0: cannot map BAR 0 (0x10000 bytes)" },
		{ 64 * KIB, 0, ENOMEM, -ENOMEM, "cannot map BAR 0" },
		{ 12 * KIB, 0, 0, -EPROTO, "which no BAR of its kind can have" },
		{ 4 * GIB, 0, 0, -EPROTO, "which no BAR of its kind can have" },
		{ 8, 0, 0, -EPROTO, "which no BAR of its kind can have" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = { 0 };
		struct world w;

		sim_open(&w.sim);
		sim_add_bar(&w.sim, 0, cases[i].size, cases[i].flags);
		w.sim.map_error = cases[i].map_error;
		sim_machine_open(&w.machine);
		assert_int_equal(
			vfio_pci_open(&w.vp, addr, &w.sim.dev, &options, &w.machine.watcher, &err),
			0);
		assert_int_equal(
			vfio_pci_attach(&w.vp, &w.machine.behind, 0, false, &err), cases[i].code);
		assert_non_null(strstr(err.text, cases[i].text));
		if (cases[i].map_error)
			assert_true(err.help[0]);
		assert_null(w.machine.behind.devs[0]);
		tear_down(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_and_kinds),
		cmocka_unit_test(whole_bar_is_pages_that_move),
		cmocka_unit_test(table_page_is_left_out),
		cmocka_unit_test(areas_that_the_kernel_names),
		cmocka_unit_test(small_bars_ports_and_no_mmap),
		cmocka_unit_test(identity_is_there_while_memory_is_decoded),
		cmocka_unit_test(identity_and_a_bar_at_one_address),
		cmocka_unit_test(identity_has_the_same_traps),
		cmocka_unit_test(identity_gives_way),
		cmocka_unit_test(identity_is_shared_with_other_devices),
		cmocka_unit_test(small_bars_are_shared_unasked),
		cmocka_unit_test(identity_needs_an_address_of_the_host),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
