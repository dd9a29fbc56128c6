// SPDX-License-Identifier: GPL-2.0-or-later
/* The streams: High Definition Audio Specification 1.0a, 3.3.35 to 3.3.43, and 3.6. */
#include "vm/hda/internal.h"

#include <string.h>

/* What a host that was late makes up for; the rest of the time is lost, and no sound. */
#define LATEST_MS 100
/* How often the positions in memory are brought up to date. */
#define ROUND_NS  (2 * NS_PER_MS)
#define SOON_NS   (NS_PER_MS / 4)
#define CHUNK     512 /* frames at a time */
#define MAX_FRAME 64  /* bytes: 16 channels of 32 bits */

static bool is_output(unsigned n)
{
	return n >= HDA_IN;
}

static u32 ctl_of(const u8 *regs)
{
	return (u32)get_le(regs + HDA_SD_CTL, 3);
}

/* Frames a second, 3.7.1. */
static unsigned rate_of(u16 format)
{
	unsigned times = (format >> 11 & 7) + 1, by = (format >> 8 & 7) + 1;

	return (format >> 14 & 1 ? 44100u : 48000u) * (times > 4 ? 4 : times) / by;
}

static unsigned frame_of(u16 format)
{
	static const u8 bytes[8] = { 1, 2, 4, 4, 4, 4, 4, 4 };

	return bytes[format >> 4 & 7] * ((format & 0xfu) + 1);
}

/* Reads the list, and finds the place in it that LPIB stands for. */
static void read_list(struct hda *hda, struct hda_stream *stream, const u8 *regs)
{
	u64 base = get_le32(regs + HDA_SD_BDPL) | (u64)get_le32(regs + HDA_SD_BDPU) << 32;
	unsigned nr = regs[HDA_SD_LVI] + 1u;
	u32 position = get_le32(regs + HDA_SD_LPIB);
	const u8 *list = hda->master ? mem_ram_ptr(&hda->ram, base, nr * 16) : NULL;

	stream->nr_entries = list ? nr : 0;
	stream->entry = stream->offset = 0;
	for (unsigned i = 0; i < stream->nr_entries; i++)
		stream->entries[i] = (struct hda_entry){
			.address = get_le64(list + 16 * i),
			.size = get_le32(list + 16 * i + 8),
			.interrupts = get_le32(list + 16 * i + 12) & HDA_BDL_IOC,
		};
	for (unsigned i = 0; i < stream->nr_entries; i++) {
		stream->entry = i;
		stream->offset = position;
		if (position < stream->entries[i].size)
			return;
		position -= stream->entries[i].size;
	}
	stream->entry = stream->offset = 0;
}

static bool is_held(const struct hda *hda, unsigned n)
{
	return get_le32(hda->regs + HDA_SSYNC) & BIT(n);
}

/* Starts or stops a stream, as its RUN bit and SSYNC say. */
static void converge(struct hda *hda, unsigned n)
{
	struct hda_stream *stream = &hda->streams[n];
	u8 *regs = hda_stream_regs(hda, n);
	bool wants = ctl_of(regs) & HDA_SD_RUN;

	if (wants)
		regs[HDA_SD_STS] |= HDA_SD_FIFORDY;
	else
		regs[HDA_SD_STS] &= (u8)~HDA_SD_FIFORDY;
	if (wants && !stream->runs && !is_held(hda, n)) {
		read_list(hda, stream, regs);
		stream->since = hda_now(hda);
		stream->done = 0;
		stream->runs = true;
		if (!stream->nr_entries)
			regs[HDA_SD_STS] |= HDA_SD_DESE;
		pthread_cond_signal(&hda->changed);
	} else if (!wants) {
		stream->runs = false;
	}
}

static void reset_stream(struct hda *hda, unsigned n)
{
	u8 *regs = hda_stream_regs(hda, n);

	hda->streams[n].runs = false;
	put_le32(regs + HDA_SD_CTL, 0x040000 | HDA_SD_SRST);
	memset(regs + HDA_SD_LPIB, 0, HDA_SD_FIFOS - HDA_SD_LPIB);
	memset(regs + HDA_SD_FMT, 0, HDA_SD_SIZE - HDA_SD_FMT);
}

void hda_stream_controlled(struct hda *hda, unsigned n, u32 old)
{
	/* What was due until now. */
	hda_streams_move(hda);
	if (ctl_of(hda_stream_regs(hda, n)) & HDA_SD_SRST)
		reset_stream(hda, n);
	converge(hda, n);
}

void hda_streams_synchronised(struct hda *hda)
{
	for (unsigned n = 0; n < HDA_NR_STREAMS; n++)
		converge(hda, n);
}

void hda_streams_stop(struct hda *hda)
{
	for (unsigned n = 0; n < HDA_NR_STREAMS; n++)
		hda->streams[n].runs = false;
}

void hda_streams_shift(struct hda *hda, u64 ns)
{
	hda->wall += ns;
	for (unsigned n = 0; n < HDA_NR_STREAMS; n++)
		hda->streams[n].since += ns;
}

/* How many frames are due, and are now counted as done. */
static u64 take_due(struct hda_stream *stream, u64 now, unsigned rate)
{
	u64 most = (u64)rate * LATEST_MS / 1000, due;

	while (now - stream->since >= NS_PER_S && stream->done >= rate) {
		stream->since += NS_PER_S;
		stream->done -= rate;
	}
	if (now - stream->since > 10 * NS_PER_S) {
		stream->since = now - NS_PER_S * LATEST_MS / 1000;
		stream->done = 0;
	}
	due = (now - stream->since) * rate / NS_PER_S;
	due = due > stream->done ? due - stream->done : 0;
	if (due > most) {
		stream->since += (due - most) * NS_PER_S / rate;
		due = most;
	}
	stream->done += due;
	return due;
}

/*
 * Copies @size bytes between the list's buffers and @bytes, and moves the position. Memory that is
 * not the guest's is silence.
 */
static void move_bytes(struct hda *hda, unsigned n, u8 *bytes, u32 size)
{
	struct hda_stream *stream = &hda->streams[n];
	u8 *regs = hda_stream_regs(hda, n);
	u32 cyclic = get_le32(regs + HDA_SD_CBL), empty = 0;

	while (size && empty < stream->nr_entries) {
		const struct hda_entry *entry = &stream->entries[stream->entry];
		u32 position = get_le32(regs + HDA_SD_LPIB), part = entry->size - stream->offset;
		u8 *memory;

		part = part < size ? part : size;
		memory = part && hda->master
				 ? mem_ram_ptr(&hda->ram, entry->address + stream->offset, part)
				 : NULL;
		if (!memory && is_output(n))
			memset(bytes, 0, part);
		else if (memory)
			memcpy(is_output(n) ? bytes : memory, is_output(n) ? memory : bytes, part);
		empty = part ? 0 : empty + 1;
		bytes += part;
		size -= part;
		stream->offset += part;
		position += part;
		put_le32(regs + HDA_SD_LPIB, cyclic ? position % cyclic : position);
		if (stream->offset < entry->size)
			continue;
		if (entry->interrupts && part)
			regs[HDA_SD_STS] |= HDA_SD_BCIS;
		stream->offset = 0;
		stream->entry = (stream->entry + 1) % stream->nr_entries;
	}
	memset(bytes, 0, size);
}

static void move_frames(struct hda *hda, unsigned n, unsigned frame, unsigned nr)
{
	u32 frames[CHUNK * MAX_FRAME / 4];
	const u8 *regs = hda_stream_regs(hda, n);
	unsigned tag = ctl_of(regs) >> 20, node = is_output(n) ? HDA_DAC : HDA_ADC;
	bool connected = hda_codec_takes(&hda->codec, node, tag, get_le16(regs + HDA_SD_FMT));

	if (is_output(n)) {
		move_bytes(hda, n, (u8 *)frames, nr * frame);
		if (!connected)
			return;
		hda_codec_amplify(&hda->codec, node, frames, nr);
		hda->config.ops->play(hda->config.owner, frames, nr);
		return;
	}
	if (connected) {
		hda->config.ops->record(hda->config.owner, frames, nr);
		hda_codec_amplify(&hda->codec, node, frames, nr);
	} else {
		memset(frames, 0, nr * frame);
	}
	move_bytes(hda, n, (u8 *)frames, nr * frame);
}

/* 3.6.1: where the driver looks for positions. */
static void tell_position(struct hda *hda, unsigned n)
{
	u32 low = get_le32(hda->regs + HDA_DPLBASE);
	u64 base = (low & ~0x7fu) | (u64)get_le32(hda->regs + HDA_DPUBASE) << 32;
	u8 *place;

	if (!(low & HDA_DPL_ENABLE) || !hda->master)
		return;
	place = mem_ram_ptr(&hda->ram, base + 8 * n, 4);
	if (place)
		memcpy(place, hda_stream_regs(hda, n) + HDA_SD_LPIB, 4);
}

static void move_stream(struct hda *hda, unsigned n)
{
	u8 *regs = hda_stream_regs(hda, n), before = regs[HDA_SD_STS];
	u16 format = get_le16(regs + HDA_SD_FMT);
	u64 due = take_due(&hda->streams[n], hda_now(hda), rate_of(format));

	if (!due)
		return;
	/* An interrupt that is not acknowledged yet does not hide the next. */
	regs[HDA_SD_STS] &= (u8)~HDA_SD_BCIS;
	for (unsigned nr; due; due -= nr) {
		nr = due < CHUNK ? (unsigned)due : CHUNK;
		move_frames(hda, n, frame_of(format), nr);
	}
	tell_position(hda, n);
	if (regs[HDA_SD_STS] & HDA_SD_BCIS)
		hda_interrupt(hda, true);
	regs[HDA_SD_STS] |= before & HDA_SD_BCIS;
}

void hda_streams_move(struct hda *hda)
{
	for (unsigned n = 0; n < HDA_NR_STREAMS; n++)
		if (hda->streams[n].runs)
			move_stream(hda, n);
}

/* Frames until the end of the next buffer that interrupts. */
static u64 to_interrupt(const struct hda_stream *stream, unsigned frame)
{
	u64 bytes = 0;
	u32 offset = stream->offset;

	for (unsigned i = 0; i < stream->nr_entries; i++) {
		const struct hda_entry *entry =
			&stream->entries[(stream->entry + i) % stream->nr_entries];

		bytes += entry->size - offset;
		offset = 0;
		if (entry->interrupts)
			break;
	}
	return (bytes + frame - 1) / frame;
}

u64 hda_streams_next(const struct hda *hda)
{
	u64 next = 0, now = hda_now(hda);

	for (unsigned n = 0; n < HDA_NR_STREAMS; n++) {
		const struct hda_stream *stream = &hda->streams[n];
		u16 format = get_le16(hda->regs + HDA_SD + n * HDA_SD_SIZE + HDA_SD_FMT);
		unsigned rate = rate_of(format);
		u64 frames, at, wait = ROUND_NS;

		if (!stream->runs)
			continue;
		frames = stream->done + to_interrupt(stream, frame_of(format));
		if (frames < 10 * (u64)rate) {
			/* Rounded up: then the frames are due. */
			at = stream->since + (frames * NS_PER_S + rate - 1) / rate;
			wait = at > now + SOON_NS ? at - now : SOON_NS;
		}
		wait = wait < ROUND_NS ? wait : ROUND_NS;
		next = next && next < wait ? next : wait;
	}
	return next;
}

void hda_streams_tell(struct hda *hda)
{
	bool plays = false, records = false;

	for (unsigned n = 0; n < HDA_NR_STREAMS; n++) {
		if (is_output(n))
			plays |= hda->streams[n].runs;
		else
			records |= hda->streams[n].runs;
	}
	if (plays == hda->plays && records == hda->records)
		return;
	hda->plays = plays;
	hda->records = records;
	hda->config.ops->run(hda->config.owner, plays, records);
}
