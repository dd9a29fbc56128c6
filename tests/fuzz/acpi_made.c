// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ACPI tables that are made anew from what a guest has programmed: ECAM, bridges and BARs at
 * any address. They keep their size, or stay as they were. And the tables for guests without ACPI.
 */
#include "bench.h"
#include "vm/devices/kinds.h"
#include "vm/launch/tables.h"

#define DEVICES 4
#define BITS    40

struct step {
	u8 kind;
	u8 devfn;
	u8 offset;
	u8 size;
	u8 value[4];
};

static struct {
	struct bench m;
	struct board_config config;
	struct board board;
	struct fixed_bars kept;
	struct device_set devices;
	struct pci_dev port;
	struct pci_bus behind;
	struct pci_dev devs[DEVICES];
} b;

static void add(struct pci_bus *bus, unsigned i)
{
	struct pci_dev *dev = &b.devs[i];

	pci_dev_init(dev, "device", NULL, 0x1234, (u16)i, 0x030000, PCI_HEADER_TYPE_NORMAL);
	pci_dev_set_bar(dev, 0, MIB << (4 * i), PCI_BASE_ADDRESS_MEM_TYPE_64);
	pci_dev_set_bar(dev, 2, MIB, 0);
	pci_dev_seal(dev);
	CLAIM(!pci_bus_add(bus, dev, (u8)(8 * (i + 2))));
}

/* @form: the machine that the user asked for. */
static void open_all(u8 form)
{
	static const struct device_kind *const kinds[] = { &battery_kind, &tpm_kind, NULL };
	struct pci_host *host = &b.board.mch.host;
	struct err err = { 0 };

	bench_open(&b.m, false);
	b.config.topology = (struct topology){ 1, form & 8 ? 300 : 2, 1 };
	b.devices.kinds = form & 16 ? kinds : NULL;
	b.devices.dev[0] = b.devices.dev[1] = &b;
	b.board.config = &b.config;
	b.kept.nr = 1;
	b.kept.place[0].range = (struct range){ 0x6000000000, 256 * MIB };
	CLAIM(!mch_open(&b.board.mch, &b.m.mmio, &b.m.pio, &b.m.mem, &b.m.irq, &err));
	pci_dev_init(&b.port, "port", NULL, 0x8086, 0x3420, 0x060400, PCI_HEADER_TYPE_BRIDGE);
	b.port.secondary = &b.behind;
	memset(b.port.writable + PCI_PRIMARY_BUS, 0xff, 40);
	pci_dev_seal(&b.port);
	CLAIM(!pci_bus_add(&host->root, &b.port, 8));
	for (unsigned i = 0; i < DEVICES; i++)
		add(i % 2 ? &b.behind : &host->root, i);
}

static void close_all(void)
{
	for (unsigned i = 0; i < DEVICES; i++)
		pci_dev_unmap(&b.devs[i]);
	mch_close(&b.board.mch);
	bench_close(&b.m);
}

static void make(size_t sizes[3])
{
	struct acpi_tables tables;
	struct err err = { 0 };

	if (tables_build_acpi(&tables, &b.board, &b.devices, &b.m.ram, BITS, &b.kept, &err)) {
		CLAIM(*err.text);
		return;
	}
	if (!sizes[0]) {
		sizes[0] = tables.rsdp.size;
		sizes[1] = tables.tables.size;
		sizes[2] = tables.script.size;
	}
	CLAIM(tables.rsdp.size == sizes[0] && tables.tables.size == sizes[1] &&
		tables.script.size == sizes[2]);
	acpi_free(&tables);
}

/* Each is of the user's words, or of a hidden machine's. */
static void make_others(u8 form)
{
	const struct smbios_strings words = { .serial = form & 32 ? "a\nb" : NULL };
	struct smbios smbios = { 0 };
	struct err err = { 0 };

	b.config.hidden = form & 1;
	b.config.smbios_strings = &words;
	if (tables_build_smbios(&smbios, &b.board, &b.m.ram, form & 2, &err))
		CLAIM(form & 32 && *err.text);
	else if (smbios_place(&smbios, &b.m.mem, (struct range){ 0xf0000, form * 64u }, &err))
		CLAIM(*err.text);
	smbios_free(&smbios);
	if (tables_place_mptable(&b.board, &b.m.mem,
		    (struct range){ 0xf0000, form & 4 ? 0x10000 : form * 8u }, &err))
		CLAIM(*err.text);
	tables_mmio64(&b.m.ram, BITS, (u64)form << 33, (u64)form << 34);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	size_t sizes[3] = { 0 };
	struct step s;

	memset(&b, 0, sizeof(b));
	open_all(size ? data[0] : 0);
	make(sizes);
	CLAIM(sizes[0]);
	make_others(size ? data[0] : 0);
	for (unsigned n = 0; n < 100 && bench_next(&data, &size, &s, sizeof(s)); n++) {
		unsigned width = 1u << s.size % 3;
		u8 devfn = (u8)(s.devfn % 6 * 8);

		pci_host_config_write(&b.board.mch.host, s.kind >> 7, devfn,
			(u16)(s.offset & ~(width - 1)), width, get_le32(s.value));
		if (s.kind % 16 == 1)
			make(sizes);
	}
	make(sizes);
	close_all();
	return 0;
}
