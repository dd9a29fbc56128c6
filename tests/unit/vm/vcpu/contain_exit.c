// SPDX-License-Identifier: GPL-2.0-or-later
/* Exits that a guest makes long: one instruction with a thousand slow accesses. */
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit.h"
#include "vm/vcpu/exit.h"

#define PORT 0x80

struct world {
	struct bus pio;
	struct bus_region region;
	struct vcpus set;
	struct vcpu vcpu;
	struct kvm_run run; /* the data of string instructions lie in its padding */
	unsigned accesses;
	unsigned stop_at; /* the access during which the machine ends */
};

static u64 on_read(void *owner, u64 offset, unsigned size)
{
	struct world *w = owner;

	if (++w->accesses == w->stop_at)
		__atomic_store_n(&w->set.stop, true, __ATOMIC_RELEASE);
	return 0;
}

static void on_write(void *owner, u64 offset, unsigned size, u64 value)
{
	on_read(owner, offset, size);
}

static const struct bus_ops ops = { on_read, on_write };

static void run(struct world *w, u8 direction, unsigned stop_at)
{
	memset(w, 0, sizeof(*w));
	assert_int_equal(bus_open(&w->pio), 0);
	w->region = (struct bus_region){
		.range = { PORT, 4 }, .rank = FLAT_RANK_PLATFORM, .ops = &ops, .owner = w
	};
	assert_int_equal(bus_add(&w->pio, &w->region), 0);
	w->set.pio = &w->pio;
	w->vcpu.set = &w->set;
	w->vcpu.kvm.run = &w->run;
	w->stop_at = stop_at;
	w->run.exit_reason = KVM_EXIT_IO;
	w->run.io.direction = direction;
	w->run.io.size = 1;
	w->run.io.port = PORT;
	w->run.io.count = 1024;
	w->run.io.data_offset = offsetof(struct kvm_run, s.padding);
	vcpu_handle_exit(&w->vcpu);
	bus_close(&w->pio);
}

static void string_instruction_ends_with_the_machine(void **state)
{
	static struct world w;

	run(&w, KVM_EXIT_IO_OUT, 0);
	assert_int_equal(w.accesses, 1024);
	run(&w, KVM_EXIT_IO_OUT, 3);
	assert_int_equal(w.accesses, 3);
	run(&w, KVM_EXIT_IO_IN, 3);
	assert_int_equal(w.accesses, 3);
}

static void nothing(int signal)
{
}

static void *busy(void *owner)
{
	const int *end = owner;

	while (!__atomic_load_n(end, __ATOMIC_ACQUIRE))
		usleep(1000);
	return NULL;
}

/* Who pauses is the thread that has to see the signal for the machine's end. */
static void pause_does_not_wait_for_an_access(void **state)
{
	const struct sigaction action = { .sa_handler = nothing };
	static struct kvm_run kvm_run;
	struct vcpu vcpu = { .kvm.run = &kvm_run, .started = true };
	struct vcpus set = { .vcpu = &vcpu, .nr = 1 };
	u64 start = clock_monotonic(&clock_system);
	int end = 0;

	sigaction(SIGUSR1, &action, NULL);
	pthread_mutex_init(&set.lock, NULL);
	pthread_cond_init(&set.changed, NULL);
	assert_int_equal(pthread_create(&vcpu.thread, NULL, busy, &end), 0);
	assert_false(vcpus_pause(&set));
	assert_true(clock_monotonic(&clock_system) - start < NS_PER_S);
	vcpu.parked = true;
	assert_true(vcpus_pause(&set));
	__atomic_store_n(&end, 1, __ATOMIC_RELEASE);
	pthread_join(vcpu.thread, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(string_instruction_ends_with_the_machine),
		cmocka_unit_test(pause_does_not_wait_for_an_access),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
