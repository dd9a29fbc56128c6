// SPDX-License-Identifier: GPL-2.0-or-later
/* Masks what identifies a single machine. */
#include <ctype.h>
#include <linux/pci_regs.h>
#include <string.h>
#include <strings.h>

#include "host/scan/capture_internal.h"
#include "pci/caps.h"

/*
 * The length of a MAC address at @at, "52:54:00:12:34:56" or with '-', of six pairs or more; else
 * 0.
 */
static size_t mac_at(const char *at)
{
	char divider = isxdigit((u8)at[0]) && isxdigit((u8)at[1]) ? at[2] : 0;
	size_t n = 2;
	unsigned pairs = 1;

	if (divider != ':' && divider != '-')
		return 0;
	while (at[n] == divider && isxdigit((u8)at[n + 1]) && isxdigit((u8)at[n + 2])) {
		n += 3;
		pairs++;
	}
	return pairs >= 6 && !isxdigit((u8)at[n]) ? n : 0;
}

static size_t uuid_at(const char *at)
{
	static const unsigned parts[] = { 8, 4, 4, 4, 12 };
	size_t n = 0;

	for (unsigned p = 0; p < 5; p++) {
		if (p && at[n++] != '-')
			return 0;
		for (unsigned i = 0; i < parts[p]; i++, n++)
			if (!isxdigit((u8)at[n]))
				return 0;
	}
	return n;
}

/*
 * The length of a serial number with its label: "SerialNumber: 4C530001", "serial number 17, S/N".
 */
static size_t serial_at(const char *at, size_t *value)
{
	static const char *const words[] = { "serialnumber", "serial number", "serial_number",
		"serial no", "serial#", "serial:", "serial=", "s/n" };

	for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
		size_t n = strlen(words[i]);

		if (strncasecmp(at, words[i], n))
			continue;
		n += strspn(at + n, " :=#.\t");
		*value = strcspn(at + n, " ,;\t\n");
		return n;
	}
	return 0;
}

static void mask(char *at, size_t n)
{
	for (; n; n--, at++)
		if (isalnum((u8)*at))
			*at = 'x';
}

void capture_mask_text(char *text)
{
	bool word = false, blank = true;

	while (*text) {
		size_t value = 0, serial = word ? 0 : serial_at(text, &value);
		size_t n = word ? 0 : mac_at(text), lead = 0;
		size_t personal = n ? 0 : capture_personal_at(text, blank, &lead);

		if (personal) {
			mask(text + lead, personal);
			text += lead + personal;
			word = blank = false;
			continue;
		}

		if (!n && !word)
			n = uuid_at(text);
		if (serial)
			mask(text + serial, value);
		mask(text, n);
		word = isalnum((u8)*text);
		blank = *text && strchr(" \t\n,;=\"'([", *text);
		text += serial ? serial + value : n ? n : 1;
		if (serial || n)
			word = false;
	}
}

void capture_mask_config(u8 *config, size_t size)
{
	struct pci_cap cap = { 0 };

	while (pci_ext_cap_next(config, size, &cap))
		if (cap.id == PCI_EXT_CAP_ID_DSN && cap.pos + PCI_EXT_CAP_DSN_SIZEOF <= size)
			memset(config + cap.pos + 4, 0, PCI_EXT_CAP_DSN_SIZEOF - 4);
}
