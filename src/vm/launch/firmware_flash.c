// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/launch/firmware_flash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "vm/boot/secure_boot_keys.h"

int firmware_flash_choose(struct firmware_flash *flash, const char *file, const char *name,
	u64 *size, struct err *err)
{
	int ret = 0;

	*size = 0;
	if (file) {
		flash->path = strdup(file);
		if (!flash->path)
			return err_sys(err, ENOMEM, "cannot open %s", file);
	} else if (name) {
		ret = firmware_vars_place(name, &flash->path, err);
	}
	if (!ret && flash->path)
		ret = firmware_vars_size(flash->path, size, err);
	return ret;
}

static int no_keys(const char *path, const char *lack, bool template, struct err *err)
{
	err_set(err, EINVAL, "Secure Boot would not be enforced: %s%s %s",
		template ? "the template " : "", path, lack);
	if (template)
		return err_help(err, "--firmware-vars FILE names a copy of one that has, such as "
				     "/usr/share/OVMF/OVMF_VARS_4M.ms.fd.");
	return err_help(err,
		"The machine was made without Secure Boot. If you move the file away, it gets "
		"new variables\nwith keys, and forgets its own boot entries.");
}

static void tell_keys(const char *path, const struct secure_boot_keys *keys, bool new)
{
	static const char *const lists[] = { "PK", "KEK", "db" };

	for (unsigned i = 0; i < keys->nr_certs; i++)
		log_debug("%s: %s has %s", path, lists[keys->certs[i].list], keys->certs[i].name);
	if (new &&secure_boot_keys_has(keys, "2011") && !secure_boot_keys_has(keys, "2023"))
		log_info("the keys are Microsoft's of 2011: what is only signed with those of 2023 "
			 "will not start");
}

static int check_keys(const char *path, const u8 *bytes, u64 size, bool template, struct err *err)
{
	struct secure_boot_keys keys;
	const char *lack;

	if (secure_boot_keys_read(&keys, bytes, size))
		lack = "holds no variables with signatures";
	else
		lack = secure_boot_keys_lack(&keys);
	if (lack)
		return no_keys(path, lack, template, err);
	tell_keys(path, &keys, template);
	return 0;
}

static int check_template(const struct firmware_part *template, struct err *err)
{
	own_free u8 *bytes = NULL;
	int ret;

	if (!template->size)
		return err_set(err, ENOENT,
			"the firmware has no template with keys for Secure "
			"Boot");
	bytes = malloc(template->size);
	if (!bytes)
		return err_sys(err, ENOMEM, "cannot read %s", template->path);
	ret = firmware_part_read(template, bytes, err);
	return ret ? ret : check_keys(template->path, bytes, template->size, true, err);
}

/* Whether the store will be a copy of the template. */
static bool is_new(const struct firmware_flash *flash)
{
	return !flash->path || (access(flash->path, F_OK) && errno == ENOENT);
}

int firmware_flash_open(struct firmware_flash *flash, const struct firmware_image *image,
	bool secure_boot, struct err *err)
{
	bool new = is_new(flash);
	int ret = secure_boot && new ? check_template(&image->vars, err) : 0;

	if (ret)
		return ret;
	if (!image->vars.size && !flash->path) {
		log_info("the firmware %s has no store for variables: the guest's are not kept",
			image->code.path);
		return 0;
	}
	if (!flash->path)
		log_info("the guest's UEFI variables are not kept; --name NAME keeps them");
	ret = firmware_vars_open(&flash->vars, flash->path, image, err);
	if (!ret && secure_boot && !new)
		ret = check_keys(flash->path, flash->vars.bytes, flash->vars.size, false, err);
	return ret;
}

static void on_written(void *owner, u64 offset, u64 size)
{
	struct firmware_flash *flash = owner;

	firmware_vars_written(&flash->vars, offset, size);
}

static const struct pflash_ops ops = { on_written };

int firmware_flash_connect(struct firmware_flash *flash, const struct machine_parts *parts, u64 end,
	bool smm_only, struct err *err)
{
	const struct pflash_config config = {
		.mmio = parts->mmio,
		.mem = parts->mem,
		.address = end - flash->vars.size,
		.size = flash->vars.size,
		.bytes = flash->vars.bytes,
		.smm_only = smm_only,
		.ops = &ops,
		.owner = flash,
	};

	return flash->vars.bytes ? pflash_open(&flash->chip, &config, err) : 0;
}

void firmware_flash_close(struct firmware_flash *flash)
{
	pflash_close(&flash->chip);
	firmware_vars_close(&flash->vars);
	free(flash->path);
	flash->path = NULL;
}
