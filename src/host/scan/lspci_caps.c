// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads decoded capabilities. The last "Capabilities:" line tells which one a line belongs to;
 * indentation does not, because mail programs do not preserve it.
 */
#include <linux/pci_regs.h>

#include "host/scan/lspci.h"

/* The number after @key, 0 if there is none. */
static u64 number_after(struct span line, const char *key, unsigned base)
{
	u64 value;

	span_number(span_trim(span_after(line, key)), base, 9, &value);
	return value;
}

static const struct {
	const char *words;
	int type;
} port_types[] = {
	{ "Root Port", PCI_EXP_TYPE_ROOT_PORT },
	{ "Downstream Port", PCI_EXP_TYPE_DOWNSTREAM },
	{ "Upstream Port", PCI_EXP_TYPE_UPSTREAM },
	{ "Legacy Endpoint", PCI_EXP_TYPE_LEG_END },
	{ "Endpoint", PCI_EXP_TYPE_ENDPOINT },
	{ "PCI-Express to PCI/PCI-X Bridge", PCI_EXP_TYPE_PCI_BRIDGE },
	{ "PCI/PCI-X to PCI-Express Bridge", PCI_EXP_TYPE_PCIE_BRIDGE },
	{ "Root Complex Integrated Endpoint", PCI_EXP_TYPE_RC_END },
	{ "Root Complex Event Collector", PCI_EXP_TYPE_RC_EC },
	{ "PCI/PCI-X Bridge", PCI_EXP_TYPE_PCI_BRIDGE },
	{ "PCI/PCI-X to PCI Express Bridge", PCI_EXP_TYPE_PCIE_BRIDGE },
};

/* "Express (v2) Root Port (Slot+), MSI 00" */
static void read_express(struct lspci_record *record, struct span text)
{
	struct host_dev *dev = record->dev;

	if (span_skip(&text, "(v"))
		text = span_after(text, ") ");
	for (size_t i = 0; i < ARRAY_SIZE(port_types); i++) {
		if (!span_starts(text, port_types[i].words))
			continue;
		dev->pcie_type = port_types[i].type;
		dev->has_slot = span_has(text, "(Slot+)");
		dev->known |= HOST_PCIE;
		return;
	}
}

/* "Capabilities: [140 v1] Access Control Services" */
void lspci_open_capability(struct lspci_record *record, struct span line)
{
	struct span where = line;
	u64 pos = 0;

	if (span_has(line, "access denied")) {
		record->denied = true;
		return;
	}
	record->in = IN_OTHER;
	if (span_skip(&where, "["))
		span_number(where, 16, 3, &pos);
	line = span_trim(span_after(line, "] "));
	if (span_skip(&line, "Express ")) {
		record->in = IN_EXPRESS;
		read_express(record, line);
	} else if (span_starts(line, "Power Management")) {
		record->in = IN_PM;
	} else if (pos >= PCI_CFG_SPACE_SIZE &&
		   (span_starts(line, "Access Control Services") || span_starts(line, "#0d") ||
			   span_starts(line, "Unknown (13)"))) {
		record->in = IN_ACS;
		record->dev->acs.present = true;
	} else if (span_starts(line, "Single Root I/O Virtualization")) {
		record->in = IN_SRIOV;
		record->dev->sriov.present = true;
	}
}

static const struct {
	const char *word;
	u16 bit;
} acs_words[] = {
	{ "SrcValid", PCI_ACS_SV },
	{ "TransBlk", PCI_ACS_TB },
	{ "ReqRedir", PCI_ACS_RR },
	{ "CmpltRedir", PCI_ACS_CR },
	{ "UpstreamFwd", PCI_ACS_UF },
	{ "EgressCtrl", PCI_ACS_EC },
	{ "DirectTrans", PCI_ACS_DT },
};

/* Returns whether any of the words is there. */
static bool read_acs_words(struct span line, u16 *bits)
{
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(acs_words); i++) {
		struct span sign = span_after(line, acs_words[i].word);

		if (!sign.len)
			continue;
		any = true;
		if (sign.at[0] == '+')
			*bits |= acs_words[i].bit;
	}
	return any;
}

static void read_acs(struct lspci_record *record, struct span line)
{
	struct host_dev *dev = record->dev;

	if (span_skip(&line, "ACSCap:")) {
		record->acs_bits = &dev->acs.cap;
		dev->acs.cap = 0;
	} else if (span_skip(&line, "ACSCtl:")) {
		record->acs_bits = &dev->acs.ctrl;
		dev->acs.ctrl = 0;
	} else if (!record->acs_bits || span_has(line, ":")) {
		record->acs_bits = NULL;
		return;
	}
	/* Mail programs wrap these long lines: the next line may have more words. */
	if (read_acs_words(line, record->acs_bits) && record->acs_bits == &dev->acs.ctrl)
		dev->known |= HOST_ACS_BITS;
}

static void read_link(struct span line, u8 *speed, u8 *width)
{
	struct span text = span_after(line, "Speed ");
	u64 whole = 0, tenth = 0;
	unsigned n = span_number(text, 10, 3, &whole);

	if (n && n + 1 < text.len && text.at[n] == '.')
		span_number((struct span){ text.at + n + 1, text.len - n - 1 }, 10, 1, &tenth);
	*speed = pci_link_speed_code(1000 * whole + 100 * tenth);
	*width = number_after(line, "Width x", 10);
}

static void read_express_line(struct lspci_record *record, struct span line)
{
	struct pci_link *link = &record->dev->link;

	if (span_starts(line, "LnkCap:")) {
		read_link(line, &link->max_speed, &link->max_width);
	} else if (span_starts(line, "LnkSta:")) {
		read_link(line, &link->speed, &link->width);
		record->dev->known |= HOST_LINK;
	}
}

static void read_sriov(struct lspci_record *record, struct span line)
{
	struct host_sriov *sriov = &record->dev->sriov;

	if (span_starts(line, "IOVCtl:")) {
		sriov->enabled = span_has(line, "Enable+");
	} else if (span_starts(line, "Initial VFs:")) {
		sriov->total = number_after(line, "Total VFs:", 10);
		if (sriov->enabled)
			sriov->enabled = number_after(line, "Number of VFs:", 10);
	} else if (span_starts(line, "VF offset:")) {
		sriov->offset = number_after(line, "VF offset:", 10);
		sriov->stride = number_after(line, "stride:", 10);
		sriov->vf_device = number_after(line, "Device ID:", 16);
	}
}

static void read_power(struct lspci_record *record, struct span line)
{
	static const char *const states[] = { "D0", "D1", "D2", "D3" };

	if (!span_skip(&line, "Status: "))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		if (!span_starts(line, states[i]))
			continue;
		record->dev->power_state = i == 3 ? "D3hot" : states[i];
		record->dev->known |= HOST_POWER;
	}
}

void lspci_capability_line(struct lspci_record *record, struct span line)
{
	switch (record->in) {
	case IN_EXPRESS:
		read_express_line(record, line);
		break;
	case IN_ACS:
		read_acs(record, line);
		break;
	case IN_SRIOV:
		read_sriov(record, line);
		break;
	case IN_PM:
		read_power(record, line);
		break;
	case IN_HEAD:
	case IN_OTHER:
		break;
	}
}
