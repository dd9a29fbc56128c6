/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replaces vm/irq/irq.c without KVM: keeps the routes and the attached eventfds, and delivers when
 * a test says so. struct irq is only an address here; the state is global in the test program.
 */
#ifndef IRQ_FAKE_H
#define IRQ_FAKE_H

#include "vm/irq/irq.h"

void irq_fake_reset(void);

/* Makes attaching with a resample eventfd fail from now on. */
void irq_fake_no_resample(bool fails);

/*
 * Reads the counts of the attached eventfds, as KVM does immediately. Returns how many were not 0;
 * irq_fake_delivered() tells the messages.
 */
unsigned irq_fake_deliver(void);
/* Whether @msg was delivered since irq_fake_reset(), and how often. */
unsigned irq_fake_delivered(u64 address, u32 data);
unsigned irq_fake_routes(void);
unsigned irq_fake_attached(void);
/*
 * Whether a level-triggered line is high: by irq_assert(), or by an attached eventfd that waits for
 * its EOI.
 */
bool irq_fake_line(unsigned gsi);
/* Simulates the guest's EOI: lowers the line and signals the resample eventfd. */
void irq_fake_eoi(unsigned gsi);
/* The GSI that has a level eventfd attached, -1: none. */
int irq_fake_level_gsi(void);

#endif
