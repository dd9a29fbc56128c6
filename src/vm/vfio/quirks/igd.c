// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Intel's integrated graphics. Two areas in the host's memory must be the guest's own: the
 * OpRegion, which describes the outputs, and the stolen memory, which the device uses before a
 * driver runs. The guest's firmware reads a copy of the OpRegion and the size of the stolen memory
 * from fw_cfg, reserves memory for both, and writes the addresses to ASLS and BDSM. See QEMU's
 * docs/igd-assign.txt.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/log.h"
#include "vm/vfio/quirks/quirk.h"

#define INTEL 0x8086
/* linux/vfio.h's VFIO_REGION_TYPE_PCI_VENDOR_TYPE shifts a 1 into the sign of an int. */
#define VENDOR_REGIONS BIT(31)

#define GGC         0x50 /* the size of stolen memory */
#define BDSM        0x5c
#define BDSM_GEN11  0xc0
#define ASLS        0xfc
#define MIRROR_GGC  0x108040 /* in BAR 0, from generation 11 on */
#define MIRROR_BDSM 0x1080c0

#define OPREGION_MIN (8 * KIB)
#define OPREGION_MAX (64 * KIB)
#define SIGNATURE    "IntelGraphicsMem"

struct igd {
	struct vfio_quirk quirk;
	unsigned generation;
	u8 *opregion;
	u8 bdsm_size[8];
};

/* The generation, by the upper byte of the device id. Ids that are not listed are newer. */
static unsigned generation_of(u16 device)
{
	static const struct {
		u8 high, generation;
	} known[] = {
		{ 0x01, 6 },
		{ 0x04, 7 },
		{ 0x0a, 7 },
		{ 0x0c, 7 },
		{ 0x0d, 7 },
		{ 0x0f, 7 },
		{ 0x16, 8 },
		{ 0x22, 8 },
		{ 0x19, 9 },
		{ 0x31, 9 },
		{ 0x3e, 9 },
		{ 0x59, 9 },
		{ 0x5a, 9 },
		{ 0x87, 9 },
		{ 0x9b, 9 },
		{ 0x45, 11 },
		{ 0x4e, 11 },
		{ 0x8a, 11 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (device >> 8 == known[i].high)
			return known[i].generation;
	return 12;
}

/* The size of stolen memory and of the GTT in bytes, from GGC. */
static u64 stolen_size(unsigned generation, u32 ggc)
{
	u64 memory, table;

	if (generation < 8) {
		memory = (ggc >> 3 & 0x1f) * 32;
		table = ggc >> 8 & 3;
	} else {
		memory = ggc >> 8 & 0xff;
		memory = memory < 0xf0 ? memory * 32 : (memory - 0xf0 + 1) * 4;
		table = ggc >> 6 & 3 ? 1u << (ggc >> 6 & 3) : 0;
	}
	return (memory + table) * MIB;
}

/* Emulates a register, with the initial value @value. */
static void own_register(struct vfio_pci *vp, u16 offset, unsigned size, bool writable, u64 value)
{
	put_le(vp->pci.config + offset, size, value);
	memset(vp->config.emulated + offset, 0xff, size);
	memset(vp->pci.writable + offset, writable ? 0xff : 0, size);
}

/* Returns false if a capability lies there: then this is not a device of a known kind. */
static bool own_registers(struct vfio_pci *vp, unsigned generation, u32 ggc)
{
	u16 bdsm = generation < 11 ? BDSM : BDSM_GEN11;
	unsigned size = generation < 11 ? 4 : 8;

	if (!vfio_quirk_config_is_free(vp, GGC, 2) || !vfio_quirk_config_is_free(vp, ASLS, 4) ||
		!vfio_quirk_config_is_free(vp, bdsm, size)) {
		log_warn("%s: capabilities lie where Intel's graphics have GGC, BDSM and ASLS; "
			 "these "
			 "stay the host's",
			vp->name);
		return false;
	}
	own_register(vp, GGC, 2, false, ggc);
	own_register(vp, ASLS, 4, true, 0);
	own_register(vp, bdsm, size, true, 0);
	return true;
}

static int find_opregion(struct vfio_device *dev, struct vfio_region *region)
{
	struct vfio_device_info info;
	int ret = dev->ops->info(dev, &info);

	for (u32 i = VFIO_PCI_NUM_REGIONS; !ret && i < info.num_regions && i < 256; i++) {
		if (dev->ops->region(dev, i, region))
			continue;
		if (region->type == (VENDOR_REGIONS | INTEL) &&
			region->subtype == VFIO_REGION_SUBTYPE_INTEL_IGD_OPREGION)
			return 0;
	}
	return -ENOENT;
}

/*
 * Without an OpRegion the guest's driver finds no outputs, but that is no reason to refuse the
 * device.
 */
static void copy_opregion(struct igd *igd)
{
	struct vfio_pci *vp = igd->quirk.vp;
	struct vfio_region region;

	if (find_opregion(vp->dev, &region) || region.size < OPREGION_MIN ||
		region.size > OPREGION_MAX) {
		log_warn("%s: the host's kernel does not give its OpRegion "
			 "(CONFIG_VFIO_PCI_IGD)",
			vp->name);
		return;
	}
	igd->opregion = malloc(region.size);
	if (!igd->opregion ||
		vp->dev->ops->read(vp->dev, &region, 0, igd->opregion, region.size) !=
			(ssize_t)region.size ||
		memcmp(igd->opregion, SIGNATURE, sizeof(SIGNATURE) - 1)) {
		log_warn("%s: its OpRegion cannot be read", vp->name);
		return;
	}
	vp->files[vp->nr_files++] =
		(struct vfio_file){ "etc/igd-opregion", igd->opregion, (u32)region.size };
}

static u64 mirror_of_config(void *owner, u64 offset, unsigned size)
{
	u64 start = offset < MIRROR_BDSM ? MIRROR_GGC : MIRROR_BDSM;
	u16 reg = offset < MIRROR_BDSM ? GGC : BDSM_GEN11;

	return vfio_quirk_config_read(owner, reg + (offset - start), size);
}

static void mirror_write(void *owner, u64 offset, unsigned size, u64 value)
{
	u64 start = offset < MIRROR_BDSM ? MIRROR_GGC : MIRROR_BDSM;
	u16 reg = offset < MIRROR_BDSM ? GGC : BDSM_GEN11;

	vfio_quirk_config_write(owner, reg + (offset - start), size, value);
}

static const struct bus_ops mirror_ops = { mirror_of_config, mirror_write };

static int open_igd(struct vfio_quirk *quirk, struct err *err)
{
	struct igd *igd = (struct igd *)quirk;
	struct vfio_pci *vp = quirk->vp;
	u32 ggc = vfio_config_hw_read(&vp->config, GGC, 2);
	int ret;

	igd->generation = generation_of(get_le16(vp->config.physical + PCI_DEVICE_ID));
	if (!own_registers(vp, igd->generation, ggc))
		return 0;
	copy_opregion(igd);
	put_le64(igd->bdsm_size, stolen_size(igd->generation, ggc));
	vp->files[vp->nr_files++] =
		(struct vfio_file){ "etc/igd-bdsm-size", igd->bdsm_size, sizeof(igd->bdsm_size) };
	if (igd->generation < 11)
		return 0;
	ret = vfio_quirk_trap(quirk, 0, MIRROR_GGC, 2, &mirror_ops, err);
	return ret ? ret : vfio_quirk_trap(quirk, 0, MIRROR_BDSM, 8, &mirror_ops, err);
}

static void close_igd(struct vfio_quirk *quirk)
{
	struct igd *igd = (struct igd *)quirk;

	quirk->vp->nr_files = 0;
	free(igd->opregion);
}

const struct vfio_quirk_ops vfio_quirk_igd = {
	.size = sizeof(struct igd),
	.open = open_igd,
	.close = close_igd,
};
