// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/ui/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool read_digits(const char *text, char **end, u64 *value)
{
	unsigned long long v;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	v = strtoull(text, end, 10);
	*value = v;
	return !errno;
}

int option_size(const char *text, u64 unit, u64 *bytes, struct err *err)
{
	static const char suffixes[] = "KMGT";
	const char *suffix;
	char *end;
	u64 n;

	if (!read_digits(text, &end, &n))
		goto bad;
	if (*end) {
		suffix = strchr(suffixes, toupper((unsigned char)*end));
		if (!suffix || end[1])
			goto bad;
		unit = KIB << (10 * (suffix - suffixes));
	}
	if (n > (~0ull >> 1) / unit)
		goto bad;
	*bytes = n * unit;
	return 0;
bad:
	return err_set(err, EINVAL, "'%s' is not a size such as 512M or 2G", text);
}

int option_number(const char *what, const char *text, u64 min, u64 max, u64 *value, struct err *err)
{
	char *end;

	if (read_digits(text, &end, value) && !*end && *value >= min && *value <= max)
		return 0;
	return err_set(err, EINVAL, "%s: '%s' is not a number from %llu to %llu", what, text,
		(unsigned long long)min, (unsigned long long)max);
}

int option_switch(const char *what, const char *text, bool *value, struct err *err)
{
	if (text && !strcmp(text, "on"))
		*value = true;
	else if (text && !strcmp(text, "off"))
		*value = false;
	else
		return err_set(err, EINVAL, "%s is on or off, not '%s'", what, text ? text : "");
	return 0;
}

bool option_next(char **rest, char **key, char **value)
{
	char *item = *rest, *from = item, *to = item;

	if (!item)
		return false;
	while (*from && (*from != ',' || from[1] == ',')) {
		from += *from == ',';
		*to++ = *from++;
	}
	*rest = *from ? from + 1 : NULL;
	*to = '\0';
	*key = strsep(&item, "=");
	*value = item;
	return true;
}
