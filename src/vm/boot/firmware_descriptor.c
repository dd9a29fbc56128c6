// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/boot/firmware_descriptor.h"

#include <errno.h>
#include <fnmatch.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 16
#define MACHINE   "pc-q35-2.4" /* descriptors name machine types by patterns such as pc-q35-* */

/*
 * The string @key of @object, or NULL if there is none. A string that contains a NUL does not
 * count.
 */
static const char *text_of(json_object *object, const char *key)
{
	json_object *value;
	const char *text;

	if (!json_object_object_get_ex(object, key, &value) ||
		!json_object_is_type(value, json_type_string))
		return NULL;
	text = json_object_get_string(value);
	return strlen(text) == (size_t)json_object_get_string_len(value) ? text : NULL;
}

/* The member @key if it is of @type, else NULL. */
static json_object *member(json_object *object, const char *key, json_type type)
{
	json_object *value;

	if (!json_object_object_get_ex(object, key, &value) || !json_object_is_type(value, type))
		return NULL;
	return value;
}

static size_t length(json_object *array)
{
	return array ? json_object_array_length(array) : 0;
}

static bool has_text(json_object *array, const char *wanted)
{
	for (size_t i = 0; i < length(array); i++) {
		json_object *item = json_object_array_get_idx(array, i);

		if (json_object_is_type(item, json_type_string) &&
			!strcmp(json_object_get_string(item), wanted))
			return true;
	}
	return false;
}

static bool has_pattern(json_object *array, const char *name)
{
	for (size_t i = 0; i < length(array); i++) {
		json_object *item = json_object_array_get_idx(array, i);

		if (json_object_is_type(item, json_type_string) &&
			!fnmatch(json_object_get_string(item), name, 0))
			return true;
	}
	return false;
}

static bool fits_machine(json_object *targets)
{
	for (size_t i = 0; i < length(targets); i++) {
		json_object *target = json_object_array_get_idx(targets, i);
		const char *architecture = text_of(target, "architecture");

		if (architecture && !strcmp(architecture, "x86_64") &&
			has_pattern(member(target, "machines", json_type_array), MACHINE))
			return true;
	}
	return false;
}

static int set_unfit(struct firmware_descriptor *d, const char *why)
{
	if (!d->unfit)
		d->unfit = strdup(why);
	return d->unfit ? 0 : -ENOMEM;
}

/*
 * Takes a file of the mapping, which must be an absolute path to a raw image, because tenon does
 * not convert formats.
 */
static int take_file(struct firmware_descriptor *d, json_object *file, char **path)
{
	const char *name = text_of(file, "filename");
	const char *format = text_of(file, "format");

	if (!name || name[0] != '/' || strlen(name) >= PATH_MAX)
		return -EINVAL;
	*path = strdup(name);
	if (!*path)
		return -ENOMEM;
	return format && strcmp(format, "raw") ? set_unfit(d, "its images are not raw files") : 0;
}

static int take_flash(struct firmware_descriptor *d, json_object *mapping)
{
	json_object *vars = member(mapping, "nvram-template", json_type_object);
	const char *mode = text_of(mapping, "mode");
	int ret = take_file(d, member(mapping, "executable", json_type_object), &d->code);

	if (!ret && mode && !strcmp(mode, "combined"))
		return set_unfit(d, "it keeps its variables in the file of its code");
	if (ret || (mode && strcmp(mode, "split")))
		return ret;
	return take_file(d, vars, &d->vars);
}

static int take_mapping(struct firmware_descriptor *d, json_object *mapping)
{
	const char *device = text_of(mapping, "device");

	if (!device)
		return -EINVAL;
	if (!strcmp(device, "flash"))
		return take_flash(d, mapping);
	if (!strcmp(device, "memory"))
		return take_file(d, mapping, &d->code);
	return set_unfit(d, "it is loaded in a way that this machine has not");
}

static int judge(struct firmware_descriptor *d, json_object *root)
{
	json_object *features = member(root, "features", json_type_array);

	if (!fits_machine(member(root, "targets", json_type_array)))
		return set_unfit(d, "it is not for x86_64 and q35");
	d->requires_smm = has_text(features, "requires-smm");
	d->secure_boot = has_text(features, "secure-boot");
	d->enrolled_keys = has_text(features, "enrolled-keys");
	return 0;
}

static int take(struct firmware_descriptor *d, json_object *root)
{
	json_object *interfaces = member(root, "interface-types", json_type_array);
	int ret;

	d->uefi = has_text(interfaces, "uefi");
	d->bios = has_text(interfaces, "bios");
	ret = take_mapping(d, member(root, "mapping", json_type_object));
	return ret ? ret : judge(d, root);
}

int firmware_descriptor_parse(
	struct firmware_descriptor *d, const char *text, size_t size, struct err *err)
{
	json_tokener *tokener;
	json_object *root = NULL;
	int ret = -ENOMEM;

	*d = (struct firmware_descriptor){ 0 };
	if (size > FIRMWARE_DESCRIPTOR_MAX)
		return err_set(err, EINVAL, "it is too long for a firmware's descriptor");
	tokener = json_tokener_new_ex(MAX_DEPTH);
	if (tokener) {
		root = json_tokener_parse_ex(tokener, text, (int)size);
		ret = json_object_is_type(root, json_type_object) ? take(d, root) : -EINVAL;
	}
	if (ret == -EINVAL)
		err_set(err, EINVAL, "it is no firmware descriptor");
	else if (ret)
		err_sys(err, -ret, "cannot read it");
	json_object_put(root);
	if (tokener)
		json_tokener_free(tokener);
	return ret;
}

void firmware_descriptor_free(struct firmware_descriptor *d)
{
	free(d->code);
	free(d->vars);
	free(d->unfit);
	*d = (struct firmware_descriptor){ 0 };
}
