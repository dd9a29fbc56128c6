/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fakes for what surrounds a device: a clock that stands still, and an interrupt line that counts.
 */
#ifndef FAKE_H
#define FAKE_H

#include "base/clock.h"
#include "vm/irq/line.h"

struct fake_clock {
	struct clock clock;
	u64 monotonic;
	u64 realtime;
};

static inline u64 fake_monotonic(const struct clock *clock)
{
	return container_of(clock, struct fake_clock, clock)->monotonic;
}

static inline u64 fake_realtime(const struct clock *clock)
{
	return container_of(clock, struct fake_clock, clock)->realtime;
}

static inline void fake_clock_init(struct fake_clock *fake, u64 realtime)
{
	*fake = (struct fake_clock){ { fake_monotonic, fake_realtime }, NS_PER_S, realtime };
}

static inline void fake_clock_pass(struct fake_clock *fake, u64 ns)
{
	fake->monotonic += ns;
	fake->realtime += ns;
}

struct fake_line {
	struct irq_line line;
	unsigned rises;
};

static inline void fake_line_changed(struct irq_line *line)
{
	if (line->level)
		container_of(line, struct fake_line, line)->rises++;
}

static inline void fake_line_init(struct fake_line *fake)
{
	*fake = (struct fake_line){ .line = { .changed = fake_line_changed } };
}

#endif
