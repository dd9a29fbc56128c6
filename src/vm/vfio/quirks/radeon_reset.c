// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reset of Bonaire and Hawaii, which have no FLR and do not recover from a bus reset. They are
 * reset through their configuration registers, with the help of the SMC (system management
 * controller). The SMC's registers are accessed through an index and a data register in BAR 5.
 */
#include <errno.h>
#include <time.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "vm/vfio/quirks/quirk.h"

#define BAR         5
#define SMC_INDEX   0x200
#define SMC_DATA    0x204
#define MEMORY_SIZE 0x5428 /* all ones while the device is in reset */

#define SMC_RESET   0x80000000 /* bit 0: keep it in reset */
#define SMC_CLOCK   0x80000004 /* bit 0: stop it */
#define SMC_PC      0x80000370
#define SMC_RUNS_AT 0x20100 /* its firmware starts here */
#define SMC_FUSES   0xc00c0000
#define SMC_MISC    0xc0000010
#define FUSE_SCOPE  BIT(6)
#define MISC_SCOPE  BIT(1)

#define CONFIG_RESET     0x7c
#define CONFIG_RESET_KEY 0x39d5e86bu
#define AFTER_RESET_NS   100000
#define RESET_TIMEOUT_NS (100 * NS_PER_MS)

static u32 reg_read(struct vfio_pci *vp, const struct vfio_region *bar, u64 offset)
{
	u8 bytes[4];

	if (vp->dev->ops->read(vp->dev, bar, offset, bytes, 4) != 4)
		return ~0u;
	return get_le32(bytes);
}

static void reg_write(struct vfio_pci *vp, const struct vfio_region *bar, u64 offset, u32 value)
{
	u8 bytes[4];

	put_le32(bytes, value);
	if (vp->dev->ops->write(vp->dev, bar, offset, bytes, 4) != 4)
		log_debug("%s: a write of BAR %u at 0x%llx failed", vp->name, BAR,
			(unsigned long long)offset);
}

static u32 smc_read(struct vfio_pci *vp, const struct vfio_region *bar, u32 reg)
{
	reg_write(vp, bar, SMC_INDEX, reg);
	return reg_read(vp, bar, SMC_DATA);
}

static void smc_write(struct vfio_pci *vp, const struct vfio_region *bar, u32 reg, u32 value)
{
	reg_write(vp, bar, SMC_INDEX, reg);
	reg_write(vp, bar, SMC_DATA, value);
}

static bool smc_runs(struct vfio_pci *vp, const struct vfio_region *bar)
{
	return !(smc_read(vp, bar, SMC_CLOCK) & 1) && smc_read(vp, bar, SMC_PC) >= SMC_RUNS_AT;
}

/* Limits the reset to the graphics function, without the audio function. */
static void set_scope(struct vfio_pci *vp, const struct vfio_region *bar)
{
	bool fuse = smc_read(vp, bar, SMC_FUSES) & FUSE_SCOPE;
	u32 misc = smc_read(vp, bar, SMC_MISC);

	if (fuse == !!(misc & MISC_SCOPE))
		smc_write(vp, bar, SMC_MISC, misc ^ MISC_SCOPE);
}

static void wait_ns(u64 ns)
{
	nanosleep(&(struct timespec){ .tv_nsec = (long)ns }, NULL);
}

static bool wait_for_memory(struct vfio_pci *vp, const struct vfio_region *bar)
{
	u64 end = clock_monotonic(&clock_system) + RESET_TIMEOUT_NS;

	do {
		if (reg_read(vp, bar, MEMORY_SIZE) != ~0u)
			return true;
		wait_ns(1000);
	} while (clock_monotonic(&clock_system) < end);
	return false;
}

static void stop_smc(struct vfio_pci *vp, const struct vfio_region *bar)
{
	smc_write(vp, bar, SMC_RESET, smc_read(vp, bar, SMC_RESET) | 1);
	smc_write(vp, bar, SMC_CLOCK, smc_read(vp, bar, SMC_CLOCK) | 1);
}

static int reset_card(struct vfio_pci *vp, const struct vfio_region *bar)
{
	if (!smc_runs(vp, bar))
		return -ENOTSUP;
	set_scope(vp, bar);
	vfio_config_hw_write(&vp->config, CONFIG_RESET, 4, CONFIG_RESET_KEY);
	wait_ns(AFTER_RESET_NS);
	if (!wait_for_memory(vp, bar))
		return -ETIMEDOUT;
	stop_smc(vp, bar);
	return 0;
}

static int reset_radeon(struct vfio_pci *vp)
{
	struct vfio_region bar;
	int ret = vp->dev->ops->region(vp->dev, BAR, &bar);

	if (ret)
		return ret;
	vfio_config_hw_write(&vp->config, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	ret = reset_card(vp, &bar);
	vfio_config_hw_write(&vp->config, PCI_COMMAND, 2, 0);
	return ret;
}

const struct vfio_quirk_ops vfio_quirk_radeon_reset = {
	.hw_reset = reset_radeon,
};
