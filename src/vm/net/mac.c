// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/net/mac.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define GROUP 0x01 /* bits of the first byte */
#define LOCAL 0x02

int mac_parse(const char *text, u8 mac[MAC_SIZE], struct err *err)
{
	unsigned bytes[MAC_SIZE];
	char tail;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &bytes[0], &bytes[1], &bytes[2], &bytes[3],
		    &bytes[4], &bytes[5], &tail) != MAC_SIZE ||
		bytes[0] & GROUP)
		return err_set(err, EINVAL, "'%s' is not the address of a network card", text);
	for (unsigned i = 0; i < MAC_SIZE; i++)
		mac[i] = (u8)bytes[i];
	return 0;
}

const char *mac_text(const u8 mac[MAC_SIZE], char text[MAC_TEXT])
{
	snprintf(text, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		mac[4], mac[5]);
	return text;
}

/* FNV-1a, 64 bits. The terminating zero separates one text from the next. */
static u64 add(u64 hash, const char *text)
{
	do {
		hash ^= (u8)*text;
		hash *= 0x100000001b3ull;
	} while (*text++);
	return hash;
}

void mac_derive(const char *host, const char *machine, unsigned index, u8 mac[MAC_SIZE])
{
	char number[16];
	u64 hash = 0xcbf29ce484222325ull;

	snprintf(number, sizeof(number), "%u", index);
	hash = add(add(add(hash, host), machine), number);
	/* Fold all 64 bits into the result. */
	hash ^= hash >> 48 | hash << 16;
	for (unsigned i = 0; i < MAC_SIZE; i++)
		mac[i] = (u8)(hash >> (8 * i));
	mac[0] = (u8)((mac[0] & ~(GROUP | LOCAL)) | LOCAL);
}
