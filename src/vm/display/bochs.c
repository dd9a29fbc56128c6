// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/display/bochs.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bytes.h"

#define VENDOR           0x1234
#define DEVICE           0x1111
#define SUBSYSTEM_VENDOR 0x1af4
#define SUBSYSTEM        0x1100
#define CLASS_DISPLAY    0x038000 /* not VGA */
#define REVISION         2

/* The registers at BOCHS_QEXT, 32 bits each: their size in bytes, and the byte order. */
#define QEXT_ORDER   4
#define QEXT_SIZE    8
#define ORDER_LITTLE 0x1e1e1e1eu
#define ORDER_BIG    0xbebebebeu

static u8 qext_byte(const struct bochs *bochs, u64 at)
{
	if (at < QEXT_ORDER)
		return at ? 0 : QEXT_SIZE;
	return (u8)(bochs->big_endian ? ORDER_BIG : ORDER_LITTLE);
}

static u8 register_byte(const struct bochs *bochs, u64 at)
{
	if (at < EDID_SIZE)
		return bochs->edid[at];
	if (at >= BOCHS_DISPI && at < BOCHS_DISPI + 2 * DISPI_REGISTERS)
		return (u8)(bochs->dispi[(at - BOCHS_DISPI) / 2] >> at % 2 * 8);
	if (at >= BOCHS_QEXT && at < BOCHS_QEXT + QEXT_SIZE)
		return qext_byte(bochs, at - BOCHS_QEXT);
	return 0xff;
}

static u64 registers_read(void *owner, u64 offset, unsigned size)
{
	const struct bochs *bochs = owner;
	u64 value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (u64)register_byte(bochs, offset + i) << 8 * i;
	return value;
}

static void write_dispi(struct bochs *bochs, u64 at, u8 byte)
{
	unsigned index = (unsigned)at / 2, shift = at % 2 * 8;

	if (index == DISPI_ID || index >= DISPI_MEMORY_64K)
		return;
	bochs->dispi[index] = (u16)((bochs->dispi[index] & ~(0xff << shift)) | byte << shift);
}

static bool has_format(const struct bochs *bochs, enum picture_format *format)
{
	switch (bochs->dispi[DISPI_BPP]) {
	case 16:
		*format = PICTURE_565;
		return true;
	case 32:
		*format = bochs->big_endian ? PICTURE_BGRX : PICTURE_XRGB;
		return true;
	}
	return false;
}

static bool fits(const struct picture *p)
{
	return p->width >= PICTURE_MIN && p->width <= PICTURE_MAX && p->height >= PICTURE_MIN &&
	       p->height <= PICTURE_MAX && p->offset + (u64)p->stride * p->height <= BOCHS_MEMORY;
}

/* The registers have 16 bits, so no sum or product here overflows. */
static struct picture picture_of(const struct bochs *bochs)
{
	const u16 *dispi = bochs->dispi;
	struct picture p = { .width = dispi[DISPI_XRES], .height = dispi[DISPI_YRES] };
	u32 virtual = dispi[DISPI_VIRT_WIDTH];
	unsigned bytes;

	if (!(dispi[DISPI_ENABLE] & DISPI_ENABLED) || !has_format(bochs, &p.format))
		return (struct picture){ 0 };
	bytes = picture_bytes(p.format);
	p.stride = (virtual > p.width ? virtual : p.width) * bytes;
	p.offset = (u64)dispi[DISPI_Y_OFFSET] * p.stride + (u64)dispi[DISPI_X_OFFSET] * bytes;
	return fits(&p) ? p : (struct picture){ 0 };
}

/* The lock is held, or nobody else has the display yet. */
static void show(struct bochs *bochs)
{
	struct picture picture = picture_of(bochs);

	screen_show(&bochs->screen, &picture);
}

static void registers_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct bochs *bochs = owner;

	if (offset == BOCHS_QEXT + QEXT_ORDER && size == 4 &&
		(value == ORDER_LITTLE || value == ORDER_BIG))
		bochs->big_endian = value == ORDER_BIG;
	for (unsigned i = 0; i < size; i++)
		if (offset + i >= BOCHS_DISPI)
			write_dispi(bochs, offset + i - BOCHS_DISPI, (u8)(value >> 8 * i));
	show(bochs);
}

static const struct bus_ops registers_ops = { registers_read, registers_write };

/* Used only if the pages could not be mapped. */
static u64 memory_read(void *owner, u64 offset, unsigned size)
{
	return get_le((u8 *)owner + offset, size);
}

static void memory_write(void *owner, u64 offset, unsigned size, u64 value)
{
	put_le((u8 *)owner + offset, size, value);
}

static const struct bus_ops memory_ops = { memory_read, memory_write };

static void rom_write(void *owner, u64 offset, unsigned size, u64 value)
{
}

static const struct bus_ops rom_ops = { memory_read, rom_write };

static void reset_registers(struct bochs *bochs)
{
	pthread_mutex_lock(&bochs->lock);
	memset(bochs->dispi, 0, sizeof(bochs->dispi));
	bochs->dispi[DISPI_ID] = DISPI_ID5;
	bochs->dispi[DISPI_MEMORY_64K] = BOCHS_MEMORY / (64 * KIB);
	bochs->big_endian = false;
	show(bochs);
	pthread_mutex_unlock(&bochs->lock);
}

static void on_reset(struct pci_dev *pci)
{
	reset_registers(container_of(pci, struct bochs, pci));
}

static const struct pci_dev_ops pci_ops = { .reset = on_reset };

static void *anonymous(u64 size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void add_pages(struct bochs *bochs, unsigned index, struct pci_bar_page *page, void *host,
	enum mem_kind kind)
{
	struct pci_dev_bar *bar = &bochs->pci.bars[index];

	page->region = (struct mem_region){
		.name = bochs->pci.name,
		.range = { 0, bar->size },
		.rank = FLAT_RANK_BAR,
		.kind = kind,
		.host = host,
		.fd = -1,
	};
	bar->owner = host;
	bar->place.pages = page;
	bar->nr_pages = 1;
}

static void fill_header(struct bochs *bochs)
{
	struct pci_dev *pci = &bochs->pci;

	pci_dev_init(
		pci, "display", &pci_ops, VENDOR, DEVICE, CLASS_DISPLAY, PCI_HEADER_TYPE_NORMAL);
	pci->config[PCI_REVISION_ID] = REVISION;
	put_le16(pci->config + PCI_SUBSYSTEM_VENDOR_ID, SUBSYSTEM_VENDOR);
	put_le16(pci->config + PCI_SUBSYSTEM_ID, SUBSYSTEM);
	pci_dev_set_bar(
		pci, 0, BOCHS_MEMORY, PCI_BASE_ADDRESS_MEM_TYPE_32 | PCI_BASE_ADDRESS_MEM_PREFETCH);
	pci->bars[0].ops = &memory_ops;
	add_pages(bochs, 0, &bochs->memory_page, bochs->memory, MEM_DEVICE);
	pci_dev_set_bar(pci, BOCHS_MMIO_BAR, BOCHS_MMIO, PCI_BASE_ADDRESS_MEM_TYPE_32);
	pci->bars[BOCHS_MMIO_BAR].ops = &registers_ops;
	pci->bars[BOCHS_MMIO_BAR].owner = bochs;
	pci->bars[BOCHS_MMIO_BAR].lock = &bochs->lock;
	if (!bochs->rom)
		return;
	pci_dev_set_bar(pci, PCI_ROM_BAR, BOCHS_ROM_MAX, 0);
	pci->bars[PCI_ROM_BAR].ops = &rom_ops;
	add_pages(bochs, PCI_ROM_BAR, &bochs->rom_page, bochs->rom, MEM_ROM);
}

int bochs_open(struct bochs *bochs, struct pci_host *host, u8 devfn, const void *rom, u32 rom_size,
	struct err *err)
{
	int ret;

	*bochs = (struct bochs){ .screen.fd = -1 };
	ret = screen_make(&bochs->screen, BOCHS_MEMORY, err);
	if (ret)
		return ret;
	bochs->memory = bochs->screen.pixels;
	if (rom)
		bochs->rom = anonymous(BOCHS_ROM_MAX);
	if (rom && !bochs->rom) {
		bochs_close(bochs);
		return err_sys(err, ENOMEM, "no memory for the display");
	}
	if (rom)
		memcpy(bochs->rom, rom, rom_size < BOCHS_ROM_MAX ? rom_size : BOCHS_ROM_MAX);
	pthread_mutex_init(&bochs->lock, NULL);
	edid_fill(bochs->edid);
	fill_header(bochs);
	reset_registers(bochs);
	pci_dev_seal(&bochs->pci);
	ret = pci_bus_add(&host->root, &bochs->pci, devfn);
	if (!ret)
		return 0;
	bochs_close(bochs);
	return err_set(err, -ret, "display: the place 00:%02x.%x is taken", PCI_DEV_OF(devfn),
		PCI_FN_OF(devfn));
}

void bochs_close(struct bochs *bochs)
{
	struct pci_bus *bus = bochs->pci.bus;

	if (bus) {
		pthread_mutex_lock(&bus->host->lock);
		pci_dev_unmap(&bochs->pci);
		pthread_mutex_unlock(&bus->host->lock);
		pci_bus_remove(bus, &bochs->pci);
		pthread_mutex_destroy(&bochs->lock);
	}
	if (bochs->rom)
		munmap(bochs->rom, BOCHS_ROM_MAX);
	screen_close(&bochs->screen);
	*bochs = (struct bochs){ 0 };
}

struct picture bochs_picture(struct bochs *bochs)
{
	struct picture p;

	pthread_mutex_lock(&bochs->lock);
	p = picture_of(bochs);
	pthread_mutex_unlock(&bochs->lock);
	return p;
}
