/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices that every machine has, at the places where a q35 has them.
 */
#ifndef VM_BOARD_BOARD_H
#define VM_BOARD_BOARD_H

#include "base/loop.h"
#include "vm/boot/smbios_strings.h"
#include "vm/dev/debug_port.h"
#include "vm/dev/i8042.h"
#include "vm/dev/lpc.h"
#include "vm/dev/pm.h"
#include "vm/dev/reset.h"
#include "vm/dev/rtc.h"
#include "vm/dev/serial.h"
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
	bool rtc_localtime;
	bool i8042;             /* there is a keyboard and a mouse */
	struct stream *console; /* the host's end of COM1 */
	/* From a vCPU's thread. */
	void (*reset)(void *owner);
	void (*power_off)(void *owner);
	void *owner;
};

struct board {
	const struct board_config *config;
	struct mch mch; /* with the PCI hierarchy and its lock */
	struct lpc lpc;
	pthread_mutex_t lock; /* of the devices below */
	struct pm pm;
	struct irq_pin sci;
	struct serial com1;
	struct irq_pin com1_irq;
	struct rtc rtc;
	struct irq_pin rtc_irq;
	struct i8042 i8042;
	struct irq_pin keyboard_irq, mouse_irq;
	struct reset reset;
	struct debug_port debug_port;
};

/* @config outlives the platform. */
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
