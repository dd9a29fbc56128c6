/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what a key means to where it is, on a US keyboard. Pure. */
#ifndef VM_DISPLAY_KEYS_H
#define VM_DISPLAY_KEYS_H

#include "vm/dev/input.h"

/* The key with which @keysym, of X11's, is typed; 0: there is none. Shift is a key of its own. */
u8 keys_find(u32 keysym);

#endif
