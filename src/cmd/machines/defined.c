// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/machines/defined.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "base/trust.h"
#include "cmd/run/file.h"
#include "kernel/sysroot.h"
#include "vm/boot/firmware_vars.h"

#define SUFFIX ".conf"

char *defined_directory(const char *variable, const char *system, const char *home)
{
	char place[PATH_MAX];
	const char *base = trust_environment(variable, place, sizeof(place)),
		   *user = getenv("HOME");
	char *path = NULL;
	int ret = -1;

	if (base)
		ret = asprintf(&path, "%s/tenon", base);
	else if (!geteuid())
		ret = asprintf(&path, "%s", system);
	else if (user && *user == '/')
		ret = asprintf(&path, "%s/%s/tenon", user, home);
	return ret < 0 ? NULL : path;
}

static char *directory_of_files(void)
{
	return defined_directory("XDG_CONFIG_HOME", "/etc/tenon", ".config");
}

int defined_check_name(const char *name, struct err *err)
{
	if (firmware_vars_name_is_plain(name))
		return 0;
	return err_set(err, EINVAL,
		"'%s' is no name for a machine: letters, digits, and _ - + . behind the first",
		name);
}

int defined_file(const char *name, char **path, struct err *err)
{
	own_free char *directory = directory_of_files();

	*path = NULL;
	if (!directory) {
		err_set(err, ENOENT, "there is no place for the file of machine %s", name);
		return err_help(err, "Set HOME.");
	}
	if (asprintf(path, "%s/machines/%s" SUFFIX, directory, name) >= 0)
		return 0;
	*path = NULL;
	return err_sys(err, ENOMEM, "cannot look for machine %s", name);
}

/* Cuts the suffix; false for what is no machine's file. */
static bool name_of_file(char *file)
{
	size_t length = strlen(file), suffix = strlen(SUFFIX);

	if (length <= suffix || strcmp(file + length - suffix, SUFFIX))
		return false;
	file[length - suffix] = '\0';
	return firmware_vars_name_is_plain(file);
}

int defined_names(char ***names)
{
	own_free char *directory = directory_of_files(), *path = NULL;
	struct sysroot sysroot;
	struct err ignored = { 0 };
	int n, kept = 0;

	*names = NULL;
	if (!directory)
		return 0;
	if (asprintf(&path, "%s/machines", directory) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	n = sysroot_open(&sysroot, "", &ignored);
	if (!n)
		n = sysroot_names(&sysroot, path, names);
	sysroot_close(&sysroot);
	for (int i = 0; i < n; i++)
		if (name_of_file((*names)[i]))
			(*names)[kept++] = (*names)[i];
	if (n > 0)
		(*names)[kept] = NULL;
	return n == -ENOENT ? 0 : n < 0 ? n : kept;
}

int defined_read(struct run_request *request, const char *name, struct err *err)
{
	own_free char *path = NULL;
	int ret;

	run_request_init(request);
	ret = defined_check_name(name, err);
	if (!ret)
		ret = defined_file(name, &path, err);
	if (ret)
		return ret;
	if (access(path, F_OK) && errno == ENOENT) {
		err_set(err, ENOENT, "no machine %s is defined: there is no %s", name, path);
		return err_help(
			err, "`tenon ps` lists the machines; `tenon new %s` makes this one.", name);
	}
	ret = run_file_read(request, path, err);
	if (ret || !request->config.name || !strcmp(request->config.name, name))
		return ret;
	err_set(err, EINVAL, "%s has the name %s, and is the file of %s", path,
		request->config.name, name);
	return err_help(err, "A machine's file is called by its name. Correct one of them.");
}

char *defined_state(const char *name)
{
	own_free char *root = firmware_vars_root();
	char *path = NULL;

	return root && asprintf(&path, "%s/%s", root, name) >= 0 ? path : NULL;
}

char *defined_log(const char *name)
{
	own_free char *state = defined_state(name);
	char *path = NULL;

	return state && asprintf(&path, "%s/log", state) >= 0 ? path : NULL;
}
