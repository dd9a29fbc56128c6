// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/quirks.h"

#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/log.h"
#include "vm/vfio/quirks/quirk.h"

static const struct vfio_quirk_ops *const all_ops[PCI_QUIRKS] = {
#define QUIRK(id, file, name, when, fits, what) &vfio_quirk_##file,
#include "pci/quirk_table.inc"
#undef QUIRK
};

_Static_assert(PCI_QUIRKS <= 32, "struct vfio_quirks has 32 bits for them");

/* These are implemented where the guest's config space and ROM are built: config_rebar.c, rom.c. */
const struct vfio_quirk_ops vfio_quirk_rebar = { 0 };
const struct vfio_quirk_ops vfio_quirk_rom_id = { 0 };

static void find_bars(const struct vfio_pci *vp, struct pci_bar bars[PCI_REGIONS])
{
	const u8 *physical = vp->config.physical;
	struct vfio_region region;

	for (unsigned i = 0; i < PCI_BARS; i++) {
		u32 reg = get_le32(physical + PCI_BASE_ADDRESS_0 + 4 * i);

		if (vp->dev->ops->region(vp->dev, i, &region))
			continue;
		bars[i].size = region.size;
		if (reg & PCI_BASE_ADDRESS_SPACE_IO)
			bars[i].flags = PCI_BAR_IO;
		else if ((reg & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64)
			bars[i].flags = PCI_BAR_64BIT;
	}
	if (!vp->dev->ops->region(vp->dev, VFIO_PCI_ROM_REGION_INDEX, &region))
		bars[PCI_BAR_ROM].size = region.size;
}

static bool is_wanted(const struct vfio_pci *vp, enum pci_quirk_id id)
{
	if (vp->options.quirks_off)
		return false;
	if (all_ops[id]->wanted)
		return all_ops[id]->wanted(vp);
	return pci_quirk(id)->when == PCI_QUIRK_ALWAYS ||
	       (pci_quirk(id)->when == PCI_QUIRK_WITH_VGA && vp->has_vga);
}

int vfio_quirks_choose(struct vfio_pci *vp, struct err *err)
{
	const u8 *physical = vp->config.physical;
	struct pci_bar bars[PCI_REGIONS] = { 0 };
	struct pci_quirk_facts facts = {
		.addr = vp->addr,
		.vendor = get_le16(physical + PCI_VENDOR_ID),
		.device = get_le16(physical + PCI_DEVICE_ID),
		.class = get_le32(physical + PCI_CLASS_REVISION) >> 8,
		.bars = bars,
		.config = physical,
		.config_size = vp->config.walk,
	};
	int ret = 0;

	find_bars(vp, bars);
	vp->quirks = (struct vfio_quirks){ 0 };
	for (unsigned id = 0; id < PCI_QUIRKS && !ret; id++) {
		if (pci_quirk_fits(id, &facts) && is_wanted(vp, id)) {
			vp->quirks.chosen |= 1u << id;
			log_debug("%s: quirk %s: %s", vp->name, pci_quirk(id)->name,
				pci_quirk(id)->what);
		} else if (all_ops[id]->absent) {
			ret = all_ops[id]->absent(vp, err);
		}
	}
	return ret;
}

static int open_one(struct vfio_pci *vp, enum pci_quirk_id id, struct err *err)
{
	const struct vfio_quirk_ops *ops = all_ops[id];
	struct vfio_quirk *quirk = calloc(1, ops->size);
	int ret;

	if (!quirk)
		return err_sys(err, ENOMEM, "quirk %s", pci_quirk(id)->name);
	quirk->ops = ops;
	quirk->vp = vp;
	vp->quirks.open[id] = quirk;
	ret = ops->open(quirk, err);
	return ret ? err_wrap(err, "quirk %s", pci_quirk(id)->name) : 0;
}

int vfio_quirks_open(struct vfio_pci *vp, struct err *err)
{
	int ret = 0;

	for (unsigned id = 0; id < PCI_QUIRKS && !ret; id++)
		if (all_ops[id]->open && vfio_quirks_has(&vp->quirks, id))
			ret = open_one(vp, id, err);
	return ret;
}

void vfio_quirks_close(struct vfio_pci *vp)
{
	for (unsigned id = 0; id < PCI_QUIRKS; id++) {
		struct vfio_quirk *quirk = vp->quirks.open[id];

		if (quirk && quirk->ops->close)
			quirk->ops->close(quirk);
		free(quirk);
		vp->quirks.open[id] = NULL;
	}
	vp->quirks.traps.nr = 0;
}

void vfio_quirks_reset(struct vfio_pci *vp)
{
	for (unsigned id = 0; id < PCI_QUIRKS; id++)
		if (vp->quirks.open[id] && vp->quirks.open[id]->ops->reset)
			vp->quirks.open[id]->ops->reset(vp->quirks.open[id]);
}

void vfio_quirks_moved(struct vfio_pci *vp)
{
	for (unsigned id = 0; id < PCI_QUIRKS; id++)
		if (vp->quirks.open[id] && vp->quirks.open[id]->ops->moved)
			vp->quirks.open[id]->ops->moved(vp->quirks.open[id]);
}

bool vfio_quirks_can_reset(const struct vfio_pci *vp)
{
	for (unsigned id = 0; id < PCI_QUIRKS; id++)
		if (all_ops[id]->hw_reset && vfio_quirks_has(&vp->quirks, id))
			return true;
	return false;
}

int vfio_quirks_hw_reset(struct vfio_pci *vp)
{
	int ret = -ENOTSUP;

	for (unsigned id = 0; id < PCI_QUIRKS && ret; id++)
		if (all_ops[id]->hw_reset && vfio_quirks_has(&vp->quirks, id))
			ret = all_ops[id]->hw_reset(vp);
	return ret;
}

int vfio_quirk_trap(struct vfio_quirk *quirk, u32 region, u64 start, u64 size,
	const struct bus_ops *ops, struct err *err)
{
	int ret = vfio_trap_add(
		&quirk->vp->quirks.traps, region, (struct range){ start, size }, ops, quirk);

	return ret ? err_sys(err, -ret, "too many overlays") : 0;
}

unsigned vfio_quirk_config_size(const struct vfio_quirk *quirk)
{
	return quirk->vp->config.region.size > PCI_CFG_SPACE_SIZE ? PCI_CONFIG_SIZE
								  : PCI_CFG_SPACE_SIZE;
}

/*
 * Returns the size of the next piece: config space takes naturally aligned accesses of 1, 2 and 4
 * bytes.
 */
static unsigned piece_of(u64 offset, unsigned size)
{
	if (size > 4)
		size = 4;
	return offset % size ? 1 : size;
}

bool vfio_quirk_config_is_free(const struct vfio_pci *vp, u16 offset, unsigned size)
{
	const u8 *emulated = vp->config.emulated + offset;

	for (unsigned i = 0; i < size; i++)
		if (emulated[i])
			return false;
	return true;
}

u64 vfio_quirk_config_read(struct vfio_quirk *quirk, u64 offset, unsigned size)
{
	struct pci_dev *pci = &quirk->vp->pci;
	unsigned piece = piece_of(offset, size);
	u64 value = 0;

	if (offset + size > vfio_quirk_config_size(quirk))
		return all_ones(size);
	for (unsigned i = 0; i < size; i += piece)
		value |= (u64)pci->ops->config_read(pci, (u16)(offset + i), piece) << (8 * i);
	return value;
}

void vfio_quirk_config_write(struct vfio_quirk *quirk, u64 offset, unsigned size, u64 value)
{
	struct pci_dev *pci = &quirk->vp->pci;
	unsigned piece = piece_of(offset, size);

	if (offset + size > vfio_quirk_config_size(quirk))
		return;
	for (unsigned i = 0; i < size; i += piece)
		pci->ops->config_write(
			pci, (u16)(offset + i), piece, (u32)(value >> (8 * i) & all_ones(piece)));
}

u64 vfio_quirk_hw_read(struct vfio_quirk *quirk, u32 region, u64 offset, unsigned size)
{
	if (region == VFIO_PCI_VGA_REGION_INDEX)
		return vfio_vga_hw_read(&quirk->vp->vga, (u32)offset, size);
	return vfio_bar_hw_read(&quirk->vp->bars.bar[region], offset, size);
}

void vfio_quirk_hw_write(struct vfio_quirk *quirk, u32 region, u64 offset, unsigned size, u64 value)
{
	if (region == VFIO_PCI_VGA_REGION_INDEX)
		vfio_vga_hw_write(&quirk->vp->vga, (u32)offset, size, value);
	else
		vfio_bar_hw_write(&quirk->vp->bars.bar[region], offset, size, value);
}
