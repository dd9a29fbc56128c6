// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/devices/shmem/ivshmem.h"

#include "base/bytes.h"

#define VENDOR       0x1af4
#define DEVICE       0x1110
#define SUBSYSTEM    0x1100
#define CLASS_MEMORY 0x050000 /* RAM */
#define REVISION     1        /* 0 was an older interface */

static u64 registers_read(void *owner, u64 offset, unsigned size)
{
	return 0;
}

static u64 nothing_read(void *owner, u64 offset, unsigned size)
{
	return ~0ull;
}

static void ignore_write(void *owner, u64 offset, unsigned size, u64 value)
{
}

static const struct bus_ops registers_ops = { registers_read, ignore_write };

/* Only while the pages cannot be mapped: the file may be shorter by now than it was. */
static const struct bus_ops memory_ops = { nothing_read, ignore_write };

static const struct pci_dev_ops pci_ops = { 0 };

static void fill_header(struct ivshmem *dev, void *memory, u64 size, int fd)
{
	struct pci_dev *pci = &dev->pci;
	struct pci_dev_bar *bar = &pci->bars[IVSHMEM_MEMORY_BAR];

	pci_dev_init(pci, "shmem", &pci_ops, VENDOR, DEVICE, CLASS_MEMORY, PCI_HEADER_TYPE_NORMAL);
	pci->config[PCI_REVISION_ID] = REVISION;
	put_le16(pci->config + PCI_SUBSYSTEM_VENDOR_ID, VENDOR);
	put_le16(pci->config + PCI_SUBSYSTEM_ID, SUBSYSTEM);
	pci_dev_set_bar(pci, 0, IVSHMEM_REGISTERS, PCI_BASE_ADDRESS_MEM_TYPE_32);
	pci->bars[0].ops = &registers_ops;
	pci_dev_set_bar(pci, IVSHMEM_MEMORY_BAR, size,
		PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH);
	dev->page.region = (struct mem_region){
		.name = pci->name,
		.range = { 0, size },
		.rank = FLAT_RANK_BAR,
		.kind = MEM_DEVICE,
		.host = memory,
		.fd = fd,
		/* A card may copy its picture here by itself, as Looking Glass has it do. */
		.peer = true,
		.peer_unasked = true,
	};
	bar->ops = &memory_ops;
	bar->place.pages = &dev->page;
	bar->nr_pages = 1;
}

int ivshmem_open(struct ivshmem *dev, struct pci_host *host, u8 devfn, void *memory, u64 size,
	int fd, struct err *err)
{
	int ret;

	*dev = (struct ivshmem){ 0 };
	fill_header(dev, memory, size, fd);
	pci_dev_seal(&dev->pci);
	ret = pci_bus_add(&host->root, &dev->pci, devfn);
	if (!ret)
		return 0;
	*dev = (struct ivshmem){ 0 };
	return err_set(err, -ret, "shmem: the place 00:%02x.%x is taken", PCI_DEV_OF(devfn),
		PCI_FN_OF(devfn));
}

void ivshmem_close(struct ivshmem *dev)
{
	struct pci_bus *bus = dev->pci.bus;

	if (!bus)
		return;
	pthread_mutex_lock(&bus->host->lock);
	pci_dev_unmap(&dev->pci);
	pthread_mutex_unlock(&bus->host->lock);
	pci_bus_remove(bus, &dev->pci);
	*dev = (struct ivshmem){ 0 };
}
