// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "interrupts.h"
#include "pci.h"

#define DEVICES        "/sys/bus/pci/devices"
#define MAX_FUNCTIONS  256
#define MAX_CAPABILITY 48

static int by_address(const void *a, const void *b)
{
	return strcmp(a, b);
}

unsigned pci_list(char (*addresses)[PCI_ADDRESS_SIZE], unsigned size)
{
	DIR *directory = opendir(DEVICES);
	struct dirent *entry;
	unsigned count = 0;

	if (!directory)
		fail_errno("cannot list " DEVICES);
	while ((entry = readdir(directory)))
		if (entry->d_name[0] != '.' && count < size)
			snprintf(addresses[count++], PCI_ADDRESS_SIZE, "%.15s", entry->d_name);
	closedir(directory);
	qsort(addresses, count, PCI_ADDRESS_SIZE, by_address);
	return count;
}

static bool has_numbers(const char *address, u16 vendor, u16 device)
{
	char text[16];

	if (read_text(text, sizeof(text), DEVICES "/%s/vendor", address) < 0 ||
		strtoul(text, NULL, 16) != vendor)
		return false;
	return read_text(text, sizeof(text), DEVICES "/%s/device", address) > 0 &&
	       strtoul(text, NULL, 16) == device;
}

void pci_open_address(struct pci *pci, const char *address)
{
	char path[128];

	snprintf(pci->address, sizeof(pci->address), "%s", address);
	snprintf(path, sizeof(path), DEVICES "/%s/config", address);
	pci->config = open(path, O_RDWR | O_CLOEXEC);
	if (pci->config < 0)
		fail_errno("cannot open %s", path);
}

void pci_open(struct pci *pci, const struct args *args, u16 vendor, u16 device)
{
	static char list[MAX_FUNCTIONS][PCI_ADDRESS_SIZE];
	const char *address = args_get(args, "pci", NULL);
	unsigned count;

	if (address) {
		pci_open_address(pci, address);
		return;
	}
	count = pci_list(list, MAX_FUNCTIONS);
	for (unsigned i = 0; i < count; i++) {
		if (!has_numbers(list[i], vendor, device))
			continue;
		pci_open_address(pci, list[i]);
		return;
	}
	fail("there is no device %04x:%04x", vendor, device);
}

static void config_read(const struct pci *pci, unsigned offset, void *value, size_t size)
{
	if (pread(pci->config, value, size, offset) != (ssize_t)size)
		fail_errno("%s: cannot read the config space at 0x%x", pci->address, offset);
}

static void config_write(const struct pci *pci, unsigned offset, const void *value, size_t size)
{
	if (pwrite(pci->config, value, size, offset) != (ssize_t)size)
		fail_errno("%s: cannot write the config space at 0x%x", pci->address, offset);
}

u16 pci_read16(const struct pci *pci, unsigned offset)
{
	u16 value;

	config_read(pci, offset, &value, sizeof(value));
	return value;
}

u32 pci_read32(const struct pci *pci, unsigned offset)
{
	u32 value;

	config_read(pci, offset, &value, sizeof(value));
	return value;
}

void pci_write16(const struct pci *pci, unsigned offset, u16 value)
{
	config_write(pci, offset, &value, sizeof(value));
}

void pci_write32(const struct pci *pci, unsigned offset, u32 value)
{
	config_write(pci, offset, &value, sizeof(value));
}

unsigned pci_capability(const struct pci *pci, u8 id)
{
	unsigned at;

	if (!(pci_read16(pci, PCI_STATUS) & PCI_STATUS_CAP_LIST))
		return 0;
	at = pci_read16(pci, PCI_CAPABILITY_LIST) & 0xfc;
	for (unsigned n = 0; at && n < MAX_CAPABILITY; n++) {
		u16 header = pci_read16(pci, at);

		if ((header & 0xff) == id)
			return at;
		at = header >> 8 & 0xfc;
	}
	return 0;
}

volatile void *pci_map(const struct pci *pci, unsigned bar, size_t size)
{
	char path[128];
	void *map;
	int fd;

	snprintf(path, sizeof(path), DEVICES "/%s/resource%u", pci->address, bar);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fail_errno("cannot open %s", path);
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		fail_errno("cannot map %s", path);
	close(fd);
	return map;
}

void pci_bind(const struct pci *pci, const char *driver)
{
	char now[64];

	if (!strcmp(link_name(now, sizeof(now), DEVICES "/%s/driver", pci->address), driver))
		return;
	if (strcmp(now, "-") && write_text(pci->address, DEVICES "/%s/driver/unbind", pci->address))
		fail_errno("%s: cannot unbind the driver %s", pci->address, now);
	if (write_text(driver, DEVICES "/%s/driver_override", pci->address) ||
		write_text(pci->address, "/sys/bus/pci/drivers_probe"))
		fail_errno("%s: cannot bind the driver %s", pci->address, driver);
	if (strcmp(link_name(now, sizeof(now), DEVICES "/%s/driver", pci->address), driver))
		fail("%s: the driver %s did not take it", pci->address, driver);
}

/* The interrupts of the function's MSI or MSI-X vectors; the number of vectors in @vectors. */
static u64 msi_total(const char *address, unsigned *vectors, char *kind, size_t size)
{
	struct interrupts now;
	struct dirent *entry;
	char path[128];
	u64 total = 0;
	DIR *directory;

	*vectors = 0;
	snprintf(path, sizeof(path), DEVICES "/%s/msi_irqs", address);
	directory = opendir(path);
	if (!directory)
		return 0;
	interrupts_read(&now);
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		if (read_text(kind, size, "%s/%s", path, entry->d_name) < 0)
			fail_errno("cannot read %s/%s", path, entry->d_name);
		total += interrupts_total(&now, entry->d_name);
		++*vectors;
	}
	closedir(directory);
	return total;
}

void pci_report(const char *address)
{
	struct interrupts now;
	unsigned vectors;
	char text[16];
	u64 total;

	report("pci", "%s", address);
	total = msi_total(address, &vectors, text, sizeof(text));
	if (vectors) {
		report("irq", "%s", text);
		report("vectors", "%u", vectors);
		report("interrupts", "%llu", (unsigned long long)total);
		return;
	}
	if (read_text(text, sizeof(text), DEVICES "/%s/irq", address) < 0 || !strcmp(text, "0")) {
		report("irq", "none");
		return;
	}
	interrupts_read(&now);
	report("irq", "intx");
	report("line", "%s", text);
	report("interrupts", "%llu", (unsigned long long)interrupts_total(&now, text));
}
