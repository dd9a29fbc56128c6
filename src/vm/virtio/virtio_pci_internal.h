/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For the files that implement virtio_pci.h only: the layout of the registers, and their handlers.
 */
#ifndef VM_VIRTIO_VIRTIO_PCI_INTERNAL_H
#define VM_VIRTIO_VIRTIO_PCI_INTERNAL_H

#include "vm/virtio/virtio_pci.h"

/*
 * One BAR, with a page each for common registers and ISR, device config, notifications, and MSI-X.
 */
#define VP_BAR         0
#define VP_COMMON      0x0000u
#define VP_COMMON_SIZE 0x40u
#define VP_ISR         0x0800u
#define VP_CONFIG      0x1000u
#define VP_NOTIFY      0x2000u
#define VP_NOTIFY_STEP 4u /* from one queue's address to the next */
#define VP_TABLE       0x3000u
#define VP_PBA         0x3800u
#define VP_BAR_SIZE    0x4000u

/* [@offset, @offset + @size) lies within the BAR. @size: 1, 2, 4 or 8. */
u64 virtio_pci_bar_read(void *owner, u64 offset, unsigned size);
void virtio_pci_bar_write(void *owner, u64 offset, unsigned size, u64 value);

/* Sets the ISR to @bits; INTx is asserted while any bit is set. */
void virtio_pci_set_isr(struct virtio_pci *vp, u8 bits);

#endif
