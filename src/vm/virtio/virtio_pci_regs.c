// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/virtio_pci.h>

#include "base/bytes.h"
#include "base/log.h"
#include "vm/virtio/virtio_pci_internal.h"

static struct virtio_queue *selected(struct virtio_pci *vp)
{
	return vp->selected < vp->dev->nr_queues ? &vp->dev->queues[vp->selected] : NULL;
}

static void fill_queue(struct virtio_pci *vp, u8 *regs)
{
	const struct virtio_queue *queue = selected(vp);

	put_le16(regs + VIRTIO_PCI_COMMON_Q_MSIX, VIRTIO_MSI_NO_VECTOR);
	if (!queue)
		return;
	put_le16(regs + VIRTIO_PCI_COMMON_Q_SIZE, queue->size);
	put_le16(regs + VIRTIO_PCI_COMMON_Q_MSIX, vp->queues[vp->selected].msix.entry);
	put_le16(regs + VIRTIO_PCI_COMMON_Q_ENABLE, queue->enabled);
	put_le16(regs + VIRTIO_PCI_COMMON_Q_NOFF, vp->selected);
	put_le64(regs + VIRTIO_PCI_COMMON_Q_DESCLO, queue->desc);
	put_le64(regs + VIRTIO_PCI_COMMON_Q_AVAILLO, queue->driver);
	put_le64(regs + VIRTIO_PCI_COMMON_Q_USEDLO, queue->device);
	put_le16(regs + VIRTIO_PCI_COMMON_Q_NDATA, vp->selected);
}

static u32 features_word(u64 features, u32 word)
{
	return word > 1 ? 0 : (u32)(features >> (32 * word));
}

static u64 common_read(struct virtio_pci *vp, u64 offset, unsigned size)
{
	const struct virtio_dev *dev = vp->dev;
	u8 regs[VP_COMMON_SIZE] = { 0 };

	put_le32(regs + VIRTIO_PCI_COMMON_DFSELECT, vp->device_word);
	put_le32(regs + VIRTIO_PCI_COMMON_DF, features_word(dev->features, vp->device_word));
	put_le32(regs + VIRTIO_PCI_COMMON_GFSELECT, vp->driver_word);
	put_le32(regs + VIRTIO_PCI_COMMON_GF, features_word(dev->driver_features, vp->driver_word));
	put_le16(regs + VIRTIO_PCI_COMMON_MSIX, vp->config.msix.entry);
	put_le16(regs + VIRTIO_PCI_COMMON_NUMQ, (u16)dev->nr_queues);
	regs[VIRTIO_PCI_COMMON_STATUS] = virtio_dev_status(dev);
	regs[VIRTIO_PCI_COMMON_CFGGENERATION] = dev->generation;
	put_le16(regs + VIRTIO_PCI_COMMON_Q_SELECT, vp->selected);
	fill_queue(vp, regs);
	return get_le(regs + offset, size);
}

static void set_vector(struct virtio_pci *vp, struct virtio_pci_source *source, u16 vector)
{
	pci_msix_set_entry(
		&vp->msix, &source->msix, vector < vp->msix.nr ? vector : VIRTIO_MSI_NO_VECTOR);
}

static void set_half(u64 *address, unsigned half, u32 value)
{
	*address &= ~(0xffffffffull << (32 * half));
	*address |= (u64)value << (32 * half);
}

/* 4.1.4.3.2: once the queue is enabled, only its vector can change. */
static void queue_write(struct virtio_pci *vp, u64 offset, u32 value)
{
	struct virtio_queue *queue = selected(vp);

	if (!queue)
		return;
	switch (offset) {
	case VIRTIO_PCI_COMMON_Q_MSIX:
		set_vector(vp, &vp->queues[vp->selected], (u16)value);
		return;
	case VIRTIO_PCI_COMMON_Q_RESET:
		if (value == 1)
			virtio_dev_reset_queue(vp->dev, vp->selected);
		return;
	}
	if (queue->enabled)
		return;
	switch (offset) {
	case VIRTIO_PCI_COMMON_Q_SIZE:
		queue->size = (u16)value;
		break;
	case VIRTIO_PCI_COMMON_Q_ENABLE:
		if (value == 1)
			virtio_dev_enable_queue(vp->dev, vp->selected);
		break;
	case VIRTIO_PCI_COMMON_Q_DESCLO:
	case VIRTIO_PCI_COMMON_Q_DESCHI:
		set_half(&queue->desc, offset == VIRTIO_PCI_COMMON_Q_DESCHI, value);
		break;
	case VIRTIO_PCI_COMMON_Q_AVAILLO:
	case VIRTIO_PCI_COMMON_Q_AVAILHI:
		set_half(&queue->driver, offset == VIRTIO_PCI_COMMON_Q_AVAILHI, value);
		break;
	case VIRTIO_PCI_COMMON_Q_USEDLO:
	case VIRTIO_PCI_COMMON_Q_USEDHI:
		set_half(&queue->device, offset == VIRTIO_PCI_COMMON_Q_USEDHI, value);
		break;
	}
}

static void set_status(struct virtio_pci *vp, u8 status)
{
	virtio_dev_set_status(vp->dev, status);
	if (status)
		return;
	pci_msix_set_entry(&vp->msix, &vp->config.msix, VIRTIO_MSI_NO_VECTOR);
	for (unsigned i = 0; i < vp->dev->nr_queues; i++)
		pci_msix_set_entry(&vp->msix, &vp->queues[i].msix, VIRTIO_MSI_NO_VECTOR);
	vp->device_word = vp->driver_word = 0;
	vp->selected = 0;
	virtio_pci_set_isr(vp, 0);
}

/* The width of the register at @offset; 0: there is none. */
static unsigned register_size(u64 offset)
{
	if (offset == VIRTIO_PCI_COMMON_STATUS)
		return 1;
	if (offset < VIRTIO_PCI_COMMON_MSIX)
		return offset % 4 ? 0 : 4;
	if (offset >= VIRTIO_PCI_COMMON_Q_DESCLO && offset < VIRTIO_PCI_COMMON_Q_NDATA)
		return offset % 4 ? 0 : 4;
	return offset % 2 ? 0 : 2;
}

static void common_write(struct virtio_pci *vp, u64 offset, unsigned size, u32 value)
{
	if (size != register_size(offset)) {
		log_guest("%s: write of %u bytes to register 0x%llx", vp->pci.name, size,
			(unsigned long long)offset);
		return;
	}
	switch (offset) {
	case VIRTIO_PCI_COMMON_DFSELECT:
		vp->device_word = value;
		break;
	case VIRTIO_PCI_COMMON_GFSELECT:
		vp->driver_word = value;
		break;
	case VIRTIO_PCI_COMMON_GF:
		virtio_dev_set_features(vp->dev, vp->driver_word, value);
		break;
	case VIRTIO_PCI_COMMON_MSIX:
		set_vector(vp, &vp->config, (u16)value);
		break;
	case VIRTIO_PCI_COMMON_STATUS:
		set_status(vp, (u8)value);
		break;
	case VIRTIO_PCI_COMMON_Q_SELECT:
		vp->selected = (u16)value;
		break;
	default:
		queue_write(vp, offset, value);
	}
}

/* Reading it acknowledges the interrupt (4.1.4.5). */
static u64 isr_read(struct virtio_pci *vp)
{
	u8 isr = vp->isr;

	virtio_pci_set_isr(vp, 0);
	return isr;
}

static bool within(u64 offset, unsigned size, u64 start, u64 length)
{
	return range_contains((struct range){ start, length }, offset, size);
}

u64 virtio_pci_bar_read(void *owner, u64 offset, unsigned size)
{
	struct virtio_pci *vp = owner;

	if (within(offset, size, VP_TABLE, vp->msix.nr * PCI_MSIX_ENTRY_SIZE) && size >= 4)
		return pci_msix_table_read(&vp->msix, offset - VP_TABLE, size);
	if (within(offset, size, VP_PBA, VP_BAR_SIZE - VP_PBA))
		return pci_msix_pba_read(&vp->msix, offset - VP_PBA, size);
	if (size == 8)
		return virtio_pci_bar_read(owner, offset, 4) |
		       virtio_pci_bar_read(owner, offset + 4, 4) << 32;
	if (within(offset, size, VP_COMMON, VP_COMMON_SIZE))
		return common_read(vp, offset - VP_COMMON, size);
	if (offset == VP_ISR)
		return isr_read(vp);
	if (within(offset, size, VP_CONFIG, VIRTIO_MAX_CONFIG))
		return virtio_dev_config_read(vp->dev, (u32)(offset - VP_CONFIG), size);
	return 0;
}

/* For kernels whose KVM does not handle doorbells: see struct pci_bar_doorbell. */
static void notify(struct virtio_pci *vp, u64 queue)
{
	if (queue < vp->dev->nr_queues)
		virtio_dev_kick(vp->dev, (unsigned)queue);
}

void virtio_pci_bar_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct virtio_pci *vp = owner;

	if (within(offset, size, VP_TABLE, vp->msix.nr * PCI_MSIX_ENTRY_SIZE) && size >= 4) {
		pci_msix_table_write(&vp->msix, offset - VP_TABLE, size, value);
	} else if (size == 8) {
		virtio_pci_bar_write(owner, offset, 4, (u32)value);
		virtio_pci_bar_write(owner, offset + 4, 4, value >> 32);
	} else if (within(offset, size, VP_COMMON, VP_COMMON_SIZE)) {
		common_write(vp, offset - VP_COMMON, size, (u32)value);
	} else if (within(offset, size, VP_CONFIG, VIRTIO_MAX_CONFIG)) {
		virtio_dev_config_write(vp->dev, (u32)(offset - VP_CONFIG), size, (u32)value);
	} else if (within(offset, size, VP_NOTIFY, VP_TABLE - VP_NOTIFY)) {
		notify(vp, (offset - VP_NOTIFY) / VP_NOTIFY_STEP);
	}
}
