// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>

#include "base/bytes.h"
#include "fake_vfio.h"
#include "vm/vfio/assign.h"

#define NR 3

/* A card with audio at 01:00, another at 02:00, behind one IOMMU. */
struct world {
	struct vfio_backend backend;
	struct sim sims[NR];
	struct vfio_iommu iommu;
	struct sim_machine machine;
	struct vfio_assign assign;
	char log[400];
	int refuse;        /* the device that the check refuses, -1: none */
	int broken;        /* the device that does not start */
	unsigned starting; /* or started: atomic */
	u64 mapped;
	bool closed;
};

static const struct vfio_assign_request requests[NR] = {
	{ .addr = { .bus = 1 } },
	{ .addr = { .bus = 1, .fn = 1 } },
	{ .addr = { .bus = 2 } },
};

static struct world *world_of(struct vfio_backend *backend)
{
	return container_of(backend, struct world, backend);
}

static int index_of(struct pci_addr addr)
{
	return addr.bus == 2 ? 2 : addr.fn;
}

static int sim_check(struct vfio_backend *backend, struct pci_addr addr, struct err *err)
{
	struct world *w = world_of(backend);

	sprintf(w->log + strlen(w->log), "check%d ", index_of(addr));
	return index_of(addr) == w->refuse ? err_set(err, EBUSY, "refused") : 0;
}

static int sim_get(struct vfio_backend *backend, struct pci_addr addr, struct vfio_opened *opened,
	struct err *err)
{
	struct world *w = world_of(backend);
	int i = index_of(addr);

	sprintf(w->log + strlen(w->log), "open%d ", i);
	*opened = (struct vfio_opened){ .dev = &w->sims[i].dev };
	return 0;
}

/* Ends when all are here: one after another they would wait for ever. */
static int sim_start(struct vfio_backend *backend, struct pci_addr addr, struct vfio_device *dev,
	struct err *err)
{
	struct world *w = world_of(backend);
	int i = index_of(addr);

	assert_ptr_equal(dev, &w->sims[i].dev);
	__atomic_add_fetch(&w->starting, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&w->starting, __ATOMIC_SEQ_CST) < NR)
		sched_yield();
	return i == w->broken ? err_set(err, EIO, "broken") : 0;
}

static void sim_end(struct vfio_backend *backend)
{
	struct world *w = world_of(backend);

	for (unsigned i = 0; i < w->starting; i++)
		vfio_device_close(&w->sims[i].dev);
	/* By now no memory is theirs any more. */
	assert_int_equal(w->mapped, 0);
	w->closed = true;
}

static const struct vfio_backend_ops backend_ops = { sim_check, sim_get, sim_start, sim_end };

static int count_map(struct vfio_iommu *iommu, u64 iova, void *host, u64 size, u32 flags)
{
	container_of(iommu, struct world, iommu)->mapped += size;
	return 0;
}

static int count_unmap(struct vfio_iommu *iommu, u64 iova, u64 size)
{
	struct world *w = container_of(iommu, struct world, iommu);

	/* A device that could still write would write into memory that is gone. */
	for (unsigned i = 0; i < NR; i++)
		assert_int_equal(get_le16(w->sims[i].config + PCI_COMMAND) & PCI_COMMAND_MASTER, 0);
	w->mapped -= size;
	return 0;
}

static int no_limits(struct vfio_iommu *iommu, struct vfio_iommu_limits *limits)
{
	*limits = (struct vfio_iommu_limits){ .page_sizes = 4096, .mappings_left = ~0u };
	return 0;
}

static const struct vfio_iommu_ops iommu_ops = { count_map, count_unmap, no_limits };

static void set_up(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->refuse = w->broken = -1;
	w->iommu.ops = &iommu_ops;
	w->backend = (struct vfio_backend){ .ops = &backend_ops, .nr_iommus = 1, .nr_groups = 1 };
	w->backend.iommus[0] = &w->iommu;
	w->backend.iommu_users[0] = requests[0].addr;
	w->backend.group_ids[0] = 14;
	sim_machine_open(&w->machine);
	for (unsigned i = 0; i < NR; i++) {
		sim_open(&w->sims[i]);
		w->sims[i].log = w->log;
		sim_add_bar(&w->sims[i], 0, 64 * KIB, 0);
		sim_add_exp(
			&w->sims[i], 0x40, PCI_EXP_TYPE_ENDPOINT, i < 2 ? PCI_EXP_DEVCAP_FLR : 0);
	}
	/* Of the last one the kernel can only change the power state. */
	sim_add_cap(&w->sims[2], PCI_CAP_ID_PM, 0x80);
}

static void tear_down(struct world *w)
{
	assert_true(w->closed);
	sim_machine_close(&w->machine);
	for (unsigned i = 0; i < NR; i++)
		sim_close(&w->sims[i]);
}

static int open_all(struct world *w, struct err *err)
{
	int ret = vfio_assign_open(&w->assign, &w->backend, requests, NR, &w->machine.watcher, err);

	return ret ? ret : vfio_assign_take(&w->assign, err);
}

static void from_open_to_close(void **state)
{
	static u8 page[4096] __attribute__((aligned(4096)));
	struct mem_region ram = { "RAM", { 0, 4096 }, FLAT_RANK_PLATFORM, MEM_RAM, page };
	struct err err = { 0 };
	struct world w;

	set_up(&w);
	assert_int_equal(open_all(&w, &err), 0);
	/* Opening has reset the others. */
	assert_string_equal(w.log, "check0 check1 check2 open0 open1 open2 reset ");
	assert_int_equal(w.assign.nr_slots, 2);
	assert_int_equal(mem_add(&w.machine.mem, &ram, &err), 0);
	assert_int_equal(vfio_assign_map(&w.assign, &w.machine.mem, VFIO_DMA_SYNC, &err), 0);
	assert_int_equal(w.mapped, 4096);
	assert_int_equal(vfio_assign_attach(&w.assign, 0, &w.machine.behind, 0, &err), 0);
	assert_int_equal(vfio_assign_attach(&w.assign, 1, &w.machine.host.root, 5, &err), 0);

	/* Both functions of the slot, and both say that there are several. */
	assert_int_equal(pci_host_config_read(&w.machine.host, 1, 0, PCI_HEADER_TYPE, 1), 0x80);
	assert_int_equal(pci_host_config_read(&w.machine.host, 1, 1, PCI_HEADER_TYPE, 1), 0x80);
	assert_int_equal(
		pci_host_config_read(&w.machine.host, 0, PCI_DEVFN_OF(5, 0), PCI_HEADER_TYPE, 1),
		0);

	pci_host_config_write(
		&w.machine.host, 1, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	w.log[0] = '\0';
	vfio_assign_close(&w.assign);
	/* Only what was used has anything to forget. */
	assert_string_equal(w.log, "reset ");
	for (unsigned i = 0; i < NR; i++)
		assert_true(w.sims[i].closed);
	assert_null(w.machine.behind.devs[0]);
	vfio_assign_close(&w.assign);
	mem_remove(&w.machine.mem, &ram);
	tear_down(&w);
}

static void refusal_of_one_opens_none(void **state)
{
	struct err err = { 0 };
	struct world w;

	set_up(&w);
	w.refuse = 2;
	assert_int_equal(open_all(&w, &err), -EBUSY);
	assert_string_equal(w.log, "check0 check1 check2 ");
	vfio_assign_close(&w.assign);
	tear_down(&w);
}

static void failure_to_open_resets_nothing(void **state)
{
	struct err err = { 0 };
	struct world w;

	set_up(&w);
	w.broken = 1;
	assert_int_equal(open_all(&w, &err), -EIO);
	assert_string_equal(w.log, "check0 check1 check2 open0 open1 open2 ");
	assert_string_equal(err.text, "broken");
	assert_true(w.sims[0].closed);
	tear_down(&w);
}

/* Also what the kernel is at work on. */
static void closed_before_it_is_taken(void **state)
{
	struct err err = { 0 };
	struct world w;

	set_up(&w);
	assert_int_equal(
		vfio_assign_open(&w.assign, &w.backend, requests, NR, &w.machine.watcher, &err), 0);
	vfio_assign_close(&w.assign);
	assert_string_equal(w.log, "check0 check1 check2 open0 open1 open2 ");
	for (unsigned i = 0; i < NR; i++)
		assert_true(w.sims[i].closed);
	tear_down(&w);
}

static void one_device_twice(void **state)
{
	struct vfio_assign_request twice[2] = { requests[0], requests[0] };
	struct err err = { 0 };
	struct world w;

	set_up(&w);
	assert_int_equal(
		vfio_assign_open(&w.assign, &w.backend, twice, 2, &w.machine.watcher, &err),
		-EEXIST);
	assert_string_equal(w.log, "");
	tear_down(&w);
}

/* All functions of a slot are behind one bridge. */
static void the_wish_for_identity_is_the_slots(void **state)
{
	struct vfio_assign_request wishes[NR];

	memcpy(wishes, requests, sizeof(wishes));
	assert_false(vfio_assign_wants_bars_host(wishes, NR, wishes[0].addr));
	wishes[1].options.bars_host = true;
	assert_true(vfio_assign_wants_bars_host(wishes, NR, wishes[0].addr));
	assert_true(vfio_assign_wants_bars_host(wishes, NR, wishes[1].addr));
	assert_false(vfio_assign_wants_bars_host(wishes, NR, wishes[2].addr));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_wish_for_identity_is_the_slots),
		cmocka_unit_test(from_open_to_close),
		cmocka_unit_test(refusal_of_one_opens_none),
		cmocka_unit_test(failure_to_open_resets_nothing),
		cmocka_unit_test(closed_before_it_is_taken),
		cmocka_unit_test(one_device_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
