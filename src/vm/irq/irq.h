/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts into the guest: the in-kernel PICs, IOAPIC and LAPICs, the lines of emulated
 * devices, and the routes by which an eventfd becomes an MSI.
 *
 * GSI n is IOAPIC pin n (0 to 23); 0 to 15 also reach the PICs (0 is IOAPIC pin 2). From
 * IRQ_FIRST_MSI on a GSI is one MSI route. Any thread.
 */
#ifndef VM_IRQ_IRQ_H
#define VM_IRQ_IRQ_H

#include <pthread.h>

#include "base/err.h"
#include "kernel/kvm.h"

#define IRQ_NR_PINS   24
#define IRQ_FIRST_MSI IRQ_NR_PINS
#define IRQ_MAX_MSI   4096

struct msi_msg {
	u64 address;
	u32 data;
};

struct irq {
	pthread_mutex_t lock;
	struct kvm *kvm;
	unsigned asserted[IRQ_NR_PINS]; /* how many sources hold the line */
	struct msi_msg msi[IRQ_MAX_MSI];
	bool used[IRQ_MAX_MSI];
	struct kvm_irqchip chips[3]; /* as they were made */
	struct kvm_pit_state2 pit;
};

/* Creates the in-kernel chips and the fixed routes. */
int irq_open(struct irq *irq, struct kvm *kvm, struct err *err);
void irq_close(struct irq *irq);
/* The chips as after power-on. The vCPUs stand still. */
void irq_reset(struct irq *irq);

/*
 * Level lines are shared: a source asserts once and deasserts once (the caller keeps its own
 * level), and the line is high while any source holds it. @gsi < IRQ_NR_PINS.
 */
void irq_assert(struct irq *irq, unsigned gsi);
void irq_deassert(struct irq *irq, unsigned gsi);
/* An edge on a line. */
void irq_pulse(struct irq *irq, unsigned gsi);

/* Delivers one message now. */
void irq_send_msi(struct irq *irq, struct msi_msg msg);

/* A route for @msg. Returns its GSI, or -ENOSPC. */
int irq_msi_route_add(struct irq *irq, struct msi_msg msg);
int irq_msi_route_set(struct irq *irq, unsigned gsi, struct msi_msg msg);
void irq_msi_route_remove(struct irq *irq, unsigned gsi);

/*
 * From now on a signal of @eventfd raises @gsi without leaving the kernel. @resamplefd >= 0:
 * the line is level, stays high until the guest's EOI, and @resamplefd is then signalled.
 */
int irq_attach_eventfd(struct irq *irq, unsigned gsi, int eventfd, int resamplefd);
void irq_detach_eventfd(struct irq *irq, unsigned gsi, int eventfd);

#endif
