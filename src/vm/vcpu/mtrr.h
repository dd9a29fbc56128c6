/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registers of memory types (MTRRs; Intel SDM 3A, 12.11).
 *
 * They matter on Intel hosts with devices whose DMA does not snoop, up to Linux 6.10: there KVM
 * takes the guest's MTRRs at their word, and MTRRs that are off mean that all memory is uncached, a
 * hundred times slower. Elsewhere KVM only keeps what the guest writes.
 */
#ifndef VM_VCPU_MTRR_H
#define VM_VCPU_MTRR_H

#include "base/err.h"
#include "kernel/kvm.h"

/* All of them on a PC of ours: 11 fixed, 8 pairs of variable ones, the default. */
#define MTRR_NR 28

/* Their indices, which KVM does not list among the MSRs that it saves. */
void mtrr_list(u32 indices[MTRR_NR]);

/*
 * As a firmware leaves them, for a kernel that is started without one: RAM and the 64-bit window
 * write-back, the legacy VGA window and [@hole, 4 GiB) uncached. @hole: a power of two. Pure;
 * returns the number of entries.
 */
unsigned mtrr_of_firmware(u64 hole, unsigned phys_bits, struct kvm_msr_entry entries[MTRR_NR]);

int mtrr_set_as_firmware(
	const struct kvm_vcpu *vcpu, u64 hole, unsigned phys_bits, struct err *err);

/*
 * For a firmware, which finds them off and turns them on only when it has unpacked itself: on, with
 * nothing but a default of write-back. What firmware sets then replaces it.
 */
int mtrr_set_for_firmware(const struct kvm_vcpu *vcpu, struct err *err);

#endif
