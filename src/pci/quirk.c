// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/quirk.h"

#include <linux/pci_regs.h>

#include "base/bytes.h"
#include "base/range.h"

#define ATI     0x1002
#define NVIDIA  0x10de
#define REALTEK 0x10ec
#define INTEL   0x8086

#define CLASS_VGA     0x0300
#define CLASS_DISPLAY 0x03

static bool is_vga(const struct pci_quirk_facts *facts, u16 vendor)
{
	return facts->vendor == vendor && facts->class >> 8 == CLASS_VGA;
}

static bool has_io(const struct pci_quirk_facts *facts, unsigned bar, u64 least)
{
	return facts->bars[bar].flags & PCI_BAR_IO && facts->bars[bar].size >= least;
}

static bool has_memory(const struct pci_quirk_facts *facts, unsigned bar, u64 least)
{
	return !(facts->bars[bar].flags & PCI_BAR_IO) && facts->bars[bar].size >= least;
}

static bool ati_port(const struct pci_quirk_facts *facts)
{
	return is_vga(facts, ATI) && has_io(facts, 4, 256);
}

static bool ati_window(const struct pci_quirk_facts *facts)
{
	return is_vga(facts, ATI) && has_io(facts, 4, 8);
}

static bool ati_mirror(const struct pci_quirk_facts *facts)
{
	return is_vga(facts, ATI) && has_memory(facts, 2, 0x4000 + 256) &&
	       facts->bars[2].flags & PCI_BAR_64BIT;
}

static bool nvidia_ports(const struct pci_quirk_facts *facts)
{
	return is_vga(facts, NVIDIA) && facts->bars[1].size;
}

static bool nvidia_window(const struct pci_quirk_facts *facts)
{
	return is_vga(facts, NVIDIA) && has_io(facts, 5, 16);
}

static bool nvidia_mirror(const struct pci_quirk_facts *facts)
{
	return is_vga(facts, NVIDIA) && has_memory(facts, 0, 0x88000 + PCI_CONFIG_SIZE);
}

static bool nvidia_clique(const struct pci_quirk_facts *facts)
{
	return facts->vendor == NVIDIA && facts->class >> 16 == CLASS_DISPLAY;
}

static bool rtl8168(const struct pci_quirk_facts *facts)
{
	return facts->vendor == REALTEK && facts->device == 0x8168 && has_memory(facts, 2, 0x78);
}

static bool radeon_reset(const struct pci_quirk_facts *facts)
{
	static const u16 devices[] = {
		/* Bonaire */
		0x6649,
		0x6650,
		0x6651,
		0x6658,
		0x665c,
		0x665d,
		/* Hawaii */
		0x67a0,
		0x67a1,
		0x67a2,
		0x67a8,
		0x67a9,
		0x67aa,
		0x67b0,
		0x67b1,
		0x67b8,
		0x67b9,
		0x67ba,
		0x67be,
	};

	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		if (facts->vendor == ATI && facts->device == devices[i])
			return has_memory(facts, 5, 0x5430);
	return false;
}

static bool rebar(const struct pci_quirk_facts *facts)
{
	return facts->config &&
	       pci_ext_cap_find(facts->config, facts->config_size, PCI_EXT_CAP_ID_REBAR, 12);
}

static bool rom_id(const struct pci_quirk_facts *facts)
{
	return facts->bars[PCI_BAR_ROM].size && facts->class >> 16 == CLASS_DISPLAY;
}

static bool igd(const struct pci_quirk_facts *facts)
{
	return is_vga(facts, INTEL) && facts->addr.bus == 0 && facts->addr.dev == 2 &&
	       facts->addr.fn == 0;
}

#define QUIRK(id, fits, when, name, what) \
	[PCI_QUIRK_##id] = { { name, PCI_QUIRK_##when, what }, fits }

static const struct {
	struct pci_quirk quirk;
	bool (*fits)(const struct pci_quirk_facts *facts);
} quirks[PCI_QUIRKS] = {
	QUIRK(ATI_PORT, ati_port, WITH_VGA, "ati-port",
		"port 3C3h tells its VBIOS where BAR 4 is, and shall tell the guest's place"),
	QUIRK(ATI_WINDOW, ati_window, WITH_VGA, "ati-window",
		"an address and a data register in BAR 4 lead to its config space: the guest gets "
		"its "
		"own"),
	QUIRK(ATI_MIRROR, ati_mirror, WITH_VGA, "ati-mirror",
		"BAR 2 shows its config space at 4000h: the guest gets its own"),
	QUIRK(NVIDIA_PORTS, nvidia_ports, WITH_VGA, "nvidia-ports",
		"ports 3D0h and 3D4h lead to its config space: the guest gets its own"),
	QUIRK(NVIDIA_WINDOW, nvidia_window, WITH_VGA, "nvidia-window",
		"an address and a data register in BAR 5 lead to its config space: the guest gets "
		"its "
		"own"),
	QUIRK(NVIDIA_MIRROR, nvidia_mirror, ALWAYS, "nvidia-mirror",
		"BAR 0 shows its config space at 88000h, with vga=on at 1800h too: the guest gets "
		"its "
		"own"),
	QUIRK(NVIDIA_MSI_ACK, nvidia_mirror, ALWAYS, "nvidia-msi-ack",
		"its driver answers each MSI by a write to that page of BAR 0, which VFIO makes "
		"without leaving the host's kernel"),
	QUIRK(NVIDIA_CLIQUE, nvidia_clique, WITH_OPTION, "nvidia-clique",
		"clique=N tells its driver which GPUs reach each other (GPUDirect)"),
	QUIRK(RTL8168, rtl8168, ALWAYS, "rtl8168",
		"two registers in BAR 2 lead to its MSI-X table: the guest gets its own"),
	QUIRK(RADEON_RESET, radeon_reset, ALWAYS, "radeon-reset",
		"where the kernel has no reset for it, it is reset by its own registers"),
	QUIRK(REBAR, rebar, ALWAYS, "rebar",
		"its resizable BARs show the guest the size that they have on the host, and no "
		"other"),
	QUIRK(ROM_ID, rom_id, ALWAYS, "rom-id",
		"if its ROM names another device id, as on some boards, the guest's copy of it "
		"gets "
		"the card's"),
	QUIRK(IGD, igd, ALWAYS, "igd",
		"the guest gets a copy of its OpRegion and stolen memory of its own"),
};

const struct pci_quirk *pci_quirk(enum pci_quirk_id id)
{
	return &quirks[id].quirk;
}

bool pci_quirk_fits(enum pci_quirk_id id, const struct pci_quirk_facts *facts)
{
	return quirks[id].fits(facts);
}
