// SPDX-License-Identifier: GPL-2.0-or-later
/* The machine file that is written. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "cmd/new/new.h"
#include "cmd/run/file.h"
#include "cmd/run/profile.h"
#include "cmd/ui/size.h"
#include "cmd/ui/suboptions.h"

const struct new_profile new_profiles[] = {
	{ "windows11", 4 * GIB, 64 * GIB },
	{ "windows10", 2 * GIB, 32 * GIB },
	{ "linux", 1 * GIB, 4 * GIB },
	{ 0 },
};

const struct new_profile *new_profile_find(const char *name, struct err *err)
{
	for (const struct new_profile *profile = new_profiles; profile->name; profile++)
		if (!strcmp(profile->name, name))
			return profile;
	err_set(err, EINVAL, "'%s' is none of windows11, windows10, linux", name);
	return NULL;
}

/* A machine file that is being put together. */
struct description {
	struct run_request *request;
	struct err *err;
	int ret;
};

static void add(struct description *d, const char *name, const char *value)
{
	const struct cmd_option *option;

	if (d->ret || !value)
		return;
	option = option_find(run_options, name, "--", d->err);
	d->ret = option ? run_option_apply(d->request, option, value, d->err) : -d->err->code;
}

/* The disk's value: its file, in which commas are written twice. */
static void add_disk(struct description *d, const char *path)
{
	own_free char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f) {
		d->ret = err_sys(d->err, ENOMEM, "cannot describe the machine");
		return;
	}
	suboption_print_text(path, f);
	fclose(f);
	add(d, "disk", text);
}

static void add_all(
	struct description *d, const struct new_args *args, const struct new_places *places)
{
	char size[SIZE_TEXT];

	add(d, "name", args->name);
	add(d, "firmware", "uefi");
	add(d, "memory", size_option(size, args->memory));
	add(d, "cpus", args->cpus);
	add(d, "for", args->profile->name);
	add_disk(d, places->disk);
	for (unsigned i = 0; i < args->nr_isos; i++)
		add(d, "cdrom", args->isos[i]);
	add(d, "net", "user");
	for (unsigned i = 0; i < args->nr_devices; i++)
		add(d, "device", args->devices[i]);
	/* Without a card somebody must see the installer. */
	if (!args->nr_devices)
		add(d, "display", "vnc=:0");
}

int new_describe(const struct new_args *args, const struct new_places *places, char **text,
	size_t *size, struct err *err)
{
	own_free struct run_request *request = calloc(1, sizeof(*request));
	struct description d = { .request = request, .err = err };
	FILE *f;

	if (!request)
		return err_sys(err, ENOMEM, "cannot describe the machine");
	run_request_init(request);
	add_all(&d, args, places);
	if (!d.ret)
		d.ret = run_profile_fill(request, err);
	f = d.ret ? NULL : open_memstream(text, size);
	if (!d.ret && !f)
		d.ret = err_sys(err, ENOMEM, "cannot describe the machine");
	if (!d.ret)
		d.ret = run_file_write(request, f, err);
	if (f)
		fclose(f);
	run_request_free(request);
	return d.ret;
}
