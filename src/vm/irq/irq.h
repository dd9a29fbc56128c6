/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's interrupts: the in-kernel PICs, IOAPIC and LAPICs, the lines of emulated devices, and
 * the routes that turn an eventfd's signal into an MSI.
 *
 * GSI n is IOAPIC pin n (0 to 23); 0 to 15 also go to the PICs (0 is IOAPIC pin 2). From
 * IRQ_FIRST_MSI on, each GSI is an MSI route. Any thread.
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
	unsigned asserted[IRQ_NR_PINS]; /* number of sources that assert the line */
	struct msi_msg msi[IRQ_MAX_MSI];
	bool used[IRQ_MAX_MSI];
	struct kvm_irqchip chips[3]; /* their state after creation */
	struct kvm_pit_state2 pit;
};

/* Creates the in-kernel chips and the fixed routes. */
int irq_open(struct irq *irq, struct kvm *kvm, struct err *err);
void irq_close(struct irq *irq);
/* Resets the chips to their state after power-on. No vCPU may run. */
void irq_reset(struct irq *irq);

/*
 * Level-triggered lines are shared: a source asserts once and deasserts once (the caller remembers
 * its own level), and the line is high while any source asserts it. @gsi < IRQ_NR_PINS.
 */
void irq_assert(struct irq *irq, unsigned gsi);
void irq_deassert(struct irq *irq, unsigned gsi);
/* Raises an edge-triggered interrupt. */
void irq_pulse(struct irq *irq, unsigned gsi);

/* Delivers one message now. */
void irq_send_msi(struct irq *irq, struct msi_msg msg);

/* Adds a route for @msg. Returns its GSI, or -ENOSPC. */
int irq_msi_route_add(struct irq *irq, struct msi_msg msg);
int irq_msi_route_set(struct irq *irq, unsigned gsi, struct msi_msg msg);
void irq_msi_route_remove(struct irq *irq, unsigned gsi);

/*
 * From now on a signal of @eventfd raises @gsi within the kernel. With @resamplefd >= 0 the line is
 * level-triggered: it stays high until the guest's EOI, which signals @resamplefd.
 */
int irq_attach_eventfd(struct irq *irq, unsigned gsi, int eventfd, int resamplefd);
void irq_detach_eventfd(struct irq *irq, unsigned gsi, int eventfd);

#endif
