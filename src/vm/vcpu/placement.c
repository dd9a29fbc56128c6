// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vcpu/placement.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define HOST_SET_SIZE CPU_ALLOC_SIZE(PLACEMENT_MAX_HOST)

#define RT_PRIORITY 1 /* above all normal threads, below all other real-time ones */

typedef unsigned (*key_of)(const struct placement_host_cpu *cpu);

static unsigned core_of(const struct placement_host_cpu *cpu)
{
	return cpu->core;
}

static unsigned package_of(const struct placement_host_cpu *cpu)
{
	return cpu->package;
}

/*
 * The number of adjacent processors with the same @key, if it is the same everywhere and each key
 * has only one run; otherwise 0.
 */
static unsigned run_length(const struct placement_host_cpu *cpus, unsigned nr, key_of key)
{
	unsigned length = 1;

	while (length < nr && key(&cpus[length]) == key(&cpus[0]))
		length++;
	if (nr % length)
		return 0;
	for (unsigned i = 0; i < nr; i++) {
		unsigned first = i - i % length;

		if (key(&cpus[i]) != key(&cpus[first]))
			return 0;
		for (unsigned other = 0; other < first; other += length)
			if (key(&cpus[other]) == key(&cpus[first]))
				return 0;
	}
	return length;
}

struct topology placement_topology(const struct placement_host_cpu *cpus, unsigned nr)
{
	unsigned threads = run_length(cpus, nr, core_of);
	unsigned package = run_length(cpus, nr, package_of);

	if (!threads)
		threads = 1;
	if (!package || package % threads)
		package = nr;
	return (struct topology){
		.sockets = nr / package,
		.cores = package / threads,
		.threads = threads,
	};
}

/* Reads the number at the start of a file in sysfs; returns @otherwise if there is none. */
static unsigned read_number(
	const struct sysroot *sysroot, unsigned cpu, const char *name, unsigned otherwise)
{
	char path[96], text[64];
	char *end;
	unsigned long value;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/topology/%s", cpu, name);
	if (sysroot_text(sysroot, path, text, sizeof(text)) <= 0)
		return otherwise;
	value = strtoul(text, &end, 10);
	return end == text || value > PLACEMENT_MAX_HOST ? otherwise : (unsigned)value;
}

/* Parses a range of a list such as "2-5,8". Returns what follows, or NULL at its end. */
static const char *next_range(const char *text, unsigned long *first, unsigned long *last)
{
	char *end;

	*first = *last = strtoul(text, &end, 10);
	if (end == text)
		return NULL;
	if (*end == '-')
		*last = strtoul(end + 1, &end, 10);
	return *end == ',' ? end + 1 : end;
}

static unsigned count_list(const char *text)
{
	unsigned long first, last;
	unsigned nr = 0;

	while ((text = next_range(text, &first, &last)))
		nr += last >= first && last < PLACEMENT_MAX_HOST ? (unsigned)(last - first) + 1 : 0;
	return nr;
}

static bool list_has(const char *text, unsigned cpu)
{
	unsigned long first, last;

	while ((text = next_range(text, &first, &last)))
		if (first <= cpu && cpu <= last)
			return true;
	return false;
}

static void read_cpus(const struct sysroot *sysroot, const struct placement *placement,
	struct placement_host_cpu cpus[PLACEMENT_MAX])
{
	char path[96], siblings[256], isolated[1024];

	sysroot_text(sysroot, "/sys/devices/system/cpu/isolated", isolated, sizeof(isolated));
	for (unsigned i = 0; i < placement->nr; i++) {
		unsigned cpu = placement->cpu[i];

		snprintf(path, sizeof(path),
			"/sys/devices/system/cpu/cpu%u/topology/thread_siblings_list", cpu);
		sysroot_text(sysroot, path, siblings, sizeof(siblings));
		cpus[i] = (struct placement_host_cpu){
			.core = read_number(sysroot, cpu, "thread_siblings_list", cpu),
			.package = read_number(sysroot, cpu, "physical_package_id", 0),
			.threads = count_list(siblings),
			.isolated = list_has(isolated, cpu),
		};
	}
}

struct topology placement_topology_of(
	const struct sysroot *sysroot, const struct placement *placement)
{
	struct placement_host_cpu cpus[PLACEMENT_MAX];

	read_cpus(sysroot, placement, cpus);
	return placement_topology(cpus, placement->nr);
}

bool placement_owns_cores(
	const struct placement_host_cpu *cpus, unsigned nr, const struct topology *topology)
{
	for (unsigned i = 0; i < nr; i++) {
		unsigned sharing = 0;

		for (unsigned n = 0; n < nr; n++) {
			bool siblings = n / topology->threads == i / topology->threads;

			if (siblings != (cpus[n].core == cpus[i].core))
				return false;
			sharing += siblings;
		}
		if (!cpus[i].isolated || sharing != cpus[i].threads)
			return false;
	}
	return nr > 0;
}

bool placement_owns_cores_of(const struct sysroot *sysroot, const struct placement *placement,
	const struct topology *topology)
{
	struct placement_host_cpu cpus[PLACEMENT_MAX];

	read_cpus(sysroot, placement, cpus);
	return placement_owns_cores(cpus, placement->nr, topology);
}

static int set_affinity(const struct placement *placement, unsigned index, pthread_attr_t *attr)
{
	cpu_set_t *set = CPU_ALLOC(PLACEMENT_MAX_HOST);
	int ret;

	if (!set)
		return ENOMEM;
	CPU_ZERO_S(HOST_SET_SIZE, set);
	CPU_SET_S(placement->cpu[index], HOST_SET_SIZE, set);
	ret = pthread_attr_setaffinity_np(attr, HOST_SET_SIZE, set);
	CPU_FREE(set);
	return ret;
}

static int set_realtime(pthread_attr_t *attr)
{
	const struct sched_param param = { .sched_priority = RT_PRIORITY };
	int ret = pthread_attr_setinheritsched(attr, PTHREAD_EXPLICIT_SCHED);

	if (!ret)
		ret = pthread_attr_setschedpolicy(attr, SCHED_FIFO);
	return ret ? ret : pthread_attr_setschedparam(attr, &param);
}

int placement_set(const struct placement *placement, unsigned index, pthread_attr_t *attr)
{
	int ret = placement->nr ? set_affinity(placement, index, attr) : 0;

	return !ret && placement->realtime ? set_realtime(attr) : ret;
}

int placement_explain(const struct placement *placement, unsigned index, int code, struct err *err)
{
	if (placement->realtime && code == EPERM) {
		err_sys(err, code, "cannot run vCPU %u in real time", index);
		return err_help(err, "rt=on needs CAP_SYS_NICE, or a limit: ulimit -r 1");
	}
	if (placement->nr && code == EINVAL) {
		err_set(err, code,
			"vCPU %u cannot be pinned: this process may not run on processor "
			"%u of the host",
			index, placement->cpu[index]);
		return err_help(err, "taskset -p $$    (shows where it may)\n"
				     "cat /sys/devices/system/cpu/online");
	}
	return err_sys(err, code, "cannot start the thread of vCPU %u", index);
}

void placement_clear(const struct placement *placement)
{
	cpu_set_t *set = CPU_ALLOC(PLACEMENT_MAX_HOST);

	if (set && placement->nr && !sched_getaffinity(0, HOST_SET_SIZE, set)) {
		for (unsigned i = 0; i < placement->nr; i++)
			CPU_CLR_S(placement->cpu[i], HOST_SET_SIZE, set);
		if (CPU_COUNT_S(HOST_SET_SIZE, set))
			sched_setaffinity(0, HOST_SET_SIZE, set);
	}
	if (set)
		CPU_FREE(set);
}
