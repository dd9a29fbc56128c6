// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a machine's parts are, and how they are made: all of them, or none. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "cmd/disk/create.h"
#include "cmd/machines/defined.h"
#include "cmd/new/new.h"
#include "cmd/ui/new_file.h"
#include "cmd/ui/size.h"
#include "vm/boot/firmware_vars.h"

int new_places_find(struct new_places *places, const char *name, struct err *err)
{
	own_free char *data = defined_directory("XDG_DATA_HOME", "/var/lib/tenon", ".local/share");
	own_free char *state = firmware_vars_root();

	int ret = defined_file(name, &places->file, err);

	if (ret)
		return ret;
	if (!data || !state) {
		err_set(err, ENOENT, "there is no place for what machine %s keeps", name);
		return err_help(err, "Set HOME.");
	}
	if (asprintf(&places->disk, "%s/disks/%s.img", data, name) < 0)
		places->disk = NULL;
	if (asprintf(&places->state, "%s/%s", state, name) < 0)
		places->state = NULL;
	return places->file && places->disk && places->state
		       ? 0
		       : err_sys(err, ENOMEM, "cannot make machine %s", name);
}

void new_places_free(struct new_places *places)
{
	free(places->file);
	free(places->disk);
	free(places->state);
}

static int refuse(const char *what, const char *path, const char *name, struct err *err)
{
	struct stat st;

	if (lstat(path, &st))
		return 0;
	err_set(err, EEXIST, "there is %s of a machine %s already: %s", what, name, path);
	return err_help(err, "Nothing is ever overwritten. Take another name, or remove what is "
			     "there.");
}

int new_check(const struct new_args *args, const struct new_places *places, struct err *err)
{
	const struct new_profile *profile = args->profile;
	char size[SIZE_TEXT];
	int ret = refuse("a file", places->file, args->name, err);

	if (!ret)
		ret = refuse("a disk", places->disk, args->name, err);
	if (!ret)
		ret = refuse("the state", places->state, args->name, err);
	for (unsigned i = 0; !ret && i < args->nr_isos; i++) {
		struct stat st;

		if (stat(args->isos[i], &st))
			ret = err_sys(err, errno, "cannot use the CD image %s", args->isos[i]);
		else if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
			ret = err_set(err, EINVAL, "the CD image %s is no file", args->isos[i]);
	}
	if (!ret && args->disk < profile->disk)
		log_warn("%s asks for a disk of %s", profile->name, size_text(size, profile->disk));
	if (!ret && args->memory < profile->memory)
		log_warn("%s asks for %s of memory", profile->name,
			size_text(size, profile->memory));
	return ret;
}

/* Makes the directories above @path. */
static int make_parents(const char *path, mode_t mode, struct err *err)
{
	own_free char *copy = strdup(path);

	if (!copy)
		return err_sys(err, ENOMEM, "cannot make %s", path);
	for (char *at = copy + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		if (mkdir(copy, mode) && errno != EEXIST)
			return err_sys(err, errno, "cannot make the directory %s", copy);
		*at = '/';
	}
	return 0;
}

int new_make(const struct new_args *args, const struct new_places *places, const char *text,
	size_t size, struct err *err)
{
	const struct disk_spec disk = { places->disk, "raw", args->disk, false };
	own_free char *vars = NULL;
	int ret = make_parents(places->file, 0755, err);

	if (!ret)
		ret = make_parents(places->disk, 0755, err);
	if (!ret)
		ret = disk_create(&disk, err);
	if (ret)
		return ret;
	ret = firmware_vars_place(args->name, &vars, err);
	if (!ret)
		ret = new_file(places->file, text, size, err);
	if (ret) {
		unlink(places->disk);
		rmdir(places->state);
	}
	return ret;
}
