// SPDX-License-Identifier: GPL-2.0-or-later
/* The accesses are those of OVMF's PlatformPei and CpuHotplugSmm. */
#include "vm/dev/cpu_hotplug.h"

#include <stdlib.h>

#include "unit.h"

#define NR_CPUS 6

struct bench {
	struct bus pio;
	pthread_mutex_t lock;
	struct cpu_hotplug hotplug;
};

static u32 apic_id(void *owner, unsigned cpu)
{
	assert_true(cpu < NR_CPUS);
	return 0x10 + 2 * cpu;
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	bus_open(&b->pio);
	pthread_mutex_init(&b->lock, NULL);
	assert_int_equal(cpu_hotplug_open(&b->hotplug, &b->pio, &b->lock, NR_CPUS, apic_id, b), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	cpu_hotplug_close(&b->hotplug);
	assert_int_equal(b->pio.nr_regions, 0);
	pthread_mutex_destroy(&b->lock);
	bus_close(&b->pio);
	free(b);
	return 0;
}

static void out(struct bench *b, unsigned offset, unsigned size, u32 value)
{
	bus_write(&b->pio, CPU_HOTPLUG_PORT + offset, size, value);
}

static u32 in(struct bench *b, unsigned offset, unsigned size)
{
	return (u32)bus_read(&b->pio, CPU_HOTPLUG_PORT + offset, size);
}

/* Zero says that it is the modern interface, whatever was selected before. */
static void firmware_finds_it(void **state)
{
	struct bench *b = *state;

	out(b, CPU_HOTPLUG_SELECTOR, 4, 0xffffffff);
	out(b, CPU_HOTPLUG_SELECTOR, 4, 0);
	out(b, CPU_HOTPLUG_COMMAND, 1, CPU_HOTPLUG_NEXT_EVENT);
	assert_int_equal(in(b, CPU_HOTPLUG_DATA2, 4), 0);
}

static void firmware_counts_the_processors(void **state)
{
	struct bench *b = *state;
	unsigned present = 0, possible = 0;

	firmware_finds_it(state);
	do {
		out(b, CPU_HOTPLUG_SELECTOR, 4, possible);
		present += in(b, CPU_HOTPLUG_STATUS, 1) & CPU_HOTPLUG_PRESENT;
		/* No event, and nothing to remove. */
		assert_int_equal(in(b, CPU_HOTPLUG_STATUS, 1) & ~CPU_HOTPLUG_PRESENT, 0);
		possible++;
		out(b, CPU_HOTPLUG_SELECTOR, 4, possible);
	} while (in(b, CPU_HOTPLUG_DATA, 4));
	assert_int_equal(possible, NR_CPUS);
	assert_int_equal(present, NR_CPUS);
}

static void each_has_its_apic_id(void **state)
{
	struct bench *b = *state;

	for (unsigned cpu = 0; cpu < NR_CPUS; cpu++) {
		out(b, CPU_HOTPLUG_SELECTOR, 4, cpu);
		out(b, CPU_HOTPLUG_COMMAND, 1, CPU_HOTPLUG_ARCH_ID);
		assert_int_equal(in(b, CPU_HOTPLUG_DATA, 4), 0x10 + 2 * cpu);
		assert_int_equal(in(b, CPU_HOTPLUG_DATA2, 4), 0);
		out(b, CPU_HOTPLUG_COMMAND, 1, CPU_HOTPLUG_NEXT_EVENT);
		assert_int_equal(in(b, CPU_HOTPLUG_DATA, 4), cpu);
	}
}

static void nothing_else_has_an_effect(void **state)
{
	struct bench *b = *state;

	for (unsigned offset = 0; offset < CPU_HOTPLUG_PORTS; offset++)
		for (unsigned size = 1; size <= 4; size *= 2)
			for (unsigned value = 0; value < 256; value += 5) {
				out(b, offset, size, value * 0x01010101u);
				in(b, offset, size);
			}
	out(b, CPU_HOTPLUG_SELECTOR, 4, NR_CPUS);
	assert_int_equal(in(b, CPU_HOTPLUG_STATUS, 1), 0);
	assert_int_equal(in(b, CPU_HOTPLUG_DATA, 4), 0);
	cpu_hotplug_reset(&b->hotplug);
	firmware_counts_the_processors(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(firmware_finds_it),
		TEST(firmware_counts_the_processors),
		TEST(each_has_its_apic_id),
		TEST(nothing_else_has_an_effect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
