// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The USB controller (vm/xhci/xhci.h), in a machine that has something to plug in: the keyboard,
 * mouse and tablet of --usb-input, devices of the host, or disks, which disks.c plugs in.
 */
#include "vm/devices/kinds.h"
#include "vm/usb/input.h"
#include "vm/usbhost/process.h"

struct usb {
	struct xhci xhci;
	struct usb_input input;
	bool has_input;
	struct usb_process host[USB_HOST_MAX]; /* of --usb */
};

/* A function of the chipset's device, where no slot is taken away from others. */
#define PLACE PCI_DEVFN_OF(31, 4)

static bool wanted(const struct machine_config *config)
{
	for (unsigned i = 0; i < config->nr_disks; i++)
		if (config->disks[i].bus == DISK_USB)
			return true;
	return config->usb_input || config->nr_usb;
}

static int open(void *dev, const struct device_parts *parts, struct err *err)
{
	struct usb *usb = dev;
	int ret = xhci_open(&usb->xhci, &clock_system, false, err);

	for (unsigned i = 0; i < parts->config->nr_usb && !ret; i++)
		ret = usb_process_open(&usb->host[i], &parts->config->usb[i], parts->loop, err);
	return ret;
}

static int plug(void *owner, struct usb_device *dev, struct err *err)
{
	return xhci_plug(owner, dev, err);
}

static void unplug(void *owner, struct usb_device *dev)
{
	xhci_unplug(owner, dev);
}

static const struct usb_host_ops host_ops = { plug, unplug };

static int plug_input(struct usb *usb, const struct device_parts *parts, struct err *err)
{
	int ret;

	usb_input_open(&usb->input, i8042_input(parts->set), &clock_system);
	ret = xhci_plug(&usb->xhci, &usb->input.keyboard.dev, err);
	if (!ret)
		ret = xhci_plug(&usb->xhci, &usb->input.mouse.dev, err);
	if (!ret)
		ret = xhci_plug(&usb->xhci, &usb->input.tablet.dev, err);
	usb->has_input = !ret;
	return ret;
}

static int attach(void *dev, const struct device_parts *parts, struct err *err)
{
	struct usb *usb = dev;
	int ret = xhci_attach(&usb->xhci, &parts->board->mch.host, PLACE, err);

	if (!ret && parts->config->usb_input)
		ret = plug_input(usb, parts, err);
	for (unsigned i = 0; i < parts->config->nr_usb && !ret; i++)
		ret = usb_process_attach(&usb->host[i], &host_ops, &usb->xhci, err);
	return ret;
}

static void close(void *dev)
{
	struct usb *usb = dev;

	for (unsigned i = 0; i < USB_HOST_MAX; i++)
		usb_process_close(&usb->host[i]);
	xhci_unplug(&usb->xhci, &usb->input.keyboard.dev);
	xhci_unplug(&usb->xhci, &usb->input.mouse.dev);
	xhci_unplug(&usb->xhci, &usb->input.tablet.dev);
	usb_input_close(&usb->input);
	xhci_close(&usb->xhci);
}

struct xhci *usb_controller(const struct device_set *set)
{
	struct usb *usb = device_of(set, &usb_kind);

	return usb ? &usb->xhci : NULL;
}

struct input *machine_input(const struct device_set *set)
{
	struct usb *usb = device_of(set, &usb_kind);

	return usb && usb->has_input ? &usb->input.input : i8042_input(set);
}

const struct device_kind usb_kind = {
	.name = "usb",
	.size = sizeof(struct usb),
	.wanted = wanted,
	.open = open,
	.attach = attach,
	.close = close,
};
