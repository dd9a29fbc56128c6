// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mapping beside the guest, with devices that do DMA all over guest memory from the moment in
 * which they may, and a mapper that takes its time. Under ThreadSanitizer too (tests/test_unit.py).
 */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>

#include "base/bytes.h"
#include "fake_vfio.h"
#include "vm/vfio/mapping.h"

#define NR_DEVICES 2
#define NR_CHUNKS  9 /* of what RAM is cut into: 8 and what lies below 640 KiB */
#define RAM_SIZE   (8 * VFIO_DMA_CHUNK)

struct card {
	struct sim sim;
	struct vfio_pci vp;
	struct world *world;
	bool master; /* atomic */
	pthread_t dma;
	pthread_mutex_t link; /* held for a DMA; what stops the device waits for it */
};

struct world {
	struct sim_machine machine;
	struct card assigned[NR_DEVICES];
	struct vfio_pci *devices[NR_DEVICES];
	struct vfio_owned owned;
	struct vfio_backend backend;
	struct vfio_iommu iommu;
	struct vfio_mapping mapping;
	struct mem_region low, ram;
	void *host;

	u64 pages[NR_CHUNKS]; /* bytes mapped, by chunk; atomic */
	unsigned delay_us;    /* the longest that a mapping takes */
	unsigned fail_at;     /* the n-th mapping fails */
	unsigned maps;        /* atomic */
	u64 order[NR_CHUNKS + 1];
	unsigned faults; /* DMA that found no page; atomic */
	unsigned dmas;   /* atomic */
	bool end;        /* of the devices' threads; atomic */

	/* The vCPUs and the machine around them, in small: see vm/vcpu/vcpu.h. */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t vcpu[NR_DEVICES];
	bool held[NR_DEVICES];
	pthread_rwlock_t running; /* taken to read by a vCPU that runs, to write by a pause */
	unsigned resets;          /* the guest begins anew when it changes */
	unsigned knocks, opened;
	struct err failure;
};

static unsigned chunk_of(u64 gpa)
{
	return gpa < MIB ? 0 : 1 + (unsigned)(gpa / VFIO_DMA_CHUNK);
}

static void pause_us(unsigned us)
{
	const struct timespec t = { .tv_nsec = 1000L * us };

	if (us)
		nanosleep(&t, NULL);
}

static int slow_map(struct vfio_iommu *iommu, u64 iova, void *host, u64 size, u32 flags)
{
	struct world *w = container_of(iommu, struct world, iommu);
	unsigned n = __atomic_fetch_add(&w->maps, 1, __ATOMIC_RELAXED);

	if (n <= NR_CHUNKS)
		w->order[n] = iova;
	pause_us(w->delay_us ? n * 7919u % w->delay_us : 0);
	if (n + 1 == w->fail_at)
		return -EFAULT;
	for (u64 at = iova; at < iova + size; at += VFIO_DMA_CHUNK)
		__atomic_store_n(&w->pages[chunk_of(at)], size, __ATOMIC_RELEASE);
	return 0;
}

static int slow_unmap(struct vfio_iommu *iommu, u64 iova, u64 size)
{
	struct world *w = container_of(iommu, struct world, iommu);

	for (unsigned i = 0; i < NR_DEVICES; i++)
		if (__atomic_load_n(&w->assigned[i].master, __ATOMIC_ACQUIRE))
			__atomic_fetch_add(&w->faults, 1, __ATOMIC_RELAXED);
	for (u64 at = iova; at < iova + size; at += VFIO_DMA_CHUNK)
		__atomic_store_n(&w->pages[chunk_of(at)], 0, __ATOMIC_RELEASE);
	return 0;
}

static int limits(struct vfio_iommu *iommu, struct vfio_iommu_limits *limits)
{
	*limits = (struct vfio_iommu_limits){ .page_sizes = 4096, .mappings_left = 65535 };
	return 0;
}

static const struct vfio_iommu_ops iommu_ops = { slow_map, slow_unmap, limits };

/* One DMA to each chunk of the guest's memory. */
static void dma_everywhere(struct world *w)
{
	for (unsigned i = 0; i < NR_CHUNKS; i++)
		if (!__atomic_load_n(&w->pages[i], __ATOMIC_ACQUIRE))
			__atomic_fetch_add(&w->faults, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&w->dmas, 1, __ATOMIC_RELAXED);
}

static void mastered(struct sim *sim, bool on)
{
	struct card *card = container_of(sim, struct card, sim);

	pthread_mutex_lock(&card->link);
	__atomic_store_n(&card->master, on, __ATOMIC_RELEASE);
	if (on)
		dma_everywhere(card->world);
	pthread_mutex_unlock(&card->link);
}

/* A device that goes on with its DMA for as long as it may. */
static void *dma_thread(void *arg)
{
	struct card *card = arg;
	struct world *w = card->world;

	while (!__atomic_load_n(&w->end, __ATOMIC_ACQUIRE)) {
		pthread_mutex_lock(&card->link);
		if (card->master)
			dma_everywhere(w);
		pthread_mutex_unlock(&card->link);
		pause_us(20);
	}
	return NULL;
}

static struct world *world_of(void *owner)
{
	return container_of((struct sim_machine *)owner, struct world, machine);
}

static void hold(void *owner)
{
	struct world *w = world_of(owner);

	pthread_mutex_lock(&w->lock);
	w->knocks++;
	for (unsigned i = 0; i < NR_DEVICES; i++)
		if (w->vcpu[i] && pthread_equal(w->vcpu[i], pthread_self()))
			w->held[i] = true;
	pthread_mutex_unlock(&w->lock);
}

static void resume(void *owner)
{
	struct world *w = world_of(owner);

	pthread_mutex_lock(&w->lock);
	memset(w->held, 0, sizeof(w->held));
	w->opened++;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static void map_failed(void *owner, const struct err *err)
{
	struct world *w = world_of(owner);

	w->failure = *err;
	loop_stop(&w->machine.loop);
}

static void set_up(struct world *w)
{
	struct err err = { 0 };

	memset(w, 0, sizeof(*w));
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	pthread_rwlock_init(&w->running, NULL);
	sim_machine_open(&w->machine);
	w->machine.watcher.hold = hold;
	w->machine.watcher.resume = resume;
	w->machine.watcher.map_failed = map_failed;
	w->iommu.ops = &iommu_ops;
	w->backend = (struct vfio_backend){ .nr_iommus = 1 };
	w->backend.iommus[0] = &w->iommu;
	w->backend.iommu_users[0] = (struct pci_addr){ .bus = 1 };
	w->host =
		mmap(NULL, RAM_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_true(w->host != MAP_FAILED);
	w->low = (struct mem_region){ "RAM", { 0, 0xa0000 }, FLAT_RANK_PLATFORM, MEM_RAM, w->host };
	w->ram = (struct mem_region){ "RAM", { MIB, RAM_SIZE - MIB }, FLAT_RANK_PLATFORM, MEM_RAM,
		w->host };
	assert_int_equal(mem_add(&w->machine.mem, &w->low, &err), 0);
	assert_int_equal(mem_add(&w->machine.mem, &w->ram, &err), 0);
	for (unsigned i = 0; i < NR_DEVICES; i++) {
		struct card *card = &w->assigned[i];

		card->world = w;
		pthread_mutex_init(&card->link, NULL);
		sim_open(&card->sim);
		card->sim.mastered = mastered;
		sim_add_bar(&card->sim, 0, 64 * KIB, 0);
		sim_assign(&w->machine, &card->sim, &card->vp, i, NULL);
		card->vp.config.gate = &w->mapping.gate;
		w->devices[i] = &card->vp;
	}
	w->owned = (struct vfio_owned){ .devices = w->devices, .nr_devices = NR_DEVICES };
}

static void tear_down(struct world *w)
{
	for (unsigned i = 0; i < NR_DEVICES; i++) {
		vfio_pci_close(&w->assigned[i].vp);
		sim_close(&w->assigned[i].sim);
	}
	mem_remove(&w->machine.mem, &w->low);
	mem_remove(&w->machine.mem, &w->ram);
	munmap(w->host, RAM_SIZE);
	sim_machine_close(&w->machine);
}

static int start(struct world *w, enum vfio_dma_mode way, struct err *err)
{
	w->maps = 0;
	return vfio_mapping_start(&w->mapping, &w->backend, &w->machine.mem, &w->owned,
		&w->machine.watcher, way, err);
}

static void start_beside(struct world *w)
{
	struct err err = { 0 };

	assert_int_equal(start(w, VFIO_DMA_ASYNC, &err), 0);
}

/* Quiets the devices first, as the machine does. */
static void stop(struct world *w)
{
	for (unsigned i = 0; i < NR_DEVICES; i++) {
		vfio_pci_quiesce(&w->assigned[i].vp);
		vfio_pci_resume(&w->assigned[i].vp);
	}
	vfio_mapping_stop(&w->mapping);
	for (unsigned i = 0; i < NR_CHUNKS; i++)
		assert_int_equal(w->pages[i], 0);
}

static u16 hardware(struct card *card)
{
	return get_le16(card->sim.config + PCI_COMMAND);
}

/* The loop, until the gate is open. */
static void run_until_open(struct world *w)
{
	struct err err = { 0 };

	while (vfio_gate_is_closed(&w->mapping.gate))
		assert_int_equal(loop_step(&w->machine.loop, 1000, &err), 0);
}

/* The guest sees its bit, the hardware does not, and gets it when all is mapped. */
static void hardware_is_behind(void **state)
{
	struct world w;
	struct card *card = &w.assigned[0];

	set_up(&w);
	w.delay_us = 20000;
	start_beside(&w);
	sim_write(&card->vp, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	assert_int_equal(w.knocks, 1);
	assert_int_equal(hardware(card), PCI_COMMAND_MEMORY);
	assert_int_equal(sim_read(&card->vp, PCI_COMMAND, 2), 6);
	assert_int_equal(sim_read(&card->vp, PCI_COMMAND, 1), 6);
	assert_int_equal(sim_read(&card->vp, PCI_COMMAND, 4) & 0xffff, 6);
	assert_int_equal(sim_read(&card->vp, PCI_COMMAND + 1, 1), 0);
	/* The upper byte alone knocks again and changes nothing. */
	sim_write(&card->vp, PCI_COMMAND + 1, 1, PCI_COMMAND_INTX_DISABLE >> 8);
	assert_int_equal(hardware(card), PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE);
	sim_write(&card->vp, PCI_COMMAND + 1, 1, 0);

	run_until_open(&w);
	assert_int_equal(hardware(card), PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	assert_int_equal(hardware(&w.assigned[1]), 0);
	assert_int_equal(w.opened, 1);
	assert_int_equal(w.dmas, 1);
	/* From now on a write goes straight through. */
	sim_write(&w.assigned[1].vp, PCI_COMMAND, 4, 7);
	assert_int_equal(hardware(&w.assigned[1]), 7);
	assert_int_equal(w.faults, 0);
	stop(&w);
	tear_down(&w);
}

/* What a guest takes back, or a reset, is not made up for when the gate opens. */
static void taken_back_while_it_waits(void **state)
{
	struct world w;

	set_up(&w);
	w.delay_us = 20000;
	start_beside(&w);
	sim_write(&w.assigned[0].vp, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	sim_write(&w.assigned[0].vp, PCI_COMMAND, 1, 0);
	sim_write(&w.assigned[1].vp, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	pci_bus_reset(&w.machine.host.root);
	assert_int_equal(sim_read(&w.assigned[1].vp, PCI_COMMAND, 2), 0);
	run_until_open(&w);
	assert_int_equal(hardware(&w.assigned[0]), 0);
	assert_int_equal(hardware(&w.assigned[1]), 0);
	assert_int_equal(w.dmas, 0);
	stop(&w);
	tear_down(&w);
}

static void before_the_guest(void **state)
{
	struct err err = { 0 };
	struct world w;

	set_up(&w);
	assert_int_equal(start(&w, VFIO_DMA_SYNC, &err), 0);
	assert_false(vfio_gate_is_closed(&w.mapping.gate));
	sim_write(&w.assigned[0].vp, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	assert_int_equal(hardware(&w.assigned[0]), PCI_COMMAND_MASTER);
	assert_int_equal(w.faults + w.knocks, 0);
	stop(&w);
	tear_down(&w);
}

static void in_the_order_of_use(void **state)
{
	struct world w;

	set_up(&w);
	start_beside(&w);
	run_until_open(&w);
	assert_int_equal(w.maps, NR_CHUNKS);
	assert_int_equal(w.order[0], 0);
	assert_int_equal(w.order[1], RAM_SIZE - VFIO_DMA_CHUNK);
	assert_int_equal(w.order[2], MIB);
	for (unsigned i = 3; i < NR_CHUNKS; i++)
		assert_int_equal(w.order[i], (i - 2) * VFIO_DMA_CHUNK);
	stop(&w);
	tear_down(&w);
}

static void failure_ends_the_machine(void **state)
{
	struct err err = { 0 };
	struct world w;

	set_up(&w);
	w.fail_at = 3;
	start_beside(&w);
	sim_write(&w.assigned[0].vp, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	assert_int_equal(loop_run(&w.machine.loop, &err), 0);
	assert_int_equal(w.failure.code, EFAULT);
	assert_non_null(strstr(w.failure.text, "0000:01:00.0: cannot give it guest memory"));
	assert_non_null(strstr(w.failure.help, "huge pages"));
	assert_int_equal(hardware(&w.assigned[0]), 0);
	assert_true(vfio_gate_is_closed(&w.mapping.gate));
	stop(&w);
	tear_down(&w);
}

/* The end comes while chunks wait: those are not mapped any more. */
static void stopped_early(void **state)
{
	struct world w;

	set_up(&w);
	w.delay_us = 200000;
	start_beside(&w);
	stop(&w);
	assert_true(w.maps < NR_CHUNKS);
	tear_down(&w);
}

/* Memory that goes while it is being mapped. */
static void ram_goes(void **state)
{
	struct err err = { 0 };
	struct world w;

	set_up(&w);
	w.delay_us = 5000;
	start_beside(&w);
	mem_remove(&w.machine.mem, &w.ram);
	for (unsigned i = 1; i < NR_CHUNKS; i++)
		assert_int_equal(w.pages[i], 0);
	run_until_open(&w);
	assert_int_equal(w.pages[0], 0xa0000);
	/* What comes now is mapped at once. */
	assert_int_equal(mem_add(&w.machine.mem, &w.ram, &err), 0);
	for (unsigned i = 1; i < NR_CHUNKS; i++)
		assert_true(w.pages[i]);
	stop(&w);
	tear_down(&w);
}

struct guest {
	struct world *w;
	unsigned i;
};

static void wait_until_free(struct guest *guest)
{
	struct world *w = guest->w;

	pthread_mutex_lock(&w->lock);
	while (w->held[guest->i])
		pthread_cond_wait(&w->changed, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

/* Starts the card and uses it at once. False: the machine was reset meanwhile. */
static bool guest_uses_card(struct guest *guest)
{
	struct world *w = guest->w;
	struct card *card = &w->assigned[guest->i];
	unsigned resets;
	bool same;

	pthread_rwlock_rdlock(&w->running);
	resets = w->resets;
	sim_write(&card->vp, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	pthread_rwlock_unlock(&w->running);
	wait_until_free(guest);

	/* The write is over: what the guest now asks of the card, it does. */
	pthread_rwlock_rdlock(&w->running);
	same = resets == w->resets;
	if (same && !__atomic_load_n(&card->master, __ATOMIC_ACQUIRE))
		__atomic_fetch_add(&w->faults, 1, __ATOMIC_RELAXED);
	if (same)
		dma_everywhere(w);
	pthread_rwlock_unlock(&w->running);
	return same;
}

static void *guest_thread(void *arg)
{
	struct guest *guest = arg;
	struct world *w = guest->w;

	pthread_mutex_lock(&w->lock);
	w->vcpu[guest->i] = pthread_self();
	pthread_mutex_unlock(&w->lock);
	do
		pause_us(__atomic_load_n(&w->maps, __ATOMIC_RELAXED) * 37u % 2000);
	while (!guest_uses_card(guest));
	pthread_mutex_lock(&w->lock);
	w->vcpu[guest->i] = 0;
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* As the machine does it: on the loop's thread, while no vCPU runs; those that were held go on. */
static void reset_machine(struct world *w)
{
	pthread_rwlock_wrlock(&w->running);
	pci_bus_reset(&w->machine.host.root);
	w->resets++;
	pthread_mutex_lock(&w->lock);
	memset(w->held, 0, sizeof(w->held));
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	pthread_rwlock_unlock(&w->running);
}

#define ROUNDS 1500

static void dma_never_meets_an_unmapped_page(void **state)
{
	struct err err = { 0 };
	static struct world w;
	unsigned waited = 0;

	set_up(&w);
	w.delay_us = 100;
	for (unsigned i = 0; i < NR_DEVICES; i++)
		pthread_create(&w.assigned[i].dma, NULL, dma_thread, &w.assigned[i]);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct guest guests[NR_DEVICES];
		pthread_t threads[NR_DEVICES];

		w.knocks = 0;
		start_beside(&w);
		for (unsigned i = 0; i < NR_DEVICES; i++) {
			guests[i] = (struct guest){ &w, i };
			pthread_create(&threads[i], NULL, guest_thread, &guests[i]);
		}
		run_until_open(&w);
		for (unsigned i = 0; i < NR_DEVICES; i++)
			pthread_join(threads[i], NULL);
		waited += w.knocks;
		stop(&w);
		loop_step(&w.machine.loop, 0, &err);
	}
	__atomic_store_n(&w.end, true, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < NR_DEVICES; i++)
		pthread_join(w.assigned[i].dma, NULL);
	print_message("%u starts waited, %u rounds of DMA\n", waited, w.dmas);
	assert_int_equal(w.faults, 0);
	assert_true(waited > 0);
	assert_true(w.dmas >= 2 * NR_DEVICES * ROUNDS);
	tear_down(&w);
}

static void resets_while_it_maps(void **state)
{
	static struct world w;

	set_up(&w);
	w.delay_us = 300;
	for (unsigned round = 0; round < ROUNDS / 10; round++) {
		struct guest guest = { &w, round % NR_DEVICES };
		pthread_t thread;

		start_beside(&w);
		pthread_create(&thread, NULL, guest_thread, &guest);
		for (unsigned i = 0; i < round % 4; i++) {
			pause_us(100 * (round % 7));
			reset_machine(&w);
		}
		run_until_open(&w);
		pthread_join(thread, NULL);
		stop(&w);
	}
	assert_int_equal(w.faults, 0);
	tear_down(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hardware_is_behind),
		cmocka_unit_test(taken_back_while_it_waits),
		cmocka_unit_test(before_the_guest),
		cmocka_unit_test(in_the_order_of_use),
		cmocka_unit_test(failure_ends_the_machine),
		cmocka_unit_test(stopped_early),
		cmocka_unit_test(ram_goes),
		cmocka_unit_test(dma_never_meets_an_unmapped_page),
		cmocka_unit_test(resets_while_it_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
