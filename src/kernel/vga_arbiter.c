// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/vga_arbiter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"

#define DEVICE "/dev/vga_arbiter"

int vga_arbiter_open(struct vga_arbiter *arbiter, const struct sysroot *sysroot, struct err *err)
{
	arbiter->fd = sysroot->running ? sysroot_fd(sysroot, DEVICE, O_RDWR) : -ENOENT;
	if (arbiter->fd >= 0)
		return 0;
	err_sys(err, -arbiter->fd, "cannot ask the kernel's VGA arbiter, " DEVICE);
	if (arbiter->fd == -EACCES)
		err_help(err, "It takes root: try sudo.");
	return arbiter->fd;
}

void vga_arbiter_close(struct vga_arbiter *arbiter)
{
	close_fd(&arbiter->fd);
}

/* The file has no end: each read() returns the whole line again, so read once. */
int vga_arbiter_line(struct vga_arbiter *arbiter, const char *address, char text[VGA_ARBITER_TEXT])
{
	char target[64];
	int size = snprintf(target, sizeof(target), "target %s%s", address ? "PCI:" : "",
		address ? address : "default");
	ssize_t n;

	if (write(arbiter->fd, target, size) < 0)
		return -errno;
	n = read(arbiter->fd, text, VGA_ARBITER_TEXT - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return strcmp(text, "invalid") ? 0 : -ENODEV;
}
