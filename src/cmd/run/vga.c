// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/vga.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/own.h"
#include "host/facts/vga.h"
#include "kernel/vga_arbiter.h"

#define MAX_CONSOLES 16

/* Warns of a kernel console that writes to A0000h, whichever card answers there. */
static void warn_console(const struct sysroot *sysroot)
{
	for (unsigned i = 0; i < MAX_CONSOLES; i++) {
		char path[64], name[64], bound[8];

		snprintf(path, sizeof(path), "/sys/class/vtconsole/vtcon%u/name", i);
		if (sysroot_text(sysroot, path, name, sizeof(name)) <= 0 || !strstr(name, "VGA+"))
			continue;
		snprintf(path, sizeof(path), "/sys/class/vtconsole/vtcon%u/bind", i);
		if (sysroot_text(sysroot, path, bound, sizeof(bound)) > 0 && bound[0] == '1')
			log_warn("the host's text console (vtcon%u) writes to legacy VGA without "
				 "asking the kernel's arbiter: what it prints may appear on the "
				 "guest's card; tenon check --for bios says what helps",
				i);
	}
}

static bool is_card(const struct sysroot *sysroot, const char *address)
{
	char path[64], class[16];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%.20s/class", address);
	return sysroot_text(sysroot, path, class, sizeof(class)) > 0 &&
	       !strncmp(class, "0x0300", 6);
}

/* Warns of a lock on any card: while one card is locked, no other can have legacy VGA. */
static void warn_locks(const struct sysroot *sysroot)
{
	char text[VGA_ARBITER_TEXT];
	struct vga_arbiter arbiter;
	struct err ignored = { 0 };
	own_free char **names = NULL;
	struct vga_line line;
	int n;

	if (vga_arbiter_open(&arbiter, sysroot, &ignored))
		return;
	n = sysroot_names(sysroot, "/sys/bus/pci/devices", &names);
	for (int i = 0; i < n; i++)
		if (is_card(sysroot, names[i]) && !vga_arbiter_line(&arbiter, names[i], text) &&
			!vga_parse(text, &line) && line.locks)
			log_warn("%s: a program holds its legacy VGA locked, and the guest's first "
				 "access waits until it lets go: fuser -v /dev/vga_arbiter",
				names[i]);
	vga_arbiter_close(&arbiter);
}

void run_vga_warn(const struct run_request *request)
{
	struct sysroot sysroot = { .fd = -1 };
	struct err ignored = { 0 };
	unsigned count = 0;

	for (unsigned i = 0; i < request->config.nr_devices; i++)
		count += vfio_wants_vga(&request->devices[i].options, true);
	if (!count || sysroot_open(&sysroot, "", &ignored))
		return;
	warn_console(&sysroot);
	warn_locks(&sysroot);
	sysroot_close(&sysroot);
}
