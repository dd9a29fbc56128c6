// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vcpu/mtrr.h"

#include <errno.h>

#define MSR_MTRR_BASE0     0x200
#define MSR_MTRR_MASK0     0x201
#define MSR_MTRR_FIX_64K   0x250
#define MSR_MTRR_FIX_16K_0 0x258
#define MSR_MTRR_FIX_16K_A 0x259 /* A0000 to BFFFF */
#define MSR_MTRR_FIX_4K_0  0x268 /* to 26F: C0000 to FFFFF */
#define NR_FIX_4K          8
#define MSR_MTRR_DEF_TYPE  0x2ff

#define DEF_TYPE_ENABLE       BIT(11)
#define DEF_TYPE_FIXED_ENABLE BIT(10)
#define MASK_VALID            BIT(11)

#define TYPE_UNCACHED   0x00
#define TYPE_WRITE_BACK 0x06
#define WRITE_BACK_X8   0x0606060606060606ull

int mtrr_set_as_firmware(const struct kvm_vcpu *vcpu, u64 hole, unsigned phys_bits, struct err *err)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entries[6 + NR_FIX_4K];
	} msrs = { 0 };
	struct kvm_msr_entry *e = msrs.entries;
	u64 mask = (BIT_ULL(phys_bits) - 1) & ~(4 * GIB - hole - 1);
	int ret;

	*e++ = (struct kvm_msr_entry){ .index = MSR_MTRR_FIX_64K, .data = WRITE_BACK_X8 };
	*e++ = (struct kvm_msr_entry){ .index = MSR_MTRR_FIX_16K_0, .data = WRITE_BACK_X8 };
	*e++ = (struct kvm_msr_entry){ .index = MSR_MTRR_FIX_16K_A, .data = TYPE_UNCACHED };
	for (u32 i = 0; i < NR_FIX_4K; i++)
		*e++ = (struct kvm_msr_entry){ .index = MSR_MTRR_FIX_4K_0 + i,
			.data = WRITE_BACK_X8 };
	*e++ = (struct kvm_msr_entry){ .index = MSR_MTRR_BASE0, .data = hole | TYPE_UNCACHED };
	*e++ = (struct kvm_msr_entry){ .index = MSR_MTRR_MASK0, .data = mask | MASK_VALID };
	*e++ = (struct kvm_msr_entry){ .index = MSR_MTRR_DEF_TYPE,
		.data = DEF_TYPE_ENABLE | DEF_TYPE_FIXED_ENABLE | TYPE_WRITE_BACK };
	msrs.head.nmsrs = (u32)(e - msrs.entries);

	ret = kvm_vcpu_set_msrs(vcpu, &msrs.head);
	if (ret != (int)msrs.head.nmsrs)
		return err_set(err, EIO, "KVM refuses the MTRRs of vCPU %u", vcpu->id);
	return 0;
}
