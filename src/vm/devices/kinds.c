// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/devices/kinds.h"

/*
 * In the order in which they are opened and attached. Assigned devices come last, because they take
 * the remaining slots of the root bus; only the TPM comes after them, because its reset may clear
 * guest memory, which no device may write to any more. The display comes after the keyboards that
 * its viewers type on, and disks after the USB controller that they are plugged into.
 */
const struct device_kind *const device_kinds[] = {
	&serial_kind,
	&rtc_kind,
	&i8042_kind,
	&usb_kind,
	&host_input_kind,
	&firmware_log_kind,
	&debug_exit_kind,
	&battery_kind,
	&disks_kind,
	&nets_kind,
	&shares_kind,
	&rng_kind,
	&sound_kind,
	&shmem_kind,
	&display_kind,
	&assigned_kind,
	&tpm_kind,
	NULL,
};

_Static_assert(ARRAY_SIZE(device_kinds) - 1 <= DEVICE_KINDS_MAX, "DEVICE_KINDS_MAX is too small");
_Static_assert(ACPI_MAX_FRAGMENTS >= DEVICE_KINDS_MAX, "ACPI_MAX_FRAGMENTS is too small");
