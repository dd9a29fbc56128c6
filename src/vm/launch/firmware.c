// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/launch/firmware.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "base/own.h"
#include "base/trust.h"
#include "vm/launch/firmware_display.h"
#include "vm/vcpu/mtrr.h"

#define TOP 0x100000000ull /* the image's end */

/* The part of the image that a PC shows below 1 MiB, where a BIOS runs. */
#define SHADOW_START 0xe0000
#define SHADOW_SIZE  0x20000

static struct firmware *of(struct launch *launch)
{
	return container_of(launch, struct firmware, launch);
}

static int read_code(struct firmware *fw, struct err *err)
{
	void *code = mmap(NULL, fw->image.code.size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (code == MAP_FAILED)
		return err_sys(err, errno, "no memory for the firmware");
	fw->code = code;
	return firmware_part_read(&fw->image.code, fw->code, err);
}

/*
 * The user's configuration directory, which may contain firmware descriptors. The caller frees it.
 */
static char *config_home(void)
{
	char config[PATH_MAX], home_place[PATH_MAX], *path = NULL;
	const char *home;

	if (trust_environment("XDG_CONFIG_HOME", config, sizeof(config)))
		return strdup(config);
	home = trust_environment("HOME", home_place, sizeof(home_place));
	return home && asprintf(&path, "%s/.config", home) >= 0 ? path : NULL;
}

static int find_image(struct firmware *fw, struct err *err)
{
	const struct machine_config *config = fw->launch.config;
	struct firmware_wish wish = {
		.kind = config->firmware.kind,
		.code = config->firmware.code,
		.secure_boot = config->firmware.secure_boot,
	};
	own_free char *home = config_home();
	struct sysroot host;
	int ret = 0;

	if (wish.kind == FIRMWARE_UEFI)
		ret = firmware_flash_choose(
			&fw->flash, config->firmware.vars, config->name, &wish.vars_size, err);
	if (!ret)
		ret = sysroot_open(&host, "", err);
	if (ret)
		return ret;
	ret = firmware_find(&host, home, &wish, &fw->image, err);
	sysroot_close(&host);
	if (!ret)
		log_debug("firmware: %s", fw->image.code.path);
	return ret;
}

static int firmware_open(struct launch *launch, struct err *err)
{
	const struct machine_config *config = launch->config;
	struct firmware *fw = of(launch);
	int ret = find_image(fw, err);

	if (!ret)
		ret = read_code(fw, err);
	if (!ret && fw->image.kind == FIRMWARE_UEFI)
		ret = firmware_flash_open(
			&fw->flash, &fw->image, config->firmware.secure_boot, err);
	if (!ret && config->kernel)
		ret = firmware_kernel_open(&fw->kernel, config->kernel, config->initrd,
			config->append, fw->image.kind == FIRMWARE_BIOS, err);
	return ret;
}

static int map_code(struct firmware *fw, struct err *err)
{
	fw->code_region = (struct mem_region){
		.name = "firmware",
		.range = { TOP - fw->image.code.size, fw->image.code.size },
		.rank = FLAT_RANK_PLATFORM,
		.kind = MEM_ROM,
		.host = fw->code,
		.fd = -1,
	};
	return mem_add(fw->parts->mem, &fw->code_region, err);
}

static int firmware_connect(
	struct launch *launch, const struct machine_parts *parts, struct err *err)
{
	struct firmware *fw = of(launch);
	int ret;

	fw->parts = parts;
	/*
	 * With an emulated display the firmware shows its picture there, so assigned cards may stay
	 * dark.
	 */
	if (machine_first_screen(launch->config) != SCREEN_EMULATED)
		firmware_check_displays(parts->assigned, fw->image.kind);
	ret = map_code(fw, err);
	if (!ret)
		ret = firmware_flash_connect(&fw->flash, parts, fw->code_region.range.start,
			parts->board->config->smm, err);
	if (!ret)
		ret = fw_cfg_open(&fw->fw_cfg, parts->pio, parts->mem, err);
	if (!ret)
		ret = firmware_fill(fw, err);
	if (!ret)
		ret = firmware_fill_acpi(fw, err);
	if (!ret && launch->config->kernel)
		ret = firmware_kernel_fill(&fw->kernel, &fw->fw_cfg, parts->ram, err);
	return ret;
}

/*
 * Copies the end of the image below 1 MiB. A BIOS keeps data in this copy, from which it also knows
 * whether it has run before, so every start needs a fresh copy of the file.
 */
static int place_shadow(struct firmware *fw, struct err *err)
{
	u64 size = fw->image.code.size < SHADOW_SIZE ? fw->image.code.size : SHADOW_SIZE;
	u8 *shadow = mem_ptr(fw->parts->mem, SHADOW_START, SHADOW_SIZE);

	if (!shadow)
		return err_set(err, EINVAL, "the machine has no RAM at 0x%x", SHADOW_START);
	memcpy(shadow + SHADOW_SIZE - size, fw->code + fw->image.code.size - size, size);
	return 0;
}

/* If a device's DMA does not snoop caches, memory types matter: see vm/vcpu/mtrr.h. */
static int set_memory_types(const struct machine_parts *parts, struct err *err)
{
	int ret = 0;

	if (!parts->assigned->assign.nr_devices)
		return 0;
	for (unsigned i = 0; i < parts->vcpus->nr && !ret; i++)
		ret = mtrr_set_for_firmware(&parts->vcpus->vcpu[i].kvm, err);
	return ret;
}

/* Firmware finds out by itself that a guest wakes, and where it goes on. */
static int firmware_wake(struct launch *launch, struct err *err)
{
	struct firmware *fw = of(launch);

	fw_cfg_reset(&fw->fw_cfg);
	pflash_reset(&fw->flash.chip);
	return set_memory_types(fw->parts, err);
}

static int firmware_run(struct launch *launch, struct err *err)
{
	int ret = firmware_wake(launch, err);

	return ret ? ret : place_shadow(of(launch), err);
}

static void firmware_close(struct launch *launch)
{
	struct firmware *fw = of(launch);

	fw_cfg_close(&fw->fw_cfg);
	firmware_kernel_close(&fw->kernel);
	firmware_flash_close(&fw->flash);
	if (fw->code_region.host)
		mem_remove(fw->parts->mem, &fw->code_region);
	if (fw->code)
		munmap(fw->code, fw->image.code.size);
	firmware_image_free(&fw->image);
	free(fw);
}

static const struct launch_ops firmware_ops = {
	.open = firmware_open,
	.connect = firmware_connect,
	.run = firmware_run,
	.wake = firmware_wake,
	.close = firmware_close,
};

/* Secure Boot is worth little without SMM: the guest's kernel could write the firmware's keys. */
int launch_check_kvm(const struct machine_config *config, const struct kvm *kvm, struct err *err)
{
	if (!config->firmware.secure_boot || kvm_has_smm(kvm))
		return 0;
	err_set(err, ENOTSUP,
		"this host's KVM has no system management mode (SMM), which protects the keys of "
		"Secure Boot");
	return err_help(err,
		"Some hosts that are virtual machines themselves do not offer it. Debian 12's "
		"OVMF_CODE_4M.fd\nchecks signatures without SMM, but the guest's kernel can then "
		"replace the keys:\n"
		"--firmware-code /usr/share/OVMF/OVMF_CODE_4M.fd, with --firmware-vars a copy of "
		"OVMF_VARS_4M.ms.fd");
}

struct launch *firmware_new(const struct machine_config *config)
{
	struct firmware *fw = calloc(1, sizeof(*fw));

	if (!fw)
		return NULL;
	fw->launch = (struct launch){ &firmware_ops, config };
	return &fw->launch;
}
