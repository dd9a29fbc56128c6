// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/irq/line.h"

static void pin_changed(struct irq_line *line)
{
	struct irq_pin *pin = container_of(line, struct irq_pin, line);

	if (line->level)
		irq_assert(pin->irq, pin->gsi);
	else
		irq_deassert(pin->irq, pin->gsi);
}

void irq_pin_init(struct irq_pin *pin, struct irq *irq, unsigned gsi)
{
	*pin = (struct irq_pin){ .line = { .changed = pin_changed }, .irq = irq, .gsi = gsi };
}
