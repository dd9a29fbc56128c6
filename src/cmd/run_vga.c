// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run_vga.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "host/topo/vga.h"
#include "kernel/vga_arbiter.h"

#define MAX_CONSOLES 16

static bool may_have_vga(const struct vfio_options *options)
{
	return options->vga == VFIO_VGA_ON || (options->vga == VFIO_VGA_AUTO && options->bios);
}

/* The kernel's console that writes to A0000h, whichever card that is. */
static void warn_console(const struct tree *tree)
{
	for (unsigned i = 0; i < MAX_CONSOLES; i++) {
		char path[64], name[64], bound[8];

		snprintf(path, sizeof(path), "/sys/class/vtconsole/vtcon%u/name", i);
		if (tree_text(tree, path, name, sizeof(name)) <= 0 || !strstr(name, "VGA+"))
			continue;
		snprintf(path, sizeof(path), "/sys/class/vtconsole/vtcon%u/bind", i);
		if (tree_text(tree, path, bound, sizeof(bound)) > 0 && bound[0] == '1')
			log_warn("the host's text console (vtcon%u) writes to legacy VGA without "
				 "asking the kernel's arbiter: what it prints may appear on the "
				 "guest's card; tenon check --for bios says what helps",
				i);
	}
}

static void warn_lock(struct vga_arbiter *arbiter, const struct pci_addr *addr)
{
	char name[PCI_ADDR_SIZE], text[VGA_ARBITER_TEXT];
	struct vga_line line;

	if (!vga_arbiter_line(arbiter, addr ? pci_addr_text(*addr, name) : NULL, text) &&
		!vga_parse(text, &line) && line.locks)
		log_warn("%s: a program holds its legacy VGA locked, and the guest's first access "
			 "waits until it lets go: fuser -v /dev/vga_arbiter",
			pci_addr_text(line.addr, name));
}

void run_vga_warn(const struct run_request *request)
{
	struct tree tree = { .fd = -1 };
	struct vga_arbiter arbiter;
	struct err ignored = { 0 };
	unsigned count = 0;

	for (unsigned i = 0; i < request->config.nr_devices; i++)
		count += may_have_vga(&request->devices[i].options);
	if (!count || tree_open(&tree, "", &ignored))
		return;
	warn_console(&tree);
	if (!vga_arbiter_open(&arbiter, &tree, &ignored)) {
		warn_lock(&arbiter, NULL);
		for (unsigned i = 0; i < request->config.nr_devices; i++)
			if (may_have_vga(&request->devices[i].options))
				warn_lock(&arbiter, &request->devices[i].addr);
		vga_arbiter_close(&arbiter);
	}
	tree_close(&tree);
}
