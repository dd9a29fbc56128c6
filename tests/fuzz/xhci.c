// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A USB controller with a keyboard, a mouse, a tablet and a disk under a hostile driver: any
 * accesses to config space and registers, any TRBs in its rings, any contexts in memory, and keys
 * and motion meanwhile. The devices are addressed and configured at the start, so that most inputs
 * reach commands and transfers. The controller has a thread of its own if the first step says so.
 */
#include "vm/xhci/xhci.h"
#include "base/own.h"
#include "bench.h"
#include "vm/usb/input.h"
#include "vm/usb/storage.h"

#define DISK_SIZE  (64 * KIB)
#define DEVFN      PCI_DEVFN_OF(16, 0)
#define BAR        0xe0000000u
#define DCBAA      0x10000u
#define TABLE      0x11000u /* of the event rings */
#define EVENTS     0x12000u /* a page for each */
#define NR_EVENTS  2u
#define INPUT      0x14000u
#define OUTPUT     0x15000u /* a page for each slot */
#define RINGS      0x20000u /* a page for each: of commands, then four of each slot */
#define DATA       0x80000u
#define TRBS       32u /* of a ring; the last is a link */
#define NR_DEVICES 4u
#define NR_RINGS   (1 + 4 * NR_DEVICES)
#define CBW        31u
#define THREAD     0x40 /* in the kind of the first step */

struct step {
	u8 kind;
	u8 size;
	u8 address[4];
	u8 rest[2];
	u8 bytes[12];
	u8 value[4];
};

enum { RAM_WRITE = BENCH_KINDS, PUT, RING, CONTROL, COMMAND, WRAPPER, KEY, TAKE, RESET, NR_KINDS };

static struct {
	struct bench m;
	struct xhci xhci;
	struct usb_input input;
	struct usb_storage disk;
	struct input ps2;
	unsigned next[NR_RINGS];
	bool cycle[NR_RINGS];
	bool thread;
} b;

static bool ps2_ready(struct input *input)
{
	return true;
}

static void ps2_key(struct input *input, u8 key, bool down)
{
}

static void ps2_pointer(struct input *input, int x, int y, int wheel, u8 buttons)
{
}

static void write_register(u32 reg, u32 value)
{
	bus_write(&b.m.mmio, BAR + reg, 4, value);
}

static u8 *at(u32 address)
{
	u8 *p = mem_ptr(&b.m.mem, address, 4096);

	CLAIM(p);
	return p;
}

static void put(unsigned ring, u64 parameter, u32 status, u32 control)
{
	u8 *trb = at(RINGS + 0x1000 * ring) + XHCI_TRB * b.next[ring];

	put_le64(trb, parameter);
	put_le32(trb + 8, status);
	put_le32(trb + 12, (control & ~1u) | b.cycle[ring]);
	if (++b.next[ring] < TRBS - 1)
		return;
	trb = at(RINGS + 0x1000 * ring) + XHCI_TRB * (TRBS - 1);
	put_le64(trb, RINGS + 0x1000 * ring);
	put_le32(trb + 12, TRB_LINK << 10 | TRB_TOGGLE | (control & TRB_CHAIN) | b.cycle[ring]);
	b.next[ring] = 0;
	b.cycle[ring] = !b.cycle[ring];
}

/* The driver has taken all events. */
static void take_events(void)
{
	for (unsigned n = 0; n < NR_EVENTS; n++) {
		const struct xhci_interrupter *in = &b.xhci.interrupters[n];
		u64 erdp = in->nr_segments && in->segments[0].address == EVENTS + 0x1000 * n
				   ? EVENTS + 0x1000 * n + XHCI_TRB * in->index
				   : EVENTS + 0x1000 * n;

		bus_write(&b.m.mmio, BAR + XHCI_RUNTIME + 0x20 + 0x20 * n + XHCI_ERDP, 8,
			erdp | XHCI_ERDP_EHB);
	}
}

static void run(void)
{
	for (unsigned i = 0; i < 8; i++) {
		if (b.thread)
			usleep(20);
		while (!b.thread && xhci_step(&b.xhci))
			continue;
		CLAIM(!block_worker_step(&b.disk.worker, false));
	}
	bench_step(&b.m);
}

static void command(u64 parameter, u32 control)
{
	put(0, parameter, 0, control);
	write_register(XHCI_DOORBELL, 0);
	run();
	take_events();
}

/* The ring of a slot's endpoint: 1, 3, 4, and what else there is. */
static unsigned ring_of(unsigned slot, unsigned dci)
{
	return 1 + 4 * (slot - 1) + (dci == 1 ? 0 : dci == 3 ? 1 : dci == 4 ? 2 : 3);
}

static void fill_endpoint(unsigned slot, unsigned dci, u8 type)
{
	u8 *context = at(INPUT) + (dci + 1) * XHCI_CONTEXT;

	memset(context, 0, XHCI_CONTEXT);
	put_le32(context + 4, (u32)type << 3 | 64u << 16);
	put_le64(context + 8, (RINGS + 0x1000 * ring_of(slot, dci)) | 1);
}

static void control(unsigned slot, u64 setup)
{
	unsigned ring = ring_of(slot, 1);
	u32 length = (u32)(setup >> 48), in = setup & 0x80 ? TRB_IN : 0;

	put(ring, setup, 8, TRB_SETUP << 10 | TRB_IDT);
	if (length)
		put(ring, DATA, length, TRB_DATA << 10 | in | TRB_ISP);
	put(ring, 0, 0, TRB_STATUS << 10 | TRB_IOC);
	write_register(XHCI_DOORBELL + 4 * slot, 1);
	run();
}

static void set_up_device(unsigned slot, unsigned port)
{
	u8 *input = at(INPUT);

	write_register(XHCI_PORTS + 16 * (port - 1), XHCI_PORT_PP | XHCI_PORT_PR);
	command(0, TRB_ENABLE_SLOT << 10);
	put_le64(at(DCBAA) + 8 * slot, OUTPUT + 0x1000 * slot);
	memset(input, 0, 4096);
	put_le32(input + 4, 3);
	put_le32(input + XHCI_CONTEXT, 1u << 27);
	put_le32(input + XHCI_CONTEXT + 4, port << 16);
	fill_endpoint(slot, 1, 4);
	command(INPUT, TRB_ADDRESS_DEVICE << 10 | slot << 24);
	control(slot, 0x10900); /* SET_CONFIGURATION(1) */
	put_le32(input + 4, 1 | BIT(3) | BIT(4));
	fill_endpoint(slot, 3, 7);
	fill_endpoint(slot, 4, 2);
	command(INPUT, TRB_CONFIGURE_ENDPOINT << 10 | slot << 24);
}

static void start(void)
{
	for (unsigned i = 0; i < NR_RINGS; i++) {
		memset(at(RINGS + 0x1000 * i), 0, 4096);
		b.next[i] = 0;
		b.cycle[i] = true;
	}
	memset(at(EVENTS), 0, 4096);
	pci_host_config_write(&b.m.host, 0, DEVFN, PCI_BASE_ADDRESS_0, 4, BAR);
	pci_host_config_write(
		&b.m.host, 0, DEVFN, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	write_register(XHCI_OPER + XHCI_USBCMD, XHCI_CMD_HCRST);
	write_register(XHCI_OPER + XHCI_CONFIG, 8);
	write_register(XHCI_OPER + XHCI_DCBAAP, DCBAA);
	write_register(XHCI_OPER + XHCI_CRCR, RINGS | XHCI_CRCR_RCS);
	for (unsigned n = 0; n < NR_EVENTS; n++) {
		u32 reg = XHCI_RUNTIME + 0x20 + 0x20 * n;

		put_le64(at(TABLE) + 64 * n, EVENTS + 0x1000 * n);
		put_le64(at(TABLE) + 64 * n + 8, 256);
		write_register(reg + XHCI_ERSTSZ, 1);
		write_register(reg + XHCI_ERDP, EVENTS + 0x1000 * n);
		write_register(reg + XHCI_ERSTBA, TABLE + 64 * n);
		write_register(reg + XHCI_ERSTBA + 4, 0);
		write_register(reg + XHCI_IMAN, XHCI_IMAN_IE);
	}
	write_register(XHCI_OPER + XHCI_USBCMD, XHCI_CMD_RS | XHCI_CMD_INTE);
	set_up_device(1, b.disk.dev.port);
	set_up_device(2, b.input.keyboard.dev.port);
	set_up_device(3, b.input.mouse.dev.port);
	set_up_device(4, b.input.tablet.dev.port);
}

static void open_bench(void)
{
	char path[32];
	own_fd int fd = bench_file(path, DISK_SIZE);
	const struct usb_storage_config disk = { .path = path, .no_thread = true };
	struct err err = { 0 };

	bench_open(&b.m, false);
	b.ps2 = (struct input){ .ready = ps2_ready, .key = ps2_key, .pointer = ps2_pointer };
	CLAIM(!xhci_open(&b.xhci, &clock_system, !b.thread, &err));
	CLAIM(!xhci_attach(&b.xhci, &b.m.host, DEVFN, &err));
	usb_input_open(&b.input, &b.ps2, &clock_system);
	CLAIM(!usb_storage_open(&b.disk, &disk, &err));
	CLAIM(!xhci_plug(&b.xhci, &b.disk.dev, &err));
	CLAIM(!xhci_plug(&b.xhci, &b.input.keyboard.dev, &err));
	CLAIM(!xhci_plug(&b.xhci, &b.input.mouse.dev, &err));
	CLAIM(!xhci_plug(&b.xhci, &b.input.tablet.dev, &err));
	start();
}

static void close_bench(void)
{
	xhci_unplug(&b.xhci, &b.disk.dev);
	xhci_unplug(&b.xhci, &b.input.keyboard.dev);
	xhci_unplug(&b.xhci, &b.input.mouse.dev);
	xhci_unplug(&b.xhci, &b.input.tablet.dev);
	usb_storage_close(&b.disk);
	usb_input_close(&b.input);
	xhci_close(&b.xhci);
	bench_close(&b.m);
}

/* A TRB as a driver would put it, but for what is in it. */
static void put_any(const struct step *s)
{
	unsigned ring = s->address[0] % NR_RINGS;
	u64 parameter = s->size & 0x80 ? get_le64(s->bytes) : DATA + get_le16(s->bytes);
	u32 type = s->address[1] & 0x80 ? TRB_NORMAL : s->address[1] & 0x3f;

	put(ring, parameter, get_le32(s->bytes + 8),
		type << 10 | (get_le32(s->value) & 0xffff03ff));
}

/* A command for the disk, and where its data and status go. */
static void put_wrapper(const struct step *s)
{
	u32 size = get_le16(s->value) * 4u;
	u8 *cbw = at(DATA);

	memset(cbw, 0, CBW);
	put_le32(cbw, 0x43425355);
	put_le32(cbw + 8, size);
	cbw[12] = s->size;
	memcpy(cbw + 15, s->bytes, sizeof(s->bytes));
	put(ring_of(1, 4), DATA, CBW, TRB_NORMAL << 10 | TRB_IOC);
	if (size)
		put(ring_of(1, s->size & 0x80 ? 3 : 4), DATA + 0x1000, size & 0x1ffff,
			TRB_NORMAL << 10 | TRB_IOC | TRB_ISP);
	put(ring_of(1, 3), DATA, 13, TRB_NORMAL << 10 | TRB_IOC | TRB_ISP);
	write_register(XHCI_DOORBELL + 4, 4);
	write_register(XHCI_DOORBELL + 4, 3);
	run();
}

static void type(const struct step *s)
{
	const struct input_place place = { .x = get_le16(s->bytes) & INPUT_PLACE_MAX,
		.y = s->bytes[2] };
	struct input *input = &b.input.input;

	input->ready(input);
	input->key(input, s->address[0], s->address[1] & 1);
	input->pointer(input, (signed char)s->bytes[3], (signed char)s->bytes[4],
		(signed char)s->bytes[5], s->bytes[6] & 7);
	input->place(input, &place, (signed char)s->bytes[5], s->bytes[7] & 7);
	run();
}

static void write_ram(const struct step *s, u32 address)
{
	/* Contexts and rings more than all else. */
	u8 *p = mem_ptr(&b.m.mem, DCBAA + address % (DATA - DCBAA), sizeof(s->bytes));

	if (p)
		memcpy(p, s->bytes, sizeof(s->bytes));
}

static void take_step(const struct step *s)
{
	unsigned kind = (s->kind & ~THREAD) % NR_KINDS;
	u32 address = get_le32(s->address);
	u32 bar = kind == BENCH_BAR_READ ? address % 0x4000 : (address % 0x4000 & ~3u);

	bench_access(&b.m, DEVFN, kind, s->size, address, BAR + bar, get_le32(s->value));
	switch (kind) {
	case RAM_WRITE:
		write_ram(s, address);
		break;
	case PUT:
		put_any(s);
		break;
	case RING:
		write_register(XHCI_DOORBELL + 4 * (s->address[0] % 6), s->address[1] % 6);
		run();
		break;
	case CONTROL:
		control(1 + s->address[0] % NR_DEVICES, get_le64(s->bytes));
		break;
	case COMMAND:
		command(s->size & 0x80 ? get_le64(s->bytes) : INPUT,
			(9u + s->address[0] % 16) << 10 | (u32)(s->address[1] & 0x1f) << 16 |
				(u32)(s->address[2] % 6) << 24 | (s->address[3] & 1u) << 9);
		break;
	case WRAPPER:
		put_wrapper(s);
		break;
	case KEY:
		type(s);
		break;
	case TAKE:
		take_events();
		run();
		break;
	case RESET:
		if (s->size & 1)
			pci_bus_reset(&b.m.host.root);
		start();
		break;
	}
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
