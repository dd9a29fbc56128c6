// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * machine: reports the number of CPUs, the memory in MiB, the clock source and what DMI says.
 * smp: each CPU does work at the same time as all others, and gets its timer's interrupts.
 *   cpus=N that have to be there   ms=N of work (200)
 * cpuid: prints "CPUID CPU LEAF SUBLEAF EAX EBX ECX EDX" in hexadecimal.
 *   leaf=N, repeatable   subleaf=N (0)
 * log: prints the kernel's messages about what went wrong, "LOG TEXT", and reports their number.
 */
#include <cpuid.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "interrupts.h"
#include "steps.h"

#define MAX_CPUS 256
#define LOG_SIZE (1 << 20)

static void report_file(const char *key, const char *path)
{
	char text[128] = "";

	read_text(text, sizeof(text), "%s", path);
	for (char *at = text; *at; at++)
		if (*at == ' ')
			*at = '_';
	report(key, "%s", text);
}

void step_machine(const struct args *args)
{
	struct sysinfo memory;
	struct utsname name;

	sysinfo(&memory);
	uname(&name);
	report("kernel", "%s", name.release);
	report("cpus", "%ld", sysconf(_SC_NPROCESSORS_ONLN));
	report("memory", "%llu", (unsigned long long)memory.totalram * memory.mem_unit / MIB);
	report_file("clock", "/sys/devices/system/clocksource/clocksource0/current_clocksource");
	report_file("vendor", "/sys/class/dmi/id/sys_vendor");
	report_file("product", "/sys/class/dmi/id/product_name");
	report_file("version", "/sys/class/dmi/id/product_version");
	report_file("uuid", "/sys/class/dmi/id/product_uuid");
	report_file("serial", "/sys/class/dmi/id/product_serial");
	report_file("bios", "/sys/class/dmi/id/bios_vendor");
	report_file("bios-version", "/sys/class/dmi/id/bios_version");
}

static bool pin(unsigned cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return !sched_setaffinity(0, sizeof(set), &set);
}

/* Counts in @counts[@cpu] for @ms after all @cpus have come; ends the process. */
static _Noreturn void work(
	volatile u64 *counts, volatile unsigned *ready, unsigned cpu, unsigned cpus, u64 ms)
{
	u64 end;

	if (!pin(cpu))
		exit(1);
	__atomic_fetch_add(ready, 1, __ATOMIC_SEQ_CST);
	while (*ready < cpus)
		sched_yield();
	for (end = now_ms() + ms; now_ms() < end;)
		counts[cpu]++;
	exit(sched_getcpu() == (int)cpu ? 0 : 1);
}

static void work_all(volatile u64 *counts, volatile unsigned *ready, unsigned cpus, u64 ms)
{
	pid_t children[MAX_CPUS];
	int status;

	for (unsigned cpu = 0; cpu < cpus; cpu++) {
		children[cpu] = fork();
		if (!children[cpu])
			work(counts, ready, cpu, cpus, ms);
	}
	for (unsigned cpu = 0; cpu < cpus; cpu++)
		if (waitpid(children[cpu], &status, 0) < 0 || status)
			fail("no process could run on CPU %u", cpu);
}

void step_smp(const struct args *args)
{
	unsigned cpus = sysconf(_SC_NPROCESSORS_ONLN);
	u64 wanted = args_number(args, "cpus", cpus);
	struct interrupts before, after;
	volatile u64 *counts;

	if (cpus != wanted || cpus > MAX_CPUS)
		fail("%u CPUs are online, not %llu", cpus, (unsigned long long)wanted);
	counts = mmap(NULL, (MAX_CPUS + 1) * sizeof(u64), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED)
		fail_errno("no memory");
	interrupts_read(&before);
	work_all(counts, (volatile unsigned *)(counts + MAX_CPUS), cpus,
		args_number(args, "ms", 200));
	interrupts_read(&after);
	report("cpus", "%u", cpus);
	for (unsigned cpu = 0; cpu < cpus; cpu++) {
		u64 ticks = interrupts_of(&after, "LOC", cpu) - interrupts_of(&before, "LOC", cpu);

		if (!counts[cpu] || !ticks)
			fail("CPU %u did %llu rounds of work and had %llu timer interrupts", cpu,
				(unsigned long long)counts[cpu], (unsigned long long)ticks);
	}
	report("rescheduled", "%llu", (unsigned long long)interrupts_total(&after, "RES"));
}

void step_cpuid(const struct args *args)
{
	u32 subleaf = args_number(args, "subleaf", 0), a, b, c, d;
	unsigned cpus = sysconf(_SC_NPROCESSORS_ONLN), leaves = 0;

	for (unsigned i = 0; i < args->count; i++) {
		struct args one = { .count = 1, .list = { args->list[i] } };
		u32 leaf = args_number(&one, "leaf", 0);

		if (strcmp(args->list[i].key, "leaf"))
			continue;
		leaves++;
		for (unsigned cpu = 0; cpu < cpus; cpu++) {
			if (!pin(cpu))
				fail_errno("cannot run on CPU %u", cpu);
			__cpuid_count(leaf, subleaf, a, b, c, d);
			say("CPUID %u %08x %08x %08x %08x %08x %08x", cpu, leaf, subleaf, a, b, c,
				d);
		}
	}
	report("leaves", "%u", leaves);
}

/* A message is "<N>[time] text"; errors have N up to 3, and some of PCI's trouble is no error. */
static bool is_trouble(const char *line)
{
	static const char *const signs[] = { "no space for", "failed to assign", "can't claim",
		"can't reserve", "could not be reserved", "AER:", "Invalid PCI ROM", "nobody cared",
		"Unable to change power", "not ready after", "Call Trace", "bogus alignment" };
	int level;

	if (sscanf(line, "<%d>", &level) == 1 && (level & 7) <= 3)
		return true;
	for (unsigned i = 0; i < ARRAY_SIZE(signs); i++)
		if (strstr(line, signs[i]))
			return true;
	return false;
}

void step_log(const struct args *args)
{
	char *text = malloc(LOG_SIZE), *line;
	unsigned count = 0;
	int n;

	n = text ? klogctl(3, text, LOG_SIZE - 1) : -1;
	if (n < 0)
		fail_errno("cannot read the kernel's messages");
	text[n] = 0;
	while ((line = strsep(&text, "\n"))) {
		if (!is_trouble(line))
			continue;
		say("LOG %s", line);
		count++;
	}
	report("messages", "%u", count);
}
