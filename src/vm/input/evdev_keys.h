/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Translates Linux's key codes (linux/input-event-codes.h) to keys of a PC's keyboard. Pure. */
#ifndef VM_INPUT_EVDEV_KEYS_H
#define VM_INPUT_EVDEV_KEYS_H

#include "vm/dev/input.h"

/* The key (vm/dev/input.h) that has the code KEY_*, or 0 if a PC's keyboard has no such key. */
u8 evdev_key(unsigned code);
/* The INPUT_* button that has the code BTN_*, or 0. */
u8 evdev_button(unsigned code);

#endif
