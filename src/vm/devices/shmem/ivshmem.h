/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that the guest shares with a program of the host, as QEMU's ivshmem-plain
 * (docs/specs/ivshmem-spec.rst there), which Looking Glass uses:
 *
 * 	BAR 0	256 bytes of registers, which all read 0 here: there are no interrupts, and no peers
 * 	BAR 2	the memory, 64 bits and prefetchable, mapped into the guest
 *
 * The other program may do anything to the memory at any time, so this process reads none of it.
 */
#ifndef VM_DEVICES_SHMEM_IVSHMEM_H
#define VM_DEVICES_SHMEM_IVSHMEM_H

#include "vm/pci/pci_bus.h"

#define IVSHMEM_REGISTERS  256
#define IVSHMEM_MEMORY_BAR 2
#define IVSHMEM_MIN        (1 * MIB)
#define IVSHMEM_MAX        (4 * GIB)

struct ivshmem {
	struct pci_dev pci;
	struct pci_bar_page page;
};

/*
 * Puts the device on the root bus as function @devfn. @memory: @size bytes, a power of two, mapped
 * from the start of the file @fd until ivshmem_close(); the caller's. Returns -EBUSY if the slot is
 * taken. After a failure there is nothing to close.
 */
int ivshmem_open(struct ivshmem *dev, struct pci_host *host, u8 devfn, void *memory, u64 size,
	int fd, struct err *err);
/* No vCPU runs. Safe on a zeroed struct. */
void ivshmem_close(struct ivshmem *dev);

#endif
