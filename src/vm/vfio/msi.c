// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/msi.h"

#include "base/bytes.h"
#include "base/log.h"

static u8 *cap_of(const struct vfio_msi *msi)
{
	return msi->config->pci->config + msi->config->msi;
}

static u16 flags_of(const struct vfio_msi *msi)
{
	return get_le16(cap_of(msi) + PCI_MSI_FLAGS);
}

bool vfio_msi_wanted(const struct vfio_msi *msi)
{
	return msi->config->msi && flags_of(msi) & PCI_MSI_FLAGS_ENABLE;
}

void vfio_msi_open(struct vfio_msi *msi, struct vfio_config *config, struct vfio_device *dev)
{
	*msi = (struct vfio_msi){ .config = config, .dev = dev };
	for (unsigned i = 0; i < VFIO_MSI_MAX; i++)
		msi->vectors[i] = IRQ_VECTOR_CLOSED;
	if (!config->msi)
		return;
	msi->is64 = flags_of(msi) & PCI_MSI_FLAGS_64BIT;
	msi->maskable = flags_of(msi) & PCI_MSI_FLAGS_MASKBIT;
}

/* The number that the guest chose, limited to what the device supports. */
static unsigned nr_wanted(const struct vfio_msi *msi)
{
	unsigned capable = (flags_of(msi) & PCI_MSI_FLAGS_QMASK) >> 1;
	unsigned chosen = (flags_of(msi) & PCI_MSI_FLAGS_QSIZE) >> 4;
	unsigned log2 = chosen < capable ? chosen : capable;

	return 1u << (log2 < 5 ? log2 : 5);
}

/* 6.8.1.6: the low bits of the data are the vector's number. */
static struct msi_msg message(const struct vfio_msi *msi, unsigned n)
{
	const u8 *cap = cap_of(msi);
	u16 data = get_le16(cap + (msi->is64 ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32));
	struct msi_msg msg = { .address = get_le32(cap + PCI_MSI_ADDRESS_LO) };

	if (msi->is64)
		msg.address |= (u64)get_le32(cap + PCI_MSI_ADDRESS_HI) << 32;
	msg.data = (data & ~(msi->asked - 1)) | n;
	return msg;
}

static u32 mask_of(const struct vfio_msi *msi)
{
	if (!msi->maskable)
		return 0;
	return get_le32(cap_of(msi) + (msi->is64 ? PCI_MSI_MASK_64 : PCI_MSI_MASK_32));
}

static void update_vectors(struct vfio_msi *msi, struct irq *irq)
{
	u32 mask = mask_of(msi);

	for (unsigned i = 0; i < msi->given; i++) {
		int ret = 0;

		if (mask & BIT(i))
			irq_vector_mask(&msi->vectors[i], irq);
		else
			ret = irq_vector_unmask(&msi->vectors[i], irq, message(msi, i));
		if (ret && !msi->warned) {
			log_guest_warn("%s: MSI vector %u does not work: %s",
				msi->config->pci->name, i, strerror(-ret));
			msi->warned = true;
		}
	}
}

/* Returns how many vectors the device got. */
static unsigned give(struct vfio_msi *msi, unsigned count)
{
	s32 fds[VFIO_MSI_MAX] = { 0 };
	int ret;

	for (unsigned i = 0; i < count; i++) {
		if (irq_vector_open(&msi->vectors[i]))
			return 0;
		fds[i] = msi->vectors[i].eventfd;
	}
	ret = vfio_irqs_trigger(msi->dev, VFIO_PCI_MSI_IRQ_INDEX, 0, fds, count);
	/*
	 * The host may have fewer vectors and returns how many: often one, without interrupt
	 * remapping.
	 */
	if (ret > 0 && (unsigned)ret < count)
		return give(msi, (unsigned)ret);
	return ret ? 0 : count;
}

void vfio_msi_start(struct vfio_msi *msi, struct irq *irq)
{
	msi->on = true;
	msi->asked = nr_wanted(msi);
	msi->given = give(msi, msi->asked);
	if (msi->given < msi->asked && !msi->warned) {
		log_guest_warn("%s: the host gives it %u of %u MSI vectors", msi->config->pci->name,
			msi->given, msi->asked);
		msi->warned = true;
	}
	update_vectors(msi, irq);
}

void vfio_msi_stop(struct vfio_msi *msi, struct irq *irq)
{
	vfio_irqs_off(msi->dev, VFIO_PCI_MSI_IRQ_INDEX);
	for (unsigned i = 0; i < VFIO_MSI_MAX; i++)
		irq_vector_close(&msi->vectors[i], irq);
	msi->on = false;
	msi->given = 0;
}

void vfio_msi_update(struct vfio_msi *msi, struct irq *irq)
{
	if (!msi->on)
		return;
	if (nr_wanted(msi) != msi->asked) {
		vfio_msi_stop(msi, irq);
		vfio_msi_start(msi, irq);
		return;
	}
	update_vectors(msi, irq);
}

void vfio_msi_refresh_pending(struct vfio_msi *msi)
{
	u32 pending = 0;

	if (!msi->maskable)
		return;
	for (unsigned i = 0; i < msi->given; i++)
		pending |= irq_vector_pending(&msi->vectors[i]) ? BIT(i) : 0;
	put_le32(cap_of(msi) + (msi->is64 ? PCI_MSI_PENDING_64 : PCI_MSI_PENDING_32), pending);
}
