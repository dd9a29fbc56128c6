// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/clock.h"

#include <errno.h>
#include <string.h>

#define UTC       "utc"
#define LOCALTIME "localtime"

int run_rtc_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;

	request->config.rtc_localtime = !strcmp(value, LOCALTIME);
	if (request->config.rtc_localtime || !strcmp(value, UTC))
		return 0;
	return err_set(err, EINVAL, "--rtc is %s or %s, not '%s'", UTC, LOCALTIME, value);
}

bool run_rtc_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	fputs(request->config.rtc_localtime ? LOCALTIME : UTC, out);
	return true;
}
