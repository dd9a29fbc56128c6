// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * edu-peer: bytes that a CPU wrote into a BAR of another function go to the edu device by DMA and
 * back to another place of that BAR, where a CPU finds them, and nothing beside them.
 *   pci=ADDRESS of the edu device   of=ADDRESS of the other   bar=N (0)   offset=N (8 MiB)
 *   at=N: where DMA finds the BAR, if not where its register says
 * bar-at: a BAR answers at another physical address, too, as it does at its own.
 *   pci=ADDRESS   bar=N (0)   at=N   size=N (64)   set=N: a byte that is first written there
 *
 * Both take the other function from its driver.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "edu.h"
#include "steps.h"

#define DEVICES "/sys/bus/pci/devices"
#define PAGE    4096

static void take(struct pci *pci, const struct args *args, const char *key)
{
	const char *address = args_get(args, key, NULL);
	char driver[64];

	if (!address)
		fail("%s=ADDRESS is missing", key);
	pci_open_address(pci, address);
	link_name(driver, sizeof(driver), DEVICES "/%s/driver", address);
	if (strcmp(driver, "-") && write_text(address, DEVICES "/%s/driver/unbind", address))
		fail_errno("%s: cannot unbind the driver %s", address, driver);
	pci_write16(pci, PCI_COMMAND, pci_read16(pci, PCI_COMMAND) | PCI_COMMAND_MEMORY);
}

/* Where the kernel has the BAR. */
static u64 bar_address(const struct pci *pci, unsigned bar)
{
	char text[2048], *rest = text, *line = NULL;
	unsigned long long start;

	if (read_text(text, sizeof(text), DEVICES "/%s/resource", pci->address) < 0)
		fail_errno("%s: cannot read its resources", pci->address);
	for (unsigned n = 0; n <= bar; n++)
		line = strsep(&rest, "\n");
	if (!line || sscanf(line, "%llx", &start) != 1 || !start)
		fail("%s: BAR %u has no address", pci->address, bar);
	return start;
}

static void fill(volatile u8 *to, u8 *bytes, size_t size)
{
	if (getrandom(bytes, size, GRND_INSECURE) != (ssize_t)size)
		fail_errno("no random bytes");
	for (size_t i = 0; i < size; i++)
		to[i] = bytes[i];
}

void step_edu_peer(const struct args *args)
{
	unsigned bar = args_number(args, "bar", 0), size = EDU_TRANSFER_MAX - 64;
	u64 offset = args_number(args, "offset", 8 * MIB), at;
	u8 sent[PAGE], before[PAGE];
	volatile u8 *from, *to;
	struct pci other;
	struct edu edu;

	take(&other, args, "of");
	at = args_number(args, "at", bar_address(&other, bar)) + offset;
	edu_open(&edu, args);
	from = (volatile u8 *)pci_map(&other, bar, offset + 2 * PAGE) + offset;
	to = from + PAGE;
	fill(from, sent, PAGE);
	fill(to, before, PAGE);
	edu_transfer(&edu, at, EDU_BUFFER, size, 0);
	edu_transfer(&edu, EDU_BUFFER, at + PAGE + 16, size, EDU_DMA_READ);
	for (unsigned i = 0; i < PAGE; i++) {
		u8 wanted = i >= 16 && i < 16 + size ? sent[i - 16] : before[i];

		if (to[i] != wanted)
			fail("byte %u of the BAR is 0x%02x, not 0x%02x", i, to[i], wanted);
	}
	report("pci", "%s", edu.pci.address);
	report("of", "%s", other.address);
	report("at", "0x%llx", (unsigned long long)at);
}

static volatile u8 *map_physical(u64 at)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	void *map;

	if (fd < 0)
		fail_errno("cannot open /dev/mem");
	map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)at);
	if (map == MAP_FAILED)
		fail_errno("cannot map 0x%llx", (unsigned long long)at);
	return map;
}

void step_bar_at(const struct args *args)
{
	unsigned bar = args_number(args, "bar", 0);
	u64 at = args_number(args, "at", 0), size = args_number(args, "size", 64);
	u64 set = args_number(args, "set", 0x100), different = 0;
	volatile u8 *own, *there;
	struct pci pci;

	take(&pci, args, "pci");
	own = pci_map(&pci, bar, PAGE);
	there = map_physical(at);
	if (set <= 0xff)
		there[0] = (u8)set;
	for (u64 i = 0; i < size; i++) {
		u8 is = there[i], wanted = own[i];

		if (is != wanted)
			fail("byte %llu there is 0x%02x, not 0x%02x", (unsigned long long)i, is,
				wanted);
		different += is != own[0];
	}
	if (!different)
		fail("all bytes are 0x%02x, which proves nothing", own[0]);
	report("pci", "%s", pci.address);
	report("own", "0x%llx", (unsigned long long)bar_address(&pci, bar));
	report("at", "0x%llx", (unsigned long long)at);
}
