// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/boot/firmware_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/own.h"

/* From general to specific. */
static const char *const directories[] = { "/usr/share/qemu/firmware", "/etc/qemu/firmware" };
#define USER_DIRECTORY "qemu/firmware" /* below the user's configuration directory */

#define SUFFIX ".json"

static int set_file(struct firmware_list_file *file, const char *directory, const char *name)
{
	free(file->path);
	file->path = NULL;
	if (!file->name)
		file->name = strdup(name);
	if (!file->name)
		return -ENOMEM;
	if (asprintf(&file->path, "%s/%s", directory, name) < 0) {
		file->path = NULL;
		return -ENOMEM;
	}
	return 0;
}

static bool is_descriptor(const char *name)
{
	size_t len = strlen(name), suffix = strlen(SUFFIX);

	return len > suffix && !strcmp(name + len - suffix, SUFFIX);
}

static int add_directory(struct firmware_list *list, const char *directory)
{
	own_free char **names = NULL;
	int n = sysroot_names(list->host, directory, &names), ret = 0;

	for (int i = 0; i < n && !ret; i++) {
		unsigned at = 0;

		if (!is_descriptor(names[i]))
			continue;
		while (at < list->nr && strcmp(list->files[at].name, names[i]))
			at++;
		if (at == FIRMWARE_LIST_MAX)
			break;
		if (at == list->nr)
			list->nr++;
		ret = set_file(&list->files[at], directory, names[i]);
	}
	return ret;
}

static int by_name(const void *a, const void *b)
{
	const struct firmware_list_file *one = a, *other = b;

	return strcmp(one->name, other->name);
}

static int fill(struct firmware_list *list, const char *config_home)
{
	own_free char *user = NULL;
	int ret = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(directories) && !ret; i++)
		ret = add_directory(list, directories[i]);
	if (ret || !config_home || config_home[0] != '/')
		return ret;
	if (asprintf(&user, "%s/" USER_DIRECTORY, config_home) < 0) {
		user = NULL;
		return -ENOMEM;
	}
	return add_directory(list, user);
}

struct firmware_list *firmware_list_open(const struct sysroot *host, const char *config_home)
{
	struct firmware_list *list = calloc(1, sizeof(*list));

	if (!list)
		return NULL;
	list->host = host;
	if (fill(list, config_home)) {
		firmware_list_close(list);
		return NULL;
	}
	qsort(list->files, list->nr, sizeof(list->files[0]), by_name);
	return list;
}

void firmware_list_close(struct firmware_list *list)
{
	for (unsigned i = 0; list && i < list->nr; i++) {
		free(list->files[i].name);
		free(list->files[i].path);
	}
	free(list);
}

bool firmware_list_read(
	const struct firmware_list *list, unsigned i, struct firmware_descriptor *descriptor)
{
	const char *path = list->files[i].path;
	own_free char *text = NULL;
	struct err err = { 0 };
	size_t size = 0;
	int ret = sysroot_whole(list->host, path, FIRMWARE_DESCRIPTOR_MAX, &text, &size);

	if (ret) {
		log_debug("firmware: cannot read %s: %s", path, strerror(-ret));
		return false;
	}
	if (!size)
		return false;
	ret = firmware_descriptor_parse(descriptor, text, size, &err);
	if (!ret)
		return true;
	log_debug("firmware: not %s: %s", path, err.text);
	firmware_descriptor_free(descriptor);
	return false;
}
