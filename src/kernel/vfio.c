// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/vfio.h"

int vfio_irqs_off(struct vfio_device *dev, u32 index)
{
	return dev->ops->set_irqs(
		dev, index, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER, 0, 0, NULL);
}

int vfio_irqs_trigger(struct vfio_device *dev, u32 index, u32 start, const s32 *eventfds, u32 count)
{
	return dev->ops->set_irqs(dev, index,
		VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, start, count, eventfds);
}

int vfio_intx_unmask_on(struct vfio_device *dev, int eventfd)
{
	s32 fd = eventfd;

	return dev->ops->set_irqs(dev, VFIO_PCI_INTX_IRQ_INDEX,
		VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK, 0, 1, &fd);
}

int vfio_intx_unmask(struct vfio_device *dev)
{
	return dev->ops->set_irqs(dev, VFIO_PCI_INTX_IRQ_INDEX,
		VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK, 0, 1, NULL);
}

int vfio_intx_mask(struct vfio_device *dev)
{
	return dev->ops->set_irqs(dev, VFIO_PCI_INTX_IRQ_INDEX,
		VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK, 0, 1, NULL);
}
