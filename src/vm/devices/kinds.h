/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of devices, and what one kind may ask of another. */
#ifndef VM_DEVICES_KINDS_H
#define VM_DEVICES_KINDS_H

#include "vm/dev/input.h"
#include "vm/devices/kind.h"
#include "vm/xhci/xhci.h"

extern const struct device_kind serial_kind;
extern const struct device_kind rtc_kind;
extern const struct device_kind i8042_kind;
extern const struct device_kind usb_kind;
extern const struct device_kind host_input_kind;
extern const struct device_kind firmware_log_kind;
extern const struct device_kind debug_exit_kind;
extern const struct device_kind battery_kind;
extern const struct device_kind disks_kind;
extern const struct device_kind nets_kind;
extern const struct device_kind shares_kind;
extern const struct device_kind rng_kind;
extern const struct device_kind sound_kind;
extern const struct device_kind shmem_kind;
extern const struct device_kind display_kind;
extern const struct device_kind assigned_kind;
extern const struct device_kind tpm_kind;

/* The PS/2 keyboard and mouse; NULL without a keyboard controller. From attach() on. */
struct input *i8042_input(const struct device_set *set);
/* Where a person's input goes: these, or what else the machine has. From attach() on. */
struct input *machine_input(const struct device_set *set);
/* NULL without a USB controller. */
struct xhci *usb_controller(const struct device_set *set);

#endif
