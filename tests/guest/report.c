// SPDX-License-Identifier: GPL-2.0-or-later
/* The line that a step reports, written in one piece. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"
#include "report.h"

static struct {
	const char *step;
	char values[1024];
	size_t length;
	bool done;
} line;

static void print(const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t n = write(STDOUT_FILENO, text, left);

		if (n <= 0)
			return;
		text += n;
		left -= n;
	}
}

void report_start(const char *step)
{
	line.step = step;
	line.length = 0;
	line.done = false;
}

const char *report_step(void)
{
	return line.step;
}

void report(const char *key, const char *format, ...)
{
	size_t room = sizeof(line.values) - line.length;
	va_list list;
	int n, m;

	n = snprintf(line.values + line.length, room, " %s=", key);
	if (n < 0 || (size_t)n >= room)
		fail("the report is too long");
	va_start(list, format);
	m = vsnprintf(line.values + line.length + n, room - n, format, list);
	va_end(list);
	if (m < 0 || (size_t)(n + m) >= room)
		fail("the report is too long");
	line.length += n + m;
}

void report_ok(void)
{
	if (!line.done)
		say("STEP %s ok%.*s", line.step, (int)line.length, line.values);
	line.done = true;
}

void say(const char *format, ...)
{
	char text[4096];
	va_list list;
	int n;

	va_start(list, format);
	n = vsnprintf(text, sizeof(text) - 1, format, list);
	va_end(list);
	if (n < 0)
		return;
	if ((size_t)n > sizeof(text) - 2)
		n = sizeof(text) - 2;
	strcpy(text + n, "\n");
	print(text);
}

void fail(const char *format, ...)
{
	char why[512];
	va_list list;

	va_start(list, format);
	vsnprintf(why, sizeof(why), format, list);
	va_end(list);
	say("STEP %s FAIL %s", line.step, why);
	exit(1);
}

void fail_errno(const char *format, ...)
{
	int error = errno;
	char why[512];
	va_list list;

	va_start(list, format);
	vsnprintf(why, sizeof(why), format, list);
	va_end(list);
	fail("%s: %s", why, strerror(error));
}
