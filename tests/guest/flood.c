// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flood: does as much as it can of kind=KIND, repeatable, each in a process of its own, until the
 * machine is ended from outside. It prints "FLOOD KIND" for each, and needs timeout=0.
 *   serial   writes to the console           port     a port that any machine has
 *   config   reads PCI's config space        disk     reads, and asks virtio disks for their names
 *   net      sends frames on eth0            slow     reads a disk that may not answer, vdb
 *   moves    turns the memory of the edu device off and on
 *   resets   resets the bus that it is on, by the bridge above it
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edu.h"
#include "pci.h"
#include "steps.h"

#define PORT  0x80
#define BLOCK 4096

/* The bridge above a function: the part before its own in the path of its directory. */
static void open_bridge(struct pci *bridge, const struct pci *below)
{
	char path[256], link[64], *at;
	ssize_t n;

	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s", below->address);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		fail_errno("%s", link);
	path[n] = '\0';
	at = strrchr(path, '/');
	if (at)
		*at = '\0';
	at = at ? strrchr(path, '/') : NULL;
	if (!at)
		fail("%s: no bridge is above it", below->address);
	pci_open_address(bridge, at + 1);
}

static void flood_serial(const struct args *args)
{
	char line[128];

	memset(line, '.', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (;;)
		if (write(STDOUT_FILENO, line, sizeof(line)) < 0 && errno != EAGAIN)
			fail_errno("cannot write to the console");
}

static void flood_port(const struct args *args)
{
	static u8 zeroes[BLOCK];

	if (ioperm(PORT, 1, 1))
		fail_errno("no access to ports");
	for (;;)
		outsb(PORT, zeroes, sizeof(zeroes));
}

static void flood_config(const struct args *args)
{
	struct pci pci;

	pci_open_address(&pci, "0000:00:00.0");
	for (unsigned at = 0;; at = (at + 4) % 256)
		pci_read32(&pci, at);
}

static void read_ever(const char *path)
{
	void *bytes;
	int fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);

	if (fd < 0 || posix_memalign(&bytes, BLOCK, BLOCK))
		fail_errno("%s", path);
	for (;;)
		if (pread(fd, bytes, BLOCK, 0) < 0)
			sleep_ms(1);
}

static void flood_disk(const struct args *args)
{
	static const char *const disks[] = { "/dev/vda", "/dev/sda", "/dev/nvme0n1" };
	char name[64];

	for (unsigned i = 0; i < ARRAY_SIZE(disks); i++)
		if (!access(disks[i], F_OK) && !fork())
			read_ever(disks[i]);
	for (;;)
		read_text(name, sizeof(name), "/sys/block/vda/serial");
}

static void flood_slow(const struct args *args)
{
	read_ever("/dev/vdb");
}

static void flood_net(const struct args *args)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_halen = 6 };
	struct ifreq request = { .ifr_name = "eth0" };
	u8 frame[64] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	to.sll_ifindex = (int)if_nametoindex(request.ifr_name);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request))
		fail_errno("eth0");
	request.ifr_flags |= IFF_UP;
	ioctl(fd, SIOCSIFFLAGS, &request);
	for (;;)
		if (sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			sleep_ms(1);
}

static void flood_moves(const struct args *args)
{
	struct pci pci;

	pci_open(&pci, args, EDU_VENDOR, EDU_DEVICE);
	for (u16 on = 0;; on ^= PCI_COMMAND_MEMORY)
		pci_write16(&pci, PCI_COMMAND, on);
}

static void flood_resets(const struct args *args)
{
	struct pci bridge, pci;

	pci_open(&pci, args, EDU_VENDOR, EDU_DEVICE);
	open_bridge(&bridge, &pci);
	for (;;) {
		pci_write16(&pci, PCI_COMMAND, PCI_COMMAND_MEMORY);
		pci_write16(&bridge, PCI_BRIDGE_CONTROL, PCI_BRIDGE_CTL_BUS_RESET);
		pci_write16(&bridge, PCI_BRIDGE_CONTROL, 0);
	}
}

static const struct {
	const char *kind;
	void (*run)(const struct args *args);
} floods[] = {
	{ "serial", flood_serial },
	{ "port", flood_port },
	{ "config", flood_config },
	{ "disk", flood_disk },
	{ "slow", flood_slow },
	{ "net", flood_net },
	{ "moves", flood_moves },
	{ "resets", flood_resets },
};

static void begin(const struct args *args, const char *kind)
{
	for (unsigned i = 0; i < ARRAY_SIZE(floods); i++) {
		if (strcmp(floods[i].kind, kind))
			continue;
		say("FLOOD %s", kind);
		if (!fork())
			floods[i].run(args);
		return;
	}
	fail("there is no flood '%s'", kind);
}

void step_flood(const struct args *args)
{
	for (unsigned i = 0; i < args->count; i++)
		if (!strcmp(args->list[i].key, "kind"))
			begin(args, args->list[i].value);
	for (;;)
		pause();
}
