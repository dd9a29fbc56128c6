// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * host-state: prints what giving devices away may change on this host and giving them back has
 * to restore: drivers, overrides, power and reset settings, command registers and ROM enables,
 * consoles, framebuffers, and tenon's places in /etc. A line each, in the same order each time.
 */
#include <fcntl.h>
#include <glob.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICE "/sys/bus/pci/devices/*"

static void print_link(const char *path)
{
	char target[4096];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	target[n < 0 ? 0 : n] = '\0';
	printf("%s -> %s\n", path, target);
}

static void print_text(const char *path)
{
	int fd = open(path, O_RDONLY);
	char text[4096];
	ssize_t n = read(fd, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	printf("%s: %s\n", path, text);
	close(fd);
}

static void print_registers(const char *path)
{
	int fd = open(path, O_RDONLY);
	unsigned char c[PCI_STD_HEADER_SIZEOF];

	if (pread(fd, c, sizeof(c), 0) != sizeof(c))
		abort();
	printf("%s: command %02x%02x", path, c[PCI_COMMAND + 1], c[PCI_COMMAND]);
	if (!(c[PCI_HEADER_TYPE] & PCI_HEADER_TYPE_MASK))
		printf(" rom %02x%02x%02x%02x", c[PCI_ROM_ADDRESS + 3], c[PCI_ROM_ADDRESS + 2],
			c[PCI_ROM_ADDRESS + 1], c[PCI_ROM_ADDRESS]);
	putchar('\n');
	close(fd);
}

static void print_name(const char *path)
{
	puts(path);
}

int main(void)
{
	static const struct {
		const char *pattern;
		void (*print)(const char *path);
	} parts[] = {
		{ DEVICE "/driver", print_link },
		{ DEVICE "/driver_override", print_text },
		{ DEVICE "/power/control", print_text },
		{ DEVICE "/d3cold_allowed", print_text },
		{ DEVICE "/reset_method", print_text },
		{ DEVICE "/config", print_registers },
		{ "/sys/class/vtconsole/*/name", print_text },
		{ "/sys/class/vtconsole/*/bind", print_text },
		{ "/sys/class/graphics/*", print_name },
		{ "/etc/udev/rules.d/*", print_name },
		{ "/etc/modprobe.d/*", print_name },
		{ "/etc/initramfs-tools/hooks/*", print_name },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		glob_t found;

		if (glob(parts[i].pattern, 0, NULL, &found))
			continue;
		for (size_t k = 0; k < found.gl_pathc; k++)
			parts[i].print(found.gl_pathv[k]);
		globfree(&found);
	}
	return 0;
}
