/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bars=host: the memory BARs of such a device answer in the guest at the addresses that they have
 * on the host (pci_dev_bar.alias_addr), and the guest is kept from placing anything else there.
 * This module finds those addresses and checks that the guest can have them. For a launch without
 * firmware it also writes them into the BARs' registers.
 *
 * The addresses are found and checked before a device is opened. Plain data, which the machine
 * owns.
 */
#ifndef VM_DEVICES_FIXED_BARS_H
#define VM_DEVICES_FIXED_BARS_H

#include "kernel/sysroot.h"
#include "vm/boot/firmware_find.h"
#include "vm/devices/assigned.h"
#include "vm/pci/mch.h"

#define FIXED_BARS_MAX 128

struct fixed_bar {
	struct pci_addr addr; /* the device's, on the host */
	unsigned bar;         /* PCI_BAR_ROM: no alias, only an address for its register */
	struct range range;
	bool prefetch;
	bool root_bus; /* the device has no root port above it in the guest */
	bool told;     /* a conflict at this address has been logged */
};

struct fixed_bars {
	struct fixed_bar place[FIXED_BARS_MAX];
	unsigned nr;
};

/* What limits the fixed BARs in the guest. */
struct fixed_bars_guest {
	u64 memory; /* bytes */
	enum firmware_kind kind;
	unsigned host_bits; /* width of physical addresses that the processor offers guests */
};

/*
 * Finds the BARs of the @requests that ask for bars=host. @kind: the firmware's; without firmware,
 * ROMs that have an address on the host are included. Returns -ENXIO for a BAR without an address
 * on the host. A device that the host does not have is skipped: opening it fails later.
 */
int fixed_bars_find(struct fixed_bars *places, const struct sysroot *sysroot,
	const struct vfio_assign_request *requests, unsigned nr, enum firmware_kind kind,
	struct err *err);

/*
 * Returns -ENOTSUP if the guest cannot have one of the addresses; @err gives the reason and what
 * helps. Pure.
 */
int fixed_bars_check(
	const struct fixed_bars *places, const struct fixed_bars_guest *guest, struct err *err);

/* The end of the highest fixed BAR above 4 GiB; 0 if there is none. */
u64 fixed_bars_high_end(const struct fixed_bars *places);

/*
 * The address for ECAM that is closest to its usual one and overlaps no fixed BAR; 0 if there is
 * none.
 */
u64 fixed_bars_ecam(const struct fixed_bars *places);

/* The windows that a root port above @addr's slot needs, in whole MiB; size 0: none. */
struct fixed_bars_windows {
	struct range memory;   /* below 4 GiB */
	struct range prefetch; /* anywhere */
};

struct fixed_bars_windows fixed_bars_windows(const struct fixed_bars *places, struct pci_addr addr);

/* Writes the BARs' registers and the root ports' windows, in place of firmware. */
void fixed_bars_set(const struct fixed_bars *places, const struct assigned *assigned);

/*
 * Call it when firmware has placed BARs. Warns, once for each fixed BAR, if firmware has placed
 * another BAR at its address, because that one answers there now. Any thread.
 */
void fixed_bars_watch(struct fixed_bars *places, struct mch *mch);

#endif
