// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/facts/reset.h"

#include <string.h>

bool reset_has_method(const char *methods, const char *method)
{
	size_t len = strlen(method);

	while (methods && *methods) {
		size_t n = strcspn(methods, " ");

		if (n == len && !memcmp(methods, method, n))
			return true;
		methods += n;
		methods += strspn(methods, " ");
	}
	return false;
}

const char *reset_bug_generation(const struct host_dev *dev)
{
	static const struct {
		u16 first, last;
		const char *name;
	} ranges[] = {
		{ 0x67c0, 0x67ff, "Polaris 10 and 11" },
		{ 0x6980, 0x699f, "Polaris 12" },
		{ 0x6fdf, 0x6fdf, "Polaris 20" },
		{ 0x6860, 0x687f, "Vega 10" },
		{ 0x69a0, 0x69af, "Vega 12" },
		{ 0x66a0, 0x66af, "Vega 20" },
		{ 0x7310, 0x731f, "Navi 10" },
		{ 0x7340, 0x734f, "Navi 14" },
		{ 0x7360, 0x736f, "Navi 12" },
	};

	for (unsigned i = 0; dev->vendor == 0x1002 && i < ARRAY_SIZE(ranges); i++)
		if (dev->device >= ranges[i].first && dev->device <= ranges[i].last)
			return ranges[i].name;
	return NULL;
}

bool reset_has_bug(const struct host_dev *dev)
{
	return reset_bug_generation(dev) != NULL;
}
