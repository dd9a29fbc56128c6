// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/link.h"

#include <linux/pci_regs.h>
#include <stdio.h>

#include "base/bytes.h"
#include "pci/caps.h"

static const struct {
	unsigned mts;
	const char *text;
} speeds[] = {
	{ 0, "?" },
	{ 2500, "2.5 GT/s" },
	{ 5000, "5 GT/s" },
	{ 8000, "8 GT/s" },
	{ 16000, "16 GT/s" },
	{ 32000, "32 GT/s" },
	{ 64000, "64 GT/s" },
};

static bool has_link(u8 type)
{
	return type != PCI_EXP_TYPE_RC_END && type != PCI_EXP_TYPE_RC_EC;
}

struct pci_link pci_link_read(const u8 *config, unsigned size)
{
	unsigned pos = pci_cap_find(config, size, PCI_CAP_ID_EXP, PCI_EXP_LNKSTA + 2);
	struct pci_link link = { 0 };
	u32 cap;
	u16 sta;

	if (!pos || !has_link((config[pos + PCI_EXP_FLAGS] & PCI_EXP_FLAGS_TYPE) >> 4))
		return link;
	cap = get_le32(config + pos + PCI_EXP_LNKCAP);
	sta = get_le16(config + pos + PCI_EXP_LNKSTA);
	link.max_speed = cap & PCI_EXP_LNKCAP_SLS;
	link.max_width = (cap & PCI_EXP_LNKCAP_MLW) >> 4;
	link.speed = sta & PCI_EXP_LNKSTA_CLS;
	link.width = (sta & PCI_EXP_LNKSTA_NLW) >> PCI_EXP_LNKSTA_NLW_SHIFT;
	return link;
}

const char *pci_link_speed_text(u8 speed)
{
	return speed < ARRAY_SIZE(speeds) ? speeds[speed].text : "?";
}

u8 pci_link_speed_code(unsigned mts)
{
	for (u8 i = 1; i < ARRAY_SIZE(speeds); i++)
		if (speeds[i].mts == mts)
			return i;
	return 0;
}

char *pci_link_text(u8 speed, u8 width, char text[PCI_LINK_TEXT_SIZE])
{
	text[0] = '\0';
	if (speed && width)
		snprintf(text, PCI_LINK_TEXT_SIZE, "%s x%u", pci_link_speed_text(speed), width);
	return text;
}
