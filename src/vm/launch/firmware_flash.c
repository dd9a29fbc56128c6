// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/launch/firmware_flash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

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

int firmware_flash_open(
	struct firmware_flash *flash, const struct firmware_image *image, struct err *err)
{
	if (!image->vars.size && !flash->path) {
		log_info("the firmware %s has no store for variables: the guest's are not kept",
			image->code.path);
		return 0;
	}
	if (!flash->path)
		log_info("the guest's UEFI variables are not kept; --name NAME keeps them");
	return firmware_vars_open(&flash->vars, flash->path, image, err);
}

static void on_written(void *owner, u64 offset, u64 size)
{
	struct firmware_flash *flash = owner;

	firmware_vars_written(&flash->vars, offset, size);
}

static const struct pflash_ops ops = { on_written };

int firmware_flash_connect(
	struct firmware_flash *flash, struct bus *mmio, struct mem *mem, u64 end, struct err *err)
{
	const struct pflash_config config = {
		.mmio = mmio,
		.mem = mem,
		.address = end - flash->vars.size,
		.size = flash->vars.size,
		.bytes = flash->vars.bytes,
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
