/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of network cards. Pure. */
#ifndef VM_NET_MAC_H
#define VM_NET_MAC_H

#include "base/err.h"
#include "base/types.h"

#define MAC_SIZE 6
#define MAC_TEXT 18 /* with the terminating zero */

/* Six bytes in hexadecimal, with colons. -EINVAL also for one of a group. */
int mac_parse(const char *text, u8 mac[MAC_SIZE], struct err *err);
const char *mac_text(const u8 mac[MAC_SIZE], char text[MAC_TEXT]);

/*
 * The address of card @index of the machine that @host and @machine name: the same each time,
 * another for any other, and locally administered.
 */
void mac_derive(const char *host, const char *machine, unsigned index, u8 mac[MAC_SIZE]);

#endif
