/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One message-signalled interrupt on its way from the device to the guest: the device signals
 * an eventfd, the eventfd stands for a GSI, the GSI is routed to the guest's message.
 *
 * Masking takes the last step away and leaves the eventfd with the device. What arrives
 * meanwhile stays in the eventfd: that is the pending bit, and KVM delivers it when the
 * eventfd is attached again. Nothing is lost and no thread watches.
 *
 * The caller owns the struct and locks.
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

/* Makes the eventfd where there is none. */
int irq_vector_open(struct irq_vector *vector);
/* From now on what the device signals reaches the guest as @msg, what is pending at once. */
int irq_vector_unmask(struct irq_vector *vector, struct irq *irq, struct msi_msg msg);
void irq_vector_mask(struct irq_vector *vector, struct irq *irq);
bool irq_vector_pending(const struct irq_vector *vector);
/* As if the device had signalled. */
void irq_vector_signal(const struct irq_vector *vector);
/* Masks it and gives back the route; the eventfd stays open. */
void irq_vector_detach(struct irq_vector *vector, struct irq *irq);
/* And closes the eventfd. */
void irq_vector_close(struct irq_vector *vector, struct irq *irq);

#endif
