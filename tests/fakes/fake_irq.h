/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stands in for vm/irq/irq.c where there is no KVM: it keeps the routes and the attached
 * eventfds, and delivers when a test says so. struct irq is only an address here; the state is
 * the test program's.
 */
#ifndef IRQ_FAKE_H
#define IRQ_FAKE_H

#include "vm/irq/irq.h"

void irq_fake_reset(void);

/* From now on attaching with a resample eventfd fails. */
void irq_fake_no_resample(bool fails);

/*
 * Takes the counts out of the attached eventfds as KVM does at once. Returns how many of them
 * had one; the messages are in irq_fake_delivered().
 */
unsigned irq_fake_deliver(void);
/* Whether @msg was delivered since irq_fake_reset(), and how often. */
unsigned irq_fake_delivered(u64 address, u32 data);
unsigned irq_fake_routes(void);
unsigned irq_fake_attached(void);
/* Level lines: high by irq_assert() or by an attached eventfd that waits for its EOI. */
bool irq_fake_line(unsigned gsi);
/* The guest's EOI: lowers the line and signals the resample eventfd. */
void irq_fake_eoi(unsigned gsi);
/* The GSI that has a level eventfd attached, -1: none. */
int irq_fake_level_gsi(void);

#endif
