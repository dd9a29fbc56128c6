// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/ui/suboptions.h"

#include <errno.h>
#include <string.h>

#include "base/own.h"
#include "cmd/ui/nearest.h"
#include "cmd/ui/options.h"

static const char *name_at(const void *table, unsigned i)
{
	return ((const struct suboption *)table)[i].name;
}

static int unknown(
	const struct suboption *table, const char *option, const char *key, struct err *err)
{
	const char *near = nearest_name(key, name_at, table);

	err_set(err, EINVAL, "%s has no option '%s'", option, key);
	return near ? err_help(err, "Did you mean '%s'?", near) : -EINVAL;
}

int suboptions_apply(const struct suboption *table, const char *option, char *text, void *target,
	struct err *err)
{
	char *key, *value;
	int ret = 0;

	while (!ret && option_next(&text, &key, &value)) {
		const struct suboption *s = table;

		while (s->name && strcmp(s->name, key))
			s++;
		if (!s->name)
			return unknown(table, option, key, err);
		ret = s->apply(target, value, err);
		if (ret)
			err_wrap(err, "%s", option);
	}
	return ret;
}

void suboption_print_text(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == ',')
			fputc(',', out);
		fputc(*text, out);
	}
}

int suboptions_print(const struct suboption *table, const void *target, FILE *out)
{
	for (const struct suboption *s = table; s->name; s++) {
		own_free char *value = NULL;
		size_t size;
		FILE *f = open_memstream(&value, &size);

		if (!f)
			return -ENOMEM;
		s->print(target, f);
		if (fclose(f))
			return -ENOMEM;
		if (!size)
			continue;
		fprintf(out, ",%s=", s->name);
		suboption_print_text(value, out);
	}
	return 0;
}
