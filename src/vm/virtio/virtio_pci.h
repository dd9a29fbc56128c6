/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio over PCI, modern devices only: VIRTIO 1.2, section 4.1.
 *
 * The function sits on the root bus, where every firmware finds it without having programmed a
 * bridge. Its registers are one 32-bit memory BAR, which no firmware moves above 4 GiB, out of
 * reach of SeaBIOS. Notifications go from KVM to the queue's eventfd, and from the queue's other
 * eventfd as MSI-X to the guest, both without this process; with INTx the loop's thread
 * raises the line.
 *
 * The caller owns the struct. It runs under the PCI hierarchy's lock.
 */
#ifndef VM_VIRTIO_VIRTIO_PCI_H
#define VM_VIRTIO_VIRTIO_PCI_H

#include "base/loop.h"
#include "vm/pci/msix.h"
#include "vm/pci/pci_bus.h"
#include "vm/virtio/virtio.h"

/*
 * Device numbers on the root bus, so that a guest finds a device at the same place whatever else
 * the machine has. Ports of assigned cards fill the rest from 1 on.
 */
#define VIRTIO_FIRST_DISK 16
#define VIRTIO_FIRST_NET  24
#define VIRTIO_FIRST_FS   26
#define VIRTIO_FIRST_MISC 29 /* and 30: what there is one of */
#define VIRTIO_MAX_DISKS  (VIRTIO_FIRST_NET - VIRTIO_FIRST_DISK)
#define VIRTIO_MAX_NETS   (VIRTIO_FIRST_FS - VIRTIO_FIRST_NET)
#define VIRTIO_MAX_SHARES (VIRTIO_FIRST_MISC - VIRTIO_FIRST_FS)

/* Something of the device that interrupts: the config space or a queue. */
struct virtio_pci_source {
	struct virtio_pci *vp;
	struct pci_msix_source msix;
	struct loop_source intx; /* waits for the eventfd while the driver uses INTx */
	u8 isr;                  /* its bit in the ISR */
};

struct virtio_pci {
	struct pci_dev pci;
	struct virtio_dev *dev;
	struct loop *loop;
	struct pci_msix msix;
	struct pci_bar_doorbell doorbells[VIRTIO_MAX_QUEUES];
	struct virtio_pci_source config, queues[VIRTIO_MAX_QUEUES];
	bool by_intx; /* the loop watches the sources */
	u8 isr;
	u32 device_word, driver_word; /* of the features */
	u16 selected;                 /* queue */
	u8 window;                    /* the capability for BAR accesses by config space */
};

/*
 * Puts @dev, which is filled in and outlives the transport, on the root bus as function @devfn.
 * @class: the 24 bits. -EBUSY where the place is taken. Nothing is left after a failure.
 */
int virtio_pci_open(struct virtio_pci *vp, struct virtio_dev *dev, struct pci_host *host, u8 devfn,
	u32 class, struct loop *loop, struct err *err);
/* Stops and closes the device and takes it off the bus. No vCPU runs. Safe on a zeroed struct. */
void virtio_pci_close(struct virtio_pci *vp);

#endif
