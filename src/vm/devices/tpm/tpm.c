// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A TPM 2.0 (vm/tpm/tpm.h) with the memory for physical presence (vm/tpm/ppi.h), and the process
 * that executes its commands. Its state is in `tpm` beside the UEFI variables of the machine's
 * name, or in the directory that --tpm names.
 */
#include "vm/tpm/tpm.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/own.h"
#include "vm/boot/firmware_vars.h"
#include "vm/devices/kinds.h"
#include "vm/devices/tpm/tpm.hex"
#include "vm/tpm/ppi.h"
#include "vm/tpm/swtpm.h"

/* For firmware: le32 address of the memory for physical presence, u8 TPM version, u8 its version.
 */
#define FILE_CONFIG "etc/tpm/config"
#define VERSION_2_0 2

#define PAGE 4096

struct tpm_device {
	struct swtpm swtpm;
	struct tpm tpm;
	struct loop *loop;
	struct loop_work kill; /* the process is of no use any more */
	struct bus *mmio;
	struct mem *mem;
	bool has_firmware; /* which starts the TPM anew when the guest wakes */
	struct bus_region registers;
	struct bus_region presence;
	pthread_mutex_t lock; /* guards @ppi */
	struct ppi ppi;
};

static bool wanted(const struct machine_config *config)
{
	return config->tpm.on;
}

/* The caller frees *@path. */
static int find_state(const struct machine_config *config, char **path, struct err *err)
{
	own_free char *vars = NULL;
	int ret;

	*path = NULL;
	if (config->tpm.state) {
		*path = strdup(config->tpm.state);
		return *path ? 0 : err_sys(err, ENOMEM, "cannot open the TPM's state");
	}
	if (!config->name)
		return err_set(
			err, EINVAL, "the TPM's state has no place: the machine has no name");
	ret = firmware_vars_place(config->name, &vars, err);
	if (ret)
		return ret;
	if (asprintf(path, "%s/tpm", dirname(vars)) < 0) {
		*path = NULL;
		return err_sys(err, ENOMEM, "cannot open the TPM's state");
	}
	return 0;
}

static void kill_process(void *owner)
{
	swtpm_kill(&((struct tpm_device *)owner)->swtpm);
}

static void on_failed(void *owner, const char *why)
{
	struct tpm_device *dev = owner;

	log_error("the guest's TPM fails until this machine is started again: %s", why);
	loop_post(dev->loop, &dev->kill);
}

static void on_failure_mode(void *owner)
{
	swtpm_say_failure(&((struct tpm_device *)owner)->swtpm);
}

static int open_tpm(void *state, const struct device_parts *parts, struct err *err)
{
	struct tpm_device *dev = state;
	own_free char *directory = NULL;
	struct tpm_settings settings = {
		.command_ms = TPM_COMMAND_MS,
		.slow_ms = TPM_SLOW_MS,
		.ctrl_ms = TPM_CTRL_MS,
		.failed = on_failed,
		.in_failure_mode = on_failure_mode,
		.owner = dev,
	};
	int ret = find_state(parts->config, &directory, err);
	const struct swtpm_config config = { directory, parts->loop };

	dev->loop = parts->loop;
	dev->kill = (struct loop_work){ .run = kill_process, .owner = dev };
	pthread_mutex_init(&dev->lock, NULL);
	if (!ret)
		ret = swtpm_open(&dev->swtpm, &config, err);
	if (ret)
		return ret;
	settings.ctrl = dev->swtpm.ctrl;
	settings.data = dev->swtpm.data;
	settings.established = dev->swtpm.established;
	return tpm_open(&dev->tpm, &settings, err);
}

static u64 read_register(void *owner, u64 offset, unsigned size)
{
	return tpm_read(&((struct tpm_device *)owner)->tpm, (u32)offset, size);
}

static void write_register(void *owner, u64 offset, unsigned size, u64 value)
{
	tpm_write(&((struct tpm_device *)owner)->tpm, (u32)offset, size, value);
}

static u64 read_presence(void *owner, u64 offset, unsigned size)
{
	return ppi_read(&((struct tpm_device *)owner)->ppi, (u32)offset, size);
}

static void write_presence(void *owner, u64 offset, unsigned size, u64 value)
{
	ppi_write(&((struct tpm_device *)owner)->ppi, (u32)offset, size, value);
}

static const struct bus_ops register_ops = { read_register, write_register };
static const struct bus_ops presence_ops = { read_presence, write_presence };

static int attach(void *state, const struct device_parts *parts, struct err *err)
{
	struct tpm_device *dev = state;
	int ret;

	dev->registers = (struct bus_region){
		.name = "TPM",
		.range = { CRB_ADDRESS, CRB_SIZE },
		.rank = FLAT_RANK_PLATFORM,
		.ops = &register_ops,
		.owner = dev,
	};
	dev->presence = (struct bus_region){
		.name = "TPM presence",
		.range = { PPI_ADDRESS, PPI_SIZE },
		.rank = FLAT_RANK_PLATFORM,
		.ops = &presence_ops,
		.owner = dev,
		.lock = &dev->lock,
	};
	dev->mem = parts->mem;
	dev->has_firmware = parts->config->firmware.kind != FIRMWARE_NONE;
	dev->mmio = parts->mmio;
	ret = bus_add(dev->mmio, &dev->registers);
	if (!ret)
		ret = bus_add(dev->mmio, &dev->presence);
	return ret ? err_sys(err, -ret, "cannot make the TPM") : 0;
}

/* Pages of zeros are left alone: writing to them would take memory from the host. */
static void clear_pages(char *host, u64 size)
{
	static const char zeros[PAGE];

	for (u64 at = 0; at < size; at += PAGE)
		if (memcmp(host + at, zeros, PAGE))
			memset(host + at, 0, PAGE);
}

static void clear_memory(struct mem *mem)
{
	struct mem_ram ram;

	if (mem_ram(mem, &ram)) {
		log_error("the guest's memory cannot be cleared, as the guest has asked");
		return;
	}
	for (unsigned i = 0; i < ram.nr; i++)
		clear_pages(ram.parts[i].host, ram.parts[i].range.size);
	log_debug("the guest's memory is cleared, as the guest has asked");
}

static void reset(void *state)
{
	struct tpm_device *dev = state;

	tpm_reset(&dev->tpm);
	if (ppi_take_memory_clear(&dev->ppi))
		clear_memory(dev->mem);
}

/*
 * Memory is not cleared, even if the guest has asked for that at the next reset: the guest is in
 * it. Without firmware nobody would send the command to start, so that the TPM just goes on.
 */
static void wake(void *state)
{
	struct tpm_device *dev = state;

	if (dev->has_firmware)
		tpm_reset(&dev->tpm);
}

static void close_tpm(void *state)
{
	struct tpm_device *dev = state;

	if (!dev->loop)
		return;
	if (dev->mmio) {
		bus_remove(dev->mmio, &dev->presence);
		bus_remove(dev->mmio, &dev->registers);
	}
	tpm_close(&dev->tpm);
	loop_unpost(dev->loop, &dev->kill);
	swtpm_close(&dev->swtpm);
	pthread_mutex_destroy(&dev->lock);
}

static struct acpi_fragment acpi(const void *state)
{
	return (struct acpi_fragment){ tpm_aml_code, sizeof(tpm_aml_code) };
}

static int fw_cfg(const void *state, struct fw_cfg *fw_cfg, struct err *err)
{
	u8 config[6];

	put_le32(config, PPI_ADDRESS);
	config[4] = VERSION_2_0;
	config[5] = PPI_VERSION_1_30;
	return fw_cfg_add_file_bytes(fw_cfg, FILE_CONFIG, config, sizeof(config), err);
}

/* The memory for physical presence keeps its contents at a reset, so it is not part of this. */
static void capture(const void *state, struct blob *out)
{
	struct tpm *tpm = (struct tpm *)&((const struct tpm_device *)state)->tpm;

	for (u32 offset = 0; offset < CRB_SIZE; offset += 8)
		blob_le(out, 8, tpm_read(tpm, offset, 8));
}

const struct device_kind tpm_kind = {
	.name = "tpm",
	.size = sizeof(struct tpm_device),
	.wanted = wanted,
	.open = open_tpm,
	.attach = attach,
	.reset = reset,
	.wake = wake,
	.close = close_tpm,
	.acpi = acpi,
	.fw_cfg = fw_cfg,
	.capture = capture,
};
