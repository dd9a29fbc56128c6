// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/irq/vector.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/eventfd.h"
#include "base/own.h"

int irq_vector_open(struct irq_vector *vector)
{
	if (vector->eventfd < 0)
		vector->eventfd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return vector->eventfd < 0 ? -errno : 0;
}

/*
 * KVM delivers a pending signal when the eventfd is attached, but leaves it in the counter. If it
 * stayed there, the next mask would make it pending again, and it would be delivered twice. From
 * now on KVM reads the counter at each signal, so this read cannot lose a new one.
 */
static void take_delivered(const struct irq_vector *vector)
{
	eventfd_take(vector->eventfd);
}

int irq_vector_unmask(struct irq_vector *vector, struct irq *irq, struct msi_msg msg)
{
	int ret = irq_vector_open(vector);

	if (ret)
		return ret;
	if (vector->gsi < 0) {
		ret = irq_msi_route_add(irq, msg);
		if (ret < 0)
			return ret;
		vector->gsi = ret;
	} else {
		ret = irq_msi_route_set(irq, (unsigned)vector->gsi, msg);
		if (ret)
			return ret;
	}
	if (vector->attached)
		return 0;
	ret = irq_attach_eventfd(irq, (unsigned)vector->gsi, vector->eventfd, -1);
	vector->attached = !ret;
	if (!ret)
		take_delivered(vector);
	return ret;
}

void irq_vector_mask(struct irq_vector *vector, struct irq *irq)
{
	if (vector->attached)
		irq_detach_eventfd(irq, (unsigned)vector->gsi, vector->eventfd);
	vector->attached = false;
}

bool irq_vector_pending(const struct irq_vector *vector)
{
	struct pollfd p = { .fd = vector->eventfd, .events = POLLIN };

	return vector->eventfd >= 0 && !vector->attached && poll(&p, 1, 0) == 1;
}

void irq_vector_signal(const struct irq_vector *vector)
{
	if (vector->eventfd >= 0)
		eventfd_signal(vector->eventfd);
}

void irq_vector_detach(struct irq_vector *vector, struct irq *irq)
{
	irq_vector_mask(vector, irq);
	if (vector->gsi >= 0)
		irq_msi_route_remove(irq, (unsigned)vector->gsi);
	vector->gsi = -1;
}

void irq_vector_close(struct irq_vector *vector, struct irq *irq)
{
	irq_vector_detach(vector, irq);
	close_fd(&vector->eventfd);
	*vector = IRQ_VECTOR_CLOSED;
}
