// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/bar.h"

#include <stdio.h>
#include <string.h>

/* The flags column of `resource`: the kernel's resource flags, which have no uapi header. */
#define RES_IO         0x00000100u
#define RES_PREFETCH   0x00002000u
#define RES_MEM_64     0x00100000u
#define RES_ROM_SHADOW 0x00000002u
#define RES_DISABLED   0x10000000u
#define RES_UNSET      0x20000000u

static unsigned scan_hex(const char *text, u64 *value)
{
	unsigned n = 0;

	*value = 0;
	if (text[0] == '0' && (text[1] | 0x20) == 'x')
		n = 2;
	for (unsigned digits = 0; digits < 16; digits++, n++) {
		char c = text[n] | 0x20;

		if (text[n] >= '0' && text[n] <= '9')
			*value = *value << 4 | (text[n] - '0');
		else if (c >= 'a' && c <= 'f')
			*value = *value << 4 | (c - 'a' + 10);
		else
			return digits ? n : 0;
	}
	return n;
}

unsigned pci_bar_scan_resource(const char *line, struct pci_bar *bar)
{
	u64 value[3] = { 0 };
	unsigned pos = 0;

	*bar = (struct pci_bar){ 0 };
	for (unsigned i = 0; i < ARRAY_SIZE(value); i++) {
		unsigned n = scan_hex(line + pos, &value[i]);

		if (!n)
			return 0;
		pos += n;
		if (i < 2 && line[pos++] != ' ')
			return 0;
	}
	if (line[pos] == '\n')
		pos++;
	else if (line[pos])
		return 0;
	if (value[1] <= value[0] || !value[2])
		return pos;

	bar->start = value[0];
	bar->size = value[1] - value[0] + 1;
	bar->flags = (value[2] & RES_IO ? PCI_BAR_IO : 0) |
		     (value[2] & RES_MEM_64 ? PCI_BAR_64BIT : 0) |
		     (value[2] & RES_PREFETCH ? PCI_BAR_PREFETCH : 0) |
		     (value[2] & (RES_DISABLED | RES_UNSET) ? PCI_BAR_OFF : 0) |
		     (value[2] & RES_ROM_SHADOW ? PCI_BAR_SHADOW : 0);
	return pos;
}

char *pci_bar_size_text(u64 size, char text[PCI_BAR_TEXT_SIZE])
{
	static const char units[] = " KMGTPE";
	unsigned unit = 0;

	while (size >= 1024 && size % 1024 == 0) {
		size /= 1024;
		unit++;
	}
	snprintf(text, PCI_BAR_TEXT_SIZE, unit ? "%llu%c" : "%llu", (unsigned long long)size,
		units[unit]);
	return text;
}

unsigned pci_bar_scan_size(const char *text, u64 *size)
{
	static const char units[] = "KMGTPE";
	const char *unit;
	unsigned n = 0;

	*size = 0;
	for (; text[n] >= '0' && text[n] <= '9' && n < 16; n++)
		*size = *size * 10 + (text[n] - '0');
	if (!n)
		return 0;
	unit = text[n] ? strchr(units, text[n]) : NULL;
	if (unit) {
		unsigned shift = 10 * (unit - units + 1);

		if (*size > UINT64_MAX >> shift)
			return 0;
		*size <<= shift;
		n++;
	}
	return n;
}
