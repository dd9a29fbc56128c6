// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Checks BARs: whether they have addresses within the bridges' windows and are resizable; and the
 * ROM.
 */
#include <linux/pci_regs.h>
#include <stdio.h>

#include "base/bytes.h"
#include "host/check/check_internal.h"
#include "host/facts/vga.h"
#include "pci/caps.h"

#define REBAR_STRIDE 8

static const char *size_text(struct look *look, u64 size)
{
	char text[PCI_BAR_TEXT_SIZE];

	return look_text(look, "%s", pci_bar_size_text(size, text));
}

struct bridge_window {
	u64 start, end; /* inclusive; the window is closed if end is below start */
};

static struct bridge_window bridge_window(const struct host_dev *bridge, bool prefetch)
{
	const u8 *c = bridge->config;
	unsigned at = prefetch ? PCI_PREF_MEMORY_BASE : PCI_MEMORY_BASE;
	u16 base = get_le16(c + at), limit = get_le16(c + at + 2);
	struct bridge_window w = { (u64)(base & 0xfff0) << 16,
		(u64)(limit & 0xfff0) << 16 | 0xfffff };

	if (prefetch && (base & PCI_PREF_RANGE_TYPE_MASK) == PCI_PREF_RANGE_TYPE_64) {
		w.start |= (u64)get_le32(c + PCI_PREF_BASE_UPPER32) << 32;
		w.end |= (u64)get_le32(c + PCI_PREF_LIMIT_UPPER32) << 32;
	}
	return w;
}

static bool window_known(const struct look *look)
{
	const struct host_dev *up = host_parent(look->host, look->d);

	return up && up->header == PCI_HEADER_TYPE_BRIDGE && up->config_size >= 64;
}

static bool is_inside(const struct look *look, const struct pci_bar *bar)
{
	const struct host_dev *up = host_parent(look->host, look->d);
	u64 end = bar->start + bar->size - 1;

	for (unsigned prefetch = 0; prefetch < 2; prefetch++) {
		struct bridge_window w = bridge_window(up, prefetch);

		if (bar->start >= w.start && end <= w.end)
			return true;
	}
	return false;
}

static void bad_bar(struct look *look, unsigned i, const char *what)
{
	const struct pci_bar *bar = &look->d->bar[i];

	found(look, SEVERITY_FAIL, "BAR %u (%s) %s", i, size_text(look, bar->size), what);
	evidence(look, look_file(look, look->d, "resource"), "line %u: %llx", i + 1,
		(unsigned long long)bar->start);
	fix(look, "turn Above 4G Decoding on in %s; or boot with pci=realloc", look_setup(look));
}

void check_bars(struct look *look)
{
	unsigned bad = 0, count = 0;

	if (!host_knows(look->d, HOST_BARS)) {
		found(look, SEVERITY_UNKNOWN, "its regions are not known");
		return;
	}
	for (unsigned i = 0; i < PCI_BARS; i++) {
		const struct pci_bar *bar = &look->d->bar[i];

		if (!bar->size || bar->flags & PCI_BAR_IO || look->d->vf)
			continue;
		count++;
		if (!bar->start && look->host->source != HOST_LSPCI) {
			bad_bar(look, i, "has no place in the host's memory");
			bad++;
		} else if (bar->start && !(bar->flags & PCI_BAR_OFF) && window_known(look) &&
			   !is_inside(look, bar)) {
			bad_bar(look, i, "lies outside the window of the bridge above");
			bad++;
		}
	}
	if (!bad)
		found(look, SEVERITY_OK, "its %u memory regions have their places", count);
}

static void rebar_bar(struct look *look, unsigned pos, unsigned i)
{
	const u8 *c = look->d->config + pos + 4 + REBAR_STRIDE * i;
	u32 cap = get_le32(c), ctrl = get_le32(c + 4);
	unsigned bar = ctrl & PCI_REBAR_CTRL_BAR_IDX, now = ctrl >> 8 & 0x3f;
	/* Sizes from 256 TiB / 1 MiB up are in the upper half of the control register. */
	u64 sizes = (u64)(cap >> 4) | (u64)(ctrl >> 16) << 28;
	unsigned most = 0;

	for (unsigned n = 0; n < 44; n++)
		if (sizes >> n & 1)
			most = n;
	if (bar >= PCI_BARS || !sizes || now >= 44)
		return;
	if (!(sizes >> now & 1)) {
		found(look, SEVERITY_WARN,
			"BAR %u is %s, which is none of the sizes that it offers", bar,
			size_text(look, MIB << now));
		fix(look, "update the card's or the host's firmware");
	} else if (now < most) {
		found(look, SEVERITY_INFO, "BAR %u is %s and could be %s", bar,
			size_text(look, MIB << now), size_text(look, MIB << most));
		fix(look,
			"turn Resizable BAR on in %s; or without a driver: echo %u > %s. A guest "
			"sees the size that it has, and cannot change it",
			look_setup(look), most,
			look_file(look, look->d, look_text(look, "resource%u_resize", bar)));
	} else {
		found(look, SEVERITY_OK, "BAR %u has its full size, %s", bar,
			size_text(look, MIB << now));
	}
	evidence(look, look_file(look, look->d, "config"), "Resizable BAR: sizes %llx, now %u",
		(unsigned long long)sizes, now);
	if (window_known(look)) {
		struct bridge_window w = bridge_window(host_parent(look->host, look->d), true);

		if (w.end > w.start)
			evidence(look, look_file(look, host_parent(look->host, look->d), "config"),
				"prefetchable window %llx-%llx", (unsigned long long)w.start,
				(unsigned long long)w.end);
	}
}

void check_rebar(struct look *look)
{
	const struct host_dev *d = look->d;
	unsigned pos, count, before = look->report->count;

	if (d->config_size < PCI_CONFIG_SIZE) {
		if (host_knows(d, HOST_PCIE) && d->pcie_type == HOST_NONE)
			found(look, SEVERITY_OK, "it is no PCI Express device");
		else
			found(look, SEVERITY_UNKNOWN,
				"its extended config space was not read; run as root");
		return;
	}
	pos = pci_ext_cap_find(d->config, d->config_size, PCI_EXT_CAP_ID_REBAR, 12);
	count = pos ? get_le32(d->config + pos + 8) >> 5 & 7 : 0;
	for (unsigned i = 0; i < count && pos + 12 + REBAR_STRIDE * i <= d->config_size; i++)
		rebar_bar(look, pos, i);
	if (before == look->report->count)
		found(look, SEVERITY_OK, "its BARs have one size");
}

static const struct plan_rom *rom_of(const struct look *look)
{
	for (unsigned i = 0; i < look->facts->nr_roms; i++)
		if (look->facts->roms[i].dev == look->dev)
			return &look->facts->roms[i];
	return NULL;
}

static void judge_rom(struct look *look, const struct plan_rom *rom)
{
	bool vga = vga_is_card(look->d), bios = rom->bios && vga;
	enum plan_mode mode = look->facts->mode;

	if ((mode == PLAN_MODE_UEFI && !rom->efi) || (mode == PLAN_MODE_BIOS && !bios)) {
		found(look, SEVERITY_FAIL, "its ROM does not start a guest's display with %s",
			mode == PLAN_MODE_UEFI ? "UEFI" : "a BIOS");
		fix(look, "give the guest another ROM file (`tenon rom FILE` tells what one "
			  "allows), or let its own driver start the card: --for secondary");
	} else if (!rom->efi && !bios && mode != PLAN_MODE_SECONDARY) {
		found(look, SEVERITY_WARN, "its ROM starts no guest's display");
		fix(look, "give the guest a ROM file of this card's model, or let its own driver "
			  "start the card: --for secondary");
	} else {
		found(look, SEVERITY_OK, "its ROM %s",
			rom->efi && bios ? "starts guests with UEFI and with a BIOS"
			: rom->efi       ? "starts guests with UEFI"
			: bios           ? "starts guests with a BIOS"
					 : "is not needed for a second card");
	}
	evidence(look, "UEFI", "%s", rom->why_efi);
	evidence(look, "BIOS", "%s", vga ? rom->why_bios : "it is no VGA controller");
}

void check_rom(struct look *look)
{
	const struct plan_rom *rom = rom_of(look);

	if (!host_is_gpu(look->d)) {
		found(look, SEVERITY_OK, "it is no display");
		return;
	}
	if (rom && rom->known) {
		judge_rom(look, rom);
		return;
	}
	if (look->d->bar[PCI_BAR_ROM].flags & PCI_BAR_SHADOW) {
		found(look, SEVERITY_WARN,
			"its ROM region shows the copy that the host's firmware ran and changed");
		evidence(look, look_file(look, look->d, "resource"), "line 7: shadow of C0000h");
		fix(look,
			"give the guest a ROM file of this card; `tenon rom dump %s` reads one "
			"while another card is the primary display",
			look->name);
		return;
	}
	found(look, SEVERITY_UNKNOWN, "its ROM is not known: %s",
		rom && *rom->unknown ? rom->unknown : "it was not looked at");
}
