// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Recent NVIDIA drivers acknowledge each MSI by writing a dword of 0 to offset 88704h of BAR 0. The
 * page is trapped, because it mirrors the config space, so every interrupt would cost an exit to
 * user space. Instead a KVM ioeventfd turns the write into a signal, and a VFIO ioeventfd turns the
 * signal into the write, both in the kernel.
 */
#include <string.h>
#include <sys/eventfd.h>

#include "base/log.h"
#include "base/own.h"
#include "vm/pci/pci_bus.h"
#include "vm/vfio/quirks/quirk.h"

#define BAR    0
#define OFFSET 0x88704
#define SIZE   4
#define VALUE  0

struct msi_ack {
	struct vfio_quirk quirk;
	int eventfd;
	u64 addr; /* the address of KVM's ioeventfd; 0: there is none */
};

static struct mem *mem_of(const struct msi_ack *ack)
{
	return ack->quirk.vp->pci.bus->host->mem;
}

static const struct vfio_region *region_of(const struct msi_ack *ack)
{
	return &ack->quirk.vp->bars.bar[BAR].region;
}

static int open_ack(struct vfio_quirk *quirk, struct err *err)
{
	struct msi_ack *ack = (struct msi_ack *)quirk;

	ack->eventfd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return 0;
}

static void stop(struct msi_ack *ack)
{
	struct vfio_device *dev = ack->quirk.vp->dev;

	if (!ack->addr)
		return;
	mem_value_doorbell(mem_of(ack), ack->addr, SIZE, VALUE, ack->eventfd, false);
	dev->ops->ioeventfd(dev, region_of(ack), OFFSET, SIZE, VALUE, -1);
	ack->addr = 0;
}

/* Without the ioeventfds every acknowledgement exits to user space, which is slower but works. */
static void start(struct msi_ack *ack, u64 addr)
{
	struct vfio_device *dev = ack->quirk.vp->dev;
	int ret = dev->ops->ioeventfd(dev, region_of(ack), OFFSET, SIZE, VALUE, ack->eventfd);

	if (!ret) {
		ret = mem_value_doorbell(mem_of(ack), addr, SIZE, VALUE, ack->eventfd, true);
		if (ret)
			dev->ops->ioeventfd(dev, region_of(ack), OFFSET, SIZE, VALUE, -1);
	}
	if (ret)
		log_debug("%s: answers to MSIs exit: %s", ack->quirk.vp->name, strerror(-ret));
	else
		ack->addr = addr;
}

static void moved(struct vfio_quirk *quirk)
{
	struct msi_ack *ack = (struct msi_ack *)quirk;
	const struct pci_bar_place *bar = &quirk->vp->pci.bars[BAR].place;
	u64 addr = bar->mapped ? bar->region.range.start + OFFSET : 0;

	if (addr == ack->addr || ack->eventfd < 0)
		return;
	stop(ack);
	if (addr && !quirk->vp->options.mmap_off)
		start(ack, addr);
}

static void close_ack(struct vfio_quirk *quirk)
{
	struct msi_ack *ack = (struct msi_ack *)quirk;

	close_fd(&ack->eventfd);
}

const struct vfio_quirk_ops vfio_quirk_nvidia_msi_ack = {
	.size = sizeof(struct msi_ack),
	.open = open_ack,
	.moved = moved,
	.close = close_ack,
};
