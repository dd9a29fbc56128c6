// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A sound controller under a hostile driver: any accesses to config space and registers, any
 * commands, any lists of buffers, and time that passes. The rings and two streams are set up at the
 * start, so that most inputs reach them. Nothing in guest memory or registers costs more than the
 * samples of the time that passed. The controller has a thread of its own if the first step says
 * so.
 */
#include "vm/hda/hda.h"
#include "bench.h"
#include "fake.h"

#define DEVFN  PCI_DEVFN_OF(16, 0)
#define BAR    0xe0000000u
#define CORB   0x10000u
#define RIRB   0x11000u
#define LISTS  0x12000u /* 4096 bytes for each stream */
#define PLACE  0x1f000u
#define DATA   0x20000u
#define THREAD 0x40                  /* in the kind of the first step */
#define MOST   (48000u * 4 / 10 + 1) /* frames of any format in 100 ms */

struct step {
	u8 kind;
	u8 size;
	u8 address[4];
	u8 value[4];
	u8 rest[6];
};

enum { RAM_WRITE = BENCH_KINDS, COMMAND, CONVERTER, STREAM, PASS, PAUSE, RESET, NR_KINDS };

static struct {
	struct bench m;
	struct hda hda;
	struct fake_clock clock;
	u64 moved;   /* frames since the last access */
	bool thread; /* which moves them at any time */
} b;

static void on_play(void *owner, const u32 *frames, unsigned nr)
{
	u32 sum = 0;

	for (unsigned i = 0; i < nr; i++)
		sum += frames[i];
	if (!b.thread)
		b.moved += nr + (sum & 0);
}

static void on_record(void *owner, u32 *frames, unsigned nr)
{
	memset(frames, 0x55, nr * sizeof(*frames));
	if (!b.thread)
		b.moved += nr;
}

static void on_run(void *owner, bool plays, bool records)
{
	CLAIM(owner == &b);
}

static const struct hda_ops ops = { on_play, on_record, on_run };

static void write_register(u32 reg, unsigned size, u32 value)
{
	bus_write(&b.m.mmio, BAR + reg, size, value);
}

static void start(void)
{
	pci_host_config_write(&b.m.host, 0, DEVFN, PCI_BASE_ADDRESS_0, 4, BAR);
	pci_host_config_write(
		&b.m.host, 0, DEVFN, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	pci_host_config_write(&b.m.host, 0, DEVFN, 0x64, 4, 0xfee00000);
	pci_host_config_write(&b.m.host, 0, DEVFN, 0x62, 2, 1);
	write_register(HDA_GCTL, 4, HDA_GCTL_CRST);
	write_register(HDA_CORBLBASE, 4, CORB);
	write_register(HDA_RIRBLBASE, 4, RIRB);
	write_register(HDA_CORBCTL, 1, HDA_CORBCTL_RUN);
	write_register(HDA_RIRBCTL, 1, HDA_RIRBCTL_DMA | HDA_RIRBCTL_INT);
	write_register(HDA_INTCTL, 4, 0xc00000ff);
	write_register(HDA_DPLBASE, 4, PLACE | HDA_DPL_ENABLE);
}

/* A stream as a driver would set it up, but for what the step says. */
static void set_up(unsigned n, const struct step *s)
{
	u32 regs = HDA_SD + n * HDA_SD_SIZE, nr = s->rest[0] + 1u, size = get_le16(s->value);

	for (u32 i = 0; i < nr; i++) {
		u8 *entry = mem_ptr(&b.m.mem, LISTS + n * 0x1000 + 16 * i, 16);

		put_le64(entry, DATA + i * (u64)size * (s->rest[1] & 0x80 ? 0x1000 : 1));
		put_le32(entry + 8, i % 16 == s->rest[2] % 17u ? 0 : size);
		put_le32(entry + 12, i % 4 == 3);
	}
	write_register(regs + HDA_SD_CTL, 1, 0);
	write_register(regs + HDA_SD_CTL + 2, 1, (n + 1) << 4);
	write_register(regs + HDA_SD_LVI, 2, s->rest[0]);
	write_register(regs + HDA_SD_CBL, 4, s->rest[3] & 1 ? get_le32(s->value) : nr * size);
	write_register(regs + HDA_SD_FMT, 2, s->rest[3] & 2 ? get_le16(s->value + 2) : HDA_FORMAT);
	write_register(regs + HDA_SD_BDPL, 4, LISTS + n * 0x1000);
	write_register(regs + HDA_SD_CTL, 1, HDA_SD_RUN | HDA_SD_IOCE);
}

static void open_bench(void)
{
	const struct hda_config config = {
		.ops = &ops, .owner = &b, .clock = &b.clock.clock, .no_thread = !b.thread
	};
	struct err err = { 0 };

	bench_open(&b.m, false);
	fake_clock_init(&b.clock, 0);
	CLAIM(!hda_open(&b.hda, &config, &err));
	CLAIM(!hda_attach(&b.hda, &b.m.host.root, DEVFN, &b.m.loop, &err));
	start();
}

static void close_bench(void)
{
	hda_close(&b.hda);
	bench_close(&b.m);
}

static void command(u32 verb)
{
	u8 *at;
	u32 next = (u8)bus_read(&b.m.mmio, BAR + HDA_CORBWP, 1) + 1u;

	at = mem_ptr(&b.m.mem, CORB + 4 * (next & 0xff), 4);
	put_le32(at, verb);
	write_register(HDA_CORBWP, 2, next & 0xff);
	write_register(HDA_RIRBSTS, 1, HDA_RIRBSTS_INT);
}

/* A verb that there is, for a node that there is. */
static void to_converter(const struct step *s)
{
	static const u32 verbs[] = { 0x70600, 0x20000 | HDA_FORMAT, 0x30000, 0x70500, 0x70700,
		0xf0000, 0xb0000, 0x71c00, 0x72000 };

	command((s->size & 7u) << 20 | verbs[s->rest[0] % ARRAY_SIZE(verbs)] |
		(get_le16(s->value) & (s->rest[1] & 1 ? 0xffff : 0xf0)));
}

static void take_step(const struct step *s)
{
	unsigned kind = (s->kind & ~THREAD) % NR_KINDS, n = s->size % HDA_NR_STREAMS;
	u32 address = get_le32(s->address);
	u64 next;
	u8 *at;

	b.moved = 0;
	bench_access(&b.m, DEVFN, kind, s->size, address,
		BAR + (address & 0x3ff8) + (s->rest[0] & 7), get_le32(s->value));
	switch (kind) {
	case RAM_WRITE:
		at = mem_ptr(&b.m.mem, CORB + address % (DATA - CORB), 4);
		if (at)
			put_le32(at, get_le32(s->value));
		break;
	case COMMAND:
		command(get_le32(s->value));
		break;
	case CONVERTER:
		to_converter(s);
		break;
	case STREAM:
		set_up(n, s);
		break;
	case PASS:
		fake_clock_pass(&b.clock, get_le32(s->value) >> s->rest[0] % 16);
		next = hda_round(&b.hda);
		CLAIM(next <= 2 * NS_PER_MS || b.thread);
		bench_step(&b.m);
		break;
	case PAUSE:
		hda_pause(&b.hda);
		fake_clock_pass(&b.clock, get_le32(s->value));
		hda_round(&b.hda);
		hda_resume(&b.hda);
		break;
	case RESET:
		pci_bus_reset(&b.m.host.root);
		start();
		break;
	}
	CLAIM(b.moved <= HDA_NR_STREAMS * MOST);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct step step;

	memset(&b, 0, sizeof(b));
	b.thread = size && data[0] & THREAD;
	open_bench();
	for (unsigned n = 0; n < BENCH_STEPS && bench_next(&data, &size, &step, sizeof(step)); n++)
		take_step(&step);
	close_bench();
	return 0;
}
