// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/cpu_hotplug.h"

#include "base/bytes.h"

static u64 ports_read(void *owner, u64 offset, unsigned size)
{
	const struct cpu_hotplug *hotplug = owner;
	u8 regs[CPU_HOTPLUG_PORTS + 8] = { 0 };

	/* Without such a processor everything reads as 0. */
	if (hotplug->selector < hotplug->nr_cpus) {
		regs[CPU_HOTPLUG_STATUS] = CPU_HOTPLUG_PRESENT;
		if (hotplug->command == CPU_HOTPLUG_NEXT_EVENT)
			put_le32(regs + CPU_HOTPLUG_DATA, hotplug->selector);
		else if (hotplug->command == CPU_HOTPLUG_ARCH_ID)
			put_le32(regs + CPU_HOTPLUG_DATA,
				hotplug->apic_id(hotplug->owner, hotplug->selector));
	}
	return get_le(regs + offset, size);
}

static void ports_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct cpu_hotplug *hotplug = owner;

	if (offset == CPU_HOTPLUG_SELECTOR && size == 4)
		hotplug->selector = (u32)value;
	else if (offset == CPU_HOTPLUG_COMMAND && size == 1 && hotplug->selector < hotplug->nr_cpus)
		hotplug->command = (u8)value;
}

static const struct bus_ops port_ops = { ports_read, ports_write };

int cpu_hotplug_open(struct cpu_hotplug *hotplug, struct bus *pio, pthread_mutex_t *lock,
	unsigned nr_cpus, u32 (*apic_id)(void *owner, unsigned cpu), void *owner)
{
	int ret;

	*hotplug = (struct cpu_hotplug){
		.pio = pio,
		.ports = {
			.name = "CPU hotplug",
			.range = { CPU_HOTPLUG_PORT, CPU_HOTPLUG_PORTS },
			.rank = FLAT_RANK_PLATFORM,
			.ops = &port_ops,
			.owner = hotplug,
			.lock = lock,
		},
		.nr_cpus = nr_cpus,
		.apic_id = apic_id,
		.owner = owner,
	};
	ret = bus_add(pio, &hotplug->ports);
	if (ret)
		hotplug->pio = NULL;
	return ret;
}

void cpu_hotplug_close(struct cpu_hotplug *hotplug)
{
	if (!hotplug->pio)
		return;
	bus_remove(hotplug->pio, &hotplug->ports);
	hotplug->pio = NULL;
}

void cpu_hotplug_reset(struct cpu_hotplug *hotplug)
{
	hotplug->selector = 0;
	hotplug->command = 0;
}
