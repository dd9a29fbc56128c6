// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads the running host, or a captured sysroot. Several threads read large hosts, each its own
 * part of the devices.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "host/scan/scan.h"
#include "host/scan/sysfs.h"
#include "kernel/outer_read.h"

#define MAX_THREADS      4
#define DEVICES_A_THREAD 256 /* with fewer, starting a thread takes longer than reading them */
#define DEVICES_A_PIECE  64

/* /sys/bus/pci/slots/LABEL/address holds "0000:01:00": a slot without its functions. */
static void read_slots(struct host *host, const struct sysroot *sysroot)
{
	own_free char **names = NULL;
	int n = sysroot_names(sysroot, "/sys/bus/pci/slots", &names);

	for (int i = 0; i < n; i++) {
		char path[512], text[64], full[72];
		const char *label;
		struct pci_addr addr;

		snprintf(path, sizeof(path), "/sys/bus/pci/slots/%s/address", names[i]);
		if (sysroot_text(sysroot, path, text, sizeof(text)) <= 0)
			continue;
		snprintf(full, sizeof(full), "%s.0", text);
		if (pci_addr_parse(full, &addr))
			continue;
		label = host_string(host, names[i], strlen(names[i]));
		for (unsigned k = 0; k < host->count; k++) {
			struct host_dev *dev = &host->devs[k];

			if (pci_addr_same_slot(dev->addr, addr))
				dev->slot = label;
		}
	}
}

static void read_host(struct host *host, const struct sysroot *sysroot)
{
	char text[4096], evidence[OUTER_EVIDENCE];
	ssize_t n = sysroot_text(sysroot, "/proc/cmdline", text, sizeof(text));

	if (n > 0)
		host->cmdline = host_string(host, text, n);
	if (sysroot_exists(sysroot, "/sys/firmware/acpi/tables/IVRS"))
		host->has_ivrs = true;
	host->outer = outer_read(sysroot, evidence);
	if (host->outer)
		host->outer_evidence = host_text(host, evidence);
}

static void read_groups(struct host *host, const struct sysroot *sysroot)
{
	own_free char **names = NULL;

	if (!host->groups_known)
		host->iommu_off = sysroot_names(sysroot, "/sys/kernel/iommu_groups", &names) == 0;
}

/* A device without reset methods has no file `reset_method`; on older kernels no device has one. */
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

/* The devices, and how many of them the workers have taken. */
struct work {
	struct host *host;
	char **names;
	int devices;
	_Atomic unsigned taken;
};

/* A thread that reads some of the devices. */
struct worker {
	pthread_t thread;
	bool started;
	struct sysfs_scan scan;
	struct host memory; /* owns what this thread's devices point to */
	struct work *work;
};

/*
 * Takes the devices in small pieces, because on a busy machine one thread may be much faster than
 * another.
 */
static void *read_pieces(void *arg)
{
	struct worker *worker = arg;
	struct work *work = worker->work;
	unsigned i, end;

	for (;;) {
		i = atomic_fetch_add(&work->taken, DEVICES_A_PIECE);
		if (i >= work->host->count)
			return NULL;
		end = i + DEVICES_A_PIECE < work->host->count ? i + DEVICES_A_PIECE
							      : work->host->count;
		for (; i < end; i++)
			sysfs_read_device(
				&worker->scan, work->devices, work->names[i], &work->host->devs[i]);
	}
}

static unsigned nr_workers(unsigned devices)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned count = 1 + devices / DEVICES_A_THREAD;

	if (cpus > 0 && count > cpus)
		count = cpus;
	return count < MAX_THREADS ? count : MAX_THREADS;
}

/* Reads the devices that were added before; names[i] belongs to host->devs[i]. */
static int read_devices(
	struct host *host, const struct sysroot *sysroot, u32 skip, int devices, char **names)
{
	struct work work = { .host = host, .names = names, .devices = devices };
	unsigned count = nr_workers(host->count);
	struct worker *workers = calloc(count, sizeof(*workers));

	if (!workers)
		return -ENOMEM;
	for (unsigned i = 0; i < count; i++) {
		struct worker *worker = &workers[i];

		worker->scan.host = &worker->memory;
		worker->scan.sysroot = sysroot;
		worker->scan.skip = skip;
		worker->scan.place.fd = -1;
		worker->work = &work;
		/* The last worker is this thread itself. */
		worker->started = i + 1 < count &&
				  !pthread_create(&worker->thread, NULL, read_pieces, worker);
	}
	read_pieces(&workers[count - 1]);
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

int scan_sysfs(struct host *host, const struct sysroot *sysroot, u32 skip, struct err *err)
{
	own_free char **names = NULL;
	own_fd int devices = sysroot_directory(sysroot, SYSFS_DEVICES);
	int n = devices < 0 ? devices : sysroot_names(sysroot, SYSFS_DEVICES, &names);
	int ret;

	host->source = sysroot->running ? HOST_RUNNING : HOST_CAPTURED;
	host->restricted = sysroot->running && geteuid();
	snprintf(host->origin, sizeof(host->origin), "%s",
		sysroot->running ? "this host" : sysroot->root);
	if (n < 0) {
		err_sys(err, -n, "cannot list the PCI devices in %s%s", sysroot->root,
			SYSFS_DEVICES);
		return err_help(err,
			sysroot->running ? "mount sysfs on /sys; without it there are no facts"
					 : "a captured tree holds sys/bus/pci/devices at its top");
	}
	ret = add_devices(host, names, n);
	if (!ret)
		ret = read_devices(host, sysroot, skip, devices, names);
	if (ret)
		return err_sys(err, -ret, "cannot hold %d PCI devices", n);
	conclude_resets(host);
	read_slots(host, sysroot);
	read_host(host, sysroot);
	host_link(host);
	read_groups(host, sysroot);
	return 0;
}
