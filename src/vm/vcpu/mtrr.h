/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory types as a firmware leaves them, for a kernel that is started without one: RAM and the
 * 64-bit window write-back, the legacy VGA window and [RAM_LOW_MAX, 4 GiB) uncached.
 *
 * On an Intel host with devices whose DMA does not snoop, KVM takes the guest's MTRRs at their
 * word, and MTRRs that are off mean that all memory is uncached (Intel SDM 3A, 12.11).
 */
#ifndef VM_VCPU_MTRR_H
#define VM_VCPU_MTRR_H

#include "base/err.h"
#include "kernel/kvm.h"

/* @hole: the first address below 4 GiB behind RAM's place, a power of two. */
int mtrr_set_as_firmware(
	const struct kvm_vcpu *vcpu, u64 hole, unsigned phys_bits, struct err *err);

#endif
