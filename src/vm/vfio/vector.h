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
#ifndef VM_VFIO_VECTOR_H
#define VM_VFIO_VECTOR_H

#include "vm/irq/irq.h"

struct vfio_vector {
	int eventfd; /* -1: none yet */
	int gsi;     /* -1: no route yet */
	bool attached;
};

#define VFIO_VECTOR_CLOSED ((struct vfio_vector){ .eventfd = -1, .gsi = -1 })

/* Makes the eventfd where there is none. */
int vfio_vector_open(struct vfio_vector *vector);
/* From now on what the device signals reaches the guest as @msg, what is pending at once. */
int vfio_vector_unmask(struct vfio_vector *vector, struct irq *irq, struct msi_msg msg);
void vfio_vector_mask(struct vfio_vector *vector, struct irq *irq);
bool vfio_vector_pending(const struct vfio_vector *vector);
/* As if the device had signalled. */
void vfio_vector_signal(const struct vfio_vector *vector);
void vfio_vector_close(struct vfio_vector *vector, struct irq *irq);

#endif
