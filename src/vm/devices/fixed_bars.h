/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * identity=on: the memory BARs of such devices answer in the guest where the host has them
 * (pci_dev_bar.alias_addr), and a guest is kept from having anything else there. Here is where that
 * is, whether it can be, and, for a start without firmware, that the BARs' registers say so too.
 *
 * Found and checked before a device is opened. Plain data of the machine.
 */
#ifndef VM_DEVICES_FIXED_BARS_H
#define VM_DEVICES_FIXED_BARS_H

#include "kernel/sysroot.h"
#include "vm/boot/firmware_find.h"
#include "vm/devices/assigned.h"
#include "vm/pci/mch.h"

#define HOST_PLACES_MAX 128

struct fixed_bar {
	struct pci_addr addr; /* the device's, on the host */
	unsigned bar;         /* PCI_BAR_ROM: no alias, only a place for its register */
	struct range range;
	bool prefetch;
	bool root_bus; /* there is no root port above it in the guest */
	bool told;     /* that something else is there */
};

struct fixed_bars {
	struct fixed_bar place[HOST_PLACES_MAX];
	unsigned nr;
};

/* What the places must fit into. */
struct fixed_bars_guest {
	u64 memory; /* bytes */
	enum firmware_kind kind;
	unsigned host_bits; /* of address, that the processor has for guests */
};

/*
 * Those of the @requests that want it. @kind: of firmware; without any, ROMs that the host has
 * placed are among them. A BAR that the host has not placed is refused with -ENXIO; a device that
 * the host does not have is left out, for others to refuse.
 */
int fixed_bars_find(struct fixed_bars *places, const struct sysroot *sysroot,
	const struct vfio_assign_request *requests, unsigned nr, enum firmware_kind kind,
	struct err *err);

/* -ENOTSUP where one of them cannot be the guest's, with the reason and what helps. Pure. */
int fixed_bars_check(
	const struct fixed_bars *places, const struct fixed_bars_guest *guest, struct err *err);

/* The first address behind those above 4 GiB; 0: there are none. */
u64 fixed_bars_high_end(const struct fixed_bars *places);

/* Where ECAM is out of their way, as near to its usual place as can be; 0: nowhere. */
u64 fixed_bars_ecam(const struct fixed_bars *places);

/* The windows that a root port above @addr's slot needs, whole MiB; size 0: none. */
struct fixed_bars_windows {
	struct range memory;   /* below 4 GiB */
	struct range prefetch; /* anywhere */
};

struct fixed_bars_windows fixed_bars_windows(const struct fixed_bars *places, struct pci_addr addr);

/* As a firmware that had the choice: the BARs' registers and the root ports' windows. */
void fixed_bars_set(const struct fixed_bars *places, const struct assigned *assigned);

/*
 * When firmware has placed BARs: warns, once for each place, of what it has put there, because that
 * is what answers there now. Any thread.
 */
void fixed_bars_watch(struct fixed_bars *places, struct mch *mch);

#endif
