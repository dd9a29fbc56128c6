// SPDX-License-Identifier: GPL-2.0-or-later
/* Root hub ports: 4.19 and 5.4.8. */
#include <errno.h>

#include "vm/xhci/internal.h"

#define ID_PORT 24 /* shift, in a port status change event's parameter */

static struct xhci_port *port_of(struct xhci *x, unsigned port)
{
	return &x->ports[port - 1];
}

static bool is_super(unsigned port)
{
	return port <= XHCI_NR_SUPER;
}

static enum xhci_link link_of(const struct xhci_port *port)
{
	return (enum xhci_link)((port->portsc & XHCI_PORT_PLS) >> 5);
}

static void set_link(struct xhci_port *port, enum xhci_link link)
{
	port->portsc = (port->portsc & ~XHCI_PORT_PLS) | (u32)link << 5;
}

/* A change bit that goes from 0 to 1 makes an event. */
static void change(struct xhci *x, struct xhci_port *port, u32 bits)
{
	if (bits & ~port->portsc) {
		port->told = false;
		xhci_wake(x);
	}
	port->portsc |= bits;
	x->usbsts |= XHCI_STS_PCD;
}

void xhci_port_events(struct xhci *x)
{
	for (unsigned n = 1; n <= XHCI_NR_PORTS; n++) {
		struct xhci_port *port = port_of(x, n);

		if (port->told || !xhci_event_room(x, BIT(0)))
			continue;
		port->told = true;
		xhci_event(x, 0, (u64)n << ID_PORT, (u32)XHCI_SUCCESS << 24, TRB_PORT_EVENT << 10,
			false);
	}
}

/*
 * A SuperSpeed link trains by itself; other ports wait for the driver to reset them, 4.19.1.
 */
static void connect(struct xhci *x, unsigned n)
{
	struct xhci_port *port = port_of(x, n);
	struct usb_device *dev = port->dev;

	port->portsc = XHCI_PORT_PP;
	if (!dev) {
		set_link(port, XHCI_LINK_DETECT);
		return;
	}
	dev->ops->reset(dev);
	port->portsc |= XHCI_PORT_CCS | (u32)dev->speed << XHCI_PORT_SPEED;
	if (is_super(n))
		port->portsc |= XHCI_PORT_PED;
	set_link(port, is_super(n) ? XHCI_LINK_U0 : XHCI_LINK_POLLING);
	change(x, port, XHCI_PORT_CSC);
}

void xhci_port_reset_all(struct xhci *x)
{
	for (unsigned n = 1; n <= XHCI_NR_PORTS; n++) {
		port_of(x, n)->told = true;
		connect(x, n);
	}
}

void xhci_port_attach(struct xhci *x, unsigned n, struct usb_device *dev)
{
	port_of(x, n)->dev = dev;
	connect(x, n);
}

void xhci_port_detach(struct xhci *x, unsigned n)
{
	struct xhci_port *port = port_of(x, n);
	u32 changes = port->portsc & XHCI_PORT_CHANGES;

	port->dev = NULL;
	/* Transfers that wait fail now. */
	for (unsigned id = 1; id <= XHCI_NR_SLOTS; id++)
		if (xhci_slot(x, id)->port == n) {
			xhci_slot(x, id)->port = 0;
			xhci_slot(x, id)->pending = ~1u;
		}
	connect(x, n);
	port->portsc |= changes;
	change(x, port, XHCI_PORT_CSC);
}

static void reset_port(struct xhci *x, unsigned n, bool warm)
{
	struct xhci_port *port = port_of(x, n);

	if (!port->dev)
		return;
	port->dev->ops->reset(port->dev);
	port->portsc |= XHCI_PORT_PED;
	set_link(port, XHCI_LINK_U0);
	change(x, port, XHCI_PORT_PRC | (warm ? XHCI_PORT_WRC : 0));
}

static void disable_port(struct xhci_port *port, unsigned n)
{
	if (!(port->portsc & XHCI_PORT_PED))
		return;
	port->portsc &= ~XHCI_PORT_PED;
	set_link(port, is_super(n) ? XHCI_LINK_DISABLED : XHCI_LINK_POLLING);
}

/* The driver suspends and resumes a device, which the device does not care about: 4.19.1.2. */
static void write_link(struct xhci *x, unsigned n, enum xhci_link link)
{
	struct xhci_port *port = port_of(x, n);
	enum xhci_link before = link_of(port);
	bool enabled = port->portsc & XHCI_PORT_PED;

	switch (link) {
	case XHCI_LINK_U0:
		if (!enabled || before == XHCI_LINK_U0)
			break;
		set_link(port, link);
		change(x, port, XHCI_PORT_PLC);
		break;
	case XHCI_LINK_U2:
	case XHCI_LINK_U3:
		if (enabled)
			set_link(port, link);
		break;
	case XHCI_LINK_RESUME:
		if (enabled && before == XHCI_LINK_U3)
			set_link(port, link);
		break;
	case XHCI_LINK_DETECT: /* out of the disabled state */
		if (before == XHCI_LINK_DISABLED)
			connect(x, n);
		break;
	case XHCI_LINK_DISABLED:
		disable_port(port, n);
		break;
	default:
		break;
	}
}

void xhci_port_write(struct xhci *x, unsigned n, u32 value)
{
	struct xhci_port *port = port_of(x, n);
	u32 kept = XHCI_PORT_PIC | XHCI_PORT_WAKE;

	port->portsc &= ~(value & XHCI_PORT_CHANGES);
	port->portsc = (port->portsc & ~kept) | (value & kept);
	if (value & XHCI_PORT_WPR && is_super(n)) {
		reset_port(x, n, true);
		return;
	}
	if (value & XHCI_PORT_PR) {
		reset_port(x, n, false);
		return;
	}
	if (value & XHCI_PORT_PED)
		disable_port(port, n);
	if (value & XHCI_PORT_LWS)
		write_link(x, n, (enum xhci_link)((value & XHCI_PORT_PLS) >> 5));
}
