// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/usb_devices.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/own.h"

#define DEVICES   "/sys/bus/usb/devices"
#define PATH_SIZE 512
#define BLOCKS    "/sys/class/block"

#define CLASS_HID     3
#define CLASS_HUB     9
#define BOOT          1 /* a subclass of HID; its protocols are: */
#define BOOT_KEYBOARD 1

/* A number of sysfs; 0 if there is none. */
static unsigned long number_at(int directory, const char *name, int base)
{
	char text[24];

	return sysroot_text_at(directory, name, text, sizeof(text)) > 0 ? strtoul(text, NULL, base)
									: 0;
}

static void text_at(int directory, const char *name, char *to, size_t size)
{
	char text[USB_TEXT_SIZE];

	*to = '\0';
	if (sysroot_text_at(directory, name, text, sizeof(text)) > 0)
		log_printable(to, size, text);
}

/* "3-1.2", and not "usb3" or "3-1:1.0". */
static bool is_device(const char *name)
{
	return isdigit((unsigned char)*name) && strchr(name, '-') && !strchr(name, ':') &&
	       strlen(name) < USB_PORT_SIZE && name[strspn(name, "0123456789.-")] == '\0';
}

/* Where a file system is mounted from the block device @number, "8:1". */
static bool is_mounted(const char *mounts, const char *number, char *where, size_t size)
{
	char dev[24], point[64];

	for (const char *line = mounts; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "%*u %*u %23s %*s %63s", dev, point) != 2 || strcmp(dev, number))
			continue;
		log_printable(where, size, point);
		return true;
	}
	return false;
}

static bool is_swap(const char *swaps, const char *block)
{
	char path[64];
	const char *at;

	snprintf(path, sizeof(path), "/dev/%.32s", block);
	at = swaps ? strstr(swaps, path) : NULL;
	return at && isspace((unsigned char)at[strlen(path)]);
}

static bool has_holders(const struct sysroot *sysroot, const char *block)
{
	own_free char **names = NULL;
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), BLOCKS "/%.64s/holders", block);
	return sysroot_names(sysroot, path, &names) > 0;
}

static void use_block(const struct sysroot *sysroot, const struct usb_mounts *mounts,
	const char *block, struct usb_device_facts *device)
{
	char path[PATH_SIZE], number[24], where[64];

	snprintf(path, sizeof(path), BLOCKS "/%.64s/dev", block);
	if (sysroot_text(sysroot, path, number, sizeof(number)) > 0 &&
		is_mounted(mounts->mounts, number, where, sizeof(where)))
		snprintf(device->used_by, sizeof(device->used_by), "mounted at %s", where);
	else if (is_swap(mounts->swaps, block))
		snprintf(device->used_by, sizeof(device->used_by), "swap");
	else if (has_holders(sysroot, block))
		snprintf(device->used_by, sizeof(device->used_by), "part of another disk");
	else
		return;
	snprintf(device->disk, sizeof(device->disk), "%.31s", block);
}

/* The block devices of the host lead to the devices that they are on. */
static void find_blocks(
	const struct sysroot *sysroot, const struct usb_mounts *mounts, struct usb_devices *devices)
{
	own_free char **names = NULL;
	int nr = sysroot_names(sysroot, BLOCKS, &names);

	for (int i = 0; i < nr; i++) {
		char path[PATH_SIZE], target[PATH_SIZE], interface[USB_PORT_SIZE + 2];

		snprintf(path, sizeof(path), BLOCKS "/%.64s", names[i]);
		if (sysroot_link(sysroot, path, target, sizeof(target)) < 0 ||
			!strstr(target, "/usb"))
			continue;
		for (unsigned n = 0; n < devices->nr; n++) {
			struct usb_device_facts *device = &devices->list[n];

			snprintf(interface, sizeof(interface), "/%s:", device->port);
			if (strstr(target, interface) && !*device->disk)
				use_block(sysroot, mounts, names[i], device);
		}
	}
}

static void read_interface(
	const struct sysroot *sysroot, const char *name, struct usb_device_facts *device)
{
	struct usb_interface_facts *interface = &device->interfaces[device->nr_interfaces];
	char path[PATH_SIZE];
	own_fd int directory = -1;

	if (device->nr_interfaces == USB_INTERFACES_MAX)
		return;
	snprintf(path, sizeof(path), DEVICES "/%s", name);
	directory = sysroot_directory(sysroot, path);
	if (directory < 0)
		return;
	*interface = (struct usb_interface_facts){
		.number = (u8)number_at(directory, "bInterfaceNumber", 16),
		.class = (u8)number_at(directory, "bInterfaceClass", 16),
		.subclass = (u8)number_at(directory, "bInterfaceSubClass", 16),
		.protocol = (u8)number_at(directory, "bInterfaceProtocol", 16),
	};
	sysroot_link_name_at(directory, "driver", interface->driver, sizeof(interface->driver));
	device->nr_interfaces++;
}

/* False if it is gone meanwhile. */
static bool read_device(
	const struct sysroot *sysroot, const char *name, struct usb_device_facts *device)
{
	char path[PATH_SIZE];
	own_fd int directory = -1;

	snprintf(path, sizeof(path), DEVICES "/%s", name);
	directory = sysroot_directory(sysroot, path);
	if (directory < 0)
		return false;
	*device = (struct usb_device_facts){
		.vendor = (u16)number_at(directory, "idVendor", 16),
		.product = (u16)number_at(directory, "idProduct", 16),
		.class = (u8)number_at(directory, "bDeviceClass", 16),
		.bus = (unsigned)number_at(directory, "busnum", 10),
		.address = (unsigned)number_at(directory, "devnum", 10),
		.configuration = (unsigned)number_at(directory, "bConfigurationValue", 10),
	};
	snprintf(device->port, sizeof(device->port), "%s", name);
	text_at(directory, "speed", device->speed, sizeof(device->speed));
	text_at(directory, "manufacturer", device->maker, sizeof(device->maker));
	text_at(directory, "product", device->name, sizeof(device->name));
	text_at(directory, "serial", device->serial, sizeof(device->serial));
	return device->bus && device->address;
}

/* Interfaces come after their device, "3-1:1.0" after "3-1", but not at once after it. */
static void read_interfaces(
	const struct sysroot *sysroot, char **names, int nr, struct usb_device_facts *device)
{
	size_t length = strlen(device->port);

	for (int i = 0; i < nr; i++)
		if (!strncmp(names[i], device->port, length) && names[i][length] == ':' &&
			strlen(names[i]) < PATH_SIZE / 2)
			read_interface(sysroot, names[i], device);
}

int usb_devices_read(
	const struct sysroot *sysroot, const struct usb_mounts *mounts, struct usb_devices *devices)
{
	own_free char **names = NULL;
	int nr = sysroot_names(sysroot, DEVICES, &names);

	*devices = (struct usb_devices){ 0 };
	if (nr < 0)
		return nr;
	devices->list = calloc(USB_DEVICES_MAX, sizeof(*devices->list));
	if (!devices->list)
		return -ENOMEM;
	for (int i = 0; i < nr && devices->nr < USB_DEVICES_MAX; i++) {
		struct usb_device_facts *device = &devices->list[devices->nr];

		if (!is_device(names[i]) || !read_device(sysroot, names[i], device))
			continue;
		read_interfaces(sysroot, names, nr, device);
		devices->nr++;
	}
	find_blocks(sysroot, mounts, devices);
	return 0;
}

void usb_devices_free(struct usb_devices *devices)
{
	free(devices->list);
	*devices = (struct usb_devices){ 0 };
}

bool usb_device_is_hub(const struct usb_device_facts *device)
{
	return device->class == CLASS_HUB;
}

bool usb_device_is_taken(const struct usb_device_facts *device)
{
	for (unsigned i = 0; i < device->nr_interfaces; i++)
		if (!strcmp(device->interfaces[i].driver, "usbfs"))
			return true;
	return false;
}

const char *usb_device_needed(const struct usb_device_facts *device)
{
	if (*device->disk)
		return "the host uses a disk on it";
	for (unsigned i = 0; i < device->nr_interfaces; i++) {
		const struct usb_interface_facts *interface = &device->interfaces[i];

		if (interface->class == CLASS_HID && interface->subclass == BOOT &&
			interface->protocol == BOOT_KEYBOARD && *interface->driver &&
			strcmp(interface->driver, "usbfs"))
			return "it is a keyboard of this host";
	}
	return NULL;
}
