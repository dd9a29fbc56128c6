/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of libusb 1.0 that a device's process uses, from a library that is loaded then. */
#ifndef VM_USBHOST_LIBRARY_H
#define VM_USBHOST_LIBRARY_H

#include <libusb-1.0/libusb.h>

#include "base/err.h"

struct usb_library {
	int (*set_option)(libusb_context *context, enum libusb_option option, ...);
	int (*init)(libusb_context **context);
	int (*wrap)(libusb_context *context, intptr_t fd, libusb_device_handle **handle);
	libusb_device *(*get_device)(libusb_device_handle *handle);
	int (*get_configuration)(libusb_device *device, struct libusb_config_descriptor **config);
	void (*free_configuration)(struct libusb_config_descriptor *config);
	int (*set_configuration)(libusb_device_handle *handle, int configuration);
	int (*set_alternate)(libusb_device_handle *handle, int interface, int alternate);
	int (*detach_driver)(libusb_device_handle *handle, int interface);
	int (*claim)(libusb_device_handle *handle, int interface);
	int (*release)(libusb_device_handle *handle, int interface);
	int (*clear_halt)(libusb_device_handle *handle, unsigned char endpoint);
	int (*reset)(libusb_device_handle *handle);
	struct libusb_transfer *(*alloc)(int packets);
	int (*submit)(struct libusb_transfer *transfer);
	int (*cancel)(struct libusb_transfer *transfer);
	int (*handle_events)(libusb_context *context, struct timeval *wait, int *completed);
	const struct libusb_pollfd **(*get_files)(libusb_context *context);
	const char *(*text)(int error);
};

/* Returns -ENOENT if the library is not installed. It stays loaded until the process ends. */
int usb_library_load(struct usb_library *library, struct err *err);

#endif
