/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The register block of QEMU's CPU hotplug interface (its docs/specs/acpi_cpu_hotplug), at the port
 * of an ICH9. OVMF with SMM stops for ever in a machine with more than one processor that lacks it.
 * It counts the processors there, and asks for their APIC ids.
 *
 * No processor comes or goes: all are present, none has an event, and requests to eject one are
 * ignored.
 *
 * The board owns the struct. @lock guards it and is held around the port's callbacks.
 */
#ifndef VM_DEV_CPU_HOTPLUG_H
#define VM_DEV_CPU_HOTPLUG_H

#include "vm/bus/bus.h"

#define CPU_HOTPLUG_PORT  0xcd8
#define CPU_HOTPLUG_PORTS 12

/* Offsets in the block. What is written and what is read at 0 and 5 differ. */
#define CPU_HOTPLUG_SELECTOR 0 /* written, 32 bits: the processor that the others are about */
#define CPU_HOTPLUG_DATA2    0 /* read, 32 bits: the high half of the command's result */
#define CPU_HOTPLUG_STATUS   4 /* read, 8 bits; written: events to acknowledge */
#define CPU_HOTPLUG_COMMAND  5 /* written, 8 bits */
#define CPU_HOTPLUG_DATA     8 /* 32 bits: the low half of the command's result */

#define CPU_HOTPLUG_PRESENT 1 /* a bit of the status */

/* Commands. Others are for events, which there are none of. */
#define CPU_HOTPLUG_NEXT_EVENT 0 /* result: the selector, which stays where it is */
#define CPU_HOTPLUG_ARCH_ID    3 /* result: the APIC id */

struct cpu_hotplug {
	struct bus *pio; /* NULL: not open */
	struct bus_region ports;
	unsigned nr_cpus;
	u32 (*apic_id)(void *owner, unsigned cpu);
	void *owner;
	u32 selector;
	u8 command;
};

int cpu_hotplug_open(struct cpu_hotplug *hotplug, struct bus *pio, pthread_mutex_t *lock,
	unsigned nr_cpus, u32 (*apic_id)(void *owner, unsigned cpu), void *owner);
/* Safe on a zeroed struct. */
void cpu_hotplug_close(struct cpu_hotplug *hotplug);
/* Sets the state after power-on. No vCPU runs. */
void cpu_hotplug_reset(struct cpu_hotplug *hotplug);

#endif
