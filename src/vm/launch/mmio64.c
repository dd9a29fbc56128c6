// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/launch/mmio64.h"

#include <errno.h>

#include "base/bytes.h"
#include "vm/mem/ram.h"

/* Room for other devices: bridges with small windows, virtio devices. */
#define SLACK (1 * GIB)

#define OVMF_MAX_MIB   0x1000000ull /* 16 TiB: OVMF ignores larger values */
#define OVMF_SURE_BITS 40

void mmio64_add_slot(struct mmio64_need *need, const u64 *sizes, unsigned nr)
{
	u64 sum = 0, largest = 0;

	for (unsigned i = 0; i < nr; i++) {
		sum += sizes[i];
		if (sizes[i] > largest)
			largest = sizes[i];
	}
	if (!largest)
		return;
	need->size += round_up(sum, largest);
	if (largest > need->align)
		need->align = largest;
}

static bool is_high(const struct pci_dev_bar *bar)
{
	const u32 wanted = PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH;

	return !(bar->flags & PCI_BASE_ADDRESS_SPACE_IO) && (bar->flags & wanted) == wanted;
}

struct mmio64_need mmio64_need_of(const struct assigned *assigned)
{
	const struct vfio_assign *assign = &assigned->assign;
	struct mmio64_need need = { 0 };

	for (unsigned slot = 0; slot < assign->nr_slots; slot++) {
		u64 sizes[8 * PCI_ROM_BAR];
		unsigned nr = 0;

		for (unsigned i = 0; i < assign->nr_devices; i++)
			for (unsigned b = 0; b < PCI_ROM_BAR; b++) {
				const struct pci_dev_bar *bar = &assign->devices[i]->pci.bars[b];

				if (assign->places[i].slot == slot && is_high(bar) &&
					nr < ARRAY_SIZE(sizes))
					sizes[nr++] = bar->size;
			}
		mmio64_add_slot(&need, sizes, nr);
	}
	return need;
}

/*
 * Whether an area of @size at a multiple of @align fits between RAM and the end of an address space
 * of @bits.
 */
static bool fits_behind_ram(unsigned bits, u64 ram_end, u64 size, u64 align)
{
	u64 end = BIT_ULL(bits), start = round_up(ram_end, align);

	return start < end && size <= end - start;
}

static u64 pow2_above(u64 size)
{
	u64 v = GIB;

	while (v < size)
		v *= 2;
	return v;
}

/* OVMF's own choice is the top eighth of the address space, unless RAM is in the way. */
static bool fits_top_eighth(unsigned bits, u64 need, u64 ram_end)
{
	u64 size = BIT_ULL(bits - 3);

	return need <= size && ram_end + size < BIT_ULL(bits);
}

/*
 * edk2, OvmfPkg/Library/PlatformInitLib/MemDetect.c. Some builds use at most 40 bits for their own
 * choice, so OVMF chooses only if the BARs fit there. A size from fw_cfg is used if it is larger
 * than OVMF's own choice.
 */
static bool fits_ovmf(struct mmio64 *mmio64, u64 need, u64 ram_end)
{
	unsigned bits = mmio64->phys_bits, sure = bits < OVMF_SURE_BITS ? bits : OVMF_SURE_BITS;
	u64 asked = pow2_above(need);

	if (fits_top_eighth(sure, need, ram_end))
		return true;
	mmio64->ovmf_mib = asked / MIB;
	return mmio64->ovmf_mib <= OVMF_MAX_MIB &&
	       (fits_top_eighth(bits, need, ram_end) ||
		       fits_behind_ram(bits, ram_end, asked, asked));
}

static bool fits(
	struct mmio64 *mmio64, const struct mmio64_need *need, enum firmware_kind kind, u64 ram_end)
{
	u64 size = need->size + SLACK;

	if (!need->size)
		return true;
	if (kind == FIRMWARE_UEFI)
		return fits_ovmf(mmio64, size, ram_end);
	return fits_behind_ram(mmio64->phys_bits, ram_end, size, need->align);
}

/* SeaBIOS, src/fw/pciinit.c: with much RAM it takes at least an eighth of the address space. */
static struct range keep_below_end(unsigned bits, u64 need, u64 ram_end)
{
	u64 top = BIT_ULL(bits), size = round_up(need, top / 8);

	if (ram_end + 2 * size > top)
		return (struct range){ 0, 0 };
	if (top == MMIO64_AMD_HOLE_END)
		return (struct range){ MMIO64_AMD_HOLE, MMIO64_AMD_HOLE_END - MMIO64_AMD_HOLE };
	return (struct range){ top - GIB, GIB };
}

/*
 * Finds the smallest width from @bits on in which everything fits, with BARs from @floor on unless
 * it is 0.
 */
static bool choose(struct mmio64 *mmio64, const struct mmio64_need *need, enum firmware_kind kind,
	unsigned bits, unsigned max, u64 ram_end, u64 floor)
{
	u64 start = floor > ram_end ? floor : ram_end;

	for (; bits <= max; bits++) {
		*mmio64 = (struct mmio64){ .phys_bits = bits, .floor = floor };
		if (need->kept_end > BIT_ULL(bits) || !fits(mmio64, need, kind, start))
			continue;
		if (kind == FIRMWARE_BIOS && need->size)
			mmio64->reserved = keep_below_end(bits, need->size + SLACK, start);
		return true;
	}
	return false;
}

int mmio64_choose(struct mmio64 *mmio64, const struct mmio64_need *need, enum firmware_kind kind,
	unsigned host_bits, u64 ram_end, struct err *err)
{
	unsigned max = host_bits < GUEST_PHYS_BITS_MAX ? host_bits : GUEST_PHYS_BITS_MAX;
	unsigned bits = host_bits < MMIO64_USUAL_BITS ? host_bits : MMIO64_USUAL_BITS;

	/*
	 * Firmware only takes a lowest address for BARs, so they go above the fixed BARs. If those
	 * are at the top of the address space, try without.
	 */
	if (choose(mmio64, need, kind, bits, max, ram_end, need->kept_end) ||
		choose(mmio64, need, kind, bits, max, ram_end, 0))
		return 0;
	err_set(err, ENOSPC,
		"the cards' BARs need %llu GiB of addresses behind the guest's memory, more than "
		"%u address bits hold",
		(unsigned long long)(round_up(need->size, GIB) / GIB), max);
	if (max == host_bits)
		return err_help(err,
			"This processor gives guests %u bits. Assign fewer cards, or "
			"make their BARs smaller (Resizable BAR).",
			host_bits);
	return err_help(err, "Assign fewer cards, or make their BARs smaller (Resizable BAR).");
}
