// SPDX-License-Identifier: GPL-2.0-or-later
/* Recognises what programs do to a ROM file that they mistake for something else. */
#include <string.h>

#include "pci/rom/kind.h"

#define LEAST_CRLF 4 /* a few may be there by chance */

static const struct rom_kind swapped16 = { "swapped-16",
	"a ROM in which the two bytes of each 16-bit word are exchanged",
	"read it again with the programmer's byte order set right, or exchange them back (dd "
	"conv=swab)" };
static const struct rom_kind swapped32 = { "swapped-32",
	"a ROM in which the four bytes of each 32-bit word are in reverse order",
	"read it again with the programmer's byte order set right" };
static const struct rom_kind inverted = { "inverted", "a ROM in which every bit is inverted",
	"read it again; the programmer or its adapter inverts the data" };
static const struct rom_kind half = { "every-second",
	"a part of a ROM: every second byte of it, as from one of two chips", "read both" };
static const struct rom_kind utf8 = { "utf-8",
	"a ROM that was stored as text: each byte from 80 on became two (UTF-8)",
	"copy the original in binary; an editor or a script changed this one" };
static const struct rom_kind replaced = { "utf-8-lost",
	"a ROM that was stored as text: bytes that are no text were replaced (EF BF BD)",
	"copy the original in binary; what this one lost cannot be restored" };
static const struct rom_kind crlf = { "crlf", "a ROM that was stored as text: each 0A became 0D 0A",
	"copy the original in binary (FTP's binary mode; no line ends converted by Git or an "
	"editor)" };
static const struct rom_kind seven_bits = { "seven-bits",
	"a ROM that lost the highest bit of each byte",
	"copy the original again, over something that passes 8 bits" };

/* What becomes of a ROM's first bytes and of the letters PCIR. */
struct pattern {
	u8 size;
	const char *start;
	const char *letters;
	const struct rom_kind *kind;
};

static const struct pattern patterns[] = {
	{ 2, "\xaa\x55", "CPRI", &swapped16 },
	{ 2, "\xaa\x55", "\xaf\xbc\xb6\xad", &inverted },
	{ 3, "\x55\xc2\xaa", "PCIR", &utf8 },
	{ 4, "\x55\xef\xbf\xbd", "PCIR", &replaced },
	{ 4, "\xef\xbf\xbd\xef", "PCIR", &replaced },
	{ 2, "\x55\x2a", "PCIR", &seven_bits },
};

static bool holds(const u8 *bytes, size_t size, const char *what)
{
	return memmem(bytes, size < 0x10000 ? size : 0x10000, what, strlen(what)) != NULL;
}

/* Whether all LFs follow a CR, and there are enough of them. */
static bool has_crlf_only(const u8 *bytes, size_t size)
{
	unsigned nr = 0;

	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != '\n')
			continue;
		if (!i || bytes[i - 1] != '\r')
			return false;
		nr++;
	}
	return nr >= LEAST_CRLF;
}

const struct rom_kind *rom_damage_of(const u8 *bytes, size_t size)
{
	if (size < 64)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (!memcmp(bytes, patterns[i].start, patterns[i].size) &&
			holds(bytes, size, patterns[i].letters))
			return patterns[i].kind;
	if (bytes[2] == 0xaa && bytes[3] == 0x55 && holds(bytes, size, "RICP"))
		return &swapped32;
	if (bytes[0] == 0x55 && bytes[1] != 0xaa && holds(bytes, size, "PI") &&
		!holds(bytes, size, "PCIR") && bytes[0x0c] && !(bytes[0x0c] & 3))
		return &half;
	return has_crlf_only(bytes, size) ? &crlf : NULL;
}
