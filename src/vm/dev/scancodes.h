/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two ways in which a PC's keyboard numbers its keys, and the controller's table between them
 * (IBM PS/2 Hardware Interface Technical Reference, keyboards, "Scan Code Sets"). Pure.
 */
#ifndef VM_DEV_SCANCODES_H
#define VM_DEV_SCANCODES_H

#include "base/types.h"

#define SCANCODE_BREAK    0xf0 /* before a key's number in set 2: it is released */
#define SCANCODE_EXTENDED 0xe0 /* before it in both sets */
#define SCANCODE_UP       0x80 /* in a key's number of set 1: it is released */

/* As long as the longest: Pause in set 2. */
#define SCANCODE_MAX 8

/* What the controller makes of a byte of set 2; those that are no key's stay. */
u8 scancode_translate(u8 byte);

/*
 * What a keyboard sends for @key (see vm/dev/input.h: a number of set 1, from 80h on with E0h
 * before) in @set, 1 or 2. Returns the number of bytes; 0: such a key, or its release, sends
 * nothing.
 */
unsigned scancode_bytes(u8 key, bool down, unsigned set, u8 bytes[SCANCODE_MAX]);

#endif
