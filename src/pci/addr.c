// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/addr.h"

#include <errno.h>
#include <stdio.h>

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * Reads a hexadecimal number of @least to @most digits. Returns how many it read, 0 if there is no
 * such number.
 */
static unsigned number(const char *text, unsigned least, unsigned most, u32 *value)
{
	unsigned n = 0;

	*value = 0;
	while (n < most && digit(text[n]) >= 0)
		*value = *value << 4 | digit(text[n++]);
	return n < least || digit(text[n]) >= 0 ? 0 : n;
}

/* BB:DD.F */
static unsigned scan_short(const char *text, struct pci_addr *addr)
{
	u32 bus, dev;
	unsigned n = number(text, 2, 2, &bus);

	if (!n || text[n] != ':')
		return 0;
	if (number(text + 3, 2, 2, &dev) != 2 || dev > 31 || text[5] != '.')
		return 0;
	if (text[6] < '0' || text[6] > '7' || digit(text[7]) >= 0)
		return 0;
	addr->bus = bus;
	addr->dev = dev;
	addr->fn = text[6] - '0';
	return 7;
}

unsigned pci_addr_scan(const char *text, struct pci_addr *addr)
{
	unsigned n = scan_short(text, addr);
	unsigned domain;

	addr->domain = 0;
	if (n)
		return n;
	domain = number(text, 1, 8, &addr->domain);
	if (!domain || text[domain] != ':')
		return 0;
	n = scan_short(text + domain + 1, addr);
	return n ? domain + 1 + n : 0;
}

int pci_addr_parse(const char *text, struct pci_addr *addr)
{
	unsigned n = pci_addr_scan(text, addr);

	return n && !text[n] ? 0 : -EINVAL;
}

int pci_addr_parse_slot(const char *text, struct pci_addr *addr)
{
	char first[PCI_ADDR_SIZE + 2];

	if ((size_t)snprintf(first, sizeof(first), "%s.0", text) >= sizeof(first) ||
		pci_addr_parse(first, addr))
		return -EINVAL;
	addr->fn = PCI_ADDR_WHOLE_SLOT;
	return 0;
}

char *pci_addr_text(struct pci_addr addr, char text[PCI_ADDR_SIZE])
{
	snprintf(text, PCI_ADDR_SIZE, "%04x:%02x:%02x.%x", addr.domain, addr.bus, addr.dev & 31u,
		addr.fn & 7u);
	return text;
}

int pci_addr_cmp(struct pci_addr a, struct pci_addr b)
{
	if (a.domain != b.domain)
		return a.domain < b.domain ? -1 : 1;
	return (int)pci_addr_rid(a) - (int)pci_addr_rid(b);
}
