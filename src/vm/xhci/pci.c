// SPDX-License-Identifier: GPL-2.0-or-later
/* The PCI function, 5.2; the controller's thread; plugging. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/eventfd.h"
#include "base/own.h"
#include "base/thread.h"
#include "vm/xhci/internal.h"

/* Those of QEMU's controller, which has no quirks. */
#define VENDOR    0x1b36
#define DEVICE    0x000d
#define SUBVENDOR 0x1af4
#define SUBSYSTEM 0x1100
#define REVISION  1
#define CLASS     0x0c0330
#define SBRN      0x60 /* the release of USB: 3.0 */
#define FLADJ     0x61
#define NO_FD     (-1)

static u64 bar_read(void *owner, u64 offset, unsigned size)
{
	struct xhci *x = owner;

	if (offset < XHCI_TABLE)
		return xhci_register_read(x, (u32)offset, size);
	return pci_msix_bar_read(&x->msix, offset, size);
}

static void bar_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct xhci *x = owner;

	if (offset < XHCI_TABLE)
		xhci_register_write(x, (u32)offset, size, value);
	else
		pci_msix_bar_write(&x->msix, offset, size, value);
}

static const struct bus_ops bar_ops = { bar_read, bar_write };

/* Called after a change of the command register or of MSI-X's control word. */
static void update_function(struct xhci *x)
{
	pthread_mutex_lock(&x->lock);
	x->by_msix = pci_msix_enabled(&x->msix);
	x->master = pci_dev_command(&x->pci) & PCI_COMMAND_MASTER;
	xhci_interrupt_all(x);
	xhci_wake(x);
	pthread_mutex_unlock(&x->lock);
	pci_msix_update(&x->msix);
}

static void config_write(struct pci_dev *pci, u16 offset, unsigned size, u32 value)
{
	pci_dev_config_write(pci, offset, size, value);
	update_function(pci->owner);
}

/* Each interrupter's vector is the MSI-X table entry of the same number. */
static void set_entries(struct xhci *x)
{
	for (unsigned i = 0; i < XHCI_NR_INTERRUPTERS; i++)
		pci_msix_set_entry(&x->msix, &x->sources[i], (u16)i);
}

static void on_reset(struct pci_dev *pci)
{
	struct xhci *x = pci->owner;

	pthread_mutex_lock(&x->lock);
	xhci_reset(x);
	pthread_mutex_unlock(&x->lock);
	pci_msix_reset(&x->msix);
	set_entries(x);
	update_function(x);
}

static const struct pci_dev_ops pci_ops = { .config_write = config_write, .reset = on_reset };

static void fill_config(struct xhci *x)
{
	struct pci_dev *pci = &x->pci;

	pci_dev_init(
		pci, "USB controller", &pci_ops, VENDOR, DEVICE, CLASS, PCI_HEADER_TYPE_NORMAL);
	pci->owner = x;
	pci->config[PCI_REVISION_ID] = REVISION;
	put_le16(pci->config + PCI_SUBSYSTEM_VENDOR_ID, SUBVENDOR);
	put_le16(pci->config + PCI_SUBSYSTEM_ID, SUBSYSTEM);
	pci->config[SBRN] = 0x30;
	pci->config[FLADJ] = 0x20;
	/* Below 4 GiB, where SeaBIOS can access it. */
	pci_dev_set_bar(pci, 0, XHCI_BAR_SIZE, PCI_BASE_ADDRESS_MEM_TYPE_32);
	pci->bars[0].ops = &bar_ops;
	pci->bars[0].owner = x;
}

/* Locked. One transfer of each endpoint. */
static bool step_slot(struct xhci *x, struct xhci_slot *slot)
{
	bool more = false;

	for (unsigned dci = 1; slot->pending && dci < XHCI_NR_DCIS && xhci_runs(x); dci++)
		if (slot->pending & BIT(dci))
			more |= xhci_transfer_step(x, slot, dci);
	return more;
}

/* Others get the lock between the slots. */
bool xhci_step(struct xhci *x)
{
	bool more = false;

	pthread_mutex_lock(&x->lock);
	if (xhci_runs(x)) {
		xhci_port_events(x);
		more = xhci_command_step(x);
	}
	pthread_mutex_unlock(&x->lock);
	for (unsigned id = 1; id <= XHCI_NR_SLOTS; id++) {
		pthread_mutex_lock(&x->lock);
		more |= step_slot(x, xhci_slot(x, id));
		pthread_mutex_unlock(&x->lock);
	}
	return more;
}

static void *run(void *arg)
{
	struct xhci *x = arg;
	struct pollfd wake = { .fd = x->wake, .events = POLLIN };

	pthread_setname_np(pthread_self(), "tenon-usb");
	thread_set_kind(THREAD_USB);
	while (!__atomic_load_n(&x->stop, __ATOMIC_ACQUIRE)) {
		poll(&wake, 1, -1);
		eventfd_take(x->wake);
		while (xhci_step(x) && !__atomic_load_n(&x->stop, __ATOMIC_ACQUIRE))
			continue;
	}
	return NULL;
}

int xhci_open(struct xhci *x, const struct clock *clock, bool no_thread, struct err *err)
{
	int ret = 0;

	*x = (struct xhci){ .clock = clock, .wake = NO_FD, .is_open = true };
	pthread_mutex_init(&x->lock, NULL);
	for (unsigned i = 0; i < XHCI_NR_INTERRUPTERS; i++) {
		x->vectors[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (x->vectors[i] < 0)
			ret = -errno;
	}
	x->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (x->wake < 0)
		ret = -errno;
	if (!ret && !no_thread) {
		ret = -pthread_create(&x->thread, NULL, run, x);
		x->has_thread = !ret;
	}
	if (!ret) {
		pthread_mutex_lock(&x->lock);
		xhci_reset(x);
		pthread_mutex_unlock(&x->lock);
		return 0;
	}
	xhci_close(x);
	return err_sys(err, -ret, "cannot make the USB controller");
}

int xhci_attach(struct xhci *x, struct pci_host *host, u8 devfn, struct err *err)
{
	int ret;

	x->mem = host->mem;
	fill_config(x);
	ret = pci_bus_add(&host->root, &x->pci, devfn);
	if (ret)
		return err_sys(err, -ret, "cannot add the USB controller");
	ret = pci_msix_open(&x->msix, &x->pci, XHCI_NR_INTERRUPTERS, 0, XHCI_TABLE, XHCI_PBA, err);
	if (ret)
		return ret;
	pci_dev_seal(&x->pci);
	for (unsigned i = 0; i < XHCI_NR_INTERRUPTERS; i++)
		pci_msix_add(&x->msix, &x->sources[i], x->vectors[i]);
	set_entries(x);
	return 0;
}

static void detach(struct xhci *x)
{
	struct pci_bus *bus = x->pci.bus;

	if (!bus)
		return;
	pthread_mutex_lock(&bus->host->lock);
	pci_dev_unmap(&x->pci);
	pthread_mutex_unlock(&bus->host->lock);
	if (x->msix.cap)
		pci_msix_close(&x->msix);
	pci_bus_remove(bus, &x->pci);
}

void xhci_close(struct xhci *x)
{
	if (!x->is_open)
		return;
	if (x->has_thread) {
		__atomic_store_n(&x->stop, true, __ATOMIC_RELEASE);
		xhci_wake(x);
		pthread_join(x->thread, NULL);
	}
	pthread_mutex_lock(&x->lock);
	xhci_reset(x);
	pthread_mutex_unlock(&x->lock);
	detach(x);
	for (unsigned i = 0; i < XHCI_NR_INTERRUPTERS; i++)
		close_fd(&x->vectors[i]);
	close_fd(&x->wake);
	pthread_mutex_destroy(&x->lock);
	x->is_open = false;
}

/* A device has something for its endpoint's transfer, in whichever slot that is. */
static void on_ready(struct usb_device *dev, u8 endpoint)
{
	struct xhci *x = dev->controller;
	unsigned dci = (endpoint & 0xfu) * 2 + (endpoint & USB_IN || !(endpoint & 0xf) ? 1 : 0);

	for (unsigned id = 1; id <= XHCI_NR_SLOTS; id++) {
		struct xhci_slot *slot = xhci_slot(x, id);

		if (slot->port != dev->port || !slot->eps[dci].td.present)
			continue;
		slot->pending |= BIT(dci);
		xhci_wake(x);
	}
}

int xhci_plug(struct xhci *x, struct usb_device *dev, struct err *err)
{
	unsigned port = dev->speed == USB_SUPER ? 1 : XHCI_NR_SUPER + 1;
	unsigned last = port + XHCI_NR_SUPER - 1;

	pthread_mutex_lock(&x->lock);
	while (port <= last && x->ports[port - 1].dev)
		port++;
	if (port <= last) {
		dev->ready = on_ready;
		dev->controller = x;
		dev->port = port;
		__atomic_store_n(&dev->lock, &x->lock, __ATOMIC_RELEASE);
		xhci_port_attach(x, port, dev);
	}
	pthread_mutex_unlock(&x->lock);
	if (port <= last)
		return 0;
	return err_set(err, ENOSPC, "the USB controller has no port left: it has %d of each kind",
		XHCI_NR_SUPER);
}

void xhci_unplug(struct xhci *x, struct usb_device *dev)
{
	if (!dev->port)
		return;
	pthread_mutex_lock(&x->lock);
	xhci_port_detach(x, dev->port);
	dev->ready = NULL;
	dev->port = 0;
	pthread_mutex_unlock(&x->lock);
}
