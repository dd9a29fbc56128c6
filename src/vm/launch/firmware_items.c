// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/own.h"
#include "vm/boot/blob.h"
#include "vm/boot/e820.h"
#include "vm/devices/boot_order.h"
#include "vm/launch/firmware.h"
#include "vm/launch/tables.h"

#define FILE_E820           "etc/e820"
#define FILE_SLEEP          "etc/system-states"
#define FILE_BOOT_ORDER     "bootorder"
#define FILE_BOOT_MENU_WAIT "etc/boot-menu-wait"
#define FILE_BOOT_FAIL_WAIT "etc/boot-fail-wait"
#define FILE_OVMF_WINDOW    "opt/ovmf/X-PciMmio64Mb"
#define FILE_RESERVED_END   "etc/reserved-memory-end"

/* For IA32_FEATURE_CONTROL (Intel SDM 4, table 2-2): locked, VMX outside of SMX. */
#define FILE_FEATURE_CONTROL "etc/msr_feature_control"
#define FEATURE_CONTROL_VMX  5
#define FEATURES_ECX_VMX     BIT(5)

/*
 * The value of "etc/boot-fail-wait" with which SeaBIOS, without anything to boot, stops with a
 * message instead of rebooting every minute.
 */
#define STAY 0xffffffff

static void add_range(struct blob *map, u64 start, u64 size, enum e820_type type)
{
	if (!size)
		return;
	blob_le(map, 8, start);
	blob_le(map, 8, size);
	blob_le(map, 4, type);
}

/*
 * Reserves the addresses of fixed BARs. Those below 4 GiB must not be reserved for OVMF: it would
 * use no address of its PCI window behind the first reserved one. For these only the ACPI tables
 * tell the operating system.
 */
static void add_fixed_bars(const struct firmware *fw, struct blob *map)
{
	const struct fixed_bars *places = fw->parts->fixed_bars;

	for (unsigned i = 0; i < places->nr; i++) {
		struct range r = places->place[i].range;

		if (fw->image.kind == FIRMWARE_BIOS || r.start >= RAM_HIGH_START)
			add_range(map, r.start, r.size, E820_RESERVED);
	}
}

/* RAM is not split up: the firmware reserves what it places in it, and also ECAM. */
static int fill_e820(struct firmware *fw, struct err *err)
{
	const struct range reserved = fw->parts->mmio64.reserved;
	const struct ram *ram = fw->parts->ram;
	struct blob map = { 0 };
	int ret;

	add_range(&map, 0, ram_low_end(ram), E820_RAM);
	add_range(&map, RAM_HIGH_START, ram_high_end(ram) - RAM_HIGH_START, E820_RAM);
	add_range(&map, KVM_IDENTITY_MAP_ADDR, 4 * 4 * KIB, E820_RESERVED);
	add_range(&map, reserved.start, reserved.size, E820_RESERVED);
	add_fixed_bars(fw, &map);
	ret = map.failed
		      ? err_sys(err, ENOMEM, "cannot describe the guest's memory")
		      : fw_cfg_add_file_bytes(&fw->fw_cfg, FILE_E820, map.data, (u32)map.size, err);
	blob_free(&map);
	return ret;
}

static int fill_smbios(struct firmware *fw, struct err *err)
{
	struct smbios smbios;
	int ret = tables_build_smbios(
		&smbios, fw->parts->board, fw->parts->ram, fw->image.kind == FIRMWARE_UEFI, err);

	if (ret)
		return ret;
	ret = fw_cfg_add_file_bytes(
		&fw->fw_cfg, SMBIOS_FILE_ANCHOR, smbios.anchor.data, (u32)smbios.anchor.size, err);
	if (!ret)
		ret = fw_cfg_add_file_bytes(&fw->fw_cfg, SMBIOS_FILE_TABLES, smbios.tables.data,
			(u32)smbios.tables.size, err);
	smbios_free(&smbios);
	return ret;
}

/* Whether SeaBIOS has a display: an emulated one, or a card with legacy VGA. */
static bool has_screen(const struct machine_config *config, const struct assigned *assigned)
{
	if (machine_first_screen(config) == SCREEN_EMULATED)
		return true;
	for (unsigned i = 0; i < assigned->assign.nr_devices; i++)
		if (assigned->assign.devices[i]->has_vga)
			return true;
	return false;
}

/*
 * Adds the items that are numbers. SeaBIOS and OVMF wait for exactly the given number of
 * processors.
 */
static int fill_numbers(struct firmware *fw, struct err *err)
{
	const struct machine_parts *parts = fw->parts;
	const struct {
		u16 key;
		u8 size;
		u64 value;
	} numbers[] = {
		{ FW_CFG_NOGRAPHIC, 2, !has_screen(fw->launch.config, parts->assigned) },
		{ FW_CFG_NR_CPUS, 2, parts->vcpus->nr },
		{ FW_CFG_MAX_CPUS, 2, parts->vcpus->vcpu[parts->vcpus->nr - 1].kvm.id + 1 },
		{ FW_CFG_IRQ0_OVERRIDE, 1, 1 },
	};
	int ret = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(numbers) && !ret; i++)
		ret = fw_cfg_add_number(
			&fw->fw_cfg, numbers[i].key, numbers[i].size, numbers[i].value, err);
	return ret;
}

/* Adds the lowest address of 64-bit BARs, and the size of OVMF's window for them as text in MiB. */
static int fill_window(struct firmware *fw, struct err *err)
{
	u64 mib = fw->parts->mmio64.ovmf_mib, floor = fw->parts->mmio64.floor;
	char text[24];
	int ret = 0;

	if (floor)
		ret = fw_cfg_add_file_number(&fw->fw_cfg, FILE_RESERVED_END, 8, floor, err);
	if (ret || !mib)
		return ret;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)mib);
	return fw_cfg_add_file_bytes(&fw->fw_cfg, FILE_OVMF_WINDOW, text, (u32)strlen(text), err);
}

/* OVMF and SeaBIOS take the time in milliseconds; OVMF rounds it up to seconds. */
static int fill_boot_menu(struct firmware *fw, struct err *err)
{
	const struct boot_config *boot = &fw->launch.config->boot;
	int ret = fw_cfg_add_number(&fw->fw_cfg, FW_CFG_BOOT_MENU, 2, boot->menu, err);

	if (ret || !boot->menu)
		return ret;
	return fw_cfg_add_file_number(
		&fw->fw_cfg, FILE_BOOT_MENU_WAIT, 2, boot->menu_seconds * 1000ull, err);
}

/* Without a boot order, firmware tries all devices that it finds, in its own order. */
static int fill_boot_order(struct firmware *fw, struct err *err)
{
	enum boot_source sources[BOOT_NR_SOURCES];
	unsigned nr = boot_order_sources(&fw->launch.config->boot, sources);
	struct blob order = { 0 };
	int ret = 0;

	if (fw->launch.config->kernel && fw->image.kind == FIRMWARE_BIOS)
		boot_order_add(&order, FIRMWARE_KERNEL_BOOT_PATH);
	for (unsigned i = 0; i < nr; i++)
		devices_boot_order(fw->parts->devices, sources[i], &order);
	boot_order_end(&order);
	if (order.failed)
		ret = err_sys(err, ENOMEM, "cannot tell the firmware the boot order");
	else if (order.size)
		ret = fw_cfg_add_file_bytes(
			&fw->fw_cfg, FILE_BOOT_ORDER, order.data, (u32)order.size, err);
	blob_free(&order);
	return ret;
}

/*
 * Which states of sleep there are, as QEMU tells OVMF: a byte for each of S0 to S5, bit 7: it
 * exists, below it the type of sleep. OVMF prepares for waking only if there is S3.
 */
static int fill_sleep(struct firmware *fw, struct err *err)
{
	const struct sleep_config *sleep = &fw->launch.config->sleep;
	const u8 states[6] = { 0x80, 0, 0, sleep->ram ? 0x81 : 1, sleep->disk ? 0x82 : 2, 0x80 };

	return fw_cfg_add_file_bytes(&fw->fw_cfg, FILE_SLEEP, states, sizeof(states), err);
}

static bool has_vmx(const struct kvm *kvm)
{
	struct err err;
	own_free struct kvm_cpuid2 *supported = kvm_supported_cpuid(kvm, &err);
	const struct kvm_cpuid_entry2 *features = supported ? cpuid_find(supported, 1, 0) : NULL;

	return features && features->ecx & FEATURES_ECX_VMX;
}

/* Firmware has to enable VMX: hypervisors such as that of Windows do not do it themselves. */
static int fill_feature_control(struct firmware *fw, struct err *err)
{
	if (!has_vmx(fw->parts->vcpus->kvm))
		return 0;
	return fw_cfg_add_file_number(
		&fw->fw_cfg, FILE_FEATURE_CONTROL, 8, FEATURE_CONTROL_VMX, err);
}

static int fill_boot(struct firmware *fw, struct err *err)
{
	int ret = 0;

	if (fw->image.kind == FIRMWARE_BIOS)
		ret = fw_cfg_add_file_number(&fw->fw_cfg, FILE_BOOT_FAIL_WAIT, 4, STAY, err);
	if (!ret)
		ret = fill_boot_menu(fw, err);
	return ret ? ret : fill_boot_order(fw, err);
}

int firmware_fill(struct firmware *fw, struct err *err)
{
	int ret = fill_numbers(fw, err);

	if (!ret)
		ret = fill_e820(fw, err);
	if (!ret)
		ret = fill_smbios(fw, err);
	if (!ret)
		ret = fill_window(fw, err);
	if (!ret)
		ret = devices_fw_cfg(fw->parts->devices, &fw->fw_cfg, err);
	if (!ret && fw->parts->board->config->smm)
		ret = smi_offer(&fw->parts->board->smi, &fw->fw_cfg, err);
	if (!ret)
		ret = fill_feature_control(fw, err);
	if (!ret)
		ret = fill_sleep(fw, err);
	if (!ret)
		ret = fill_boot(fw, err);
	return ret;
}
