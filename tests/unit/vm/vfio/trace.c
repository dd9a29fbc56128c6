// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/trace.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/trace/summary.h"
#include "fake_card.h"
#include "fake_irq.h"

struct world {
	struct quirk_card card;
	struct vfio_trace trace;
	struct vfio_device *traced;
	char path[40];
};

static void set_up(struct world *w, bool mmap_off)
{
	struct vfio_options options = { .vga = VFIO_VGA_ON, .mmap_off = mmap_off };
	struct err err = { 0 };
	int fd, ret;

	strcpy(w->path, "/tmp/tenon-trace-XXXXXX");
	fd = mkstemp(w->path);
	assert_true(fd >= 0);
	close(fd);
	quirk_card_init(&w->card, 0x1002, 0x6779);
	quirk_card_bar(&w->card, 0, 64 * KIB, 0);
	sim_add_cap(&w->card.sim, PCI_CAP_ID_MSI, 0x60);
	w->card.sim.irqs[VFIO_PCI_MSI_IRQ_INDEX].count = 1;
	sim_machine_open(&w->card.machine);
	assert_int_equal(vfio_trace_open(&w->trace, w->path, 0, &w->card.machine.loop, &err), 0);
	w->traced = vfio_trace_device(&w->trace, &w->card.sim.dev, (struct pci_addr){ .bus = 1 });
	ret = vfio_pci_open(&w->card.vp, (struct pci_addr){ .bus = 1 }, w->traced, &options,
		&w->card.machine.watcher, &err);
	if (!ret)
		ret = vfio_pci_attach(&w->card.vp, &w->card.machine.behind, 0, false, &err);
	assert_int_equal(ret, 0);
	sim_write(&w->card.vp, PCI_BASE_ADDRESS_0, 4, GUEST_BAR(0));
	pci_dev_config_write(&w->card.machine.port, PCI_BRIDGE_CONTROL, 2, PCI_BRIDGE_CTL_VGA);
	sim_write(&w->card.vp, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
}

/* Ends the machine; what its trace says. */
static void tear_down(struct world *w, struct trace_summary *s)
{
	char line[400];
	FILE *f;

	vfio_pci_close(&w->card.vp);
	assert_true(w->card.sim.closed);
	assert_null(w->card.machine.loop.sources);
	vfio_trace_close(&w->trace);
	*s = (struct trace_summary){ 0 };
	f = fopen(w->path, "r");
	while (fgets(line, sizeof(line), f))
		assert_int_equal(trace_summary_add(s, line, strlen(line)), 0);
	fclose(f);
	unlink(w->path);
	assert_true(s->is_trace);
	assert_int_equal(s->others, 0);
	quirk_card_close(&w->card);
}

static const struct trace_register *find(
	const struct trace_summary *s, const char *map, u64 offset, unsigned width)
{
	for (size_t i = 0; i < s->nr_registers; i++) {
		const struct trace_map *m = trace_summary_map(s, s->registers[i].map);

		if (m && strstr(m->name, map) && s->registers[i].addr - m->addr == offset &&
			s->registers[i].width == width)
			return &s->registers[i];
	}
	return NULL;
}

static u64 marks(const struct trace_summary *s, const char *text)
{
	for (size_t i = 0; i < s->nr_marks; i++)
		if (!strcmp(s->marks[i].text, text))
			return s->marks[i].count;
	return 0;
}

static void every_access_is_recorded(void **state)
{
	struct trace_summary s;
	struct world w;

	set_up(&w, true);
	quirk_store(&w.card, 0, 0x1234, 4, 0xcafe);
	assert_int_equal(quirk_load(&w.card, 0, 0x1234, 4), 0xcafe);
	quirk_load(&w.card, 0, 0x1235, 1);
	quirk_out(&w.card, 0x3c4, 2, 0x0302);
	bus_write(&w.card.machine.mmio, 0xb8000, 2, 0x0741);
	sim_write(&w.card.vp, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	tear_down(&w, &s);
	assert_int_equal(find(&s, "BAR 0", 0x1234, 4)->reads, 1);
	assert_int_equal(find(&s, "BAR 0", 0x1234, 4)->writes, 1);
	assert_int_equal(find(&s, "BAR 0", 0x1234, 4)->last, 0xcafe);
	assert_int_equal(find(&s, "BAR 0", 0x1235, 1)->reads, 1);
	assert_int_equal(find(&s, "VGA", 0x3c4, 2)->last, 0x0302);
	assert_int_equal(find(&s, "VGA", 0xb8000, 2)->last, 0x0741);
	assert_true(find(&s, "config space", PCI_COMMAND, 2)->writes >= 2);
	trace_summary_close(&s);
}

/* One access of many bytes is what the bus makes of it. */
static void runs_are_taken_apart(void **state)
{
	struct trace_summary s;
	struct world w;

	set_up(&w, false);
	for (unsigned i = 0; i < 11; i++)
		bus_write(&w.card.machine.mmio, 0xb8001 + i, 1, i);
	quirk_in(&w.card, 0x3da, 1);
	tear_down(&w, &s);
	assert_int_equal(find(&s, "VGA", 0xb8001, 1)->last, 0);
	assert_int_equal(find(&s, "VGA", 0xb8002, 2)->last, 0x0201);
	assert_int_equal(find(&s, "VGA", 0xb8004, 4)->last, 0x06050403);
	assert_int_equal(find(&s, "VGA", 0xb8008, 4)->last, 0x0a090807);
	/* Pages of the BAR are the guest's own, and the trace says that they are missing. */
	assert_int_equal(marks(&s, "0000:01:00.0 region 0: 0x10000 bytes at 0x0 are mapped: "
				   "accesses there are not recorded"),
		1);
	trace_summary_close(&s);
}

static void interrupts_pass_and_are_recorded(void **state)
{
	struct trace_summary s;
	struct world w;

	set_up(&w, false);
	sim_write(&w.card.vp, 0x60 + PCI_MSI_ADDRESS_LO, 4, 0xfee00000);
	sim_write(&w.card.vp, 0x60 + PCI_MSI_DATA_32, 2, 0x41);
	sim_write(&w.card.vp, 0x60 + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_ENABLE);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(sim_raise(&w.card.sim, VFIO_PCI_MSI_IRQ_INDEX, 0));
		sim_machine_step(&w.card.machine);
		irq_fake_deliver();
	}
	assert_int_equal(irq_fake_delivered(0xfee00000, 0x41), 3);
	sim_write(&w.card.vp, 0x60 + PCI_MSI_FLAGS, 2, 0);
	assert_false(sim_raise(&w.card.sim, VFIO_PCI_MSI_IRQ_INDEX, 0));
	tear_down(&w, &s);
	assert_int_equal(marks(&s, "0000:01:00.0 MSI 0"), 3);
	assert_int_equal(marks(&s, "0000:01:00.0 MSI: use of 1 from 0"), 1);
	assert_int_equal(marks(&s, "0000:01:00.0 MSI: end of 0 from 0"), 1);
	trace_summary_close(&s);
}

static void a_file_that_cannot_be_written_is_an_error(void **state)
{
	struct vfio_trace trace;
	struct err err = { 0 };

	assert_int_equal(vfio_trace_open(&trace, "/nonexistent/trace", 0, NULL, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/trace"));
	vfio_trace_close(&trace);
}

/* A guest that touches its device for ever fills no disk; and the file is this user's alone. */
static void a_trace_has_a_size(void **state)
{
	char link[] = "/tmp/tenon-trace-link";
	struct trace_summary s;
	struct stat st;
	struct vfio_trace trace;
	struct err err = { 0 };
	struct world w;

	set_up(&w, true);
	w.trace.max = 16 * KIB;
	for (unsigned i = 0; i < 10000; i++)
		quirk_store(&w.card, 0, 0x1234, 4, i);
	assert_true(w.trace.failed);
	fflush(w.trace.file);
	assert_int_equal(stat(w.path, &st), 0);
	assert_in_range(st.st_size, 16 * KIB, 16 * KIB + 256);
	assert_int_equal(st.st_mode & 0777, 0600);
	unlink(link);
	assert_int_equal(symlink(w.path, link), 0);
	assert_int_equal(vfio_trace_open(&trace, link, 0, NULL, &err), -ELOOP);
	unlink(link);
	tear_down(&w, &s);
	trace_summary_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_access_is_recorded),
		cmocka_unit_test(runs_are_taken_apart),
		cmocka_unit_test(interrupts_pass_and_are_recorded),
		cmocka_unit_test(a_trace_has_a_size),
		cmocka_unit_test(a_file_that_cannot_be_written_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
