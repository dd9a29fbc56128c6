// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/stats/repeat.h"

#include <errno.h>
#include <time.h>

#include "cmd/ui/options.h"

int repeat_apply_interval(void *interval, char *value, struct err *err)
{
	return option_number("--interval", value, 1, 86400, interval, err);
}

int repeat_apply_count(void *count, char *value, struct err *err)
{
	return option_number("--count", value, 0, ~0u, count, err);
}

bool repeat_await(const struct repeat *repeat, u64 n)
{
	struct timespec left = { .tv_sec = (time_t)repeat->interval };

	if (repeat->count && n >= repeat->count)
		return false;
	while (nanosleep(&left, &left) && errno == EINTR)
		;
	return true;
}
