// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vcpu/mtrr.h"

#include <errno.h>
#include <string.h>

#define MSR_MTRR_BASE0     0x200
#define MSR_MTRR_MASK0     0x201
#define NR_VARIABLE        8
#define MSR_MTRR_FIX_64K   0x250
#define MSR_MTRR_FIX_16K_0 0x258
#define MSR_MTRR_FIX_16K_A 0x259 /* A0000 to BFFFF */
#define MSR_MTRR_FIX_4K_0  0x268 /* up to 26Fh: C0000 to FFFFF */
#define NR_FIX_4K          8
#define MSR_MTRR_DEF_TYPE  0x2ff

#define DEF_TYPE_ENABLE       BIT(11)
#define DEF_TYPE_FIXED_ENABLE BIT(10)
#define MASK_VALID            BIT(11)

#define TYPE_UNCACHED   0x00
#define TYPE_WRITE_BACK 0x06
#define WRITE_BACK_X8   0x0606060606060606ull

void mtrr_list(u32 indices[MTRR_NR])
{
	*indices++ = MSR_MTRR_FIX_64K;
	*indices++ = MSR_MTRR_FIX_16K_0;
	*indices++ = MSR_MTRR_FIX_16K_A;
	for (u32 i = 0; i < NR_FIX_4K; i++)
		*indices++ = MSR_MTRR_FIX_4K_0 + i;
	for (u32 i = 0; i < 2 * NR_VARIABLE; i++)
		*indices++ = MSR_MTRR_BASE0 + i;
	*indices = MSR_MTRR_DEF_TYPE;
}

static u64 value_of_firmware(u32 index, u64 hole, unsigned phys_bits)
{
	switch (index) {
	case MSR_MTRR_FIX_16K_A:
		return TYPE_UNCACHED;
	case MSR_MTRR_BASE0:
		return hole | TYPE_UNCACHED;
	case MSR_MTRR_MASK0:
		return ((BIT_ULL(phys_bits) - 1) & ~(4 * GIB - hole - 1)) | MASK_VALID;
	case MSR_MTRR_DEF_TYPE:
		return DEF_TYPE_ENABLE | DEF_TYPE_FIXED_ENABLE | TYPE_WRITE_BACK;
	}
	/* The other pairs are disabled. */
	return index < MSR_MTRR_FIX_64K ? 0 : WRITE_BACK_X8;
}

unsigned mtrr_of_firmware(u64 hole, unsigned phys_bits, struct kvm_msr_entry entries[MTRR_NR])
{
	u32 indices[MTRR_NR];

	mtrr_list(indices);
	for (unsigned i = 0; i < MTRR_NR; i++)
		entries[i] = (struct kvm_msr_entry){
			.index = indices[i],
			.data = value_of_firmware(indices[i], hole, phys_bits),
		};
	return MTRR_NR;
}

static int set(const struct kvm_vcpu *vcpu, const struct kvm_msr_entry *entries, unsigned nr,
	struct err *err)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entries[MTRR_NR];
	} msrs = { .head = { .nmsrs = nr } };

	memcpy(msrs.entries, entries, nr * sizeof(*entries));
	if (kvm_vcpu_set_msrs(vcpu, &msrs.head) != (int)nr)
		return err_set(err, EIO, "KVM refuses the MTRRs of vCPU %u", vcpu->id);
	return 0;
}

int mtrr_set_as_firmware(const struct kvm_vcpu *vcpu, u64 hole, unsigned phys_bits, struct err *err)
{
	struct kvm_msr_entry entries[MTRR_NR];

	return set(vcpu, entries, mtrr_of_firmware(hole, phys_bits, entries), err);
}

int mtrr_set_for_firmware(const struct kvm_vcpu *vcpu, struct err *err)
{
	const struct kvm_msr_entry entry = {
		.index = MSR_MTRR_DEF_TYPE,
		.data = DEF_TYPE_ENABLE | TYPE_WRITE_BACK,
	};

	return set(vcpu, &entry, 1, err);
}
