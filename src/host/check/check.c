// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/check/check.h"

#include "host/check/check_internal.h"

static const struct check checks[] = {
#define CHECK(function, name, title, subject, needs) { name, title, subject, needs, function },
#include "host/check/check_table.inc"
#undef CHECK
};

const struct check *check_at(unsigned number)
{
	return number < ARRAY_SIZE(checks) ? &checks[number] : NULL;
}

const char *check_name(const struct check *check)
{
	return check->name;
}

const char *check_title(const struct check *check)
{
	return check->title;
}

const char *severity_name(enum severity severity)
{
	static const char *const names[SEVERITY_COUNT] = {
		[SEVERITY_OK] = "ok",
		[SEVERITY_INFO] = "info",
		[SEVERITY_UNKNOWN] = "unknown",
		[SEVERITY_WARN] = "warn",
		[SEVERITY_FAIL] = "fail",
	};

	return names[severity];
}
