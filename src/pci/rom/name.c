// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/rom/rom.h"

struct name {
	u16 value;
	const char *text;
};

static const struct name machines[] = {
	{ ROM_MACHINE_IA32, "ia32" },
	{ ROM_MACHINE_ARM, "arm" },
	{ ROM_MACHINE_IA64, "ia64" },
	{ ROM_MACHINE_EBC, "ebc" },
	{ ROM_MACHINE_RISCV32, "riscv32" },
	{ ROM_MACHINE_RISCV64, "riscv64" },
	{ ROM_MACHINE_LOONGARCH64, "loongarch64" },
	{ ROM_MACHINE_X64, "x64" },
	{ ROM_MACHINE_AA64, "aa64" },
	{ 0, NULL },
};

static const struct name subsystems[] = {
	{ 0x0a, "application" },
	{ 0x0b, "boot service driver" },
	{ 0x0c, "runtime driver" },
	{ 0x0d, "SAL runtime driver" },
	{ 0, NULL },
};

static const char *lookup(const struct name *names, u16 value)
{
	for (; names->text; names++)
		if (names->value == value)
			return names->text;
	return NULL;
}

const char *rom_machine_name(u16 machine)
{
	return lookup(machines, machine);
}

const char *rom_subsystem_name(u16 subsystem)
{
	return lookup(subsystems, subsystem);
}

const char *rom_code_name(enum rom_code code)
{
	static const char *const names[] = {
		[ROM_CODE_BIOS] = "bios",
		[ROM_CODE_OPENFIRMWARE] = "openfirmware",
		[ROM_CODE_HP] = "hp",
		[ROM_CODE_EFI] = "efi",
		[ROM_CODE_NVIDIA] = "nvidia",
		[ROM_CODE_UNKNOWN] = "unknown",
	};

	return names[code];
}

const char *rom_wrapper_name(enum rom_wrapper wrapper)
{
	static const char *const names[] = {
		[ROM_WRAPPER_NONE] = "none",
		[ROM_WRAPPER_NVGI] = "nvgi",
		[ROM_WRAPPER_VFCT] = "vfct",
		[ROM_WRAPPER_FIRMWARE] = "firmware",
		[ROM_WRAPPER_TEXT] = "text",
		[ROM_WRAPPER_UNKNOWN] = "unknown",
	};

	return names[wrapper];
}
