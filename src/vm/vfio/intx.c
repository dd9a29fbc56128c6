// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/intx.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/log.h"
#include "base/own.h"

/* The fallback: the device asserted its line, and VFIO masked it. */
static void triggered(void *owner, u32 events)
{
	struct vfio_intx *intx = owner;
	struct pci_host *host = intx->pci->bus->host;
	eventfd_t count;

	if (!pci_host_lock_soon(host))
		return;
	if (intx->watched && !eventfd_read(intx->trigger, &count)) {
		pci_dev_set_intx(intx->pci, true);
		atomic_store(&intx->raised, true);
	}
	pthread_mutex_unlock(&host->lock);
}

void vfio_intx_open(
	struct vfio_intx *intx, struct pci_dev *pci, struct vfio_device *dev, struct loop *loop)
{
	struct vfio_irq_info info;

	*intx = (struct vfio_intx){
		.pci = pci,
		.dev = dev,
		.loop = loop,
		.source = { .fd = -1, .ready = triggered, .owner = intx },
		.trigger = -1,
		.resample = -1,
		.gsi = -1,
	};
	intx->present = pci->config[PCI_INTERRUPT_PIN] &&
			!dev->ops->irq(dev, VFIO_PCI_INTX_IRQ_INDEX, &info) && info.count;
}

void vfio_intx_close(struct vfio_intx *intx)
{
	if (intx->source.fd >= 0)
		loop_remove(intx->loop, &intx->source);
	intx->source.fd = -1;
	close_fd(&intx->trigger);
	close_fd(&intx->resample);
}

/*
 * The source stays in the loop: removing it could wait for its handler, which waits for the lock
 * that we hold.
 */
static void watch(struct vfio_intx *intx, bool on)
{
	struct err err = { 0 };

	if (intx->watched == on)
		return;
	intx->watched = on;
	intx->pci->trapped = on;
	pci_dev_update_pages(intx->pci);
	if (intx->source.fd >= 0) {
		loop_watch(intx->loop, &intx->source, on ? EPOLLIN : 0);
	} else if (on) {
		intx->source.fd = intx->trigger;
		intx->source.events = EPOLLIN;
		if (loop_add(intx->loop, &intx->source, &err)) {
			intx->source.fd = -1;
			log_err(&err);
		}
	}
}

static struct irq *irq_of(const struct vfio_intx *intx)
{
	return intx->pci->bus->host->irq;
}

static void attach(struct vfio_intx *intx)
{
	int gsi = pci_dev_intx_gsi(intx->pci);
	eventfd_t delivered;
	int ret;

	if (gsi < 0)
		return;
	ret = irq_attach_eventfd(irq_of(intx), (unsigned)gsi, intx->trigger, intx->resample);
	if (!ret) {
		intx->gsi = gsi;
		/*
		 * KVM has seen a signal that was pending, but left it in the counter: see
		 * irq/vector.c.
		 */
		eventfd_read(intx->trigger, &delivered);
	} else {
		log_debug("%s: KVM does not resample GSI %d (%s): INTx goes through tenon",
			intx->pci->name, gsi, strerror(-ret));
	}
	watch(intx, ret);
}

static void detach(struct vfio_intx *intx)
{
	if (intx->gsi >= 0)
		irq_detach_eventfd(irq_of(intx), (unsigned)intx->gsi, intx->trigger);
	intx->gsi = -1;
}

static int open_eventfds(struct vfio_intx *intx)
{
	if (intx->trigger < 0)
		intx->trigger = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (intx->resample < 0)
		intx->resample = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return intx->trigger < 0 || intx->resample < 0 ? -errno : 0;
}

/* A signal left by earlier use does not belong to an interrupt of this one. */
static void drain(const struct vfio_intx *intx)
{
	eventfd_t count;

	eventfd_read(intx->trigger, &count);
	eventfd_read(intx->resample, &count);
}

void vfio_intx_start(struct vfio_intx *intx)
{
	s32 fd;
	int ret;

	if (!intx->present)
		return;
	intx->on = true;
	ret = open_eventfds(intx);
	if (ret)
		goto fail;
	drain(intx);
	/* The path must be complete before the first interrupt is signalled. */
	attach(intx);
	fd = intx->trigger;
	ret = vfio_irqs_trigger(intx->dev, VFIO_PCI_INTX_IRQ_INDEX, 0, &fd, 1);
	if (ret)
		goto fail;
	ret = vfio_intx_unmask_on(intx->dev, intx->resample);
	if (!ret)
		return;

fail:
	if (!intx->warned)
		log_guest_warn("%s: INTx does not work: %s%s", intx->pci->name, strerror(-ret),
			ret == -EBUSY ? " (a host driver has the same line)" : "");
	intx->warned = true;
	vfio_intx_stop(intx);
}

void vfio_intx_stop(struct vfio_intx *intx)
{
	if (!intx->on)
		return;
	intx->on = false;
	vfio_irqs_off(intx->dev, VFIO_PCI_INTX_IRQ_INDEX);
	detach(intx);
	if (atomic_exchange(&intx->raised, false))
		pci_dev_set_intx(intx->pci, false);
	watch(intx, false);
}

void vfio_intx_moved(struct vfio_intx *intx)
{
	if (!intx->on || pci_dev_intx_gsi(intx->pci) == intx->gsi)
		return;
	detach(intx);
	attach(intx);
	/* The old line will get no more EOI. */
	vfio_intx_unmask(intx->dev);
}

void vfio_intx_bar_touched(struct vfio_intx *intx)
{
	struct pci_host *host;

	if (!atomic_load_explicit(&intx->raised, memory_order_relaxed))
		return;
	host = intx->pci->bus->host;
	pthread_mutex_lock(&host->lock);
	if (atomic_exchange(&intx->raised, false)) {
		pci_dev_set_intx(intx->pci, false);
		vfio_intx_unmask(intx->dev);
	}
	pthread_mutex_unlock(&host->lock);
}
