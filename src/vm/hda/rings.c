// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands to the codec, by rings and by registers: High Definition Audio 1.0a, 4.4 and 3.4. */
#include "vm/hda/internal.h"

#define ENTRIES 256u

static void *entry(struct hda *hda, u32 base, unsigned n, unsigned size)
{
	u64 address = get_le32(hda->regs + base) | (u64)get_le32(hda->regs + base + 4) << 32;

	if (address > UINT64_MAX - ENTRIES * 8)
		return NULL;
	return hda->master ? mem_ram_ptr(&hda->ram, address + (u64)n * size, size) : NULL;
}

/* Appends the answer to the ring, and tells after how many of them there is an interrupt. */
static void answer(struct hda *hda, u32 response, bool last)
{
	unsigned wanted = hda->regs[HDA_RINTCNT] ? hda->regs[HDA_RINTCNT] : ENTRIES;
	unsigned at = (hda->regs[HDA_RIRBWP] + 1u) % ENTRIES;
	u8 *place = entry(hda, HDA_RIRBLBASE, at, 8);

	if (!(hda->regs[HDA_RIRBCTL] & HDA_RIRBCTL_DMA))
		return;
	if (place) {
		put_le32(place, response);
		put_le32(place + 4, HDA_CODEC_ADDRESS);
		__atomic_thread_fence(__ATOMIC_RELEASE);
	}
	hda->regs[HDA_RIRBWP] = (u8)at;
	hda->nr_answers++;
	if (hda->regs[HDA_RIRBCTL] & HDA_RIRBCTL_INT && (hda->nr_answers >= wanted || last)) {
		hda->regs[HDA_RIRBSTS] |= HDA_RIRBSTS_INT;
		hda_interrupt(hda, true);
	}
}

/* An interrupt for its answers that the driver has not acknowledged makes commands wait. */
static bool may_run(const struct hda *hda)
{
	return hda->regs[HDA_CORBCTL] & HDA_CORBCTL_RUN &&
	       !(hda->regs[HDA_RIRBSTS] & HDA_RIRBSTS_INT) &&
	       hda->regs[HDA_CORBRP] != hda->regs[HDA_CORBWP];
}

void hda_corb_run(struct hda *hda)
{
	/* Each command comes nearer to the write pointer, so there are at most 255. */
	while (may_run(hda)) {
		unsigned at = (hda->regs[HDA_CORBRP] + 1u) % ENTRIES;
		const u8 *place = entry(hda, HDA_CORBLBASE, at, 4);
		u32 command, response;

		if (!place) {
			hda->regs[HDA_CORBSTS] |= HDA_CORBSTS_MEI;
			hda->regs[HDA_CORBCTL] &= (u8)~HDA_CORBCTL_RUN;
			hda_interrupt(hda, true);
			return;
		}
		command = get_le32(place);
		hda->regs[HDA_CORBRP] = (u8)at;
		/* A codec that is not there does not answer. */
		if (command >> 28 != HDA_CODEC_ADDRESS)
			continue;
		response = hda_codec_command(&hda->codec, command);
		answer(hda, response, at == hda->regs[HDA_CORBWP]);
	}
}

void hda_corb_pointer_written(struct hda *hda)
{
	if (get_le16(hda->regs + HDA_CORBRP) & HDA_RP_RESET)
		hda->regs[HDA_CORBRP] = 0;
}

/* The bit that resets the pointer always reads as 0. */
void hda_rirb_pointer_written(struct hda *hda)
{
	if (get_le16(hda->regs + HDA_RIRBWP) & HDA_RP_RESET)
		put_le16(hda->regs + HDA_RIRBWP, 0);
}

void hda_rirb_acknowledged(struct hda *hda, u32 old)
{
	if (!(old & HDA_RIRBSTS_INT) || hda->regs[HDA_RIRBSTS] & HDA_RIRBSTS_INT)
		return;
	hda->nr_answers = 0;
	hda_corb_run(hda);
}

/* Firmware and a driver whose rings fail send commands one by one. */
void hda_immediate(struct hda *hda)
{
	u32 command = get_le32(hda->regs + HDA_ICOI);

	if (!(hda->regs[HDA_ICIS] & HDA_ICIS_BUSY))
		return;
	hda->regs[HDA_ICIS] &= (u8) ~(HDA_ICIS_BUSY | HDA_ICIS_VALID);
	if (command >> 28 != HDA_CODEC_ADDRESS)
		return;
	put_le32(hda->regs + HDA_ICII, hda_codec_command(&hda->codec, command));
	hda->regs[HDA_ICIS] |= HDA_ICIS_VALID;
}
