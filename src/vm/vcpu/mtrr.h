/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory type range registers (MTRRs; Intel SDM 3A, 12.11).
 *
 * They matter on Intel hosts with devices whose DMA does not snoop, up to Linux 6.10: there KVM
 * honours the guest's MTRRs, and while they are disabled all memory is uncached, which is a hundred
 * times slower. Elsewhere KVM only stores what the guest writes.
 */
#ifndef VM_VCPU_MTRR_H
#define VM_VCPU_MTRR_H

#include "base/err.h"
#include "kernel/kvm.h"

/* All that our virtual PC has: 11 fixed ones, 8 pairs of variable ones, the default type. */
#define MTRR_NR 28

/* Returns their indices, which KVM does not list among the MSRs to be saved. */
void mtrr_list(u32 indices[MTRR_NR]);

/*
 * Sets the MTRRs as firmware does, for a kernel that starts without one: RAM and the 64-bit window
 * are write-back; the legacy VGA window and [@hole, 4 GiB) are uncached. @hole: a power of two.
 * mtrr_of_firmware() is pure and returns the number of entries.
 */
unsigned mtrr_of_firmware(u64 hole, unsigned phys_bits, struct kvm_msr_entry entries[MTRR_NR]);

int mtrr_set_as_firmware(
	const struct kvm_vcpu *vcpu, u64 hole, unsigned phys_bits, struct err *err);

/*
 * Enables the MTRRs for firmware with a default type of write-back and nothing else, because
 * firmware only enables them when it has already unpacked itself. Firmware's own settings then
 * replace these.
 */
int mtrr_set_for_firmware(const struct kvm_vcpu *vcpu, struct err *err);

#endif
