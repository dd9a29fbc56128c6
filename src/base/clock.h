/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clocks that code reads the time from; a test can replace them. Any thread. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/types.h"

#define NS_PER_S  1000000000ull
#define NS_PER_MS 1000000ull

struct clock {
	u64 (*monotonic)(const struct clock *clock); /* ns, never goes back */
	u64 (*realtime)(const struct clock *clock);  /* ns since 1970 in UTC */
};

extern const struct clock clock_system;

static inline u64 clock_monotonic(const struct clock *clock)
{
	return clock->monotonic(clock);
}

static inline u64 clock_realtime(const struct clock *clock)
{
	return clock->realtime(clock);
}

#endif
