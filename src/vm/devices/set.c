// SPDX-License-Identifier: GPL-2.0-or-later
/* The steps of a machine's life, for all of its devices. */
#include <errno.h>
#include <stdlib.h>

#include "vm/devices/kind.h"

static unsigned index_of(const struct device_kind *const *kinds, const struct device_kind *kind)
{
	unsigned i = 0;

	while (kinds[i] && kinds[i] != kind)
		i++;
	return i;
}

const char *device_option_value(const struct machine_config *config, const struct device_kind *kind)
{
	return config->device_options[index_of(device_kinds, kind)];
}

void *device_of(const struct device_set *set, const struct device_kind *kind)
{
	return set->kinds ? set->dev[index_of(set->kinds, kind)] : NULL;
}

static bool is_wanted(const struct device_kind *kind, const struct machine_config *config)
{
	if (kind->wanted)
		return kind->wanted(config);
	return !kind->option || device_option_value(config, kind);
}

int devices_open(struct device_set *set, const struct device_kind *const *kinds,
	const struct device_parts *parts, struct err *err)
{
	int ret = 0;

	*set = (struct device_set){ .kinds = kinds };
	for (unsigned i = 0; kinds[i] && !ret; i++) {
		if (!is_wanted(kinds[i], parts->config))
			continue;
		set->dev[i] = calloc(1, kinds[i]->size);
		if (!set->dev[i])
			return err_sys(err, ENOMEM, "cannot make the device %s", kinds[i]->name);
		if (kinds[i]->open)
			ret = kinds[i]->open(set->dev[i], parts, err);
	}
	return ret;
}

typedef int device_step(void *dev, const struct device_parts *parts, struct err *err);

/* @step: the offset of the function's pointer in struct device_kind. */
static int each(
	struct device_set *set, size_t step, const struct device_parts *parts, struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; set->kinds[i] && !ret; i++) {
		device_step *run = *(device_step *const *)((const char *)set->kinds[i] + step);

		if (set->dev[i] && run)
			ret = run(set->dev[i], parts, err);
	}
	return ret;
}

int devices_ready(struct device_set *set, const struct device_parts *parts, struct err *err)
{
	return each(set, offsetof(struct device_kind, ready), parts, err);
}

int devices_attach(struct device_set *set, const struct device_parts *parts, struct err *err)
{
	return each(set, offsetof(struct device_kind, attach), parts, err);
}

int devices_begin(struct device_set *set, const struct device_parts *parts, struct err *err)
{
	return each(set, offsetof(struct device_kind, begin), parts, err);
}

static unsigned nr_of(const struct device_set *set)
{
	return set->kinds ? index_of(set->kinds, NULL) : 0;
}

void devices_reset(struct device_set *set)
{
	for (unsigned i = 0; i < nr_of(set); i++)
		if (set->dev[i] && set->kinds[i]->reset)
			set->kinds[i]->reset(set->dev[i]);
}

void devices_wake(struct device_set *set)
{
	for (unsigned i = 0; i < nr_of(set); i++) {
		const struct device_kind *kind = set->kinds[i];
		void (*wake)(void *dev) = kind->wake ? kind->wake : kind->reset;

		if (set->dev[i] && wake)
			wake(set->dev[i]);
	}
}

void devices_pause(struct device_set *set)
{
	for (unsigned i = nr_of(set); i-- > 0;)
		if (set->dev[i] && set->kinds[i]->pause)
			set->kinds[i]->pause(set->dev[i]);
}

void devices_resume(struct device_set *set)
{
	for (unsigned i = 0; i < nr_of(set); i++)
		if (set->dev[i] && set->kinds[i]->resume)
			set->kinds[i]->resume(set->dev[i]);
}

void devices_close(struct device_set *set)
{
	for (unsigned i = nr_of(set); i-- > 0;) {
		if (set->dev[i] && set->kinds[i]->close)
			set->kinds[i]->close(set->dev[i]);
		free(set->dev[i]);
		set->dev[i] = NULL;
	}
}

bool devices_share_memory(const struct device_set *set)
{
	for (unsigned i = 0; i < nr_of(set); i++)
		if (set->dev[i] && set->kinds[i]->shares_memory &&
			set->kinds[i]->shares_memory(set->dev[i]))
			return true;
	return false;
}

void devices_acpi(const struct device_set *set, struct acpi_config *config)
{
	for (unsigned i = 0; i < nr_of(set); i++)
		if (set->dev[i] && set->kinds[i]->acpi)
			config->fragments[config->nr_fragments++] =
				set->kinds[i]->acpi(set->dev[i]);
}

int devices_fw_cfg(const struct device_set *set, struct fw_cfg *fw_cfg, struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; i < nr_of(set) && !ret; i++)
		if (set->dev[i] && set->kinds[i]->fw_cfg)
			ret = set->kinds[i]->fw_cfg(set->dev[i], fw_cfg, err);
	return ret;
}

void devices_boot_order(const struct device_set *set, enum boot_source source, struct blob *order)
{
	for (unsigned i = 0; i < nr_of(set); i++)
		if (set->dev[i] && set->kinds[i]->boot_order)
			set->kinds[i]->boot_order(set->dev[i], source, order);
}

void devices_capture(const struct device_set *set, struct blob *state)
{
	for (unsigned i = 0; i < nr_of(set); i++)
		if (set->dev[i] && set->kinds[i]->capture)
			set->kinds[i]->capture(set->dev[i], state);
}
