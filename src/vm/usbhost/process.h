/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine's side of one --usb: starts the process that gets the device (server.h), and hears it
 * on the machine's loop.
 *
 * The machine opens and closes the struct on the thread of its loop, and owns it.
 */
#ifndef VM_USBHOST_PROCESS_H
#define VM_USBHOST_PROCESS_H

#include "base/child.h"
#include "vm/usbhost/device.h"
#include "vm/usbhost/match.h"

struct usb_process {
	struct child child;
	struct loop *loop;
	struct usb_host host;
	struct loop_source source;
	struct usb_link_memory *memory;
	int memory_fd, link; /* -1: none */
	char name[USB_MATCH_SIZE];
};

/* Starts the process, and waits until it knows whether the device is there. */
int usb_process_open(struct usb_process *process, const struct usb_host_config *config,
	struct loop *loop, struct err *err);
/* Plugs the device in if it is there, and does so from now on whenever it comes. */
int usb_process_attach(
	struct usb_process *process, const struct usb_host_ops *ops, void *owner, struct err *err);
/* Gives the device back. Safe on a zeroed struct. */
void usb_process_close(struct usb_process *process);

#endif
