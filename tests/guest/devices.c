// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pci: prints a line for each PCI function, "PCI ADDRESS id=VVVV:DDDD class=CCCCCC driver=NAME
 *   reset=METHODS bars=N:START-END:FLAGS,..." (6 is the ROM).
 * config: prints the config space in lines of 64 bytes, "CONFIG ADDRESS OFFSET HEX...".
 *   pci=ADDRESS   size=N (256)
 * rom: reports the size and the SHA-256 of the expansion ROM as its file in sysfs gives it.
 *   pci=ADDRESS
 * reset: takes the function from its driver, resets it, and gives it back.
 *   pci=ADDRESS   by=METHOD of the file reset_method
 * irq: reports how the function's driver gets interrupts, and how many came.
 *   pci=ADDRESS
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pci.h"
#include "sha256.h"
#include "steps.h"

#define DEVICES       "/sys/bus/pci/devices/"
#define MAX_FUNCTIONS 256
#define CONFIG_LINE   64

static const char *address_of(const struct args *args)
{
	const char *address = args_get(args, "pci", NULL);

	if (!address)
		fail("pci=ADDRESS is missing");
	return address;
}

/* Each line of the file resource is "start end flags"; those of no resource are zeros. */
static void bars_text(char *text, size_t size, const char *address)
{
	char resource[2048], *rest = resource, *line;
	size_t used = 0;

	text[0] = 0;
	if (read_text(resource, sizeof(resource), DEVICES "%s/resource", address) < 0)
		return;
	for (unsigned n = 0; n < 7 && (line = strsep(&rest, "\n")); n++) {
		unsigned long long start, end, flags;

		if (sscanf(line, "%llx %llx %llx", &start, &end, &flags) != 3 || !flags)
			continue;
		used += snprintf(text + used, size - used, "%s%u:0x%llx-0x%llx:0x%llx",
			used ? "," : "", n, start, end, flags);
		if (used >= size)
			return;
	}
}

static void words_joined(char *text)
{
	for (; *text; text++)
		if (*text == ' ')
			*text = ',';
}

static void pci_print(const char *address)
{
	char vendor[16] = "", device[16] = "", class[16] = "", driver[64], reset[64] = "-";
	char bars[512];

	read_text(vendor, sizeof(vendor), DEVICES "%s/vendor", address);
	read_text(device, sizeof(device), DEVICES "%s/device", address);
	read_text(class, sizeof(class), DEVICES "%s/class", address);
	read_text(reset, sizeof(reset), DEVICES "%s/reset_method", address);
	words_joined(reset);
	link_name(driver, sizeof(driver), DEVICES "%s/driver", address);
	bars_text(bars, sizeof(bars), address);
	say("PCI %s id=%.4s:%.4s class=%.6s driver=%s reset=%s bars=%s", address, vendor + 2,
		device + 2, class + 2, driver, reset, bars);
}

void step_pci(const struct args *args)
{
	static char list[MAX_FUNCTIONS][PCI_ADDRESS_SIZE];
	unsigned count = pci_list(list, MAX_FUNCTIONS);

	for (unsigned i = 0; i < count; i++)
		pci_print(list[i]);
	report("functions", "%u", count);
}

void step_config(const struct args *args)
{
	u64 size = args_number(args, "size", 256);
	struct pci pci;
	u8 line[CONFIG_LINE];

	pci_open_address(&pci, address_of(args));
	for (u64 at = 0; at < size; at += CONFIG_LINE) {
		char text[2 * CONFIG_LINE + 1];

		if (pread(pci.config, line, sizeof(line), at) != sizeof(line))
			fail_errno(
				"cannot read the config space at 0x%llx", (unsigned long long)at);
		for (unsigned i = 0; i < CONFIG_LINE; i++)
			snprintf(text + 2 * i, 3, "%02x", line[i]);
		say("CONFIG %s 0x%03llx %s", pci.address, (unsigned long long)at, text);
	}
	report("size", "%llu", (unsigned long long)size);
}

void step_rom(const struct args *args)
{
	const char *address = address_of(args);
	char path[128], text[65];
	struct sha256 sha;
	u64 size = 0;
	u8 data[4096];
	ssize_t n;
	int fd;

	if (write_text("1", DEVICES "%s/rom", address))
		fail_errno("%s has no ROM", address);
	snprintf(path, sizeof(path), DEVICES "%s/rom", address);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	sha256_start(&sha);
	while ((n = read(fd, data, sizeof(data))) > 0) {
		sha256_add(&sha, data, n);
		size += n;
	}
	if (n < 0)
		fail_errno("cannot read the ROM of %s", address);
	close(fd);
	write_text("0\n", DEVICES "%s/rom", address);
	sha256_finish(&sha, text);
	report("pci", "%s", address);
	report("size", "%llu", (unsigned long long)size);
	report("sha256", "%s", text);
}

void step_reset(const struct args *args)
{
	const char *address = address_of(args), *by = args_get(args, "by", NULL);
	char methods[64] = "-", driver[64];

	link_name(driver, sizeof(driver), DEVICES "%s/driver", address);
	if (strcmp(driver, "-") && write_text(address, DEVICES "%s/driver/unbind", address))
		fail_errno("cannot unbind the driver %s", driver);
	read_text(methods, sizeof(methods), DEVICES "%s/reset_method", address);
	if (by && write_text(by, DEVICES "%s/reset_method", address))
		fail_errno("%s cannot be reset by %s, only by %s", address, by, methods);
	if (write_text("1", DEVICES "%s/reset", address))
		fail_errno("cannot reset %s", address);
	if (strcmp(driver, "-") && write_text(address, "/sys/bus/pci/drivers_probe"))
		fail_errno("cannot bind the driver %s after the reset", driver);
	words_joined(methods);
	report("pci", "%s", address);
	report("methods", "%s", methods);
}

void step_irq(const struct args *args)
{
	pci_report(address_of(args));
}
