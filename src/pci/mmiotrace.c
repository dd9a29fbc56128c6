// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/mmiotrace.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define US_PER_S 1000000ull
#define LINE     512

static void print_time(FILE *out, u64 us)
{
	fprintf(out, "%llu.%06llu", (unsigned long long)(us / US_PER_S),
		(unsigned long long)(us % US_PER_S));
}

static void print_device(FILE *out, const struct mmiotrace_event *e)
{
	fprintf(out, "PCIDEV %02x%02x %04x%04x 0", e->device.bus, pci_addr_devfn(e->device),
		e->vendor, e->id);
	for (unsigned i = 0; i < PCI_REGIONS; i++)
		fprintf(out, " %llx",
			(unsigned long long)(e->bars[i].start | (e->bars[i].flags & PCI_BAR_IO)));
	for (unsigned i = 0; i < PCI_REGIONS; i++)
		fprintf(out, " %llx", (unsigned long long)e->bars[i].size);
	fputs(" vfio-pci\n", out);
}

/* The code address and the process id are 0: only the guest's kernel could know them. */
int mmiotrace_print(FILE *out, const struct mmiotrace_event *e)
{
	static const char *const names[] = {
		[MMIOTRACE_MAP] = "MAP",
		[MMIOTRACE_UNMAP] = "UNMAP",
		[MMIOTRACE_READ] = "R",
		[MMIOTRACE_WRITE] = "W",
		[MMIOTRACE_MARK] = "MARK",
	};

	if (e->kind == MMIOTRACE_VERSION) {
		fprintf(out, "VERSION %llu\n", (unsigned long long)e->value);
	} else if (e->kind == MMIOTRACE_DEVICE) {
		print_device(out, e);
	} else if (e->kind != MMIOTRACE_OTHER) {
		fprintf(out, "%s ", names[e->kind]);
		if (e->kind == MMIOTRACE_READ || e->kind == MMIOTRACE_WRITE)
			fprintf(out, "%u ", e->width);
		print_time(out, e->us);
		if (e->kind == MMIOTRACE_MARK)
			fprintf(out, " %s\n", e->text);
		else if (e->kind == MMIOTRACE_MAP)
			fprintf(out, " %u 0x%llx 0x%llx 0x%llx 0x0 0\n", e->map,
				(unsigned long long)e->addr, (unsigned long long)e->addr,
				(unsigned long long)e->size);
		else if (e->kind == MMIOTRACE_UNMAP)
			fprintf(out, " %u 0x0 0\n", e->map);
		else
			fprintf(out, " %u 0x%llx 0x%llx 0x0 0\n", e->map,
				(unsigned long long)e->addr, (unsigned long long)e->value);
	}
	return ferror(out) ? -EIO : 0;
}

/* Takes a number in @base off the line; a hexadecimal one may begin with "0x". */
static bool take(char **at, int base, u64 max, u64 *value)
{
	char *end;

	while (**at == ' ')
		(*at)++;
	if (!isxdigit((unsigned char)**at))
		return false;
	errno = 0;
	*value = strtoull(*at, &end, base);
	if (end == *at || errno || *value > max || (*end && *end != ' ' && *end != '.'))
		return false;
	*at = end;
	return true;
}

static bool take_time(char **at, u64 *us)
{
	u64 seconds, part = 0;
	unsigned digits = 0;

	if (!take(at, 10, ~0ull / US_PER_S - 1, &seconds) || *(*at)++ != '.')
		return false;
	for (; isdigit((unsigned char)**at); (*at)++)
		if (digits < 6) {
			part = part * 10 + (u64)(**at - '0');
			digits++;
		}
	for (; digits && digits < 6; digits++)
		part *= 10;
	*us = seconds * US_PER_S + part;
	return digits && (**at == ' ' || !**at);
}

static bool take_map(char **at, struct mmiotrace_event *e)
{
	u64 map;

	if (!take_time(at, &e->us) || !take(at, 10, ~0u, &map))
		return false;
	e->map = (unsigned)map;
	return true;
}

static bool parse_access(char *at, struct mmiotrace_event *e)
{
	u64 width;

	if (!take(&at, 10, 8, &width) || !width || !take_map(&at, e) ||
		!take(&at, 16, ~0ull, &e->addr) || !take(&at, 16, ~0ull, &e->value))
		return false;
	e->width = (unsigned)width;
	return true;
}

static bool parse_map(char *at, struct mmiotrace_event *e)
{
	u64 virtual;

	return take_map(&at, e) && take(&at, 16, ~0ull, &e->addr) &&
	       take(&at, 16, ~0ull, &virtual) && take(&at, 16, ~0ull, &e->size);
}

static bool parse_mark(char *at, struct mmiotrace_event *e)
{
	size_t n = 0;

	if (!take_time(&at, &e->us))
		return false;
	while (*at == ' ')
		at++;
	for (; *at && n < sizeof(e->text) - 1; at++)
		e->text[n++] = isprint((unsigned char)*at) ? *at : '?';
	e->text[n] = '\0';
	return true;
}

static bool parse_device(char *at, struct mmiotrace_event *e)
{
	u64 place, ids, irq, n;

	if (!take(&at, 16, 0xffff, &place) || !take(&at, 16, ~0u, &ids) ||
		!take(&at, 16, ~0u, &irq))
		return false;
	e->device = (struct pci_addr){
		.bus = (u8)(place >> 8), .dev = place >> 3 & 31, .fn = place & 7
	};
	e->vendor = (u16)(ids >> 16);
	e->id = (u16)ids;
	for (unsigned i = 0; i < PCI_REGIONS; i++) {
		if (!take(&at, 16, ~0ull, &n))
			return false;
		e->bars[i].flags = n & PCI_BAR_IO;
		e->bars[i].start = n & (n & PCI_BAR_IO ? ~3ull : ~15ull);
	}
	for (unsigned i = 0; i < PCI_REGIONS; i++)
		if (!take(&at, 16, ~0ull, &e->bars[i].size))
			return false;
	return true;
}

static bool parse_version(char *at, struct mmiotrace_event *e)
{
	return take(&at, 10, ~0u, &e->value);
}

static bool parse_unmap(char *at, struct mmiotrace_event *e)
{
	return take_map(&at, e);
}

static const struct {
	const char *name;
	enum mmiotrace_kind kind;
	bool (*parse)(char *at, struct mmiotrace_event *event);
} lines[] = {
	{ "R ", MMIOTRACE_READ, parse_access },
	{ "W ", MMIOTRACE_WRITE, parse_access },
	{ "MAP ", MMIOTRACE_MAP, parse_map },
	{ "UNMAP ", MMIOTRACE_UNMAP, parse_unmap },
	{ "MARK ", MMIOTRACE_MARK, parse_mark },
	{ "PCIDEV ", MMIOTRACE_DEVICE, parse_device },
	{ "VERSION ", MMIOTRACE_VERSION, parse_version },
};

void mmiotrace_parse(const char *line, size_t size, struct mmiotrace_event *event)
{
	char text[LINE];

	*event = (struct mmiotrace_event){ .kind = MMIOTRACE_OTHER };
	if (size && line[size - 1] == '\n')
		size--;
	if (size >= sizeof(text) || memchr(line, '\0', size))
		return;
	memcpy(text, line, size);
	text[size] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		size_t n = strlen(lines[i].name);

		if (strncmp(text, lines[i].name, n))
			continue;
		if (lines[i].parse(text + n, event))
			event->kind = lines[i].kind;
		else
			*event = (struct mmiotrace_event){ .kind = MMIOTRACE_OTHER };
		return;
	}
}
