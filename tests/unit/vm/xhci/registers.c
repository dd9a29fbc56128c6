// SPDX-License-Identifier: GPL-2.0-or-later
/* Registers, ports and interrupters: xHCI 1.1, chapters 4.19, 5 and 7. */
#include "unit.h"

#include <errno.h>

#include "base/bytes.h"
#include "fake_irq.h"
#include "fake_xhci.h"
#include "vm/usb/hid.h"

#define PORT (XHCI_NR_SUPER + 1) /* the first that is not for SuperSpeed */

static void registers_have_their_reset_values(void **state)
{
	static const struct {
		u32 offset, value;
	} expected[] = {
		{ XHCI_CAPLENGTH, 0x01000040 },
		{ XHCI_HCSPARAMS1, 0x10000820 },
		{ XHCI_HCSPARAMS2, 0x4f },
		{ XHCI_HCSPARAMS3, 0 },
		{ XHCI_HCCPARAMS1, 0x00080001 },
		{ XHCI_DBOFF, 0x2000 },
		{ XHCI_RTSOFF, 0x1000 },
		{ XHCI_HCCPARAMS2, 0 },
		/* USB 2.0 on ports 9 to 16, USB 3.0 on 1 to 8. */
		{ XHCI_EXTENDED, 0x02000402 },
		{ XHCI_EXTENDED + 4, 0x20425355 },
		{ XHCI_EXTENDED + 8, 0x809 },
		{ XHCI_EXTENDED + 0x10, 0x03000002 },
		{ XHCI_EXTENDED + 0x14, 0x20425355 },
		{ XHCI_EXTENDED + 0x18, 0x801 },
		{ XHCI_OPER + XHCI_USBCMD, 0 },
		{ XHCI_OPER + XHCI_USBSTS, XHCI_STS_HCH },
		{ XHCI_OPER + XHCI_PAGESIZE, 1 },
		{ XHCI_OPER + XHCI_CRCR, 0 },
		{ XHCI_OPER + XHCI_DCBAAP, 0 },
		{ XHCI_OPER + XHCI_CONFIG, 0 },
		/* Nothing is plugged in: power, and RxDetect. */
		{ XHCI_PORTS, 0x2a0 },
		{ XHCI_RUNTIME + XHCI_MFINDEX, 0 },
		{ XHCI_RUNTIME + XHCI_INTERRUPTERS, 0 },
		{ XHCI_DOORBELL, 0 },
	};
	struct fxhci f;

	fxhci_open(&f);
	assert_int_equal(guest_config_read(&f.guest, PCI_CLASS_REVISION, 4) >> 8, 0x0c0330);
	assert_int_equal(guest_config_read(&f.guest, 0x60, 1), 0x30);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_int_equal(fxhci_read(&f, expected[i].offset), expected[i].value);
	assert_int_equal(bus_read(&f.guest.mmio, GUEST_BAR, 1), 0x40);
	assert_int_equal(bus_read(&f.guest.mmio, GUEST_BAR + 2, 2), 0x0100);
	fxhci_close(&f);
}

static void it_starts_stops_and_is_reset(void **state)
{
	struct fxhci f;

	fxhci_open(&f);
	fxhci_start(&f);
	f.now = 1000000; /* a millisecond: 8 microframes */
	assert_int_equal(fxhci_read(&f, XHCI_RUNTIME + XHCI_MFINDEX), 8);
	fxhci_write(&f, XHCI_OPER + XHCI_USBCMD, XHCI_CMD_INTE);
	assert_int_equal(fxhci_read(&f, XHCI_OPER + XHCI_USBSTS) & XHCI_STS_HCH, XHCI_STS_HCH);
	/* A doorbell does nothing while it is stopped. */
	assert_int_equal(fxhci_command(&f, 0, 0, TRB_NOOP_COMMAND << 10), FXHCI_NONE);
	/* No state was saved. */
	fxhci_write(&f, XHCI_OPER + XHCI_USBCMD, XHCI_CMD_CRS);
	assert_true(fxhci_read(&f, XHCI_OPER + XHCI_USBSTS) & XHCI_STS_SRE);
	fxhci_write(&f, XHCI_OPER + XHCI_USBSTS, XHCI_STS_SRE);
	assert_false(fxhci_read(&f, XHCI_OPER + XHCI_USBSTS) & XHCI_STS_SRE);
	fxhci_write(&f, XHCI_OPER + XHCI_USBCMD, XHCI_CMD_HCRST);
	assert_int_equal(fxhci_read(&f, XHCI_OPER + XHCI_USBCMD), 0);
	assert_int_equal(fxhci_read(&f, XHCI_OPER + XHCI_DCBAAP), 0);
	fxhci_close(&f);
}

static void wrong_accesses_are_ignored(void **state)
{
	struct fxhci f;

	fxhci_open(&f);
	bus_write(&f.guest.mmio, GUEST_BAR + XHCI_OPER + XHCI_CONFIG, 1, 9);
	bus_write(&f.guest.mmio, GUEST_BAR + XHCI_OPER + XHCI_CONFIG + 2, 4, 9);
	assert_int_equal(fxhci_read(&f, XHCI_OPER + XHCI_CONFIG), 0);
	fxhci_write(&f, XHCI_CAPLENGTH, 1);
	assert_int_equal(fxhci_read(&f, XHCI_CAPLENGTH), 0x01000040);
	fxhci_write(&f, XHCI_TABLE + 16 * XHCI_NR_INTERRUPTERS, 1);
	assert_int_equal(fxhci_read(&f, XHCI_TABLE + 16 * XHCI_NR_INTERRUPTERS), 0);
	assert_int_equal(fxhci_read(&f, XHCI_PBA), 0);
	fxhci_close(&f);
}

/* Plugs a mouse in. The ports of USB 2 train only when they are reset. */
static void a_port_of_usb_2(void **state)
{
	struct fxhci_event event;
	struct err err = { 0 };
	struct usb_hid mouse;
	struct fxhci f;

	fxhci_open(&f);
	usb_hid_open(&mouse, USB_MOUSE, &f.clock);
	fxhci_start(&f);
	assert_int_equal(xhci_plug(&f.xhci, &mouse.dev, &err), 0);
	assert_int_equal(mouse.dev.port, PORT);
	/* Connected, not enabled, polling, power, high speed, and a change. */
	assert_int_equal(fxhci_portsc(&f, PORT), 0x20ee1);
	fxhci_run(&f);
	assert_true(fxhci_take(&f, 0, &event));
	assert_int_equal(event.parameter, PORT << 24);
	assert_int_equal(trb_type(event.control), TRB_PORT_EVENT);
	/* The bits of changes are cleared by writing 1. */
	fxhci_set_portsc(&f, PORT, XHCI_PORT_PP | XHCI_PORT_CSC | XHCI_PORT_PR);
	assert_int_equal(fxhci_portsc(&f, PORT), 0x200e03);
	fxhci_run(&f);
	assert_true(fxhci_take(&f, 0, &event));
	assert_false(fxhci_take(&f, 0, &event));
	fxhci_set_portsc(&f, PORT, XHCI_PORT_PP | XHCI_PORT_PRC);
	assert_int_equal(fxhci_portsc(&f, PORT), 0xe03);
	/* Suspended, and resumed as a driver does. */
	fxhci_set_portsc(&f, PORT, XHCI_PORT_PP | XHCI_PORT_LWS | XHCI_LINK_U3 << 5);
	assert_int_equal(fxhci_portsc(&f, PORT), 0xe63);
	fxhci_set_portsc(&f, PORT, XHCI_PORT_PP | XHCI_PORT_LWS | XHCI_LINK_RESUME << 5);
	assert_int_equal(fxhci_portsc(&f, PORT), 0xfe3);
	fxhci_set_portsc(&f, PORT, XHCI_PORT_PP | XHCI_PORT_LWS);
	assert_int_equal(fxhci_portsc(&f, PORT), 0x400e03);
	/* Disabled. */
	fxhci_set_portsc(&f, PORT, XHCI_PORT_PP | XHCI_PORT_PED | XHCI_PORT_PLC);
	assert_int_equal(fxhci_portsc(&f, PORT), 0xee1);
	xhci_unplug(&f.xhci, &mouse.dev);
	assert_int_equal(fxhci_portsc(&f, PORT), 0x202a0);
	fxhci_close(&f);
}

static void reset(struct usb_device *dev)
{
}

static void a_port_of_usb_3(void **state)
{
	static const struct usb_device_ops ops = { .reset = reset };
	struct usb_device dev = { .ops = &ops, .speed = USB_SUPER };
	struct err err = { 0 };
	struct fxhci f;

	fxhci_open(&f);
	fxhci_start(&f);
	assert_int_equal(xhci_plug(&f.xhci, &dev, &err), 0);
	/* It trains by itself: enabled, and in U0. */
	assert_int_equal(fxhci_portsc(&f, 1), 0x21203);
	fxhci_set_portsc(&f, 1, XHCI_PORT_PP | XHCI_PORT_CSC | XHCI_PORT_WPR);
	assert_int_equal(fxhci_portsc(&f, 1), 0x281203);
	fxhci_set_portsc(
		&f, 1, XHCI_PORT_PP | XHCI_PORT_CHANGES | XHCI_PORT_LWS | XHCI_LINK_DISABLED << 5);
	assert_int_equal(fxhci_portsc(&f, 1), 0x1281);
	fxhci_set_portsc(&f, 1, XHCI_PORT_PP | XHCI_PORT_LWS | XHCI_LINK_DETECT << 5);
	assert_int_equal(fxhci_portsc(&f, 1), 0x21203);
	xhci_unplug(&f.xhci, &dev);
	fxhci_close(&f);
}

static void ports_run_out(void **state)
{
	static const struct usb_device_ops ops = { .reset = reset };
	struct usb_device devs[XHCI_NR_SUPER + 1];
	struct err err = { 0 };
	struct fxhci f;

	fxhci_open(&f);
	for (unsigned i = 0; i <= XHCI_NR_SUPER; i++) {
		devs[i] = (struct usb_device){ .ops = &ops, .speed = USB_SUPER };
		assert_int_equal(
			xhci_plug(&f.xhci, &devs[i], &err), i < XHCI_NR_SUPER ? 0 : -ENOSPC);
	}
	for (unsigned i = 0; i <= XHCI_NR_SUPER; i++)
		xhci_unplug(&f.xhci, &devs[i]);
	fxhci_close(&f);
}

/* One interrupt for events that come before the driver has looked. */
static void interrupts_wait_for_the_driver(void **state)
{
	struct fxhci_event event;
	struct fxhci f;

	fxhci_open(&f);
	fxhci_start(&f);
	fxhci_msix(&f);
	for (unsigned i = 0; i < 3; i++)
		fxhci_put(&f, &f.commands, 0, 0, TRB_NOOP_COMMAND << 10);
	fxhci_write(&f, XHCI_DOORBELL, 0);
	fxhci_run(&f);
	assert_true(fxhci_read(&f, XHCI_OPER + XHCI_USBSTS) & XHCI_STS_EINT);
	assert_true(fxhci_read(&f, XHCI_RUNTIME + XHCI_INTERRUPTERS + XHCI_ERDP) & XHCI_ERDP_EHB);
	/* MSI-X clears the pending bit. */
	assert_int_equal(fxhci_read(&f, XHCI_RUNTIME + XHCI_INTERRUPTERS), XHCI_IMAN_IE);
	for (unsigned i = 0; i < 3; i++)
		assert_true(fxhci_take(&f, 0, &event));
	assert_false(fxhci_take(&f, 0, &event));
	assert_false(fxhci_read(&f, XHCI_RUNTIME + XHCI_INTERRUPTERS + XHCI_ERDP) & XHCI_ERDP_EHB);
	fxhci_close(&f);
}

/* Nothing is lost while the driver does not take events: commands wait. */
static void a_full_event_ring_holds_work_back(void **state)
{
	struct fxhci_event event;
	unsigned nr = 0;
	struct fxhci f;

	fxhci_open(&f);
	fxhci_start(&f);
	for (unsigned i = 0; i < FXHCI_TRBS - 2; i++)
		fxhci_put(&f, &f.commands, 0, 0, TRB_NOOP_COMMAND << 10);
	fxhci_write(&f, XHCI_DOORBELL, 0);
	fxhci_run(&f);
	for (unsigned i = 0; i < FXHCI_TRBS; i++, fxhci_run(&f))
		while (fxhci_take(&f, 0, &event)) {
			assert_int_equal(event.status >> 24, XHCI_SUCCESS);
			nr++;
		}
	assert_int_equal(nr, FXHCI_TRBS - 2);
	fxhci_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_have_their_reset_values),
		cmocka_unit_test(it_starts_stops_and_is_reset),
		cmocka_unit_test(wrong_accesses_are_ignored),
		cmocka_unit_test(a_port_of_usb_2),
		cmocka_unit_test(a_port_of_usb_3),
		cmocka_unit_test(ports_run_out),
		cmocka_unit_test(interrupts_wait_for_the_driver),
		cmocka_unit_test(a_full_event_ring_holds_work_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
