// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BAR 2 of a Realtek 8168 has an index/data window, through which its driver writes the MSI-X
 * table: data at 70h, address at 74h. In the address, bits 30 to 16 are 1 for the table; bit 31
 * starts a write and is inverted when the write is done.
 */
#include "base/bytes.h"
#include "vm/pci/pci_bus.h"
#include "vm/vfio/quirks/quirk.h"

#define BAR     2
#define DATA    0x70
#define ADDRESS 0x74

#define TARGET       0x7fff0000u
#define TARGET_TABLE 0x00010000u
#define OFFSET       0xfffu
#define DO_WRITE     BIT(31)

struct rtl8168 {
	struct vfio_quirk quirk;
	u32 data, address;
};

static struct vfio_msix *msix_of(const struct rtl8168 *rtl)
{
	return &rtl->quirk.vp->interrupts.msix;
}

/* Whether the address register points to four bytes of the guest's MSI-X table. */
static bool is_table(const struct rtl8168 *rtl)
{
	return (rtl->address & TARGET) == TARGET_TABLE && msix_of(rtl)->nr &&
	       range_contains(
		       (struct range){ 0, msix_of(rtl)->table.size }, rtl->address & OFFSET, 4);
}

static u64 data_read(void *owner, u64 offset, unsigned size)
{
	struct rtl8168 *rtl = owner;
	u64 value = vfio_quirk_hw_read(&rtl->quirk, BAR, offset, size);

	if (is_table(rtl) && size == 4)
		return vfio_msix_table_read(msix_of(rtl), rtl->address & OFFSET, size);
	return value;
}

static void data_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct rtl8168 *rtl = owner;

	rtl->data = (u32)value;
	vfio_quirk_hw_write(&rtl->quirk, BAR, offset, size, value);
}

static u64 address_read(void *owner, u64 offset, unsigned size)
{
	struct rtl8168 *rtl = owner;
	u64 value = vfio_quirk_hw_read(&rtl->quirk, BAR, offset, size);

	return is_table(rtl) && size == 4 ? rtl->address ^ DO_WRITE : value;
}

static void address_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct rtl8168 *rtl = owner;
	struct irq *irq = rtl->quirk.vp->pci.bus->host->irq;

	rtl->address = size == 4 ? (u32)value : 0;
	if (is_table(rtl) && value & DO_WRITE)
		vfio_msix_table_write(msix_of(rtl), irq, rtl->address & OFFSET, 4, rtl->data);
	else
		vfio_quirk_hw_write(&rtl->quirk, BAR, offset, size, value);
}

static const struct bus_ops data_ops = { data_read, data_write };
static const struct bus_ops address_ops = { address_read, address_write };

static int open_rtl(struct vfio_quirk *quirk, struct err *err)
{
	int ret = vfio_quirk_trap(quirk, BAR, DATA, 4, &data_ops, err);

	return ret ? ret : vfio_quirk_trap(quirk, BAR, ADDRESS, 4, &address_ops, err);
}

static void reset(struct vfio_quirk *quirk)
{
	struct rtl8168 *rtl = (struct rtl8168 *)quirk;

	rtl->data = rtl->address = 0;
}

const struct vfio_quirk_ops vfio_quirk_rtl8168 = {
	.size = sizeof(struct rtl8168),
	.open = open_rtl,
	.reset = reset,
};
