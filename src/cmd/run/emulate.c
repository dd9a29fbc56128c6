// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/emulate.h"

#include <errno.h>
#include <string.h>

#include "cmd/ui/nearest.h"
#include "vm/devices/kind.h"

static const char *name_at(const void *table, unsigned n)
{
	const struct device_kind *const *kinds = table;
	unsigned i = 0;

	for (; kinds[i]; i++)
		if (kinds[i]->option && !n--)
			return kinds[i]->option->name;
	return NULL;
}

/* Returns the index of the kind, or -EINVAL with @err set. */
static int find(const char *name, struct err *err)
{
	const char *near;

	for (unsigned i = 0; device_kinds[i]; i++)
		if (device_kinds[i]->option && !strcmp(device_kinds[i]->option->name, name))
			return (int)i;
	err_set(err, EINVAL, "--emulate: there is no device '%s'", name);
	near = nearest_name(name, name_at, device_kinds);
	if (near)
		return err_help(err, "Did you mean '%s'?", near);
	err_help(err, "`tenon help run` lists them");
	return -EINVAL;
}

int run_emulate_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;
	const char *name = strsep(&value, "="), *given = value ? value : "on";
	int kind = find(name, err), ret;

	if (kind < 0)
		return kind;
	ret = device_kinds[kind]->option->check(given, err);
	if (ret) {
		err_wrap(err, "--emulate %s", name);
		return ret;
	}
	request->config.device_options[kind] = given;
	return 0;
}

bool run_emulate_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	for (unsigned i = 0; device_kinds[i]; i++) {
		const char *value = request->config.device_options[i];

		if (!value || n--)
			continue;
		fprintf(out, "%s=%s", device_kinds[i]->option->name, value);
		return true;
	}
	return false;
}
