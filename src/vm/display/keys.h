/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Translates X11 keysyms to the keys of a US keyboard. Pure. */
#ifndef VM_DISPLAY_KEYS_H
#define VM_DISPLAY_KEYS_H

#include "vm/dev/input.h"

/* The key (vm/dev/input.h) that types @keysym, without regard to Shift; 0 if there is none. */
u8 keys_find(u32 keysym);

#endif
