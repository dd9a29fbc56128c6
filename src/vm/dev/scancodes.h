/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scan codes of a PC's keyboard in sets 1 and 2, and the controller's translation between them
 * (IBM PS/2 Hardware Interface Technical Reference, keyboards, "Scan Code Sets"). Pure.
 */
#ifndef VM_DEV_SCANCODES_H
#define VM_DEV_SCANCODES_H

#include "base/types.h"

#define SCANCODE_BREAK    0xf0 /* prefix of a code of set 2: the key is released */
#define SCANCODE_EXTENDED 0xe0 /* prefix of extended keys in both sets */
#define SCANCODE_UP       0x80 /* bit in a code of set 1: the key is released */

/* The longest sequence is that of Pause in set 2. */
#define SCANCODE_MAX 8

/*
 * The controller's translation of a byte of set 2; bytes that are not a key's code stay the same.
 */
u8 scancode_translate(u8 byte);

/*
 * Writes to @bytes what a keyboard sends in @set (1 or 2) for @key, numbered as in vm/dev/input.h:
 * a code of set 1, plus 80h if E0h comes before it. Returns the number of bytes; 0 if the key, or
 * its release, sends nothing.
 */
unsigned scancode_bytes(u8 key, bool down, unsigned set, u8 bytes[SCANCODE_MAX]);

#endif
