/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MAC addresses of network cards. Pure. */
#ifndef VM_NET_MAC_H
#define VM_NET_MAC_H

#include "base/err.h"
#include "base/types.h"

#define MAC_SIZE 6
#define MAC_TEXT 18 /* with the terminating zero */

/*
 * Parses six hexadecimal bytes separated by colons. Returns -EINVAL for other text and for a group
 * address.
 */
int mac_parse(const char *text, u8 mac[MAC_SIZE], struct err *err);
const char *mac_text(const u8 mac[MAC_SIZE], char text[MAC_TEXT]);

/*
 * Derives the address of card @index of the machine that @host and @machine name: always the same
 * one, different for every other machine and index, and locally administered.
 */
void mac_derive(const char *host, const char *machine, unsigned index, u8 mac[MAC_SIZE]);

#endif
