// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/virtio/virtio_pci.h"

#include <linux/virtio_pci.h>
#include <string.h>

#include "base/bytes.h"
#include "base/eventfd.h"
#include "base/range.h"
#include "vm/virtio/virtio_pci_internal.h"

#define VENDOR      0x1af4
#define DEVICE_BASE 0x1040 /* device id of modern devices: this plus the virtio id */
#define SUBSYSTEM   0x1100
#define REVISION    1
#define WINDOW_SIZE sizeof(struct virtio_pci_cfg_cap)
#define WINDOW_DATA sizeof(struct virtio_pci_cap)
#define ISR_QUEUE   BIT(0)
#define ISR_CONFIG  BIT(1)

static struct virtio_pci *from(struct pci_dev *pci)
{
	return container_of(pci, struct virtio_pci, pci);
}

void virtio_pci_set_isr(struct virtio_pci *vp, u8 bits)
{
	vp->isr = bits;
	pci_dev_set_intx(&vp->pci, bits);
}

/* On the loop's thread: asserts INTx for a driver without MSI-X. */
static void on_intx(void *owner, u32 events)
{
	struct virtio_pci_source *source = owner;
	struct virtio_pci *vp = source->vp;

	if (!pci_host_lock_soon(vp->pci.bus->host))
		return;
	if (vp->by_intx) {
		eventfd_take(source->intx.fd);
		virtio_pci_set_isr(vp, vp->isr | source->isr);
	}
	pthread_mutex_unlock(&vp->pci.bus->host->lock);
}

static void watch(struct virtio_pci *vp, bool on)
{
	u32 events = on ? EPOLLIN : 0;

	loop_watch(vp->loop, &vp->config.intx, events);
	for (unsigned i = 0; i < vp->dev->nr_queues; i++)
		loop_watch(vp->loop, &vp->queues[i].intx, events);
	vp->by_intx = on;
	if (!on)
		virtio_pci_set_isr(vp, 0);
}

/* After a write to MSI-X's message control word. */
static void update_interrupts(struct virtio_pci *vp)
{
	bool intx = !pci_msix_enabled(&vp->msix);

	if (intx != vp->by_intx)
		watch(vp, intx);
	pci_msix_update(&vp->msix);
}

/* 4.1.4.9: the access that the driver set up in the capability. Returns whether it is valid. */
static bool window_access(const struct virtio_pci *vp, u32 *offset, u32 *size)
{
	const u8 *cap = vp->pci.config + vp->window;

	*offset = get_le32(cap + VIRTIO_PCI_CAP_OFFSET);
	*size = get_le32(cap + VIRTIO_PCI_CAP_LENGTH);
	return cap[VIRTIO_PCI_CAP_BAR] == VP_BAR && (*size == 1 || *size == 2 || *size == 4) &&
	       *offset % *size == 0 && *offset < VP_BAR_SIZE;
}

static u32 config_read(struct pci_dev *pci, u16 offset, unsigned size)
{
	struct virtio_pci *vp = from(pci);
	u16 data = (u16)(vp->window + WINDOW_DATA);
	u32 at, length;

	if (range_touches((struct range){ data, 4 }, offset, size) &&
		window_access(vp, &at, &length))
		put_le(pci->config + data, length, virtio_pci_bar_read(vp, at, length));
	return pci_dev_config_read(pci, offset, size);
}

static void config_write(struct pci_dev *pci, u16 offset, unsigned size, u32 value)
{
	struct virtio_pci *vp = from(pci);
	u16 data = (u16)(vp->window + WINDOW_DATA);
	bool master = pci_dev_command(pci) & PCI_COMMAND_MASTER;
	u32 at, length;

	pci_dev_config_write(pci, offset, size, value);
	if (range_touches((struct range){ data, 4 }, offset, size) &&
		window_access(vp, &at, &length))
		virtio_pci_bar_write(vp, at, length, get_le(pci->config + data, length));
	if (range_touches((struct range){ vp->msix.cap, PCI_CAP_MSIX_SIZEOF }, offset, size))
		update_interrupts(vp);
	/*
	 * Without Bus Master the device does no DMA. A kernel clears the bit to quiesce unknown
	 * devices before it boots another kernel.
	 */
	if (master && !(pci_dev_command(pci) & PCI_COMMAND_MASTER))
		virtio_dev_pause(vp->dev);
	else if (!master && pci_dev_command(pci) & PCI_COMMAND_MASTER)
		virtio_dev_resume(vp->dev);
}

static void on_reset(struct pci_dev *pci)
{
	struct virtio_pci *vp = from(pci);

	virtio_pci_bar_write(vp, VP_COMMON + VIRTIO_PCI_COMMON_STATUS, 1, 0);
	pci_msix_reset(&vp->msix);
	update_interrupts(vp);
}

static const struct pci_dev_ops pci_ops = {
	.config_read = config_read,
	.config_write = config_write,
	.reset = on_reset,
};

static const struct bus_ops bar_ops = { virtio_pci_bar_read, virtio_pci_bar_write };

/* Returns the capability's offset; there is room for all of them. */
static u8 add_cap(struct pci_dev *pci, u8 type, u8 size, u32 offset, u32 length)
{
	u8 at = (u8)pci_dev_add_cap(pci, PCI_CAP_ID_VNDR, 0, size);
	u8 *cap = pci->config + at;

	cap[VIRTIO_PCI_CAP_LEN] = size;
	cap[VIRTIO_PCI_CAP_CFG_TYPE] = type;
	cap[VIRTIO_PCI_CAP_BAR] = VP_BAR;
	put_le32(cap + VIRTIO_PCI_CAP_OFFSET, offset);
	put_le32(cap + VIRTIO_PCI_CAP_LENGTH, length);
	return at;
}

static void add_caps(struct virtio_pci *vp)
{
	const u8 size = sizeof(struct virtio_pci_cap);
	struct pci_dev *pci = &vp->pci;
	u8 at;

	vp->window = add_cap(pci, VIRTIO_PCI_CAP_PCI_CFG, WINDOW_SIZE, 0, 0);
	pci->writable[vp->window + VIRTIO_PCI_CAP_BAR] = 0xff;
	memset(pci->writable + vp->window + VIRTIO_PCI_CAP_OFFSET, 0xff,
		WINDOW_SIZE - VIRTIO_PCI_CAP_OFFSET);
	if (vp->dev->config_size)
		add_cap(pci, VIRTIO_PCI_CAP_DEVICE_CFG, size, VP_CONFIG, vp->dev->config_size);
	at = add_cap(pci, VIRTIO_PCI_CAP_NOTIFY_CFG, sizeof(struct virtio_pci_notify_cap),
		VP_NOTIFY, vp->dev->nr_queues * VP_NOTIFY_STEP);
	put_le32(pci->config + at + VIRTIO_PCI_NOTIFY_CAP_MULT, VP_NOTIFY_STEP);
	add_cap(pci, VIRTIO_PCI_CAP_ISR_CFG, size, VP_ISR, 1);
	add_cap(pci, VIRTIO_PCI_CAP_COMMON_CFG, size, VP_COMMON, VP_COMMON_SIZE);
}

static void fill_header(struct virtio_pci *vp, u32 class)
{
	struct pci_dev *pci = &vp->pci;
	struct pci_dev_bar *bar = &pci->bars[VP_BAR];

	pci_dev_init(pci, vp->dev->name, &pci_ops, VENDOR, (u16)(DEVICE_BASE + vp->dev->id), class,
		PCI_HEADER_TYPE_NORMAL);
	pci->config[PCI_REVISION_ID] = REVISION;
	put_le16(pci->config + PCI_SUBSYSTEM_VENDOR_ID, VENDOR);
	put_le16(pci->config + PCI_SUBSYSTEM_ID, SUBSYSTEM);
	pci->config[PCI_INTERRUPT_PIN] = 1;
	pci_dev_set_bar(pci, VP_BAR, VP_BAR_SIZE, PCI_BASE_ADDRESS_MEM_TYPE_32);
	bar->ops = &bar_ops;
	bar->owner = vp;
	bar->doorbells = vp->doorbells;
	bar->nr_doorbells = vp->dev->nr_queues;
	for (unsigned i = 0; i < vp->dev->nr_queues; i++)
		vp->doorbells[i] = (struct pci_bar_doorbell){
			.offset = VP_NOTIFY + i * VP_NOTIFY_STEP,
			.eventfd = vp->dev->queues[i].kick,
		};
}

static int add_source(struct virtio_pci *vp, struct virtio_pci_source *source, int eventfd, u8 isr,
	struct err *err)
{
	source->vp = vp;
	source->isr = isr;
	source->intx = (struct loop_source){
		.fd = eventfd,
		.events = EPOLLIN,
		.ready = on_intx,
		.owner = source,
	};
	pci_msix_add(&vp->msix, &source->msix, eventfd);
	return loop_add(vp->loop, &source->intx, err);
}

static int add_sources(struct virtio_pci *vp, struct err *err)
{
	int ret = add_source(vp, &vp->config, vp->dev->config_call, ISR_CONFIG, err);

	for (unsigned i = 0; i < vp->dev->nr_queues && !ret; i++)
		ret = add_source(vp, &vp->queues[i], vp->dev->queues[i].call, ISR_QUEUE, err);
	vp->by_intx = true;
	return ret;
}

int virtio_pci_open(struct virtio_pci *vp, struct virtio_dev *dev, struct pci_host *host, u8 devfn,
	u32 class, struct loop *loop, struct err *err)
{
	int ret;

	*vp = (struct virtio_pci){ .dev = dev, .loop = loop };
	ret = virtio_dev_open(dev, host->mem, &host->lock, err);
	if (ret)
		goto fail;
	fill_header(vp, class);
	vp->pci.bars[VP_BAR].lock = &host->lock;
	add_caps(vp);
	ret = pci_bus_add(&host->root, &vp->pci, devfn);
	if (ret) {
		err_set(err, -ret, "%s: the place 00:%02x.%x is taken", dev->name,
			PCI_DEV_OF(devfn), PCI_FN_OF(devfn));
		goto fail;
	}
	ret = pci_msix_open(&vp->msix, &vp->pci, dev->nr_queues + 1, VP_BAR, VP_TABLE, VP_PBA, err);
	if (!ret)
		ret = add_sources(vp, err);
	if (ret)
		goto fail;
	pci_dev_seal(&vp->pci);
	return 0;

fail:
	virtio_pci_close(vp);
	return ret;
}

void virtio_pci_close(struct virtio_pci *vp)
{
	if (!vp->dev)
		return;
	if (vp->pci.bus) {
		struct pci_bus *bus = vp->pci.bus;

		pthread_mutex_lock(&bus->host->lock);
		virtio_dev_set_status(vp->dev, 0);
		pci_dev_set_intx(&vp->pci, false);
		pci_dev_unmap(&vp->pci);
		pthread_mutex_unlock(&bus->host->lock);
		for (unsigned i = 0; i < vp->msix.nr_sources; i++)
			loop_remove(vp->loop, i ? &vp->queues[i - 1].intx : &vp->config.intx);
		pci_msix_close(&vp->msix);
		pci_bus_remove(bus, &vp->pci);
	}
	virtio_dev_close(vp->dev);
	vp->dev = NULL;
}
