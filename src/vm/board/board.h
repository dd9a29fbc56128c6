/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The chipset of every machine: memory controller with the PCI hierarchy, LPC bridge, power
 * management and reset registers, at the addresses that they have on a q35. Other ISA devices are
 * device kinds (vm/devices/kind.h) that share its lock.
 */
#ifndef VM_BOARD_BOARD_H
#define VM_BOARD_BOARD_H

#include "base/loop.h"
#include "vm/boot/smbios_strings.h"
#include "vm/dev/cpu_hotplug.h"
#include "vm/dev/dma8237.h"
#include "vm/dev/lpc.h"
#include "vm/dev/pm.h"
#include "vm/dev/reset.h"
#include "vm/dev/smi.h"
#include "vm/mem/ram.h"
#include "vm/pci/mch.h"
#include "vm/vcpu/topology.h"

struct board_config {
	struct loop *loop;
	struct mem *mem;
	const struct ram *ram;
	struct irq *irq;
	struct bus *pio;
	struct bus *mmio;
	struct topology topology;
	const struct smbios_strings *smbios_strings;
	bool hidden;           /* no text reveals that the machine is virtual */
	bool smm;              /* the machine has SMM, and @mem a view for it */
	bool s3, s4;           /* the states of sleep that the guest is offered */
	bool hidden_subsystem; /* nor do subsystem ids, by which SeaBIOS recognises QEMU */
	/* From a vCPU's thread. */
	void (*reset)(void *owner, const char *by); /* @by: the register */
	void (*power_off)(void *owner);
	void (*sleep)(void *owner); /* see struct pm_ops, also for the threads of wake() */
	void (*wake)(void *owner);
	void (*smi)(void *owner, bool all); /* with the board's lock held; see vm/dev/smi.h */
	void *owner;
};

struct board {
	const struct board_config *config;
	struct mch mch; /* with the PCI hierarchy and its lock */
	struct lpc lpc;
	pthread_mutex_t lock; /* guards the members below, and ISA devices */
	struct pm pm;
	struct smi smi;
	struct cpu_hotplug cpu_hotplug; /* with SMM */
	struct irq_pin sci;
	struct reset reset;
	struct dma8237 dma;
};

/* @config outlives the board. */
int board_open(struct board *board, const struct board_config *config, struct err *err);
void board_close(struct board *board);

/* Sets the state after power-on. No vCPU runs. */
void board_reset(struct board *board);
/*
 * The same, when a guest wakes from S3. Kept is what SeaBIOS does not set again: how memory below 1
 * MiB is decoded, by which it knows that its copy there is the one that has run, and the addresses
 * of power management and ECAM.
 */
void board_reset_to_wake(struct board *board);

/*
 * Sets the chipset's registers as firmware would leave them, for a guest that starts without
 * firmware. @ecam: the address of PCI's configuration space.
 */
void board_set_as_firmware(struct board *board, u64 ecam);

/* Presses the power button: asks the guest to shut down, or wakes it. */
void board_press_power(struct board *board);

#endif
