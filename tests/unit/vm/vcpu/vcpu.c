// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vCPUs that are held after an access, or get an SMI: by threads as they are, with a KVM of a few
 * lines. Under ThreadSanitizer too (tests/test_unit.py).
 */
#include "unit.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "vm/vcpu/vcpu.h"

#define NR   2
#define DOOR 0x1000 /* a write here holds the vCPU */
#define WORK 0x2000 /* and here does not */
#define OWN  0x4000 /* and here raises an SMI for the vCPU itself */
#define ALL  0x5000 /* and here for all */
#define WAIT 0x3000 /* and here waits in the kernel, for something that never comes */

struct world {
	struct bus mmio, pio;
	struct bus_region region;
	struct vcpus set;
	struct kvm kvm;
	struct kvm_run run[NR];
	unsigned runs[NR];     /* entries of the guest; atomic */
	unsigned knock[NR];    /* the entry that ends with a write of DOOR, 0: none; atomic */
	unsigned finished[NR]; /* entries that only ended an access; atomic */
	unsigned door;         /* what knock[] writes; atomic */
	unsigned smis[NR];     /* atomic */
	unsigned restored;
	int pipe[2];
	unsigned waits; /* accesses of WAIT that have begun; atomic */
	int waited;     /* errno of the last */
};

static struct world *world;

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
}

static unsigned index_of(const struct kvm_vcpu *vcpu)
{
	return (unsigned)(vcpu->run - world->run);
}

/* The linker puts these in the place of kernel/kvm.c's and state.c's. */
int __wrap_kvm_vcpu_run(struct kvm_vcpu *vcpu);
void __wrap_kvm_vcpu_close(struct kvm_vcpu *vcpu);
int __wrap_kvm_vcpu_smi(const struct kvm_vcpu *vcpu);
int __wrap_vcpu_state_restore(
	const struct vcpu_state *state, const struct kvm_vcpu *vcpu, struct err *err);

int __wrap_kvm_vcpu_run(struct kvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	unsigned i = index_of(vcpu), n;

	if (__atomic_load_n(&run->immediate_exit, __ATOMIC_ACQUIRE)) {
		__atomic_fetch_add(&world->finished[i], 1, __ATOMIC_RELAXED);
		return -EINTR;
	}
	nap();
	n = __atomic_add_fetch(&world->runs[i], 1, __ATOMIC_ACQ_REL);
	run->exit_reason = KVM_EXIT_MMIO;
	run->mmio.phys_addr = n == __atomic_load_n(&world->knock[i], __ATOMIC_ACQUIRE)
				      ? __atomic_load_n(&world->door, __ATOMIC_ACQUIRE)
				      : WORK;
	if (i == 1 && world->pipe[0] >= 0)
		run->mmio.phys_addr = WAIT;
	run->mmio.len = 4;
	run->mmio.is_write = 1;
	return 0;
}

void __wrap_kvm_vcpu_close(struct kvm_vcpu *vcpu)
{
}

int __wrap_kvm_vcpu_smi(const struct kvm_vcpu *vcpu)
{
	/* KVM's state is complete: the access that raised the SMI is over, and it is the own
	 * thread. */
	assert_true(pthread_equal(world->set.vcpu[index_of(vcpu)].thread, pthread_self()));
	__atomic_fetch_add(&world->smis[index_of(vcpu)], 1, __ATOMIC_ACQ_REL);
	return 0;
}

int __wrap_vcpu_state_restore(
	const struct vcpu_state *state, const struct kvm_vcpu *vcpu, struct err *err)
{
	world->restored++;
	return 0;
}

static u64 no_read(void *owner, u64 offset, unsigned size)
{
	return 0;
}

static void on_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct world *w = owner;

	char byte;

	if (offset == DOOR)
		vcpus_hold(&w->set);
	if (offset == OWN || offset == ALL)
		vcpus_smi(&w->set, offset == ALL);
	if (offset != WAIT)
		return;
	__atomic_fetch_add(&w->waits, 1, __ATOMIC_RELEASE);
	w->waited = read(w->pipe[0], &byte, 1) < 0 ? errno : 0;
}

static const struct bus_ops ops = { no_read, on_write };
static const struct placement anywhere;

static void set_up_with(struct world *w, const int pipe[2])
{
	struct err err = { 0 };

	memset(w, 0, sizeof(*w));
	memcpy(w->pipe, pipe, sizeof(w->pipe));
	w->door = DOOR;
	world = w;
	assert_int_equal(bus_open(&w->mmio), 0);
	assert_int_equal(bus_open(&w->pio), 0);
	w->region = (struct bus_region){
		.range = { 0, 0x10000 }, .rank = FLAT_RANK_PLATFORM, .ops = &ops, .owner = w
	};
	assert_int_equal(bus_add(&w->mmio, &w->region), 0);
	w->set = (struct vcpus){
		.kvm = &w->kvm,
		.mmio = &w->mmio,
		.pio = &w->pio,
		.placement = &anywhere,
		.nr = NR,
		.pause = true,
	};
	pthread_mutex_init(&w->set.lock, NULL);
	pthread_cond_init(&w->set.changed, NULL);
	w->set.vcpu = calloc(NR, sizeof(*w->set.vcpu));
	for (unsigned i = 0; i < NR; i++) {
		w->set.vcpu[i].set = &w->set;
		w->set.vcpu[i].kvm.run = &w->run[i];
	}
	w->knock[0] = 3;
	assert_int_equal(vcpus_start(&w->set, &err), 0);
	vcpus_resume(&w->set);
}

static void set_up(struct world *w)
{
	set_up_with(w, (const int[]){ -1, -1 });
}

static void tear_down(struct world *w)
{
	vcpus_close(&w->set);
	bus_close(&w->mmio);
	bus_close(&w->pio);
}

static unsigned runs(struct world *w, unsigned i)
{
	return __atomic_load_n(&w->runs[i], __ATOMIC_ACQUIRE);
}

static void wait_for(struct world *w, unsigned i, unsigned n)
{
	while (runs(w, i) < n)
		nap();
}

/* The vCPU that knocked stands still after its access; the other one does not. */
static void wait_until_held(struct world *w)
{
	wait_for(w, 0, 3);
	wait_for(w, 1, runs(w, 1) + 20);
	assert_int_equal(runs(w, 0), 3);
}

static void held_until_it_may_go_on(void **state)
{
	struct world w;

	set_up(&w);
	wait_until_held(&w);
	vcpus_unhold(&w.set);
	wait_for(&w, 0, 20);
	/* Without effect from a thread that is no vCPU. */
	vcpus_hold(&w.set);
	wait_for(&w, 0, 40);
	wait_for(&w, 1, runs(&w, 1) + 20);
	tear_down(&w);
}

/* A pause finds it parked, with its access ended; afterwards it is held as before. */
static void paused_while_held(void **state)
{
	unsigned before;
	struct world w;

	set_up(&w);
	wait_until_held(&w);
	vcpus_pause(&w.set);
	assert_int_equal(w.finished[0], 1);
	before = runs(&w, 1);
	for (unsigned i = 0; i < 20; i++)
		nap();
	assert_int_equal(runs(&w, 1), before);
	vcpus_resume(&w.set);
	wait_for(&w, 1, before + 20);
	assert_int_equal(runs(&w, 0), 3);
	vcpus_unhold(&w.set);
	wait_for(&w, 0, 20);
	tear_down(&w);
}

static void reset_while_held(void **state)
{
	struct err err = { 0 };
	struct world w;

	set_up(&w);
	wait_until_held(&w);
	vcpus_pause(&w.set);
	assert_int_equal(vcpus_reset(&w.set, &err), 0);
	assert_int_equal(w.restored, NR);
	vcpus_resume(&w.set);
	wait_for(&w, 0, 20);
	tear_down(&w);
}

/* The end does not wait for whoever would let it go on. */
static void stopped_while_held(void **state)
{
	struct world w;

	set_up(&w);
	wait_until_held(&w);
	tear_down(&w);
	assert_int_equal(w.runs[0], 3);
}

/* Nor for an access that waits in the kernel; anything less than the end does not disturb it. */
static void stopped_while_it_waits(void **state)
{
	struct world w;
	int pipes[2];

	assert_int_equal(pipe(pipes), 0);
	set_up_with(&w, pipes);
	while (!__atomic_load_n(&w.waits, __ATOMIC_ACQUIRE))
		nap();
	vcpus_request_pause(&w.set);
	for (unsigned i = 0; i < 20; i++)
		nap();
	assert_int_equal(w.waits, 1);
	tear_down(&w);
	assert_int_equal(w.waits, 1);
	assert_int_equal(w.waited, EINTR);
	close(pipes[0]);
	close(pipes[1]);
}

/* The permission may come before the access that asked for it has ended. */
static void many_times(void **state)
{
	struct world w;

	set_up(&w);
	for (unsigned i = 0; i < 300; i++) {
		wait_for(&w, 0, __atomic_load_n(&w.knock[0], __ATOMIC_ACQUIRE));
		if (i % 3 == 0) {
			vcpus_pause(&w.set);
			vcpus_resume(&w.set);
		}
		__atomic_store_n(&w.knock[0], runs(&w, 0) + 2, __ATOMIC_RELEASE);
		/* Again and again, because the first may come before the hold. */
		while (runs(&w, 0) < w.knock[0]) {
			vcpus_unhold(&w.set);
			nap();
		}
	}
	tear_down(&w);
}

static unsigned smis(struct world *w, unsigned i)
{
	return __atomic_load_n(&w->smis[i], __ATOMIC_ACQUIRE);
}

/* Has vCPU 0 write to @door at its next entry but one, and waits until that is over. */
static void knock_at(struct world *w, unsigned door)
{
	unsigned next;

	vcpus_pause(&w->set);
	next = runs(w, 0) + 1;
	__atomic_store_n(&w->door, door, __ATOMIC_RELEASE);
	__atomic_store_n(&w->knock[0], next, __ATOMIC_RELEASE);
	vcpus_resume(&w->set);
	wait_for(w, 0, next + 3);
	wait_for(w, 1, runs(w, 1) + 3);
}

static void smis_reach_whom_they_are_for(void **state)
{
	unsigned own = 0, all = 0;
	struct world w;

	set_up(&w);
	wait_until_held(&w);
	vcpus_unhold(&w.set);
	for (unsigned i = 0; i < 50; i++) {
		bool everyone = i % 3;

		knock_at(&w, everyone ? ALL : OWN);
		own++;
		all += everyone;
		assert_int_equal(smis(&w, 0), own);
		assert_int_equal(smis(&w, 1), all);
	}
	tear_down(&w);
}

/* Whoever is paused or held takes it when it runs again; a reset forgets it. */
static void smis_are_not_lost(void **state)
{
	struct err err = { 0 };
	struct world w;

	set_up(&w);
	wait_until_held(&w);
	vcpus_smi(&w.set, true);
	vcpus_unhold(&w.set);
	wait_for(&w, 0, 10);
	wait_for(&w, 1, runs(&w, 1) + 3);
	assert_int_equal(smis(&w, 0), 1);
	assert_int_equal(smis(&w, 1), 1);
	for (unsigned i = 2; i < 30; i++) {
		vcpus_pause(&w.set);
		vcpus_smi(&w.set, true);
		vcpus_resume(&w.set);
		wait_for(&w, 0, runs(&w, 0) + 2);
		wait_for(&w, 1, runs(&w, 1) + 2);
		assert_int_equal(smis(&w, 0), i);
		assert_int_equal(smis(&w, 1), i);
	}
	vcpus_pause(&w.set);
	vcpus_smi(&w.set, true);
	assert_int_equal(vcpus_reset(&w.set, &err), 0);
	vcpus_resume(&w.set);
	wait_for(&w, 0, runs(&w, 0) + 3);
	assert_int_equal(smis(&w, 0), 29);
	/* Not from a thread that is no vCPU. */
	vcpus_smi(&w.set, false);
	wait_for(&w, 0, runs(&w, 0) + 3);
	assert_int_equal(smis(&w, 0), 29);
	tear_down(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(held_until_it_may_go_on),
		cmocka_unit_test(paused_while_held),
		cmocka_unit_test(reset_while_held),
		cmocka_unit_test(stopped_while_held),
		cmocka_unit_test(stopped_while_it_waits),
		cmocka_unit_test(many_times),
		cmocka_unit_test(smis_reach_whom_they_are_for),
		cmocka_unit_test(smis_are_not_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
