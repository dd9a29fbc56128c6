// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_hda.h"

#include "base/bytes.h"
#include "unit.h"

#define ON 0x06u /* RUN and an interrupt at the end of a buffer */

static void on_play(void *owner, const u32 *frames, unsigned nr)
{
	struct fhda *f = owner;

	for (unsigned i = 0; i < nr; i++)
		f->played[f->nr_played++ % FHDA_FRAMES] = frames[i];
}

static void on_record(void *owner, u32 *frames, unsigned nr)
{
	struct fhda *f = owner;

	for (unsigned i = 0; i < nr; i++)
		frames[i] = f->next_recorded++;
}

static void on_run(void *owner, bool plays, bool records)
{
	struct fhda *f = owner;

	f->plays = plays;
	f->records = records;
}

static const struct hda_ops ops = { on_play, on_record, on_run };

void fhda_open(struct fhda *f)
{
	struct hda_config config = {
		.ops = &ops, .owner = f, .clock = &f->clock.clock, .no_thread = true
	};
	struct err err = { 0 };

	memset(f, 0, sizeof(*f));
	guest_open(&f->guest);
	fake_clock_init(&f->clock, 0);
	assert_int_equal(hda_open(&f->hda, &config, &err), 0);
	assert_int_equal(
		hda_attach(&f->hda, &f->guest.host.root, GUEST_DEVFN, &f->guest.loop, &err), 0);
	guest_config_write(&f->guest, PCI_BASE_ADDRESS_0, 4, GUEST_BAR);
	guest_config_write(&f->guest, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	f->corb = guest_alloc(&f->guest, 1024, 128);
	f->rirb = guest_alloc(&f->guest, 2048, 128);
	f->list = guest_alloc(&f->guest, 8 * 4096, 128);
	f->positions = guest_alloc(&f->guest, 128, 128);
	f->data = guest_alloc(&f->guest, MIB, 128);
}

void fhda_close(struct fhda *f)
{
	hda_close(&f->hda);
	guest_close(&f->guest);
}

u32 fhda_read(struct fhda *f, u32 reg, unsigned size)
{
	return (u32)bus_read(&f->guest.mmio, GUEST_BAR + reg, size);
}

void fhda_write(struct fhda *f, u32 reg, unsigned size, u32 value)
{
	bus_write(&f->guest.mmio, GUEST_BAR + reg, size, value);
}

void fhda_start(struct fhda *f)
{
	guest_config_write(&f->guest, 0x64, 4, (u32)GUEST_MSI);
	guest_config_write(&f->guest, 0x6c, 2, 0x40);
	guest_config_write(&f->guest, 0x62, 2, 1);
	fhda_write(f, HDA_GCTL, 4, HDA_GCTL_CRST);
	fhda_write(f, HDA_CORBLBASE, 4, (u32)f->corb);
	fhda_write(f, HDA_RIRBLBASE, 4, (u32)f->rirb);
	fhda_write(f, HDA_RINTCNT, 2, 1);
	fhda_write(f, HDA_CORBCTL, 1, HDA_CORBCTL_RUN);
	fhda_write(f, HDA_RIRBCTL, 1, HDA_RIRBCTL_DMA | HDA_RIRBCTL_INT);
	fhda_write(f, HDA_INTCTL, 4, 0xc00000ff);
	f->corb_at = f->rirb_at = 0;
}

u32 fhda_ask(struct fhda *f, u32 command)
{
	const u8 *answer;

	f->corb_at++;
	put_le32(guest_at(&f->guest, f->corb + 4u * f->corb_at), command);
	fhda_write(f, HDA_CORBWP, 2, f->corb_at);
	assert_int_equal(fhda_read(f, HDA_CORBRP, 2), f->corb_at);
	f->rirb_at++;
	assert_int_equal(fhda_read(f, HDA_RIRBWP, 2), f->rirb_at);
	answer = guest_at(&f->guest, f->rirb + 8u * f->rirb_at);
	assert_int_equal(get_le32(answer + 4), 0);
	fhda_write(f, HDA_RIRBSTS, 1, HDA_RIRBSTS_INT);
	return get_le32(answer);
}

void fhda_stream(struct fhda *f, unsigned n, unsigned tag, unsigned nr, u32 size)
{
	u64 list = f->list + n * 4096;
	u32 node = n < HDA_IN ? HDA_ADC : HDA_DAC;

	for (unsigned i = 0; i < nr; i++) {
		u8 *entry = guest_at(&f->guest, list + 16 * i);

		put_le64(entry, f->data + (u64)i * size);
		put_le32(entry + 8, size);
		put_le32(entry + 12, HDA_BDL_IOC);
	}
	fhda_write(f, fhda_reg(n, HDA_SD_CTL) + 2, 1, tag << 4);
	fhda_write(f, fhda_reg(n, HDA_SD_CBL), 4, nr * size);
	fhda_write(f, fhda_reg(n, HDA_SD_LVI), 2, nr - 1);
	fhda_write(f, fhda_reg(n, HDA_SD_FMT), 2, HDA_FORMAT);
	fhda_write(f, fhda_reg(n, HDA_SD_BDPL), 4, (u32)list);
	fhda_ask(f, node << 20 | 0x70600 | tag << 4);
	fhda_ask(f, node << 20 | 0x20000 | HDA_FORMAT);
}

void fhda_run(struct fhda *f, unsigned n, bool on)
{
	fhda_write(f, fhda_reg(n, HDA_SD_CTL), 1, on ? ON : 0);
}

void fhda_pass(struct fhda *f, unsigned ms)
{
	u64 end = f->clock.monotonic + ms * NS_PER_MS;

	while (f->clock.monotonic < end) {
		u64 next = hda_round(&f->hda), left = end - f->clock.monotonic;

		fake_clock_pass(&f->clock, next && next < left ? next : left);
	}
	hda_round(&f->hda);
}
