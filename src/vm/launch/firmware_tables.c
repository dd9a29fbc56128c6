// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "base/log.h"
#include "vm/launch/firmware.h"
#include "vm/launch/tables.h"

static int build(const struct firmware *fw, struct acpi_tables *tables, struct err *err)
{
	const struct machine_parts *parts = fw->parts;

	return tables_build_acpi(tables, parts->board, parts->devices, parts->ram,
		parts->mmio64.phys_bits, parts->fixed_bars, err);
}

static int put(struct fw_cfg *fw_cfg, const char *name, const struct blob *blob)
{
	return fw_cfg_put(fw_cfg, name, blob->data, (u32)blob->size);
}

/* Runs on a vCPU's thread. If the guest has programmed nonsense, the tables stay unchanged. */
static void renew(void *owner)
{
	struct firmware *fw = owner;
	struct acpi_tables tables;
	struct err err = { 0 };

	fixed_bars_watch(fw->parts->fixed_bars, &fw->parts->board->mch);
	if (build(fw, &tables, &err)) {
		log_guest("the ACPI tables stay as they are: %s", err.text);
		return;
	}
	if (put(&fw->fw_cfg, ACPI_FILE_RSDP, &tables.rsdp) ||
		put(&fw->fw_cfg, ACPI_FILE_TABLES, &tables.tables) ||
		put(&fw->fw_cfg, ACPI_FILE_SCRIPT, &tables.script))
		log_guest_at(LOG_ERROR, "no memory to make the ACPI tables anew");
	acpi_free(&tables);
}

int firmware_fill_acpi(struct firmware *fw, struct err *err)
{
	struct acpi_tables tables;
	int ret = build(fw, &tables, err);
	struct fw_cfg_content script = { .selected = renew, .owner = fw };

	if (ret)
		return ret;
	script.bytes = tables.script.data;
	script.size = (u32)tables.script.size;
	ret = fw_cfg_add_file(&fw->fw_cfg, ACPI_FILE_SCRIPT, &script, err);
	if (!ret)
		ret = fw_cfg_add_file_bytes(
			&fw->fw_cfg, ACPI_FILE_RSDP, tables.rsdp.data, (u32)tables.rsdp.size, err);
	if (!ret)
		ret = fw_cfg_add_file_bytes(&fw->fw_cfg, ACPI_FILE_TABLES, tables.tables.data,
			(u32)tables.tables.size, err);
	if (!ret && tables.tpm_log.size)
		ret = fw_cfg_add_file_bytes(&fw->fw_cfg, ACPI_FILE_TPM_LOG, tables.tpm_log.data,
			(u32)tables.tpm_log.size, err);
	acpi_free(&tables);
	return ret;
}
