// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/acs.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "pci/caps.h"

static const struct {
	u16 bit;
	const char *name;
	const char *words;
} acs_bits[] = {
	{ PCI_ACS_SV, "SV", "source validation" },
	{ PCI_ACS_TB, "TB", "translation blocking" },
	{ PCI_ACS_RR, "RR", "request redirect" },
	{ PCI_ACS_CR, "CR", "completion redirect" },
	{ PCI_ACS_UF, "UF", "upstream forwarding" },
	{ PCI_ACS_EC, "EC", "egress control" },
	{ PCI_ACS_DT, "DT", "direct translated" },
};

struct pci_acs pci_acs_read(const u8 *config, unsigned size)
{
	unsigned pos = pci_ext_cap_find(config, size, PCI_EXT_CAP_ID_ACS, 8);

	if (!pos)
		return (struct pci_acs){ 0 };
	return (struct pci_acs){
		.present = true,
		.cap = get_le16(config + pos + PCI_ACS_CAP),
		.ctrl = get_le16(config + pos + PCI_ACS_CTRL),
	};
}

u16 pci_acs_missing(struct pci_acs acs, u16 want)
{
	return want & acs.cap & ~acs.ctrl;
}

static char *list_bits(u16 bits, char *text, size_t size, bool words)
{
	size_t n = 0;

	snprintf(text, size, "none");
	for (size_t i = 0; i < ARRAY_SIZE(acs_bits); i++) {
		if (!(bits & acs_bits[i].bit))
			continue;
		n += snprintf(text + n, size - n, "%s%s", n ? (words ? ", " : " ") : "",
			words ? acs_bits[i].words : acs_bits[i].name);
	}
	return text;
}

char *pci_acs_text(u16 bits, char text[PCI_ACS_TEXT_SIZE])
{
	return list_bits(bits, text, PCI_ACS_TEXT_SIZE, false);
}

char *pci_acs_words(u16 bits, char text[PCI_ACS_WORDS_SIZE])
{
	return list_bits(bits, text, PCI_ACS_WORDS_SIZE, true);
}
