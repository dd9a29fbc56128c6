/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The chipset of every machine: memory controller with the PCI hierarchy, LPC bridge, power
 * management and the ways to reset, at the places where a q35 has them. Other ISA devices are kinds
 * of devices (vm/devices/kind.h) that share its lock.
 */
#ifndef VM_BOARD_BOARD_H
#define VM_BOARD_BOARD_H

#include "base/loop.h"
#include "vm/boot/smbios_strings.h"
#include "vm/dev/lpc.h"
#include "vm/dev/pm.h"
#include "vm/dev/reset.h"
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
	bool hidden;           /* no text tells that the machine is virtual */
	bool hidden_subsystem; /* nor do ids, which SeaBIOS wants to see */
	/* From a vCPU's thread. */
	void (*reset)(void *owner, const char *by); /* @by: the register */
	void (*power_off)(void *owner);
	void *owner;
};

struct board {
	const struct board_config *config;
	struct mch mch; /* with the PCI hierarchy and its lock */
	struct lpc lpc;
	pthread_mutex_t lock; /* of what is below, and of ISA devices */
	struct pm pm;
	struct irq_pin sci;
	struct reset reset;
};

/* @config outlives the board. */
int board_open(struct board *board, const struct board_config *config, struct err *err);
void board_close(struct board *board);

/* As after power-on. The vCPUs stand still. */
void board_reset(struct board *board);

/*
 * The chipset's registers as a firmware leaves them, for a guest that starts without one. @ecam:
 * where PCI's configuration space is to be.
 */
void board_set_as_firmware(struct board *board, u64 ecam);

/* As a person would: the guest is asked to shut down. */
void board_press_power(struct board *board);

#endif
