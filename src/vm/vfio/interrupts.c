// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/interrupts.h"

#define MSI_CAP_MAX_SIZE 24

int vfio_interrupts_open(struct vfio_interrupts *interrupts, struct vfio_config *config,
	struct vfio_device *dev, struct loop *loop, struct err *err)
{
	interrupts->config = config;
	interrupts->mode = VFIO_MODE_NONE;
	vfio_intx_open(&interrupts->intx, config->pci, dev, loop);
	vfio_msi_open(&interrupts->msi, config, dev);
	return vfio_msix_open(&interrupts->msix, config, dev, err);
}

static struct irq *irq_of(const struct vfio_interrupts *interrupts)
{
	return interrupts->config->pci->bus->host->irq;
}

void vfio_interrupts_stop(struct vfio_interrupts *interrupts)
{
	switch (interrupts->mode) {
	case VFIO_MODE_INTX:
		vfio_intx_stop(&interrupts->intx);
		break;
	case VFIO_MODE_MSI:
		vfio_msi_stop(&interrupts->msi, irq_of(interrupts));
		break;
	case VFIO_MODE_MSIX:
		vfio_msix_stop(&interrupts->msix, irq_of(interrupts));
		break;
	case VFIO_MODE_NONE:
		break;
	}
	interrupts->mode = VFIO_MODE_NONE;
}

static void start(struct vfio_interrupts *interrupts, enum vfio_mode mode)
{
	interrupts->mode = mode;
	switch (mode) {
	case VFIO_MODE_INTX:
		vfio_intx_start(&interrupts->intx);
		break;
	case VFIO_MODE_MSI:
		vfio_msi_start(&interrupts->msi, irq_of(interrupts));
		break;
	case VFIO_MODE_MSIX:
		vfio_msix_start(&interrupts->msix, irq_of(interrupts));
		break;
	case VFIO_MODE_NONE:
		break;
	}
}

void vfio_interrupts_update(struct vfio_interrupts *interrupts)
{
	enum vfio_mode wanted = vfio_msix_wanted(&interrupts->msix) ? VFIO_MODE_MSIX
				: vfio_msi_wanted(&interrupts->msi) ? VFIO_MODE_MSI
				: interrupts->intx.present          ? VFIO_MODE_INTX
								    : VFIO_MODE_NONE;

	if (wanted != interrupts->mode) {
		vfio_interrupts_stop(interrupts);
		start(interrupts, wanted);
	} else if (wanted == VFIO_MODE_MSI) {
		vfio_msi_update(&interrupts->msi, irq_of(interrupts));
	} else if (wanted == VFIO_MODE_MSIX) {
		vfio_msix_update(&interrupts->msix, irq_of(interrupts));
	}
}

void vfio_interrupts_close(struct vfio_interrupts *interrupts)
{
	if (!interrupts->config)
		return;
	vfio_interrupts_stop(interrupts);
	vfio_intx_close(&interrupts->intx);
	vfio_msix_close(&interrupts->msix);
	interrupts->config = NULL;
}

static bool in_cap(u16 cap, unsigned cap_size, u16 offset, unsigned size)
{
	return cap && offset < cap + cap_size && offset + size > cap;
}

void vfio_interrupts_before_read(struct vfio_interrupts *interrupts, u16 offset, unsigned size)
{
	if (in_cap(interrupts->config->msi, MSI_CAP_MAX_SIZE, offset, size))
		vfio_msi_refresh_pending(&interrupts->msi);
}

void vfio_interrupts_after_write(struct vfio_interrupts *interrupts, u16 offset, unsigned size)
{
	if (in_cap(interrupts->config->msi, MSI_CAP_MAX_SIZE, offset, size) ||
		in_cap(interrupts->config->msix, PCI_CAP_MSIX_SIZEOF, offset, size))
		vfio_interrupts_update(interrupts);
}
