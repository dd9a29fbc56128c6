// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "interrupts.h"

void interrupts_read(struct interrupts *now)
{
	if (read_text(now->text, sizeof(now->text), "/proc/interrupts") < 0)
		fail_errno("cannot read /proc/interrupts");
}

/* What follows the colon of the row @name. */
static const char *row(const struct interrupts *now, const char *name)
{
	size_t length = strlen(name);
	const char *at = now->text;

	while ((at = strchr(at, '\n'))) {
		at++;
		at += strspn(at, " ");
		if (!strncmp(at, name, length) && at[length] == ':')
			return at + length + 1;
	}
	return NULL;
}

bool interrupts_known(const struct interrupts *now, const char *name)
{
	return row(now, name);
}

/* The number at @at, which moves behind it; false at the end of the numbers. */
static bool number(const char **at, u64 *value)
{
	*at += strspn(*at, " ");
	if (!isdigit(**at))
		return false;
	*value = strtoull(*at, (char **)at, 10);
	return true;
}

u64 interrupts_of(const struct interrupts *now, const char *name, unsigned cpu)
{
	const char *at = row(now, name);
	u64 value;

	for (unsigned n = 0; at && number(&at, &value); n++)
		if (n == cpu)
			return value;
	return 0;
}

/* The first line names the CPUs, one word each; a row can have words with digits at its end. */
static unsigned columns(const struct interrupts *now)
{
	unsigned count = 0;

	for (const char *at = now->text; *at && *at != '\n'; at++)
		count += *at == ' ' && at[1] == 'C';
	return count;
}

u64 interrupts_total(const struct interrupts *now, const char *name)
{
	unsigned cpus = columns(now);
	u64 total = 0;

	for (unsigned cpu = 0; cpu < cpus; cpu++)
		total += interrupts_of(now, name, cpu);
	return total;
}
