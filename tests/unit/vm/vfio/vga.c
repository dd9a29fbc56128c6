// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <errno.h>
#include <stdio.h>

#include "base/bytes.h"
#include "fake.h"
#include "fake_vfio.h"
#include "fake_vga.h"

#define VGA  VFIO_PCI_VGA_REGION_INDEX
#define BOTH (PCI_COMMAND_IO | PCI_COMMAND_MEMORY)

/* A card with legacy VGA in a guest whose writes are posted as KVM does it. */
struct world {
	struct sim sim;
	struct sim_machine machine;
	struct fake_clock clock;
	struct vfio_pci vp;
	struct vga_model card;
	struct bus_coalesced queue;
	struct range zone; /* where writes are queued; size 0: nowhere */
	struct {
		u32 addr;
		unsigned size;
		u64 value;
	} queued[64];
	unsigned nr_queued;
	unsigned exits;
};

static struct world *current;

static bool card_access(struct sim *sim, u32 region, u64 offset, u8 *bytes, size_t size, bool write)
{
	if (region != VGA)
		return false;
	vga_model_access(sim->card, (u32)offset, bytes, size, write);
	return true;
}

static int queue_set(struct bus_coalesced *queue, struct range range, bool on)
{
	current->zone = on ? range : (struct range){ 0 };
	return 0;
}

static void queue_drain(struct bus_coalesced *queue)
{
	struct world *w = current;

	for (unsigned i = 0; i < w->nr_queued; i++)
		bus_write(
			&w->machine.mmio, w->queued[i].addr, w->queued[i].size, w->queued[i].value);
	w->nr_queued = 0;
}

static void set_up(struct world *w, const struct vfio_options *options)
{
	struct vfio_options with_vga = options ? *options : (struct vfio_options){ 0 };

	memset(w, 0, sizeof(*w));
	current = w;
	with_vga.vga = VFIO_VGA_ON;
	sim_open(&w->sim);
	sim_add_bar(&w->sim, 0, 4096, 0);
	sim_add_bar(&w->sim, 5, 256, PCI_BASE_ADDRESS_SPACE_IO);
	sim_add_vga(&w->sim);
	w->sim.access = card_access;
	w->sim.card = &w->card;
	sim_machine_open(&w->machine);
	fake_clock_init(&w->clock, 0);
	w->machine.loop.clock = &w->clock.clock;
	w->queue = (struct bus_coalesced){ queue_set, queue_drain };
	w->machine.mmio.coalesced = &w->queue;
	sim_assign(&w->machine, &w->sim, &w->vp, false, &with_vga);
	pci_dev_config_write(&w->machine.port, PCI_BRIDGE_CONTROL, 2, PCI_BRIDGE_CTL_VGA);
	sim_write(&w->vp, PCI_BASE_ADDRESS_5, 4, 0xc000);
	sim_write(&w->vp, PCI_COMMAND, 2, BOTH);
}

static void tear_down(struct world *w)
{
	vfio_pci_close(&w->vp);
	assert_int_equal(w->machine.mmio.nr_regions, 0);
	assert_int_equal(w->machine.pio.nr_regions, 0);
	sim_machine_close(&w->machine);
	sim_close(&w->sim);
}

/* The guest's accesses, as a vCPU makes them. */
static void guest_exit(struct world *w)
{
	w->exits++;
	queue_drain(&w->queue);
}

static void out(struct world *w, u16 port, unsigned size, u32 value)
{
	guest_exit(w);
	bus_write(&w->machine.pio, port, size, value);
}

static u64 in(struct world *w, u16 port, unsigned size)
{
	guest_exit(w);
	return bus_read(&w->machine.pio, port, size);
}

static u64 load(struct world *w, u32 addr, unsigned size)
{
	guest_exit(w);
	return bus_read(&w->machine.mmio, addr, size);
}

static void store(struct world *w, u32 addr, unsigned size, u64 value)
{
	if (range_contains(w->zone, addr, size) && w->nr_queued < ARRAY_SIZE(w->queued)) {
		w->queued[w->nr_queued].addr = addr;
		w->queued[w->nr_queued].size = size;
		w->queued[w->nr_queued++].value = value;
		return;
	}
	guest_exit(w);
	bus_write(&w->machine.mmio, addr, size, value);
}

static void pass(struct world *w, u64 ns)
{
	fake_clock_pass(&w->clock, ns);
	sim_machine_step(&w->machine);
}

/* What a BIOS sets for a text screen at B8000h. */
static void set_text_mode(struct world *w)
{
	static const u16 graphics[] = { 0x0003, 0x1005, 0x0e06, 0xff08 };

	out(w, 0x3c4, 2, 0x0302);
	for (size_t i = 0; i < ARRAY_SIZE(graphics); i++)
		out(w, 0x3ce, 2, graphics[i]);
}

static void nothing_without_vga_on(void **state)
{
	struct vfio_options none = { 0 };
	struct world w = { 0 };

	current = &w;
	sim_open(&w.sim);
	sim_add_vga(&w.sim);
	sim_machine_open(&w.machine);
	sim_assign(&w.machine, &w.sim, &w.vp, false, &none);
	pci_dev_config_write(&w.machine.port, PCI_BRIDGE_CONTROL, 2, PCI_BRIDGE_CTL_VGA);
	sim_write(&w.vp, PCI_COMMAND, 2, BOTH);
	bus_write(&w.machine.mmio, 0xb8000, 2, 0x0741);
	assert_int_equal(bus_read(&w.machine.mmio, 0xb8000, 2), 0xffff);
	bus_write(&w.machine.pio, 0x3c4, 2, 0x0302);
	assert_int_equal(bus_read(&w.machine.pio, 0x3cc, 1), 0xff);
	assert_int_equal(w.sim.regions[VGA].reads + w.sim.regions[VGA].writes, 0);
	tear_down(&w);
}

static void refused_where_the_kernel_gives_none(void **state)
{
	struct vfio_options options = { .vga = VFIO_VGA_ON };
	struct world w = { 0 };
	struct err err = { 0 };

	sim_open(&w.sim);
	sim_machine_open(&w.machine);
	assert_int_equal(vfio_pci_open(&w.vp, (struct pci_addr){ .bus = 1 }, &w.sim.dev, &options,
				 &w.machine.watcher, &err),
		0);
	assert_int_equal(vfio_pci_attach(&w.vp, &w.machine.behind, 0, false, &err), -ENODEV);
	assert_non_null(strstr(err.text, "vga=on"));
	tear_down(&w);
}

/* By itself where a BIOS is the guest's firmware, the card is VGA and the kernel gives the ranges.
 */
static void firmware_decides_where_nobody_does(void **state)
{
	static const struct {
		enum vfio_vga_wish wish;
		bool bios, given;
		u16 class;
		bool has;
	} cases[] = {
		{ VFIO_VGA_AUTO, true, true, 0x0300, true },
		{ VFIO_VGA_AUTO, false, true, 0x0300, false },
		{ VFIO_VGA_AUTO, true, false, 0x0300, false },
		{ VFIO_VGA_AUTO, true, true, 0x0302, false },
		{ VFIO_VGA_OFF, true, true, 0x0300, false },
		{ VFIO_VGA_ON, false, true, 0x0300, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vfio_options options = { .vga = cases[i].wish, .vga_screen = cases[i].bios };
		struct world w = { 0 };

		current = &w;
		sim_open(&w.sim);
		sim_put(&w.sim, PCI_CLASS_DEVICE, 2, cases[i].class);
		if (cases[i].given)
			sim_add_vga(&w.sim);
		sim_machine_open(&w.machine);
		sim_assign(&w.machine, &w.sim, &w.vp, false, &options);
		assert_int_equal(w.vp.pci.vga != NULL, cases[i].has);
		tear_down(&w);
	}
}

static void registers_and_memory_reach_the_card(void **state)
{
	struct world w;

	set_up(&w, NULL);
	set_text_mode(&w);
	assert_int_equal(w.card.graphics[6], 0x0e);
	out(&w, 0x3ce, 1, 8);
	assert_int_equal(in(&w, 0x3cf, 1), 0xff);
	store(&w, 0xb8000, 2, 0x0741);
	assert_int_equal(load(&w, 0xb8000, 2), 0x0741);
	assert_int_equal(w.card.plane[0][0], 0x41);
	assert_int_equal(w.card.plane[1][0], 0x07);
	/* The bridge closes: neither memory nor ports reach it any more. */
	pci_dev_config_write(&w.machine.port, PCI_BRIDGE_CONTROL, 2, 0);
	w.card.accesses = 0;
	store(&w, 0xb8000, 2, 0x0742);
	assert_int_equal(load(&w, 0xb8000, 2), 0xffff);
	assert_int_equal(in(&w, 0x3cf, 1), 0xff);
	assert_int_equal(w.card.accesses, 0);
	tear_down(&w);
}

static void a_screen_is_written_in_few_accesses(void **state)
{
	struct world w;

	set_up(&w, NULL);
	set_text_mode(&w);
	w.card.accesses = w.exits = 0;
	for (unsigned i = 0; i < 2000; i++)
		store(&w, 0xb8000 + 2 * i, 2, 0x0700 | (i & 0xff));
	in(&w, 0x3da, 1);
	for (unsigned i = 0; i < 2000; i++)
		assert_int_equal(w.card.plane[0][2 * i], i & 0xff);
	assert_in_range(w.card.accesses, 8, 10);
	assert_true(w.exits < 40);
	tear_down(&w);
}

static void scrolling_reads_ahead(void **state)
{
	struct world w;

	set_up(&w, NULL);
	set_text_mode(&w);
	for (unsigned i = 0; i < 2000; i++)
		store(&w, 0xb8000 + 2 * i, 2, i);
	in(&w, 0x3da, 1);
	w.card.accesses = 0;
	for (unsigned i = 0; i < 1920; i++)
		store(&w, 0xb8000 + 2 * i, 2, load(&w, 0xb8000 + 160 + 2 * i, 2));
	in(&w, 0x3da, 1);
	for (unsigned i = 0; i < 1920; i++)
		assert_int_equal(w.card.plane[0][2 * i], (i + 80) & 0xff);
	assert_in_range(w.card.accesses, 16, 40);
	tear_down(&w);
}

static void with_mmap_off_each_access_is_made(void **state)
{
	struct vfio_options options = { .mmap_off = true };
	struct world w;

	set_up(&w, &options);
	set_text_mode(&w);
	w.card.accesses = 0;
	for (unsigned i = 0; i < 100; i++) {
		store(&w, 0xb8000 + i, 1, i);
		assert_int_equal(w.card.accesses, i + 1);
	}
	for (unsigned i = 0; i < 100; i++)
		load(&w, 0xb8000 + i, 1);
	assert_int_equal(w.card.accesses, 200);
	assert_int_equal(w.zone.size, 0);
	tear_down(&w);
}

static void writes_do_not_wait_for_long(void **state)
{
	struct world w;

	set_up(&w, NULL);
	set_text_mode(&w);
	store(&w, 0xb8000, 1, 'A');
	store(&w, 0xb8001, 1, 7);
	assert_int_equal(w.nr_queued, 1);
	assert_int_equal(w.card.plane[0][0], 0);
	pass(&w, VGA_DELAY_NS);
	assert_int_equal(w.nr_queued, 0);
	assert_int_equal(w.card.plane[0][0], 'A');
	assert_int_equal(w.card.plane[1][0], 7);
	/* Nobody writes: the queue is left, and the timer rests. */
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(w.zone.size, 0x20000);
		pass(&w, VGA_DELAY_NS);
	}
	assert_int_equal(w.zone.size, 0);
	assert_null(w.machine.loop.timers);
	store(&w, 0xb8002, 1, 'B');
	assert_int_equal(w.zone.size, 0x20000);
	tear_down(&w);
}

/* Each of them, from the guest, finds the write made. */
static void writes_come_before_any_other_access(void **state)
{
	enum { PORT_READ, PORT_WRITE, BAR, CONFIG, OTHER_BYTE, ROUTE, RESET, CASES };

	for (unsigned i = 0; i < CASES; i++) {
		struct world w;

		set_up(&w, NULL);
		set_text_mode(&w);
		store(&w, 0xb8000, 1, 'A');
		store(&w, 0xb8004, 1, 'B');
		store(&w, 0xb8006, 1, 'C');
		assert_int_equal(w.card.plane[0][6], 0);
		if (i == PORT_READ)
			in(&w, 0x3da, 1);
		else if (i == PORT_WRITE)
			out(&w, 0x3c4, 2, 0x0202);
		else if (i == BAR)
			in(&w, 0xc010, 1);
		else if (i == OTHER_BYTE)
			load(&w, 0xb8005, 1);
		guest_exit(&w);
		if (i == CONFIG)
			sim_read(&w.vp, PCI_STATUS, 2);
		else if (i == ROUTE)
			pci_dev_config_write(&w.machine.port, PCI_BRIDGE_CONTROL, 2, 0);
		else if (i == RESET)
			pci_bus_reset(&w.machine.host.root);
		assert_int_equal(w.card.plane[0][0], 'A');
		assert_int_equal(w.card.plane[0][4], 'B');
		assert_int_equal(w.card.plane[0][6], 'C');
		tear_down(&w);
	}
}

static void polling_sees_the_card(void **state)
{
	struct world w;

	set_up(&w, NULL);
	set_text_mode(&w);
	for (unsigned i = 0; i < 8; i++)
		load(&w, 0xb8000 + 2 * i, 2);
	w.card.plane[0][16] = 0x55;
	assert_int_equal(load(&w, 0xb8010, 1), 0x00);
	assert_int_equal(load(&w, 0xb8010, 1), 0x55);
	/* And what was read ahead long ago is not believed. */
	for (unsigned i = 0; i < 8; i++)
		load(&w, 0xb8000 + 2 * i, 2);
	w.card.plane[0][16] = 0x66;
	pass(&w, VGA_DELAY_NS);
	assert_int_equal(load(&w, 0xb8010, 1), 0x66);
	tear_down(&w);
}

static u32 random_u32(u32 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	return *seed ^= *seed << 5;
}

/* One access to the card behind tenon and the same to one that the guest has at once. */
static void same_store(struct world *w, struct vga_model *model, u32 addr, unsigned size, u32 value)
{
	u8 bytes[4];

	put_le(bytes, size, value);
	vga_model_access(model, addr, bytes, size, true);
	if (addr < 0xa0000)
		out(w, (u16)addr, size, value);
	else
		store(w, addr, size, value);
}

static void same_load(struct world *w, struct vga_model *model, u32 addr, unsigned size)
{
	u8 bytes[4];

	vga_model_access(model, addr, bytes, size, false);
	assert_int_equal(
		addr < 0xa0000 ? in(w, (u16)addr, size) : load(w, addr, size), get_le(bytes, size));
}

/* Mostly what guests do, sometimes what none would. */
static void random_registers(struct world *w, struct vga_model *model, u32 *seed)
{
	static const u16 common[] = { 0x0003, 0x0005, 0x1005, 0x0105, 0x0205, 0x0305, 0x0805,
		0x0e06, 0x0506, 0x0106, 0xff08, 0x0f08, 0x0001, 0x0f01, 0x1803, 0x0304, 0x0204 };
	u32 r = random_u32(seed);

	if (r % 4 == 0)
		same_store(w, model, 0x3c4, 2, r & 0x100 ? 0x0f02 : 0x0302);
	else if (r % 4 == 1)
		same_store(w, model, 0x3c4, 2, r & 0x700 ? 0x0404 : 0x0c04);
	else if (r % 64 == 2)
		same_store(w, model, 0x3ce, 2, (r >> 8 & 0xff00) | (r >> 4 & 15));
	else
		same_store(w, model, 0x3ce, 2, common[r / 4 % ARRAY_SIZE(common)]);
}

static void random_memory(struct world *w, struct vga_model *model, u32 *seed)
{
	u32 r = random_u32(seed), size = 1u << (r & 7) % 3;
	u32 from = 0xb8000 + (r >> 8) % 256, to = 0xb8000 + (r >> 16) % 256;
	unsigned count = r >> 26;

	if (r & 8)
		from -= 0x18000, to -= 0x18000;
	for (unsigned i = 0; i < count; i++) {
		if (r & 0x30)
			same_load(w, model, from + i * size, size);
		if ((r & 0x30) != 0x10)
			same_store(w, model, to + i * size, size, random_u32(seed));
	}
}

/*
 * Whatever the guest does, it reads what it would read without us, and in the end the card's
 * memory and latches are the same.
 */
static void the_result_is_the_same(void **state)
{
	for (u32 round = 1; round <= 300; round++) {
		struct vga_model *model = calloc(1, sizeof(*model));
		u32 seed = round * 2654435761u;
		struct world w;

		set_up(&w, NULL);
		for (unsigned i = 0; i < 9; i++)
			same_store(&w, model, 0x3ce, 2,
				i | (i == 8          ? 0xff00
					    : i == 6 ? 0x0e00
					    : i == 5 ? 0x1000
						     : 0));
		same_store(&w, model, 0x3c4, 2, 0x0302);
		for (unsigned i = 0; i < 120; i++) {
			u32 r = random_u32(&seed) % 16;

			if (r < 4)
				random_registers(&w, model, &seed);
			else if (r == 4)
				pass(&w, VGA_DELAY_NS / 2);
			else
				random_memory(&w, model, &seed);
		}
		in(&w, 0x3da, 1);
		assert_memory_equal(w.card.plane, model->plane, sizeof(model->plane));
		assert_memory_equal(w.card.latch, model->latch, sizeof(model->latch));
		assert_true(w.card.accesses < model->accesses);
		free(model);
		tear_down(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_without_vga_on),
		cmocka_unit_test(refused_where_the_kernel_gives_none),
		cmocka_unit_test(firmware_decides_where_nobody_does),
		cmocka_unit_test(registers_and_memory_reach_the_card),
		cmocka_unit_test(a_screen_is_written_in_few_accesses),
		cmocka_unit_test(scrolling_reads_ahead),
		cmocka_unit_test(with_mmap_off_each_access_is_made),
		cmocka_unit_test(writes_do_not_wait_for_long),
		cmocka_unit_test(writes_come_before_any_other_access),
		cmocka_unit_test(polling_sees_the_card),
		cmocka_unit_test(the_result_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
