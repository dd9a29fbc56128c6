// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The running host, or a captured tree of the same shape. Large hosts are read by some threads
 * at once, each with devices of its own.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "host/scan/scan.h"
#include "host/scan/sysfs.h"

#define MAX_THREADS      4
#define DEVICES_A_THREAD 256 /* fewer are read before a thread has started */

/* /sys/bus/pci/slots/LABEL/address holds "0000:01:00": a slot without its functions. */
static void read_slots(struct host *host, const struct tree *tree)
{
	own_free char **names = NULL;
	int n = tree_names(tree, "/sys/bus/pci/slots", &names);

	for (int i = 0; i < n; i++) {
		char path[512], text[64], full[72];
		const char *label;
		struct pci_addr addr;

		snprintf(path, sizeof(path), "/sys/bus/pci/slots/%s/address", names[i]);
		if (tree_text(tree, path, text, sizeof(text)) <= 0)
			continue;
		snprintf(full, sizeof(full), "%s.0", text);
		if (pci_addr_parse(full, &addr))
			continue;
		label = host_string(host, names[i], strlen(names[i]));
		for (unsigned k = 0; k < host->count; k++) {
			struct host_dev *dev = &host->devs[k];

			if (dev->addr.domain == addr.domain && dev->addr.bus == addr.bus &&
				dev->addr.dev == addr.dev)
				dev->slot = label;
		}
	}
}

static void read_host(struct host *host, const struct tree *tree)
{
	own_free char **names = NULL;
	char text[4096];
	ssize_t n = tree_text(tree, "/proc/cmdline", text, sizeof(text));

	if (n > 0)
		host->cmdline = host_string(host, text, n);
	if (tree_exists(tree, "/sys/firmware/acpi/tables/IVRS"))
		host->has_ivrs = true;
	host->iommu_off = tree_names(tree, "/sys/kernel/iommu_groups", &names) == 0;
}

/* The kernel has no `reset_method` where it has no method; older kernels never have it. */
static void conclude_resets(struct host *host)
{
	bool any = false;

	for (unsigned i = 0; i < host->count; i++)
		any |= host_knows(&host->devs[i], HOST_RESET);
	for (unsigned i = 0; any && i < host->count; i++) {
		struct host_dev *dev = &host->devs[i];

		if (dev->bridge || host_knows(dev, HOST_RESET))
			continue;
		dev->reset_methods = "";
		dev->known |= HOST_RESET;
	}
}

/* A part of the devices, and the thread that reads it. */
struct worker {
	pthread_t thread;
	bool started;
	struct sysfs_scan scan;
	struct host memory; /* what this thread's devices point to */
	struct host *host;
	char **names;
	int devices;
	unsigned first, end;
};

static void *work(void *arg)
{
	struct worker *worker = arg;

	for (unsigned i = worker->first; i < worker->end; i++)
		sysfs_read_device(
			&worker->scan, worker->devices, worker->names[i], &worker->host->devs[i]);
	return NULL;
}

static unsigned worker_count(unsigned devices)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned count = 1 + devices / DEVICES_A_THREAD;

	if (cpus > 0 && count > cpus)
		count = cpus;
	return count < MAX_THREADS ? count : MAX_THREADS;
}

/* Reads the devices that are added already, names[i] being host->devs[i]. */
static int read_devices(
	struct host *host, const struct tree *tree, u32 skip, int devices, char **names)
{
	unsigned count = worker_count(host->count);
	struct worker *workers = calloc(count, sizeof(*workers));

	if (!workers)
		return -ENOMEM;
	for (unsigned i = 0; i < count; i++) {
		struct worker *worker = &workers[i];

		worker->scan.host = &worker->memory;
		worker->scan.tree = tree;
		worker->scan.skip = skip;
		worker->scan.place.fd = -1;
		worker->host = host;
		worker->names = names;
		worker->devices = devices;
		worker->first = (u64)host->count * i / count;
		worker->end = (u64)host->count * (i + 1) / count;
		/* The last part is this thread's own. */
		worker->started =
			i + 1 < count && !pthread_create(&worker->thread, NULL, work, worker);
		if (!worker->started)
			work(worker);
	}
	for (unsigned i = 0; i < count; i++) {
		if (workers[i].started)
			pthread_join(workers[i].thread, NULL);
		close_fd(&workers[i].scan.place.fd);
		host_adopt(host, &workers[i].memory);
	}
	free(workers);
	return 0;
}

/* Adds a device for each name that is an address, and keeps those names. */
static int add_devices(struct host *host, char **names, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct pci_addr addr;

		if (pci_addr_parse(names[i], &addr))
			continue;
		names[host->count] = names[i];
		if (!host_add(host, addr))
			return -ENOMEM;
	}
	return 0;
}

int scan_sysfs(struct host *host, const struct tree *tree, u32 skip, struct err *err)
{
	own_free char **names = NULL;
	own_fd int devices = tree_folder(tree, SYSFS_DEVICES);
	int n = devices < 0 ? devices : tree_names(tree, SYSFS_DEVICES, &names);
	int rc;

	host->source = tree->running ? HOST_RUNNING : HOST_CAPTURED;
	snprintf(
		host->origin, sizeof(host->origin), "%s", tree->running ? "this host" : tree->root);
	if (n < 0) {
		err_sys(err, -n, "cannot list the PCI devices in %s%s", tree->root, SYSFS_DEVICES);
		return err_help(err,
			tree->running ? "mount sysfs on /sys; without it there are no facts"
				      : "a captured tree holds sys/bus/pci/devices at its top");
	}
	rc = add_devices(host, names, n);
	if (!rc)
		rc = read_devices(host, tree, skip, devices, names);
	if (rc)
		return err_sys(err, -rc, "cannot hold %d PCI devices", n);
	conclude_resets(host);
	read_slots(host, tree);
	read_host(host, tree);
	host_link(host);
	return 0;
}
