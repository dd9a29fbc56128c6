// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static enum log_level log_level = LOG_INFO;
static pthread_mutex_t log_limit_lock = PTHREAD_MUTEX_INITIALIZER;

void log_set_level(enum log_level level)
{
	log_level = level;
}

bool log_enabled(enum log_level level)
{
	return level <= log_level;
}

void log_at(enum log_level level, const char *fmt, ...)
{
	static const char *const prefix[] = { "error: ", "warning: ", "", "debug: " };
	char line[2048];
	va_list ap;
	int n;

	if (!log_enabled(level))
		return;

	n = snprintf(line, sizeof(line), "tenon: %s", prefix[level]);
	va_start(ap, fmt);
	vsnprintf(line + n, sizeof(line) - n, fmt, ap);
	va_end(ap);
	/* One call, so that lines of several threads do not mix. */
	fprintf(stderr, "%s\n", line);
}

void log_err(const struct err *err)
{
	const char *line = err->help;

	log_error("%s", err->text);
	while (*line) {
		size_t len = strcspn(line, "\n");

		fprintf(stderr, "  %.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
}

bool log_limit_pass(struct log_limit *limit, unsigned *held)
{
	struct timespec now;
	bool pass;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	pthread_mutex_lock(&log_limit_lock);
	*held = 0;
	if (limit->second != (u64)now.tv_sec) {
		limit->second = now.tv_sec;
		limit->passed = 0;
		*held = limit->held;
		limit->held = 0;
	}
	pass = limit->passed < LOG_BURST;
	if (pass)
		limit->passed++;
	else
		limit->held++;
	pthread_mutex_unlock(&log_limit_lock);
	return pass;
}
