// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm/vcpu/placement.h"

static void siblings_stay_siblings(void **state)
{
	static const struct {
		struct placement_host_cpu cpus[8];
		unsigned nr;
		struct topology topology;
	} cases[] = {
		/* Both threads of two cores. */
		{ { { 0, 0 }, { 0, 0 }, { 1, 0 }, { 1, 0 } }, 4, { 1, 2, 2 } },
		/* One thread of each core. */
		{ { { 0, 0 }, { 1, 0 }, { 2, 0 }, { 3, 0 } }, 4, { 1, 4, 1 } },
		/* Two packages. */
		{ { { 0, 0 }, { 0, 0 }, { 8, 1 }, { 8, 1 } }, 4, { 2, 1, 2 } },
		/* All first threads, then all second ones: no order that a guest could see. */
		{ { { 0, 0 }, { 1, 0 }, { 0, 0 }, { 1, 0 } }, 4, { 1, 4, 1 } },
		/* A core with one thread among those with two, as hybrid processors have. */
		{ { { 0, 0 }, { 0, 0 }, { 1, 0 } }, 3, { 1, 3, 1 } },
		{ { { 0, 0 }, { 1, 0 }, { 1, 0 } }, 3, { 1, 3, 1 } },
		/* More of one package than of the other. */
		{ { { 0, 0 }, { 1, 0 }, { 2, 0 }, { 3, 1 } }, 4, { 1, 4, 1 } },
		{ { { 5, 3 } }, 1, { 1, 1, 1 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct topology found = placement_topology(cases[i].cpus, cases[i].nr);

		assert_memory_equal(&found, &cases[i].topology, sizeof(found));
	}
}

/* All threads of isolated cores, and siblings as in the guest. */
static void cores_are_owned_or_shared(void **state)
{
	static const struct {
		struct placement_host_cpu cpus[4];
		unsigned nr, threads;
		bool owned;
	} cases[] = {
		{ { { 0, 0, 2, true }, { 0, 0, 2, true }, { 1, 0, 2, true }, { 1, 0, 2, true } }, 4,
			2, true },
		{ { { 0, 0, 1, true }, { 1, 0, 1, true } }, 2, 1, true },
		/* One is not isolated. */
		{ { { 0, 0, 2, true }, { 0, 0, 2, false } }, 2, 2, false },
		/* Somebody else may have the other threads. */
		{ { { 0, 0, 2, true }, { 1, 0, 2, true } }, 2, 1, false },
		/* The guest takes siblings for two cores, or two cores for siblings. */
		{ { { 0, 0, 2, true }, { 0, 0, 2, true } }, 2, 1, false },
		{ { { 0, 0, 1, true }, { 1, 0, 1, true } }, 2, 2, false },
		{ { { 0 } }, 0, 1, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct topology topology = { 1, 0, cases[i].threads };

		assert_int_equal(placement_owns_cores(cases[i].cpus, cases[i].nr, &topology),
			cases[i].owned);
	}
}

static void write_file(const char *root, unsigned cpu, const char *name, const char *text)
{
	char path[160];
	FILE *f;

	snprintf(
		path, sizeof(path), "mkdir -p %s/sys/devices/system/cpu/cpu%u/topology", root, cpu);
	assert_int_equal(system(path), 0);
	snprintf(
		path, sizeof(path), "%s/sys/devices/system/cpu/cpu%u/topology/%s", root, cpu, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void the_host_tells_its_siblings(void **state)
{
	const struct placement placement = { .nr = 4, .cpu = { 2, 6, 3, 7 } };
	char root[] = "/tmp/unit-placement-XXXXXX", command[96];
	struct topology found;
	struct err err = { 0 };
	struct sysroot sysroot;

	assert_non_null(mkdtemp(root));
	write_file(root, 2, "thread_siblings_list", "2,6\n");
	write_file(root, 6, "thread_siblings_list", "2,6\n");
	write_file(root, 3, "thread_siblings_list", "3,7\n");
	write_file(root, 7, "thread_siblings_list", "3,7\n");
	write_file(root, 2, "physical_package_id", "0\n");
	assert_int_equal(sysroot_open(&sysroot, root, &err), 0);
	found = placement_topology_of(&sysroot, &placement);
	assert_false(placement_owns_cores_of(&sysroot, &placement, &found));
	snprintf(
		command, sizeof(command), "echo 2-3,6-7 >%s/sys/devices/system/cpu/isolated", root);
	assert_int_equal(system(command), 0);
	assert_true(placement_owns_cores_of(&sysroot, &placement, &found));
	sysroot_close(&sysroot);
	snprintf(command, sizeof(command), "rm -r %s", root);
	assert_int_equal(system(command), 0);
	assert_int_equal(found.threads, 2);
	assert_int_equal(found.cores, 2);
	assert_int_equal(found.sockets, 1);
}

static void *where_am_i(void *arg)
{
	*(int *)arg = sched_getcpu();
	return NULL;
}

static void a_thread_runs_where_it_is_pinned(void **state)
{
	struct placement placement = { .nr = 1 };
	pthread_attr_t attr;
	pthread_t thread;
	struct err err = { 0 };
	cpu_set_t set;
	int cpu = -1;

	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	while (!CPU_ISSET(placement.cpu[0], &set))
		placement.cpu[0]++;
	pthread_attr_init(&attr);
	assert_int_equal(placement_set(&placement, 0, &attr), 0);
	assert_int_equal(pthread_create(&thread, &attr, where_am_i, &cpu), 0);
	pthread_join(thread, NULL);
	assert_int_equal(cpu, placement.cpu[0]);

	/* No host has it. */
	placement.cpu[0] = PLACEMENT_MAX_HOST - 1;
	assert_int_equal(placement_set(&placement, 0, &attr), 0);
	assert_int_equal(pthread_create(&thread, &attr, where_am_i, &cpu), EINVAL);
	assert_int_equal(placement_explain(&placement, 0, EINVAL, &err), -EINVAL);
	assert_string_equal(err.text, "vCPU 0 cannot be pinned: this process may not run on "
				      "processor 4095 of the host");
	pthread_attr_destroy(&attr);
}

static void other_threads_leave_the_processors(void **state)
{
	struct placement placement = { .nr = 1 };
	cpu_set_t before, after;
	int cpus;

	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	cpus = CPU_COUNT(&before);
	while (!CPU_ISSET(placement.cpu[0], &before))
		placement.cpu[0]++;
	placement_clear(&placement);
	assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
	/* The last processor is not given up. */
	assert_int_equal(CPU_COUNT(&after), cpus > 1 ? cpus - 1 : 1);
	assert_int_equal(CPU_ISSET(placement.cpu[0], &after) != 0, cpus == 1);
	sched_setaffinity(0, sizeof(before), &before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siblings_stay_siblings),
		cmocka_unit_test(cores_are_owned_or_shared),
		cmocka_unit_test(the_host_tells_its_siblings),
		cmocka_unit_test(a_thread_runs_where_it_is_pinned),
		cmocka_unit_test(other_threads_leave_the_processors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
