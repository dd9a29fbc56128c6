// SPDX-License-Identifier: GPL-2.0-or-later
/* What the host suggests: the card, memory, and processors beside the card. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "cmd/new/new.h"
#include "host/groups/verdict.h"

#define MAX_CPUS   1024
#define MAX_VCPUS  16
#define MEMORY_MAX (32 * GIB)

/* A core of the host: its processors (hardware threads). */
struct core {
	u16 cpus[8];
	u16 nr;
};

int new_look(struct new_args *args, struct err *err)
{
	int ret = view_open(&args->view, &args->source, false, err);

	args->has_view = true;
	if (!ret)
		ret = view_find_guests(&args->view, err);
	return ret;
}

static bool is_graphics(const struct host_dev *dev)
{
	return dev->class >> 16 == 0x03;
}

const struct host_dev *new_best_card(const struct view *view)
{
	const struct host *host = &view->host;
	const struct host_dev *best = NULL;

	for (unsigned i = 0; i < host->count; i++) {
		enum verdict_word word = verdict_of(host, view->groups, view_guests(view), i);

		if (!is_graphics(&host->devs[i]) || host->devs[i].boot_vga)
			continue;
		if (word == VERDICT_READY)
			return &host->devs[i];
		if (!best && (word == VERDICT_FREE || word == VERDICT_IN_USE))
			best = &host->devs[i];
	}
	return best;
}

static bool has_company(const struct host *host, const struct host_dev *dev)
{
	for (unsigned i = 0; i < host->count; i++)
		if (&host->devs[i] != dev && pci_addr_same_slot(host->devs[i].addr, dev->addr))
			return true;
	return false;
}

static int find_device(
	struct new_args *args, const char *asked, char text[PCI_ADDR_SIZE], struct err *err)
{
	const struct host *host = &args->view.host;
	char name[PCI_ADDR_SIZE];
	struct pci_addr addr;
	int dev;

	if (pci_addr_parse(asked, &addr)) {
		if (pci_addr_parse_slot(asked, &addr))
			return err_set(
				err, EINVAL, "'%s' is not a PCI address such as 01:00.0", asked);
		addr.fn = 0;
	}
	pci_addr_text(addr, name);
	dev = host_find(host, addr);
	if (dev == HOST_NONE) {
		err_set(err, ENODEV, "%s: there is no such device", name);
		return err_help(err, "`tenon list` shows the devices.");
	}
	if (!host_is_assignable(&host->devs[dev]))
		return err_set(err, EINVAL, "%s is a bridge, which no guest can have", name);
	if (has_company(host, &host->devs[dev]))
		*strrchr(name, '.') = '\0';
	strcpy(text, name);
	return 0;
}

int new_find_devices(struct new_args *args, struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; !ret && i < args->nr_devices; i++) {
		char *text = args->addresses[i];

		ret = find_device(args, args->devices[i], text, err);
		args->devices[i] = text;
	}
	return ret;
}

/* The node of the first device that has one, on a host with several. */
static int node_of(const struct new_args *args)
{
	const struct host *host = &args->view.host;

	if (!sysroot_exists(&args->view.sysroot, "/sys/devices/system/node/node1"))
		return HOST_NONE;
	for (unsigned i = 0; i < args->nr_devices; i++)
		for (unsigned d = 0; d < host->count; d++) {
			char addr[PCI_ADDR_SIZE];

			pci_addr_text(host->devs[d].addr, addr);
			if (!strncmp(addr, args->devices[i], strlen(args->devices[i])) &&
				host->devs[d].numa != HOST_NONE)
				return host->devs[d].numa;
		}
	return HOST_NONE;
}

/* Reads a list such as "0-3,8-11" and sets @set[n] for each. Returns how many were new. */
static unsigned read_list(const char *text, bool set[MAX_CPUS])
{
	unsigned nr = 0;

	while (*text >= '0' && *text <= '9') {
		char *end;
		unsigned long first = strtoul(text, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		for (; first <= last && first < MAX_CPUS; first++) {
			nr += !set[first];
			set[first] = true;
		}
		text = *end == ',' ? end + 1 : "";
	}
	return nr;
}

/* The cores whose processors are in @allowed, in the order of their first processors. */
static unsigned find_cores(
	const struct sysroot *sysroot, const bool allowed[MAX_CPUS], struct core *cores)
{
	bool seen[MAX_CPUS] = { false };
	unsigned nr = 0;

	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
		bool siblings[MAX_CPUS] = { false };
		struct core core = { .nr = 0 };
		char path[96], text[128];

		if (!allowed[cpu] || seen[cpu])
			continue;
		siblings[cpu] = true;
		snprintf(path, sizeof(path),
			"/sys/devices/system/cpu/cpu%u/topology/thread_siblings_list", cpu);
		if (sysroot_text(sysroot, path, text, sizeof(text)) > 0)
			read_list(text, siblings);
		for (unsigned i = 0; i < MAX_CPUS; i++) {
			if (!siblings[i] || !allowed[i] || core.nr == ARRAY_SIZE(core.cpus))
				continue;
			seen[i] = true;
			core.cpus[core.nr++] = (u16)i;
		}
		cores[nr++] = core;
	}
	return nr;
}

/* "6,threads=2,pin=1+9+2+10+3+11": a core's threads are beside each other in the guest, too. */
static void write_cpus(char *text, size_t size, const struct core *cores, unsigned nr)
{
	unsigned threads = cores[0].nr, at;

	for (unsigned i = 1; i < nr; i++)
		if (cores[i].nr < threads)
			threads = cores[i].nr;
	while (nr > 1 && nr * threads > MAX_VCPUS)
		nr--;
	at = (unsigned)snprintf(text, size, "%u", nr * threads);
	if (threads > 1)
		at += (unsigned)snprintf(text + at, size - at, ",threads=%u", threads);
	for (unsigned i = 0; i < nr; i++)
		for (unsigned t = 0; t < threads && at < size; t++)
			at += (unsigned)snprintf(text + at, size - at, "%s%u",
				i || t ? "+" : ",pin=", cores[i].cpus[t]);
}

/* All cores of the card's node but those that the host needs: without a node, a quarter of all. */
static void choose_cpus(struct new_args *args)
{
	own_free struct core *cores = calloc(MAX_CPUS, sizeof(*cores));
	const struct sysroot *sysroot = &args->view.sysroot;
	bool allowed[MAX_CPUS] = { false };
	int node = node_of(args);
	char path[64], text[256];
	unsigned nr, keep;

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/cpulist", node);
	if (node == HOST_NONE || sysroot_text(sysroot, path, text, sizeof(text)) <= 0 ||
		!read_list(text, allowed)) {
		node = HOST_NONE;
		if (sysroot_text(sysroot, "/sys/devices/system/cpu/online", text, sizeof(text)) > 0)
			read_list(text, allowed);
	}
	nr = cores ? find_cores(sysroot, allowed, cores) : 0;
	keep = nr < 2 ? 0 : nr < 8 ? 1 : nr / 4;
	if (node > 0)
		keep = 0; /* the host has the other nodes */
	if (nr < 2) {
		snprintf(args->placement, sizeof(args->placement), "%u", nr ? cores[0].nr : 1);
		return;
	}
	write_cpus(args->placement, sizeof(args->placement), cores + keep, nr - keep);
}

/* Half of the host's memory, in whole GiB. */
static u64 choose_memory(const struct new_args *args)
{
	const char *total = NULL;
	char text[512];
	u64 bytes = 4 * GIB;

	if (sysroot_text(&args->view.sysroot, "/proc/meminfo", text, sizeof(text)) > 0)
		total = strstr(text, "MemTotal:");
	if (total)
		bytes = strtoull(total + strlen("MemTotal:"), NULL, 10) * KIB / 2 / GIB * GIB;
	if (bytes > MEMORY_MAX)
		bytes = MEMORY_MAX;
	return bytes < GIB ? GIB : bytes;
}

void new_fill(struct new_args *args)
{
	if (!args->memory)
		args->memory = choose_memory(args);
	if (args->cpus)
		return;
	choose_cpus(args);
	args->cpus = args->placement;
}
