// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/boot.h"

#include <errno.h>
#include <string.h>

#include "cmd/ui/options.h"

#define MENU         "menu"
#define MENU_SECONDS 5
#define MENU_MAX     65 /* firmware takes milliseconds in 16 bits */

static const char *const sources[] = {
	[BOOT_DISK] = "disk",
	[BOOT_CDROM] = "cdrom",
	[BOOT_DEVICE] = "device",
	[BOOT_NET] = "net",
};

static int apply_menu(struct boot_config *boot, const char *value, struct err *err)
{
	u64 seconds = MENU_SECONDS;
	int ret = value ? option_number("--boot: menu", value, 1, MENU_MAX, &seconds, err) : 0;

	boot->menu = true;
	boot->menu_seconds = (unsigned)seconds;
	return ret;
}

static int add_source(struct boot_config *boot, const char *name, struct err *err)
{
	unsigned source = 0;

	while (source < ARRAY_SIZE(sources) && strcmp(name, sources[source]))
		source++;
	if (source == ARRAY_SIZE(sources))
		return err_set(err, EINVAL,
			"--boot takes disk, cdrom, device, net and menu, not '%s'", name);
	for (unsigned i = 0; i < boot->nr; i++)
		if (boot->first[i] == source)
			return err_set(err, EINVAL, "--boot names %s twice", name);
	boot->first[boot->nr++] = (enum boot_source)source;
	return 0;
}

int run_boot_apply(void *target, char *value, struct err *err)
{
	struct boot_config *boot = &((struct run_request *)target)->config.boot;
	char *key, *argument;
	int ret = 0;

	*boot = (struct boot_config){ 0 };
	while (!ret && option_next(&value, &key, &argument)) {
		if (!strcmp(key, MENU))
			ret = apply_menu(boot, argument, err);
		else if (argument)
			ret = err_set(err, EINVAL, "--boot: %s takes no value", key);
		else
			ret = add_source(boot, key, err);
	}
	return ret;
}

bool run_boot_print(const void *target, unsigned n, FILE *out)
{
	const struct boot_config *boot = &((const struct run_request *)target)->config.boot;

	for (unsigned i = 0; i < boot->nr; i++)
		fprintf(out, "%s%s", i ? "," : "", sources[boot->first[i]]);
	if (boot->menu)
		fprintf(out, "%s" MENU "=%u", boot->nr ? "," : "", boot->menu_seconds);
	return boot->nr || boot->menu;
}
