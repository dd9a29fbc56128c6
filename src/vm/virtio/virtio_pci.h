/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio over PCI, modern devices only: VIRTIO 1.2, section 4.1.
 *
 * The function sits on the root bus, where firmware finds it without programming a bridge. Its
 * registers are in one 32-bit memory BAR, so that no firmware moves it above 4 GiB, where SeaBIOS
 * cannot reach it. Notifications go from KVM to the queue's kick eventfd, and interrupts from its
 * call eventfd to the guest by MSI-X, both without this process; with INTx the loop's thread
 * asserts the line.
 *
 * The caller owns the struct. Its operations run with the lock of the PCI hierarchy held.
 */
#ifndef VM_VIRTIO_VIRTIO_PCI_H
#define VM_VIRTIO_VIRTIO_PCI_H

#include "base/loop.h"
#include "vm/pci/msix.h"
#include "vm/pci/pci_bus.h"
#include "vm/virtio/virtio.h"

/*
 * Device numbers on the root bus: a guest finds a device at the same place whatever other devices
 * the machine has. Root ports of assigned devices take the other numbers, from 1 on.
 */
#define VIRTIO_FIRST_DISK 16
#define VIRTIO_FIRST_NET  24
#define VIRTIO_FIRST_FS   26
#define VIRTIO_FIRST_MISC 29 /* and 30: devices of which there is only one */
#define VIRTIO_MAX_DISKS  (VIRTIO_FIRST_NET - VIRTIO_FIRST_DISK)
#define VIRTIO_MAX_NETS   (VIRTIO_FIRST_FS - VIRTIO_FIRST_NET)
#define VIRTIO_MAX_SHARES (VIRTIO_FIRST_MISC - VIRTIO_FIRST_FS)

/* A source of interrupts in the device: its config space or a queue. */
struct virtio_pci_source {
	struct virtio_pci *vp;
	struct pci_msix_source msix;
	struct loop_source intx; /* watches the eventfd while the driver uses INTx */
	u8 isr;                  /* its bit in the ISR */
};

struct virtio_pci {
	struct pci_dev pci;
	struct virtio_dev *dev;
	struct loop *loop;
	struct pci_msix msix;
	struct pci_bar_doorbell doorbells[VIRTIO_MAX_QUEUES];
	struct virtio_pci_source config, queues[VIRTIO_MAX_QUEUES];
	bool by_intx; /* INTx is in use: the loop watches the sources */
	u8 isr;
	u32 device_word, driver_word; /* halves of the features that are selected */
	u16 selected;                 /* the selected queue */
	u8 window;                    /* offset of the VIRTIO_PCI_CAP_PCI_CFG capability */
};

/*
 * Puts @dev on the root bus as function @devfn. @dev has been filled in and must outlive the
 * transport. @class: the 24-bit class code. -EBUSY if @devfn is taken. A failure leaves nothing
 * behind.
 */
int virtio_pci_open(struct virtio_pci *vp, struct virtio_dev *dev, struct pci_host *host, u8 devfn,
	u32 class, struct loop *loop, struct err *err);
/* Stops and closes the device and takes it off the bus. No vCPU runs. Safe on a zeroed struct. */
void virtio_pci_close(struct virtio_pci *vp);

#endif
