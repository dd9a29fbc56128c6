// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/clock.h"

#include <time.h>

static u64 read_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (u64)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static u64 system_monotonic(const struct clock *clock)
{
	return read_ns(CLOCK_MONOTONIC);
}

static u64 system_realtime(const struct clock *clock)
{
	return read_ns(CLOCK_REALTIME);
}

const struct clock clock_system = { system_monotonic, system_realtime };
