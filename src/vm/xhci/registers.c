// SPDX-License-Identifier: GPL-2.0-or-later
/* The registers, chapter 5, and the controller's start and stop, 4.2 and 4.3. */
#include "base/eventfd.h"
#include "vm/xhci/internal.h"

#define AC64              BIT(0)
#define SEGMENTS          (4u << 4) /* ERST Max: 2^4 */
#define THRESHOLD         0xfu      /* of isochronous scheduling */
#define PORT_SIZE         0x10u
#define IR_SIZE           0x20u
#define MFINDEX           0x3fffu
#define NS_PER_MICROFRAME 125000u

#define MSI_VECTORS XHCI_NR_INTERRUPTERS
#define PROTOCOL    2u /* the id of the capability */
#define NAME_USB    0x20425355u
#define PORT_REGION (XHCI_PORTS - XHCI_OPER)

_Static_assert(1u << (SEGMENTS >> 4) == XHCI_MAX_SEGMENTS, "SEGMENTS says another number");

void xhci_wake(struct xhci *x)
{
	eventfd_signal(x->wake);
}

void xhci_die(struct xhci *x, const char *what)
{
	log_guest_warn("USB controller: %s; it stops until the guest resets it", what);
	x->usbcmd &= ~XHCI_CMD_RS;
	x->usbsts |= XHCI_STS_HCE | XHCI_STS_HCH;
	x->running_commands = false;
}

void xhci_reset(struct xhci *x)
{
	for (unsigned id = 1; id <= XHCI_NR_SLOTS; id++)
		xhci_disable_slot(x, xhci_slot(x, id));
	x->usbcmd = x->dnctrl = x->config = 0;
	x->usbsts = XHCI_STS_HCH;
	x->crcr = x->dcbaap = 0;
	x->commands = (struct xhci_ring){ 0 };
	x->running_commands = x->ring_commands = false;
	for (unsigned n = 0; n < XHCI_NR_INTERRUPTERS; n++)
		x->interrupters[n] = (struct xhci_interrupter){ 0 };
	xhci_port_reset_all(x);
}

static u32 read_caps(u32 reg)
{
	switch (reg) {
	case XHCI_CAPLENGTH:
		return XHCI_OPER | XHCI_VERSION << 16;
	case XHCI_HCSPARAMS1:
		return XHCI_NR_SLOTS | XHCI_NR_INTERRUPTERS << 8 | (u32)XHCI_NR_PORTS << 24;
	case XHCI_HCSPARAMS2:
		return SEGMENTS | THRESHOLD;
	case XHCI_HCCPARAMS1:
		return AC64 | XHCI_EXTENDED / 4 << 16;
	case XHCI_DBOFF:
		return XHCI_DOORBELL;
	case XHCI_RTSOFF:
		return XHCI_RUNTIME;
	/* USB 2.0 on the second half of the ports, then USB 3.0 on the first: 7.2. */
	case XHCI_EXTENDED:
		return PROTOCOL | 4 << 8 | 0x0200 << 16;
	case XHCI_EXTENDED + 0x04:
	case XHCI_EXTENDED + 0x14:
		return NAME_USB;
	case XHCI_EXTENDED + 0x08:
		return (XHCI_NR_SUPER + 1) | XHCI_NR_SUPER << 8;
	case XHCI_EXTENDED + 0x10:
		return PROTOCOL | 0x0300 << 16;
	case XHCI_EXTENDED + 0x18:
		return 1 | XHCI_NR_SUPER << 8;
	}
	return 0;
}

static u32 read_oper(const struct xhci *x, u32 reg)
{
	switch (reg) {
	case XHCI_USBCMD:
		return x->usbcmd;
	case XHCI_USBSTS:
		return x->usbsts;
	case XHCI_PAGESIZE:
		return BIT(0); /* 4 KiB */
	case XHCI_DNCTRL:
		return x->dnctrl;
	case XHCI_CRCR: /* the rest reads as 0 */
		return x->running_commands ? XHCI_CRCR_CRR : 0;
	case XHCI_DCBAAP:
		return (u32)x->dcbaap;
	case XHCI_DCBAAP + 4:
		return (u32)(x->dcbaap >> 32);
	case XHCI_CONFIG:
		return x->config;
	}
	if (reg >= PORT_REGION && reg < PORT_REGION + XHCI_NR_PORTS * PORT_SIZE &&
		reg % PORT_SIZE == XHCI_PORTSC)
		return x->ports[(reg - PORT_REGION) / PORT_SIZE].portsc;
	return 0;
}

static u32 read_runtime(const struct xhci *x, u32 reg)
{
	u64 now;

	if (reg >= XHCI_INTERRUPTERS && reg < XHCI_INTERRUPTERS + XHCI_NR_INTERRUPTERS * IR_SIZE)
		return xhci_interrupter_read(x, (reg - XHCI_INTERRUPTERS) / IR_SIZE, reg % IR_SIZE);
	if (reg != XHCI_MFINDEX || x->usbsts & XHCI_STS_HCH)
		return 0;
	now = clock_monotonic(x->clock) - x->started;
	return (u32)(now / NS_PER_MICROFRAME) & MFINDEX;
}

static u32 read_dword(const struct xhci *x, u32 offset)
{
	if (offset < XHCI_OPER)
		return read_caps(offset);
	if (offset < XHCI_RUNTIME)
		return read_oper(x, offset - XHCI_OPER);
	if (offset < XHCI_DOORBELL)
		return read_runtime(x, offset - XHCI_RUNTIME);
	return 0;
}

static void start(struct xhci *x)
{
	if (x->usbsts & XHCI_STS_HCE || mem_ram(x->mem, &x->ram))
		return;
	x->usbcmd |= XHCI_CMD_RS;
	x->usbsts &= ~XHCI_STS_HCH;
	x->started = clock_monotonic(x->clock);
	xhci_wake(x);
}

static void stop(struct xhci *x)
{
	x->usbcmd &= ~XHCI_CMD_RS;
	x->usbsts |= XHCI_STS_HCH;
	x->running_commands = false;
}

static void write_usbcmd(struct xhci *x, u32 value)
{
	bool runs = x->usbcmd & XHCI_CMD_RS;

	if (value & XHCI_CMD_HCRST) {
		xhci_reset(x);
		return;
	}
	x->usbcmd = (value & XHCI_CMD_BITS & ~XHCI_CMD_RS) | (x->usbcmd & XHCI_CMD_RS);
	/* No state is kept while the guest sleeps: the driver starts anew. */
	if (value & XHCI_CMD_CRS)
		x->usbsts |= XHCI_STS_SRE;
	if (value & XHCI_CMD_RS && !runs)
		start(x);
	else if (!(value & XHCI_CMD_RS) && runs)
		stop(x);
	xhci_interrupt_all(x);
}

/* The ring's address is taken only while no command runs, 5.4.5. */
static void write_crcr(struct xhci *x, u32 value)
{
	if (value & (XHCI_CRCR_CS | XHCI_CRCR_CA) && x->running_commands)
		xhci_command_stop(x);
	if (x->running_commands)
		return;
	x->commands.dequeue = (x->commands.dequeue & ~0xffffffffull) | (value & ~63u);
	x->commands.cycle = value & XHCI_CRCR_RCS;
}

static void write_oper(struct xhci *x, u32 reg, u32 value)
{
	switch (reg) {
	case XHCI_USBCMD:
		write_usbcmd(x, value);
		break;
	case XHCI_USBSTS:
		x->usbsts &= ~(value & XHCI_STS_RW1C);
		break;
	case XHCI_DNCTRL:
		x->dnctrl = value & 0xffff;
		break;
	case XHCI_CRCR:
		write_crcr(x, value);
		break;
	case XHCI_CRCR + 4:
		if (!x->running_commands)
			x->commands.dequeue = (u32)x->commands.dequeue | (u64)value << 32;
		break;
	case XHCI_DCBAAP:
		x->dcbaap = (x->dcbaap & ~0xffffffffull) | (value & ~63u);
		break;
	case XHCI_DCBAAP + 4:
		x->dcbaap = (u32)x->dcbaap | (u64)value << 32;
		break;
	case XHCI_CONFIG:
		x->config = value & 0xff;
		break;
	default:
		if (reg >= PORT_REGION && reg < PORT_REGION + XHCI_NR_PORTS * PORT_SIZE &&
			reg % PORT_SIZE == XHCI_PORTSC)
			xhci_port_write(x, (reg - PORT_REGION) / PORT_SIZE + 1, value);
	}
}

/* 5.6. The value's upper half is a stream, of which there are none. */
static void ring_doorbell(struct xhci *x, unsigned n, u32 value)
{
	if (!xhci_runs(x) || n > XHCI_NR_SLOTS)
		return;
	if (n) {
		xhci_ep_ring(x, n, value & 0xff);
		return;
	}
	if (value & 0xff)
		return;
	x->running_commands = x->ring_commands = true;
	xhci_wake(x);
}

static void write_dword(struct xhci *x, u32 offset, u32 value)
{
	u32 reg = offset - XHCI_RUNTIME;

	if (offset >= XHCI_DOORBELL)
		ring_doorbell(x, (offset - XHCI_DOORBELL) / 4, value);
	else if (offset >= XHCI_RUNTIME + XHCI_INTERRUPTERS &&
		 reg < XHCI_INTERRUPTERS + XHCI_NR_INTERRUPTERS * IR_SIZE)
		xhci_interrupter_write(
			x, (reg - XHCI_INTERRUPTERS) / IR_SIZE, reg % IR_SIZE, value);
	else if (offset >= XHCI_OPER && offset < XHCI_RUNTIME)
		write_oper(x, offset - XHCI_OPER, value);
}

/* Reads 4 or 8 bytes; a smaller read returns a part of a dword. */
u64 xhci_register_read(struct xhci *x, u32 offset, unsigned size)
{
	u64 value;

	pthread_mutex_lock(&x->lock);
	value = read_dword(x, offset & ~3u);
	if (size == 8)
		value |= (u64)read_dword(x, (offset & ~3u) + 4) << 32;
	pthread_mutex_unlock(&x->lock);
	return value >> (8 * (offset & 3));
}

void xhci_register_write(struct xhci *x, u32 offset, unsigned size, u64 value)
{
	if (offset % 4 || size < 4)
		return;
	pthread_mutex_lock(&x->lock);
	write_dword(x, offset, (u32)value);
	if (size == 8)
		write_dword(x, offset + 4, (u32)(value >> 32));
	pthread_mutex_unlock(&x->lock);
}
