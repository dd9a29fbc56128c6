// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dump-pci SPEED WIDTH: the chipset's functions and a root port with a link of that speed (1 to
 * 6) and width, in the format that `lspci -F` reads. Firmware's work is done: buses numbered,
 * ACS on.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "vm/dev/lpc.h"
#include "vm/pci/mch.h"
#include "vm/pci/root_port.h"

#define PORT_DEVFN PCI_DEVFN_OF(1, 0)

static struct mch mch;
static struct lpc lpc;
static struct root_port port;
static struct pm pm;
static struct bus mmio, pio;
static struct mem mem;

static void dump(u8 devfn)
{
	printf("00:%02x.%x a function of tenon\n", PCI_DEV_OF(devfn), PCI_FN_OF(devfn));
	for (unsigned row = 0; row < PCI_CONFIG_SIZE; row += 16) {
		printf("%02x:", row);
		for (unsigned i = 0; i < 16; i++)
			printf(" %02x", pci_host_config_read(&mch.host, 0, devfn, row + i, 1));
		printf("\n");
	}
	printf("\n");
}

static int make(const struct root_port_config *config, struct err *err)
{
	int ret = mem_open(&mem, NULL, err);

	if (!ret)
		ret = bus_open(&mmio);
	if (!ret)
		ret = bus_open(&pio);
	if (!ret)
		ret = mch_open(&mch, &mmio, &pio, &mem, NULL, err);
	if (!ret)
		ret = lpc_open(&lpc, &mch.host, &pm, err);
	if (!ret)
		ret = root_port_open(&port, &mch.host, PORT_DEVFN, config, err);
	return ret;
}

int main(int argc, char **argv)
{
	struct root_port_config config = { .slot = 1, .io = true };
	struct err err = { 0 };

	if (argc != 3)
		return 2;
	config.link_speed = (u8)atoi(argv[1]);
	config.link_width = (u8)atoi(argv[2]);
	if (make(&config, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	pci_host_config_write(&mch.host, 0, PORT_DEVFN, PCI_PRIMARY_BUS, 4, 0x00010100);
	pci_host_config_write(
		&mch.host, 0, PORT_DEVFN, PCI_CFG_SPACE_SIZE + PCI_ACS_CTRL, 2, 0xffff);
	dump(0);
	dump(PORT_DEVFN);
	dump(LPC_DEVFN);
	return 0;
}
