/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An interrupt line of an emulated device: the device sets the level, and the code that builds the
 * machine connects the line. The device's lock protects it.
 */
#ifndef VM_IRQ_LINE_H
#define VM_IRQ_LINE_H

#include "vm/irq/irq.h"

struct irq_line {
	void (*changed)(struct irq_line *line);
	bool level;
};

/* A line that is connected to a pin of the interrupt chips. */
struct irq_pin {
	struct irq_line line;
	struct irq *irq;
	unsigned gsi;
};

void irq_pin_init(struct irq_pin *pin, struct irq *irq, unsigned gsi);

static inline void irq_line_set(struct irq_line *line, bool level)
{
	if (line->level == level)
		return;
	line->level = level;
	line->changed(line);
}

#endif
