/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Translates keys of vm/dev/input.h to usages of a USB keyboard: HID Usage Tables 1.12, 10. Pure.
 */
#ifndef VM_USB_HID_KEYS_H
#define VM_USB_HID_KEYS_H

#include "vm/dev/input.h"

#define HID_MODIFIERS 0xe0 /* to E7h: their bits are the report's first byte */

/* The usage, or 0 if a USB keyboard has no such key. */
u8 hid_usage(u8 key);

#endif
