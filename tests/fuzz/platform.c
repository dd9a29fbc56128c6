// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The devices that every machine has, under a hostile guest: any accesses to any ports,
 * addresses and config spaces, while time passes and someone types. In half of the machines there
 * is SMM: the highest bit of the first step's kind says so.
 */
#include "base/bytes.h"
#include "fake.h"
#include "fuzz.h"
#include "vm/dev/cpu_hotplug.h"
#include "vm/dev/debug_port.h"
#include "vm/dev/dma8237.h"
#include "vm/dev/i8042.h"
#include "vm/dev/lpc.h"
#include "vm/dev/reset.h"
#include "vm/dev/rtc.h"
#include "vm/dev/serial.h"
#include "vm/dev/smi.h"
#include "vm/devices/kinds.h"
#include "vm/display/bochs.h"
#include "vm/display/scan.h"
#include "vm/pci/mch.h"
#include "vm/pci/root_port.h"
#include "vm/pci/vga.h"

#define MAX_STEPS 2000
#define RAM_SIZE  (20 * MIB)
#define HAS_SMM   0x80
#define NEAR      0x40

/* One step of the input. */
struct step {
	u8 kind; /* NEAR: the address of a port is one of those that devices have */
	u8 size;
	u8 address[4];
	u8 value[4];
};

enum {
	PORT_WRITE,
	PORT_READ,
	CONFIG_WRITE,
	CONFIG_READ,
	MEMORY_WRITE,
	MEMORY_READ,
	TIME,
	KEYS,
	EVENT,
	NR_KINDS,
};

/* What happens without the guest; after these, someone looks at the display. */
enum { POWER_BUTTON, ALARM, CLOCK_STOPS, CLOCK_RUNS, LINK_RESETS, LEAVES_RESET, NR_EVENTS };

static const u16 ports[] = { 0x00, 0x0c, 0x60, 0x81, 0xd0, 0x64, 0x70, 0x71, 0x92, 0xb2, 0x3b4,
	0x3c0, 0x3c4, 0x3f8, 0x3fa, 0x402, 0x500, 0x510, 0x514, 0x600, 0x604, 0x608, 0x620, 0x630,
	0xcd8, 0xcdc, 0xcf8, 0xcf9, 0xcfc };

struct bench {
	struct fake_clock clock;
	struct loop loop;
	struct bus mmio, pio;
	struct mem mem;
	struct ram ram;
	bool smm;
	u8 locked[3]; /* the registers of SMRAM, once they are locked; [1]: 0 before */
	pthread_mutex_t lock;
	struct fake_line sci, com1_irq, rtc_irq, keyboard_irq, mouse_irq;
	struct mch mch;
	struct pm pm;
	struct smi smi;
	struct cpu_hotplug cpu_hotplug;
	struct fw_cfg fw_cfg;
	struct lpc lpc;
	struct rtc rtc;
	struct serial com1;
	struct i8042 i8042;
	struct bochs display;
	struct reset reset;
	struct debug_port log;
	struct dma8237 dma;
	struct board board; /* its lock alone */
	void *debug_exit;
	struct root_port port;
	struct pci_dev card;
	struct pci_vga vga; /* of the card */
	struct scan scan;
	struct stream host;
	u64 printed;
	u64 room; /* of the host's end */
};

static void on_power_off(void *owner)
{
}

static void on_smi(void *owner, bool all)
{
	struct bench *b = owner;
	const u8 *enabled = b->pm.regs + PM_SMI_EN;

	CLAIM(b->smm && enabled[0] & PM_SMI_GBL_EN && enabled[0] & PM_SMI_APMC);
	CLAIM(!all || b->smi.ok);
}

static void on_reset(void *owner, const char *by)
{
	CLAIM(!strncmp(by, "port ", 5));
}

static void on_line(void *owner, const char *text)
{
	CLAIM(strlen(text) < DEBUG_PORT_LINE);
}

static void on_alarm(void *owner)
{
}

/* Never a status that means a signal, or success. */
static void on_exit_status(void *owner, unsigned status)
{
	CLAIM(status & 1 && status < 128);
}

static const struct device_events events = { .exit = on_exit_status };

static size_t host_take(struct stream *end, const u8 *bytes, size_t len)
{
	struct bench *b = container_of(end, struct bench, host);
	size_t n = len < b->room ? len : b->room;

	b->room -= n;
	b->printed += n;
	return n;
}

static void host_resume(struct stream *end)
{
}

static u64 bar_read(void *owner, u64 offset, unsigned size)
{
	CLAIM(offset + size <= 0x1000);
	return 0;
}

static void bar_write(void *owner, u64 offset, unsigned size, u64 value)
{
	CLAIM(offset + size <= 0x1000);
}

static u64 vga_read(void *owner, u32 addr, unsigned size)
{
	CLAIM(addr >= VGA_MONO_START && addr + size <= VGA_MEMORY_START + VGA_MEMORY_SIZE);
	return 0;
}

static void vga_write(void *owner, u32 addr, unsigned size, u64 value)
{
	CLAIM(addr >= VGA_MONO_START && addr + size <= VGA_MEMORY_START + VGA_MEMORY_SIZE);
}

static void vga_routed(void *owner, bool memory, bool color)
{
}

static const struct pci_vga_ops vga_ops = { vga_read, vga_write, vga_routed };
static const struct bus_ops bar_ops = { bar_read, bar_write };

static void on_sleep(void *owner)
{
}

static const struct pm_ops pm_ops = { on_power_off, on_sleep, on_sleep };

static u32 on_apic_id(void *owner, unsigned cpu)
{
	CLAIM(cpu < 2);
	return cpu;
}

static void add_smm(struct bench *b)
{
	struct ram_config config = RAM_CONFIG_DEFAULT;
	struct err err = { 0 };

	config.smm = true;
	CLAIM(!mem_add_smm(&b->mem, &err));
	CLAIM(!ram_open_as(&b->ram, &b->mem, RAM_SIZE, &config, &err));
	mch_add_smm(&b->mch, &b->ram);
	pm_add_smm(&b->pm);
	CLAIM(!smi_offer(&b->smi, &b->fw_cfg, &err));
	CLAIM(!cpu_hotplug_open(&b->cpu_hotplug, &b->pio, &b->lock, 2, on_apic_id, b));
}

static void add_debug_exit(struct bench *b)
{
	struct machine_config config = { .cpus = 1 };
	const struct device_parts parts = {
		.config = &config, .events = &events, .owner = b, .pio = &b->pio, .board = &b->board
	};
	struct err err = { 0 };

	for (unsigned i = 0; device_kinds[i]; i++)
		if (device_kinds[i] == &debug_exit_kind)
			config.device_options[i] = b->smm ? "0x501" : "on";
	pthread_mutex_init(&b->board.lock, NULL);
	b->debug_exit = calloc(1, debug_exit_kind.size);
	CLAIM(b->debug_exit && !debug_exit_kind.attach(b->debug_exit, &parts, &err));
}

static void open_bench(struct bench *b)
{
	const struct root_port_config port = { 1, 4, 16, true, 0 };
	const struct rtc_config rtc = { .ram_low = GIB, .nr_cpus = 2 };
	struct err err = { 0 };

	fake_clock_init(&b->clock, 1700000000 * NS_PER_S);
	CLAIM(!loop_open(&b->loop, &b->clock.clock, &err));
	CLAIM(!bus_open(&b->mmio) && !bus_open(&b->pio) && !mem_open(&b->mem, NULL, &err));
	pthread_mutex_init(&b->lock, NULL);
	fake_line_init(&b->sci);
	fake_line_init(&b->com1_irq);
	fake_line_init(&b->rtc_irq);
	fake_line_init(&b->keyboard_irq);
	fake_line_init(&b->mouse_irq);
	CLAIM(!mch_open(&b->mch, &b->mmio, &b->pio, &b->mem, NULL, &err));
	pm_open(&b->pm, &b->pio, &b->loop, &b->sci.line, &b->lock, &pm_ops, b);
	pm_allow_sleep(&b->pm, true, true);
	CLAIM(!lpc_open(&b->lpc, &b->mch.host, &b->pm, &err));
	CLAIM(!smi_open(&b->smi, &b->pio, &b->pm, &b->lock, on_smi, b));
	CLAIM(!fw_cfg_open(&b->fw_cfg, &b->pio, &b->mem, &err));
	b->ram.fd = -1;
	if (b->smm)
		add_smm(b);
	CLAIM(!rtc_open(&b->rtc, &rtc, &b->pio, &b->loop, &b->rtc_irq.line, &b->lock, on_alarm, b));
	CLAIM(!serial_open(&b->com1, &b->pio, SERIAL_COM1, &b->com1_irq.line, &b->lock));
	CLAIM(!i8042_open(&b->i8042, &b->pio, &b->keyboard_irq.line, &b->mouse_irq.line, &b->lock,
		on_reset, b));
	CLAIM(!reset_open(&b->reset, &b->pio, &b->lock, on_reset, b));
	CLAIM(!debug_port_open(&b->log, &b->pio, &b->lock, on_line, b));
	CLAIM(!dma8237_open(&b->dma, &b->pio, &b->lock));
	add_debug_exit(b);
	b->mch.cf9_ops = &reset_cf9_ops;
	b->mch.cf9_owner = &b->reset;
	b->host = (struct stream){ host_take, host_resume };
	stream_connect(&b->com1.stream, &b->host);
	CLAIM(!root_port_open(&b->port, &b->mch.host, PCI_DEVFN_OF(1, 0), &port, &err));
	pci_dev_init(&b->card, "card", NULL, 0x1234, 0x5678, 0x030000, PCI_HEADER_TYPE_NORMAL);
	pci_dev_set_bar(&b->card, 0, 0x1000, PCI_BASE_ADDRESS_MEM_TYPE_64);
	pci_dev_set_bar(&b->card, 4, 0x100, PCI_BASE_ADDRESS_SPACE_IO);
	b->card.bars[0].ops = b->card.bars[4].ops = &bar_ops;
	b->vga = (struct pci_vga){ .ops = &vga_ops, .owner = b };
	b->card.vga = &b->vga;
	pci_dev_seal(&b->card);
	CLAIM(!pci_bus_add(&b->port.bus, &b->card, 0));
	CLAIM(!bochs_open(&b->display, &b->mch.host, PCI_DEVFN_OF(30, 0), "rom", 3, &err));
}

static void close_bench(struct bench *b)
{
	scan_close(&b->scan);
	bochs_close(&b->display);
	pci_dev_unmap(&b->card);
	pci_bus_remove(&b->port.bus, &b->card);
	root_port_close(&b->port);
	debug_exit_kind.close(b->debug_exit);
	free(b->debug_exit);
	pthread_mutex_destroy(&b->board.lock);
	dma8237_close(&b->dma);
	debug_port_close(&b->log);
	reset_close(&b->reset);
	i8042_close(&b->i8042);
	serial_close(&b->com1);
	rtc_close(&b->rtc);
	cpu_hotplug_close(&b->cpu_hotplug);
	smi_close(&b->smi);
	fw_cfg_close(&b->fw_cfg);
	lpc_close(&b->lpc);
	pm_close(&b->pm);
	mch_close(&b->mch);
	if (b->smm)
		ram_close(&b->ram);
	CLAIM(!b->mem.nr_regions);
	CLAIM(!b->mmio.nr_regions && !b->pio.nr_regions);
	CLAIM(!b->loop.timers && !b->loop.works);
	pthread_mutex_destroy(&b->lock);
	mem_close(&b->mem);
	bus_close(&b->mmio);
	bus_close(&b->pio);
	loop_close(&b->loop);
}

static void pass(struct bench *b, u64 ns)
{
	struct err err = { 0 };

	fake_clock_pass(&b->clock, ns);
	b->room = ns & 0x3f;
	if (b->room)
		b->com1.stream.resume(&b->com1.stream);
	CLAIM(!loop_step(&b->loop, 0, &err));
}

/* A viewer, whose every rectangle is within the picture that it has. */
static void look(struct bench *b)
{
	const struct picture p = bochs_picture(&b->display);
	struct scan_rect rects[8];
	u64 since = b->scan.stamp;
	struct err err = { 0 };
	unsigned nr;

	if (!b->scan.pixels)
		CLAIM(!scan_open(&b->scan, &err));
	scan_update(&b->scan, b->display.screen.pixels, &p);
	nr = scan_changes(&b->scan, since, rects, ARRAY_SIZE(rects));
	CLAIM(nr <= ARRAY_SIZE(rects));
	for (unsigned i = 0; i < nr; i++) {
		CLAIM(rects[i].x + rects[i].width <= b->scan.width);
		CLAIM(rects[i].y + rects[i].height <= b->scan.height);
	}
}

static void happen(struct bench *b, unsigned event)
{
	switch (event) {
	case POWER_BUTTON:
		pm_power_button(&b->pm);
		break;
	case ALARM:
		pm_rtc_alarm(&b->pm);
		break;
	case CLOCK_STOPS:
		rtc_pause(&b->rtc);
		break;
	case CLOCK_RUNS:
		rtc_resume(&b->rtc);
		break;
	case LINK_RESETS:
		pci_bus_reset(&b->port.bus);
		break;
	case LEAVES_RESET:
		cpu_hotplug_reset(&b->cpu_hotplug);
		break;
	default:
		look(b);
	}
}

static void take_step(struct bench *b, const struct step *s)
{
	unsigned size = 1 + s->size % 8;
	u64 value = (u64)get_le32(s->value) * 0x100000001ull;
	u32 address = get_le32(s->address);
	u64 ecam = mch_ecam(&b->mch).start + (address & 0xfffffff);

	if (s->kind & NEAR)
		address = ports[s->address[0] % ARRAY_SIZE(ports)] + (s->address[1] & 3u);
	switch ((s->kind & 0x3f) % NR_KINDS) {
	case PORT_WRITE:
		bus_write(&b->pio, address & 0xffff, size, value);
		break;
	case PORT_READ:
		CLAIM(!(bus_read(&b->pio, address & 0xffff, size) & ~all_ones(size)));
		break;
	case CONFIG_WRITE:
		bus_write(&b->mmio, ecam, size, value);
		break;
	case CONFIG_READ:
		bus_read(&b->mmio, ecam, size);
		break;
	case MEMORY_WRITE:
		bus_write(&b->mmio, address, size, value);
		break;
	case MEMORY_READ:
		bus_read(&b->mmio, address, size);
		break;
	case TIME:
		pass(b, (u64)get_le32(s->value) << (s->size % 20));
		break;
	case KEYS:
		CLAIM(b->com1.stream.take(&b->com1.stream, s->value, 4) <= 4);
		b->i8042.input.key(&b->i8042.input, s->value[0], s->size & 1);
		b->i8042.input.pointer(&b->i8042.input, (signed char)s->value[1],
			(int)get_le32(s->value), (signed char)s->value[2], s->value[3]);
		break;
	case EVENT:
		happen(b, s->value[0] % (NR_EVENTS + 1));
		break;
	}
}

/* What only SMM sees is where the registers say, and stays there once they are locked. */
static void check_smm(struct bench *b)
{
	const u8 *regs = b->mch.dev.config + SMRAM_SMBASE;
	bool hidden = regs[1] & SMRAM_G_SMRAME && regs[2] & SMRAM_T_EN;

	CLAIM(!mem_ptr(&b->mem, RAM_SIZE - 1, 1) == hidden);
	CLAIM(!mem_ptr(&b->mem, 0x30000, 0x20000) == (regs[0] == SMRAM_SMBASE_LOCK));
	CLAIM(mem_ptr_in(&b->mem, FLAT_VIEW_SMM, RAM_SIZE - 1, 1));
	CLAIM(!(regs[1] & SMRAM_D_LCK && regs[1] & SMRAM_D_OPEN));
	if (b->locked[1]) {
		CLAIM((b->locked[1] & ~SMRAM_D_CLS) == (regs[1] & ~SMRAM_D_CLS));
		CLAIM(b->locked[2] == regs[2]);
		CLAIM(b->locked[0] != SMRAM_SMBASE_LOCK || regs[0] == SMRAM_SMBASE_LOCK);
	}
	if (regs[1] & SMRAM_D_LCK)
		memcpy(b->locked, regs, sizeof(b->locked));
}

/* What holds whatever the guest did. */
static void check(struct bench *b)
{
	const struct range ecam = mch_ecam(&b->mch);
	const struct picture p = bochs_picture(&b->display);

	CLAIM(p.offset + (u64)p.stride * p.height <= BOCHS_MEMORY && p.width <= PICTURE_MAX);
	CLAIM(!(b->keyboard_irq.line.level && b->mouse_irq.line.level));
	CLAIM(b->i8042.keyboard.typed.len <= PS2_QUEUE && b->i8042.mouse.reports.len <= PS2_QUEUE);
	CLAIM(b->com1.rx.len <= SERIAL_FIFO && b->com1.tx.len <= SERIAL_TX_SIZE);
	CLAIM(!(ecam.size & (ecam.size - 1)) && !(ecam.size && ecam.start & (ecam.size - 1)));
	CLAIM(b->rtc_irq.line.level == (b->rtc.cmos[RTC_C] >> 7));
	CLAIM(b->rtc.offset_ns < NS_PER_S);
	CLAIM(b->smm || b->pm.regs[PM1_CNT] & PM1_SCI_EN);
	if (b->smm)
		check_smm(b);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct bench b;
	struct step step;

	memset(&b, 0, sizeof(b));
	b.smm = size && data[0] & HAS_SMM;
	open_bench(&b);
	for (unsigned n = 0; size >= sizeof(step) && n < MAX_STEPS; n++) {
		memcpy(&step, data, sizeof(step));
		data += sizeof(step);
		size -= sizeof(step);
		take_step(&b, &step);
		check(&b);
	}
	pci_bus_reset(&b.mch.host.root);
	serial_reset(&b.com1);
	rtc_reset(&b.rtc);
	i8042_reset(&b.i8042);
	pm_reset(&b.pm);
	smi_reset(&b.smi);
	dma8237_reset(&b.dma);
	memset(b.locked, 0, sizeof(b.locked));
	check(&b);
	close_bench(&b);
	return 0;
}
