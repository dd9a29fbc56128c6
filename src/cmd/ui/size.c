// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/ui/size.h"

#include <stdio.h>

static const char units[] = "KMGT";

const char *size_text(char text[SIZE_TEXT], u64 bytes)
{
	u64 unit = KIB;
	unsigned n = 0;

	if (bytes < KIB) {
		snprintf(text, SIZE_TEXT, "%u bytes", (unsigned)bytes);
		return text;
	}
	while (n + 2 < sizeof(units) && bytes / KIB >= unit) {
		unit *= KIB;
		n++;
	}
	if (bytes % unit && bytes / unit < 100)
		snprintf(text, SIZE_TEXT, "%u.%u %ciB", (unsigned)(bytes / unit),
			(unsigned)(bytes % unit * 10 / unit), units[n]);
	else
		snprintf(
			text, SIZE_TEXT, "%llu %ciB", (unsigned long long)(bytes / unit), units[n]);
	return text;
}

const char *size_option(char text[SIZE_TEXT], u64 bytes)
{
	unsigned n = 0;

	while (n < sizeof(units) - 1 && bytes && !(bytes % KIB)) {
		bytes /= KIB;
		n++;
	}
	snprintf(text, SIZE_TEXT, "%llu%.1s", (unsigned long long)bytes, n ? &units[n - 1] : "");
	return text;
}
