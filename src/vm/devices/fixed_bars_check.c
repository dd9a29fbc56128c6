// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks whether the guest can have BARs at the host's addresses. */
#include <errno.h>
#include <stdio.h>

#include "base/bytes.h"
#include "vm/boot/acpi/acpi.h"
#include "vm/devices/fixed_bars.h"
#include "vm/mem/ram.h"

#define WHAT_SIZE 112

/*
 * The end of the guest's PCI addresses below 4 GiB: the interrupt controllers and the firmware
 * follow.
 */
#define LOW_END ACPI_IOAPIC

static const char *what(const struct fixed_bar *place, char text[WHAT_SIZE])
{
	char name[PCI_ADDR_SIZE], bar[16] = "the ROM";

	if (place->bar != PCI_BAR_ROM)
		snprintf(bar, sizeof(bar), "BAR %u", place->bar);
	snprintf(text, WHAT_SIZE, "%s: identity=on: the host has %s at 0x%llx-0x%llx",
		pci_addr_text(place->addr, name), bar, (unsigned long long)place->range.start,
		(unsigned long long)(range_end(place->range) - 1));
	return text;
}

static int check_low(const struct fixed_bar *place, struct err *err)
{
	char text[WHAT_SIZE];

	if (place->range.start < RAM_LOW_MAX)
		err_set(err, ENOTSUP, "%s; below 2 GiB a guest has its memory", what(place, text));
	else if (place->range.start < RAM_HIGH_START && range_end(place->range) > LOW_END)
		err_set(err, ENOTSUP,
			"%s; from 0x%x on a guest has its interrupt controllers and firmware",
			what(place, text), LOW_END);
	else
		return 0;
	return err_help(err, "The host's firmware placed it there: options of its setup such as "
			     "'Above 4G Decoding' or 'Max TOLUD' move it");
}

static int check_memory(const struct fixed_bar *place, u64 memory, struct err *err)
{
	u64 high = memory > RAM_LOW_MAX ? memory - RAM_LOW_MAX : 0, start = place->range.start;
	char text[WHAT_SIZE];

	if (start < RAM_HIGH_START || start >= RAM_HIGH_START + high)
		return 0;
	err_set(err, ENOTSUP, "%s; there the guest has memory, which ends at 0x%llx",
		what(place, text), (unsigned long long)(RAM_HIGH_START + high - 1));
	return err_help(err, "At most: --memory %lluM",
		(unsigned long long)((start - RAM_HIGH_START + RAM_LOW_MAX) / RAM_SIZE_ALIGNMENT *
				     (RAM_SIZE_ALIGNMENT / MIB)));
}

static int check_width(const struct fixed_bar *place, unsigned host_bits, struct err *err)
{
	unsigned bits = host_bits < GUEST_PHYS_BITS_MAX ? host_bits : GUEST_PHYS_BITS_MAX;
	char text[WHAT_SIZE];

	if (range_end(place->range) <= BIT_ULL(bits))
		return 0;
	err_set(err, ENOTSUP, "%s; a guest has %u bits of address here, which end at 0x%llx",
		what(place, text), bits, (unsigned long long)(BIT_ULL(bits) - 1));
	return err_help(err, "The host's firmware placed it there: an option of its setup such as "
			     "'MMIO High Base' moves it");
}

/*
 * SeaBIOS, and OVMF before edk2 202305, put ECAM at the first of @bases; later versions of OVMF at
 * the second.
 */
static int check_ecam(const struct fixed_bar *place, enum firmware_kind kind, struct err *err)
{
	static const u64 bases[] = { MCH_ECAM_DEFAULT, MCH_ECAM_NEW_OVMF };
	char text[WHAT_SIZE];

	for (unsigned i = 0; i < ARRAY_SIZE(bases) - (kind == FIRMWARE_BIOS); i++) {
		struct range ecam = { bases[i], MCH_ECAM_SIZE };

		if (kind == FIRMWARE_NONE || !range_overlaps(place->range, ecam))
			continue;
		err_set(err, ENOTSUP, "%s; at 0x%llx-0x%llx %s has PCI's configuration space",
			what(place, text), (unsigned long long)ecam.start,
			(unsigned long long)(range_end(ecam) - 1),
			kind == FIRMWARE_BIOS ? "SeaBIOS" : "OVMF (all or some versions)");
		return err_help(err,
			"Start a kernel without firmware (--kernel and no --firmware), which "
			"finds another place for it%s",
			kind == FIRMWARE_UEFI && i ? ", or with --firmware bios" : "");
	}
	return 0;
}

static int check_apart(const struct fixed_bars *places, unsigned i, struct err *err)
{
	const struct fixed_bar *place = &places->place[i];
	char text[WHAT_SIZE], name[PCI_ADDR_SIZE];

	for (unsigned k = 0; k < i; k++)
		if (range_overlaps(places->place[k].range, place->range))
			return err_set(err, ENOTSUP, "%s; there %s has its BAR %u, too",
				what(place, text), pci_addr_text(places->place[k].addr, name),
				places->place[k].bar);
	return 0;
}

/* Without firmware tenon sets the root ports' windows, so they have to fit. */
static int check_windows(const struct fixed_bars *places, unsigned i, struct err *err)
{
	const struct fixed_bar *place = &places->place[i];
	struct fixed_bars_windows windows = fixed_bars_windows(places, place->addr);
	char text[WHAT_SIZE], name[PCI_ADDR_SIZE];

	if (place->root_bus)
		return 0;
	if (place->range.start >= RAM_HIGH_START && !place->prefetch) {
		err_set(err, ENOTSUP,
			"%s; it is not prefetchable, and no root port forwards such addresses",
			what(place, text));
		return err_help(err, "slot=root-bus for this device");
	}
	for (unsigned k = 0; k < places->nr; k++) {
		const struct fixed_bar *other = &places->place[k];

		if (pci_addr_same_slot(other->addr, place->addr) ||
			(!range_overlaps(windows.memory, other->range) &&
				!range_overlaps(windows.prefetch, other->range)))
			continue;
		err_set(err, ENOTSUP,
			"%s; a root port that forwards to it takes what is BAR %u of %s",
			what(place, text), other->bar, pci_addr_text(other->addr, name));
		return err_help(err, "slot=root-bus for both devices");
	}
	return 0;
}

static int check_place(const struct fixed_bars *places, unsigned i,
	const struct fixed_bars_guest *guest, struct err *err)
{
	const struct fixed_bar *place = &places->place[i];
	int ret = check_low(place, err);

	if (!ret)
		ret = check_memory(place, guest->memory, err);
	if (!ret)
		ret = check_width(place, guest->host_bits, err);
	if (!ret)
		ret = check_ecam(place, guest->kind, err);
	if (!ret)
		ret = check_apart(places, i, err);
	if (!ret && guest->kind == FIRMWARE_NONE)
		ret = check_windows(places, i, err);
	return ret;
}

int fixed_bars_check(
	const struct fixed_bars *places, const struct fixed_bars_guest *guest, struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; i < places->nr && !ret; i++)
		ret = check_place(places, i, guest, err);
	if (ret || guest->kind != FIRMWARE_NONE || fixed_bars_ecam(places))
		return ret;
	err_set(err, ENOTSUP,
		"identity=on: the host has BARs all over the addresses from 2 GiB to "
		"4 GiB, and PCI's configuration space needs 256 MiB of them");
	return err_help(err, "Leave identity=on away for one of the devices");
}
