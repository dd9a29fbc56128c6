// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/direct.h"

#include "vm/vcpu/mtrr.h"

int direct_open(struct direct *direct, const struct machine_config *config, struct err *err)
{
	return bzimage_open(&direct->image, config->kernel, config->initrd, config->append, err);
}

void direct_close(struct direct *direct)
{
	bzimage_close(&direct->image);
}

void direct_connect(struct direct *direct, struct mem *mem, const struct ram *ram,
	struct platform *platform, struct vcpus *vcpus, unsigned phys_bits)
{
	direct->mem = mem;
	direct->ram = ram;
	direct->platform = platform;
	direct->vcpus = vcpus;
	direct->phys_bits = phys_bits;
}

static int build_map(const struct direct *direct, struct e820 *map, struct err *err)
{
	const struct range reserved[] = {
		mch_ecam(&direct->platform->mch),
		{ KVM_IDENTITY_MAP_ADDR, 4 * 4 * KIB },
	};
	const struct e820_layout layout = {
		.low_ram = ram_low_end(direct->ram),
		.high_ram = ram_high_end(direct->ram) - RAM_HIGH_START,
		.reserved = reserved,
		.nr_reserved = ARRAY_SIZE(reserved),
	};
	int ret = e820_build(map, &layout);

	return ret ? err_sys(err, -ret, "cannot describe the guest's memory") : 0;
}

int direct_start(struct direct *direct, struct err *err)
{
	struct vcpu_entry entry;
	struct e820 map;
	int ret;

	platform_set_as_firmware(direct->platform);
	ret = build_map(direct, &map, err);
	if (!ret)
		ret = bzimage_load(&direct->image, direct->mem, &map, 0, &entry, err);
	for (unsigned i = 0; i < direct->vcpus->nr && !ret; i++)
		ret = mtrr_set_as_firmware(
			&direct->vcpus->vcpu[i].kvm, RAM_LOW_MAX, direct->phys_bits, err);
	if (!ret)
		ret = vcpu_enter_long_mode(&direct->vcpus->vcpu[0].kvm, &entry, err);
	return ret;
}
