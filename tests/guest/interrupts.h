/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's counts of interrupts, /proc/interrupts at one moment. */
#ifndef GUEST_INTERRUPTS_H
#define GUEST_INTERRUPTS_H

#include "guest.h"

struct interrupts {
	char text[32768];
};

void interrupts_read(struct interrupts *now);
/* The count of the row @name ("24", "LOC") on the @cpu'th of the online CPUs; 0 without a row. */
u64 interrupts_of(const struct interrupts *now, const char *name, unsigned cpu);
/* The same on all CPUs together. */
u64 interrupts_total(const struct interrupts *now, const char *name);
/* Whether the kernel has a row @name. */
bool interrupts_known(const struct interrupts *now, const char *name);

#endif
