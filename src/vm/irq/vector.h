/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One message-signalled interrupt on its way from a device to the guest: the device signals an
 * eventfd, the eventfd is attached to a GSI, and the GSI is routed to the guest's message.
 *
 * Masking detaches the eventfd from the GSI; the device keeps it. Signals that arrive meanwhile
 * stay in the eventfd: it is the pending bit, and KVM delivers it when the eventfd is attached
 * again. No signal is lost, and no thread needs to watch.
 *
 * The caller owns the struct and does the locking.
 */
#ifndef VM_IRQ_VECTOR_H
#define VM_IRQ_VECTOR_H

#include "vm/irq/irq.h"

struct irq_vector {
	int eventfd; /* -1: none yet */
	int gsi;     /* -1: no route yet */
	bool attached;
};

#define IRQ_VECTOR_CLOSED ((struct irq_vector){ .eventfd = -1, .gsi = -1 })

/* Creates the eventfd if there is none yet. */
int irq_vector_open(struct irq_vector *vector);
/* From now on the device's signals reach the guest as @msg; a pending one is delivered at once. */
int irq_vector_unmask(struct irq_vector *vector, struct irq *irq, struct msi_msg msg);
void irq_vector_mask(struct irq_vector *vector, struct irq *irq);
bool irq_vector_pending(const struct irq_vector *vector);
/* Signals the eventfd, as the device does. */
void irq_vector_signal(const struct irq_vector *vector);
/* Masks the vector and frees its route; the eventfd stays open. */
void irq_vector_detach(struct irq_vector *vector, struct irq *irq);
/* Detaches the vector and closes the eventfd. */
void irq_vector_close(struct irq_vector *vector, struct irq *irq);

#endif
