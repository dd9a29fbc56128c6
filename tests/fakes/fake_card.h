/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A card with given ids in a guest, for the tests of quirks. Through its back doors the card shows
 * the host's config space and addresses (struct sim); the guest has given its BARs other addresses.
 */
#ifndef QUIRK_CARD_H
#define QUIRK_CARD_H

#include "base/bytes.h"
#include "fake_vfio.h"
#include "unit.h"

#define HOST_BAR(n)    (0xf0000000u + 0x01000000u * (n))
#define HOST_PORTS(n)  (0xe000u + 0x100u * (n))
#define GUEST_BAR(n)   (0xc0000000u + 0x04000000u * (n))
#define GUEST_PORTS(n) (0xc100u + 0x100u * (n))

struct quirk_card {
	struct sim sim;
	struct sim_machine machine;
	struct vfio_pci vp;
	struct pci_addr addr; /* on the host; 01:00.0 if not set */
};

/*
 * A VGA card without BARs; the test adds them with sim_add_bar() and sets sim.access to its back
 * door.
 */
void quirk_card_init(struct quirk_card *card, u16 vendor, u16 device);
/* Add BARs of memory and of ports, at the host's addresses. */
void quirk_card_bar(struct quirk_card *card, unsigned index, u64 size, u32 flags);
/* Assigns it to the guest, which programs its BARs and turns decoding and VGA routing on. */
void quirk_card_start(struct quirk_card *card, const struct vfio_options *options);
void quirk_card_close(struct quirk_card *card);

/* The guest's accesses: to a BAR by the offset in it, and to VGA's ports. */
u32 quirk_load(struct quirk_card *card, unsigned bar, u64 offset, unsigned size);
void quirk_store(struct quirk_card *card, unsigned bar, u64 offset, unsigned size, u32 value);
u32 quirk_in(struct quirk_card *card, u16 port, unsigned size);
void quirk_out(struct quirk_card *card, u16 port, unsigned size, u32 value);

/* Whether the guest reaches these bytes of a BAR without an exit. */
bool quirk_mapped(struct quirk_card *card, unsigned bar, u64 offset);

#endif
