// SPDX-License-Identifier: GPL-2.0-or-later
/* The PCI function: 316972, 15.1. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/bytes.h"
#include "base/eventfd.h"
#include "base/own.h"
#include "vm/ahci/cd_image.h"
#include "vm/ahci/internal.h"
#include "vm/block/nbd.h"

#define ID_INTEL      0x8086
#define ID_ICH9_AHCI  0x2922
#define ID_SUBVENDOR  0x1af4
#define ID_SUBSYSTEM  0x1100
#define REVISION      0x02
#define CLASS_AHCI    0x010601
#define MULTIFUNCTION 0x80
#define ABAR          5
#define MSI_CAP       0x80
#define SATA_CAP      0xa8 /* no index and data ports: SATA AHCI 1.3.1, 2.4 */
#define SATA_SIZE     8
#define SATA_VERSION  0x10
#define MAP           0x90 /* how the ports are used */
#define MAP_AHCI      0x40
#define PCS           0x92 /* which ports are enabled */

void ahci_sync_intx(struct ahci *ahci)
{
	pthread_mutex_t *host = &ahci->pci.bus->host->lock;
	bool level;

	pthread_mutex_lock(host);
	pthread_mutex_lock(&ahci->lock);
	level = ahci->level && !ahci->by_msi;
	pthread_mutex_unlock(&ahci->lock);
	pci_dev_set_intx(&ahci->pci, level);
	pthread_mutex_unlock(host);
}

/* On the loop's thread: asserts INTx for a port's thread if the driver does not use MSI. */
static void on_intx(void *owner, u32 events)
{
	struct ahci *ahci = owner;
	pthread_mutex_t *host = &ahci->pci.bus->host->lock;

	if (!pci_host_lock_soon(ahci->pci.bus->host))
		return;
	if (!ahci->by_msi) {
		eventfd_take(ahci->call);
		ahci_sync_intx(ahci);
	}
	pthread_mutex_unlock(host);
}

/* After a change of the command register or of MSI's message control word. */
static void update_function(struct ahci *ahci)
{
	bool msi = pci_msi_enabled(&ahci->msi), changed, signal;

	pthread_mutex_lock(&ahci->lock);
	changed = msi != ahci->by_msi;
	ahci->by_msi = msi;
	ahci->master = pci_dev_command(&ahci->pci) & PCI_COMMAND_MASTER;
	for (unsigned i = 0; i < ahci->nr_ports && ahci->master; i++)
		block_worker_wake(&ahci->ports[i].worker);
	signal = changed && msi && ahci->level;
	pthread_mutex_unlock(&ahci->lock);
	if (!changed)
		return;
	loop_watch(ahci->loop, &ahci->intx, msi ? 0 : EPOLLIN);
	ahci_sync_intx(ahci);
	if (signal)
		ahci_signal(ahci);
}

static void config_write(struct pci_dev *pci, u16 offset, unsigned size, u32 value)
{
	struct ahci *ahci = pci->owner;

	pci_dev_config_write(pci, offset, size, value);
	pci_msi_update(&ahci->msi, offset, size);
	update_function(ahci);
}

static void on_reset(struct pci_dev *pci)
{
	struct ahci *ahci = pci->owner;

	pci_msi_update(&ahci->msi, 0, 0);
	update_function(ahci);
	ahci_reset(ahci);
	ahci_sync_intx(ahci);
}

static const struct pci_dev_ops pci_ops = { .config_write = config_write, .reset = on_reset };
static const struct bus_ops bar_ops = { ahci_bar_read, ahci_bar_write };

static int fill_config(struct ahci *ahci, struct err *err)
{
	struct pci_dev *pci = &ahci->pci;
	struct pci_dev_bar *bar = &pci->bars[ABAR];
	u8 *config = pci->config;

	pci_dev_init(pci, "SATA controller", &pci_ops, ID_INTEL, ID_ICH9_AHCI, CLASS_AHCI,
		PCI_HEADER_TYPE_NORMAL | MULTIFUNCTION);
	pci->owner = ahci;
	config[PCI_REVISION_ID] = REVISION;
	put_le16(config + PCI_SUBSYSTEM_VENDOR_ID, ID_SUBVENDOR);
	put_le16(config + PCI_SUBSYSTEM_ID, ID_SUBSYSTEM);
	config[PCI_INTERRUPT_PIN] = 1;
	config[MAP] = MAP_AHCI;
	memset(pci->writable + PCS, 0xff, 2);
	if (pci_dev_add_cap(pci, PCI_CAP_ID_SATA, SATA_CAP, SATA_SIZE) < 0)
		return err_set(err, ENOSPC, "no room for the SATA controller's capabilities");
	config[SATA_CAP + 2] = SATA_VERSION;
	pci_dev_set_bar(pci, ABAR, AHCI_BAR_SIZE, PCI_BASE_ADDRESS_MEM_TYPE_32);
	bar->ops = &bar_ops;
	bar->owner = ahci;
	return pci_msi_open(&ahci->msi, pci, MSI_CAP, ahci->call, err);
}

int ahci_attach(
	struct ahci *ahci, struct pci_host *host, u8 devfn, struct loop *loop, struct err *err)
{
	int ret = fill_config(ahci, err);

	if (ret)
		return ret;
	ahci->mem = host->mem;
	ahci->loop = loop;
	ret = pci_bus_add(&host->root, &ahci->pci, devfn);
	if (ret)
		return err_sys(err, -ret, "cannot add the SATA controller");
	pci_dev_seal(&ahci->pci);
	ahci->intx = (struct loop_source){
		.fd = ahci->call,
		.events = EPOLLIN,
		.ready = on_intx,
		.owner = ahci,
	};
	return loop_add(loop, &ahci->intx, err);
}

static void detach(struct ahci *ahci)
{
	struct pci_bus *bus = ahci->pci.bus;

	if (!bus)
		return;
	pthread_mutex_lock(&bus->host->lock);
	ahci_reset(ahci);
	pci_dev_set_intx(&ahci->pci, false);
	pci_dev_unmap(&ahci->pci);
	pthread_mutex_unlock(&bus->host->lock);
	loop_remove(ahci->loop, &ahci->intx);
	pci_msi_close(&ahci->msi);
	pci_bus_remove(bus, &ahci->pci);
}

static int check_file(struct ahci_port *port, struct err *err)
{
	struct block_file *file = &port->file;
	char odd[CD_IMAGE_TEXT];

	if (file->align > ATA_SECTOR) {
		err_set(err, ENOTSUP, "%s has blocks of %u bytes, and SATA's have 512", port->name,
			file->block);
		return err_help(err, "use cache=writeback, or bus=virtio");
	}
	if (port->kind == AHCI_DISK)
		return 0;
	if (file->size < CD_SECTOR)
		return err_set(err, EINVAL, "%s: it is smaller than one sector of a CD, 2048 bytes",
			port->name);
	if (file->size % CD_SECTOR)
		log_warn("%s: its last %u bytes are no whole sector: the guest does not have them",
			port->name, (unsigned)(file->size % CD_SECTOR));
	if (cd_image_is_odd(file->fd, file->size, odd))
		log_warn("%s: %s", port->name, odd);
	return 0;
}

static int open_port(struct ahci_port *port, const struct ahci_drive_config *config,
	bool no_threads, struct err *err)
{
	bool cd = config->kind == AHCI_CDROM;
	const struct block_worker_config worker = {
		.thread = "tenon-sata",
		.name = port->name,
		.file = &port->file,
		.depth = AHCI_NR_SLOTS,
		.bounce_used = config->bounce_used,
		.cut = &port->drop,
		.no_thread = no_threads,
		.work = ahci_work,
		.broken = ahci_broken,
		.owner = port,
	};
	int ret = 0;

	port->kind = config->kind;
	port->file.fd = -1;
	snprintf(port->name, sizeof(port->name), "%s %s", cd ? "CD" : "disk", config->path);
	snprintf(port->serial, sizeof(port->serial), "SATA%u", port->index);
	if (config->serial && strlen(config->serial) > AHCI_SERIAL)
		return err_set(err, EINVAL, "%s: a serial number has at most %d characters",
			port->name, AHCI_SERIAL);
	if (config->serial)
		snprintf(port->serial, sizeof(port->serial), "%s", config->serial);
	port->slots = calloc(AHCI_NR_SLOTS, sizeof(*port->slots));
	if (!port->slots)
		return err_sys(err, ENOMEM, "%s: cannot serve it", port->name);
	if (!cd && config->read_only) {
		err_set(err, ENOTSUP, "%s: a SATA disk cannot be read-only", port->name);
		return err_help(err, "use bus=virtio, or --cdrom for the image of a CD");
	}
	if (config->nbd)
		nbd_file(config->nbd, &port->file);
	else
		ret = block_file_open(
			&port->file, config->path, cd || config->read_only, config->direct, err);
	if (!ret)
		ret = check_file(port, err);
	return ret ? ret : block_worker_open(&port->worker, &worker, err);
}

int ahci_open(struct ahci *ahci, const struct ahci_drive_config *drives, unsigned nr,
	bool no_threads, struct err *err)
{
	int ret = 0;

	*ahci = (struct ahci){ .ghc = AHCI_GHC_AE };
	pthread_mutex_init(&ahci->lock, NULL);
	pthread_cond_init(&ahci->idle, NULL);
	ahci->call = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (ahci->call < 0)
		ret = err_sys(err, errno, "cannot make the SATA controller");
	for (unsigned i = 0; i < nr && !ret; i++) {
		struct ahci_port *port = &ahci->ports[i];

		port->ahci = ahci;
		port->index = i;
		ahci->nr_ports++;
		ret = open_port(port, &drives[i], no_threads, err);
	}
	if (ret)
		ahci_close(ahci);
	else
		ahci_reset(ahci);
	return ret;
}

void ahci_close(struct ahci *ahci)
{
	if (!ahci->ghc)
		return;
	detach(ahci);
	while (ahci->nr_ports) {
		struct ahci_port *port = &ahci->ports[--ahci->nr_ports];

		block_worker_close(&port->worker);
		block_file_close(&port->file);
		free(port->slots);
	}
	close_fd(&ahci->call);
	pthread_cond_destroy(&ahci->idle);
	pthread_mutex_destroy(&ahci->lock);
	ahci->ghc = 0;
}
