// SPDX-License-Identifier: GPL-2.0-or-later
/* The registers: High Definition Audio Specification 1.0a, 3.3. */
#include "vm/hda/internal.h"

#include <string.h>

#define STREAMS (HDA_OUT << 12 | HDA_IN << 8 | 1) /* and addresses of 64 bits */
#define ENTRIES 0x42u                             /* 256, and nothing else */
#define CODECS  (1u << HDA_CODEC_ADDRESS)
/* 24 MHz of 1000 MHz. */
#define WALL_TICKS 3
#define WALL_NS    125
#define ALL        0xffffffffu

struct reg {
	u16 offset;
	u8 size;
	u32 reset, writable, write1clear;
	/* After a write; @old is the value before. */
	void (*written)(struct hda *hda, unsigned stream, u32 old);
};

static void on_gctl(struct hda *hda, unsigned stream, u32 old)
{
	u32 now = get_le32(hda->regs + HDA_GCTL);

	if (!(now & HDA_GCTL_CRST)) {
		hda_registers_reset(hda);
		return;
	}
	if (!(old & HDA_GCTL_CRST)) {
		hda->wall = hda_now(hda);
		/* Without memory there is silence. */
		if (mem_ram(hda->mem, &hda->ram))
			hda->ram.nr = 0;
		put_le16(hda->regs + HDA_STATESTS, CODECS);
	}
	if (now & HDA_GCTL_FCNTRL) {
		/* There is nothing to flush. */
		hda->regs[HDA_GSTS] |= HDA_GSTS_FSTS;
		hda->regs[HDA_GCTL] &= (u8)~HDA_GCTL_FCNTRL;
	}
}

static void on_ssync(struct hda *hda, unsigned stream, u32 old)
{
	memcpy(hda->regs + HDA_SSYNC_ICH, hda->regs + HDA_SSYNC, 4);
	hda_streams_synchronised(hda);
}

static void on_ssync_ich(struct hda *hda, unsigned stream, u32 old)
{
	memcpy(hda->regs + HDA_SSYNC, hda->regs + HDA_SSYNC_ICH, 4);
	hda_streams_synchronised(hda);
}

static void on_corbwp(struct hda *hda, unsigned stream, u32 old)
{
	hda_corb_run(hda);
}

static void on_corbrp(struct hda *hda, unsigned stream, u32 old)
{
	hda_corb_pointer_written(hda);
}

static void on_rirbwp(struct hda *hda, unsigned stream, u32 old)
{
	hda_rirb_pointer_written(hda);
}

static void on_rirbsts(struct hda *hda, unsigned stream, u32 old)
{
	hda_rirb_acknowledged(hda, old);
}

static void on_icis(struct hda *hda, unsigned stream, u32 old)
{
	hda_immediate(hda);
}

static void on_sdctl(struct hda *hda, unsigned stream, u32 old)
{
	hda_stream_controlled(hda, stream, old);
}

static const struct reg global[] = {
	{ HDA_GCAP, 2, STREAMS },
	{ HDA_VMIN, 1, 0 },
	{ HDA_VMAJ, 1, 1 },
	{ HDA_OUTPAY, 2, 0x3c },
	{ HDA_INPAY, 2, 0x1d },
	{ HDA_GCTL, 4, 0, HDA_GCTL_CRST | HDA_GCTL_FCNTRL | HDA_GCTL_UNSOL, 0, on_gctl },
	{ HDA_WAKEEN, 2, 0, 0x7fff },
	{ HDA_STATESTS, 2, 0, 0, 0x7fff },
	{ HDA_GSTS, 2, 0, 0, HDA_GSTS_FSTS },
	{ HDA_OUTSTRMPAY, 2, 0x30 },
	{ HDA_INSTRMPAY, 2, 0x18 },
	{ HDA_INTCTL, 4, 0, HDA_INT_GLOBAL | HDA_INT_CONTROLLER | (BIT(HDA_NR_STREAMS) - 1) },
	{ HDA_INTSTS, 4, 0 },
	{ HDA_WALCLK, 4, 0 },
	{ HDA_SSYNC_ICH, 4, 0, BIT(HDA_NR_STREAMS) - 1, 0, on_ssync_ich },
	{ HDA_SSYNC, 4, 0, BIT(HDA_NR_STREAMS) - 1, 0, on_ssync },
	{ HDA_CORBLBASE, 4, 0, ALL & ~0x7fu },
	{ HDA_CORBUBASE, 4, 0, ALL },
	{ HDA_CORBWP, 2, 0, 0xff, 0, on_corbwp },
	{ HDA_CORBRP, 2, 0, HDA_RP_RESET, 0, on_corbrp },
	{ HDA_CORBCTL, 1, 0, HDA_CORBCTL_RUN | HDA_CORBCTL_MEIE, 0, on_corbwp },
	{ HDA_CORBSTS, 1, 0, 0, HDA_CORBSTS_MEI },
	{ HDA_CORBSIZE, 1, ENTRIES },
	{ HDA_RIRBLBASE, 4, 0, ALL & ~0x7fu },
	{ HDA_RIRBUBASE, 4, 0, ALL },
	{ HDA_RIRBWP, 2, 0, HDA_RP_RESET, 0, on_rirbwp },
	{ HDA_RINTCNT, 2, 0, 0xff },
	{ HDA_RIRBCTL, 1, 0, 7 },
	{ HDA_RIRBSTS, 1, 0, 0, HDA_RIRBSTS_INT | HDA_RIRBSTS_OVERRUN, on_rirbsts },
	{ HDA_RIRBSIZE, 1, ENTRIES },
	{ HDA_ICOI, 4, 0, ALL },
	{ HDA_ICII, 4, 0 },
	{ HDA_ICIS, 2, 0, HDA_ICIS_BUSY, HDA_ICIS_VALID, on_icis },
	{ HDA_DPLBASE, 4, 0, (ALL & ~0x7fu) | HDA_DPL_ENABLE },
	{ HDA_DPUBASE, 4, 0, ALL },
};

/* Offsets in a stream's registers. */
static const struct reg of_stream[] = {
	{ HDA_SD_CTL, 3, 0x040000, 0xf4001f, 0, on_sdctl },
	{ HDA_SD_STS, 1, 0, 0, HDA_SD_BCIS | HDA_SD_FIFOE | HDA_SD_DESE },
	{ HDA_SD_LPIB, 4, 0 },
	{ HDA_SD_CBL, 4, 0, ALL },
	{ HDA_SD_LVI, 2, 0, 0xff },
	{ HDA_SD_FIFOS, 2, 0xbf },
	{ HDA_SD_FMT, 2, 0, 0x7f7f },
	{ HDA_SD_BDPL, 4, 0, ALL & ~0x7fu },
	{ HDA_SD_BDPU, 4, 0, ALL },
};

static void init_reg(struct hda *hda, const struct reg *reg, unsigned base)
{
	put_le(hda->writable + base + reg->offset, reg->size, reg->writable);
	put_le(hda->write1clear + base + reg->offset, reg->size, reg->write1clear);
}

void hda_registers_init(struct hda *hda)
{
	for (size_t i = 0; i < ARRAY_SIZE(global); i++)
		init_reg(hda, &global[i], 0);
	for (unsigned n = 0; n < HDA_NR_STREAMS; n++)
		for (size_t i = 0; i < ARRAY_SIZE(of_stream); i++)
			init_reg(hda, &of_stream[i], HDA_SD + n * HDA_SD_SIZE);
}

/* WAKEEN and STATESTS keep their values only over resets that there are not here: 3.3.9. */
void hda_registers_reset(struct hda *hda)
{
	hda_streams_stop(hda);
	memset(hda->regs, 0, sizeof(hda->regs));
	for (size_t i = 0; i < ARRAY_SIZE(global); i++)
		put_le(hda->regs + global[i].offset, global[i].size, global[i].reset);
	for (unsigned n = 0; n < HDA_NR_STREAMS; n++)
		for (size_t i = 0; i < ARRAY_SIZE(of_stream); i++)
			put_le(hda_stream_regs(hda, n) + of_stream[i].offset, of_stream[i].size,
				of_stream[i].reset);
	hda->nr_answers = 0;
	hda_codec_reset(&hda->codec);
	hda_interrupt(hda, false);
}

u64 hda_now(const struct hda *hda)
{
	return hda->paused ? hda->paused : clock_monotonic(hda->config.clock);
}

/* The registers that follow the clock are brought up to date when they are read. */
static void refresh(struct hda *hda)
{
	u64 passed = hda_now(hda) - hda->wall;
	bool runs = hda->regs[HDA_GCTL] & HDA_GCTL_CRST;

	hda_streams_move(hda);
	put_le32(hda->regs + HDA_WALCLK, runs ? (u32)(passed * WALL_TICKS / WALL_NS) : 0);
	put_le32(hda->regs + HDA_INTSTS, hda_interrupt_status(hda));
}

u64 hda_register_read(struct hda *hda, u32 offset, unsigned size)
{
	u64 value = 0;

	if (offset >= HDA_ALIAS)
		offset -= HDA_ALIAS;
	if (offset >= HDA_REGS || size > HDA_REGS - offset)
		return 0;
	pthread_mutex_lock(&hda->lock);
	refresh(hda);
	value = get_le(hda->regs + offset, size);
	pthread_mutex_unlock(&hda->lock);
	return value;
}

/* Calls the function of each register in the table that [@offset, @offset + @size) touches. */
static void call(struct hda *hda, const struct reg *regs, size_t nr, int stream, u32 offset,
	unsigned size, const u8 *old)
{
	u32 base = stream < 0 ? 0 : HDA_SD + (u32)stream * HDA_SD_SIZE;

	for (size_t i = 0; i < nr; i++) {
		u32 at = base + regs[i].offset;

		if (regs[i].written && offset < at + regs[i].size && at < offset + size)
			regs[i].written(hda, stream < 0 ? 0 : (unsigned)stream,
				(u32)get_le(old + at, regs[i].size));
	}
}

static void write_registers(struct hda *hda, u32 offset, unsigned size, u64 value)
{
	u8 old[HDA_REGS];

	memcpy(old, hda->regs, sizeof(old));
	for (unsigned i = 0; i < size; i++) {
		u8 byte = (u8)(value >> 8 * i), *reg = &hda->regs[offset + i];
		u8 mask = hda->writable[offset + i];

		*reg = (u8)((*reg & ~mask) | (byte & mask));
		*reg &= (u8) ~(byte & hda->write1clear[offset + i]);
	}
	if (offset < HDA_SD)
		call(hda, global, ARRAY_SIZE(global), -1, offset, size, old);
	for (int n = 0; n < HDA_NR_STREAMS; n++)
		call(hda, of_stream, ARRAY_SIZE(of_stream), n, offset, size, old);
	hda_interrupt(hda, false);
}

void hda_register_write(struct hda *hda, u32 offset, unsigned size, u64 value)
{
	if (offset >= HDA_REGS || size > HDA_REGS - offset)
		return;
	pthread_mutex_lock(&hda->lock);
	/* In reset only the bit that ends it can be written, 3.3.7. */
	if (hda->regs[HDA_GCTL] & HDA_GCTL_CRST || (offset <= HDA_GCTL && offset + size > HDA_GCTL))
		write_registers(hda, offset, size, value);
	hda_streams_tell(hda);
	pthread_mutex_unlock(&hda->lock);
}
