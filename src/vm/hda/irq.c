// SPDX-License-Identifier: GPL-2.0-or-later
/* The interrupt: High Definition Audio Specification 1.0a, 3.3.14 and 3.3.15. */
#include "base/eventfd.h"
#include "vm/hda/internal.h"

#define STREAM_CAUSES (HDA_SD_BCIS | HDA_SD_FIFOE | HDA_SD_DESE) /* and, alike, their enables */

/* INTSTS: what has happened, as far as its own registers enable that. */
u32 hda_interrupt_status(const struct hda *hda)
{
	const u8 *regs = hda->regs;
	u32 status = 0;

	for (unsigned n = 0; n < HDA_NR_STREAMS; n++) {
		const u8 *stream = regs + HDA_SD + n * HDA_SD_SIZE;

		if (stream[HDA_SD_STS] & stream[HDA_SD_CTL] & STREAM_CAUSES)
			status |= BIT(n);
	}
	if (regs[HDA_RIRBSTS] & regs[HDA_RIRBCTL] & (HDA_RIRBSTS_INT | HDA_RIRBSTS_OVERRUN) ||
		regs[HDA_CORBSTS] & regs[HDA_CORBCTL] & HDA_CORBSTS_MEI ||
		get_le16(regs + HDA_STATESTS) & get_le16(regs + HDA_WAKEEN))
		status |= HDA_INT_CONTROLLER;
	return status ? status | HDA_INT_GLOBAL : 0;
}

static u32 causes(const struct hda *hda)
{
	u32 enabled = get_le32(hda->regs + HDA_INTCTL);

	if (!(enabled & HDA_INT_GLOBAL))
		return 0;
	return hda_interrupt_status(hda) & enabled & ~HDA_INT_GLOBAL;
}

bool hda_intx_level(const struct hda *hda)
{
	return !hda->by_msi && hda->causes;
}

/* INTx belongs to the PCI hierarchy, whose lock is not to be taken here: the loop sets it. */
void hda_interrupt(struct hda *hda, bool event)
{
	u32 before = hda->causes;

	hda->causes = causes(hda);
	if (hda->by_msi) {
		if (hda->causes & ~before || (event && hda->causes))
			eventfd_signal(hda->msi_call);
	} else if (!hda->causes != !before) {
		eventfd_signal(hda->intx_call);
	}
}
