// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * shmem: the device that shares memory with the host, pci=ADDRESS, has mib=N (32) of it in BAR 2.
 * The text that the host has put at its start is reported as host=; text=TEXT goes to 4096 bytes
 * before its end
 */
#include <linux/pci_regs.h>
#include <string.h>

#include "pci.h"
#include "steps.h"

#define VENDOR   0x1af4
#define DEVICE   0x1110
#define BAR      2
#define TEXT_MAX 64
#define ANSWER   4096 /* before the end */

void step_shmem(const struct args *args)
{
	size_t size = args_number(args, "mib", 32) << 20;
	const char *answer = args_get(args, "text", "guest");
	char text[TEXT_MAX] = "";
	volatile char *memory;
	struct pci pci;

	pci_open(&pci, args, VENDOR, DEVICE);
	pci_write16(&pci, PCI_COMMAND, pci_read16(&pci, PCI_COMMAND) | PCI_COMMAND_MEMORY);
	memory = pci_map(&pci, BAR, size);
	for (unsigned i = 0; i < TEXT_MAX - 1 && memory[i]; i++)
		text[i] = memory[i];
	report("host", "%s", text);
	for (size_t i = 0; i <= strlen(answer); i++)
		memory[size - ANSWER + i] = answer[i];
	report("address", "%s", pci.address);
}
