// SPDX-License-Identifier: GPL-2.0-or-later
/* The PCI function: NVM Express 1.4, chapter 2. */
#include "vm/nvme/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/eventfd.h"
#include "base/own.h"
#include "vm/block/nbd.h"

#define VENDOR    0x1b36
#define DEVICE    0x0010
#define SUBVENDOR 0x1af4
#define SUBSYSTEM 0x1100
#define REVISION  2
#define EXP_SIZE  0x3c
#define LINK      (3u | 4u << 4) /* 8 GT/s, four lanes, like its root port */
#define NO_FD     (-1)

void nvme_sync_intx(struct nvme *nvme)
{
	pthread_mutex_t *host = &nvme->pci.bus->host->lock;
	bool level;

	pthread_mutex_lock(host);
	pthread_mutex_lock(&nvme->lock);
	level = !nvme->by_msix && nvme_intx_level(nvme);
	nvme->level = level;
	pthread_mutex_unlock(&nvme->lock);
	pci_dev_set_intx(&nvme->pci, level);
	pthread_mutex_unlock(host);
}

/* On the loop's thread: raises or lowers INTx, for a driver without MSI-X. */
static void on_intx(void *owner, u32 events)
{
	struct nvme *nvme = owner;
	struct pci_host *host = nvme->pci.bus->host;

	if (!pci_host_lock_soon(host))
		return;
	eventfd_take(nvme->intx_call);
	nvme_sync_intx(nvme);
	pthread_mutex_unlock(&host->lock);
}

static u64 bar_read(void *owner, u64 offset, unsigned size)
{
	struct nvme *nvme = owner;

	if (offset < NVME_TABLE)
		return nvme_register_read(nvme, (u32)offset, size);
	return pci_msix_bar_read(&nvme->msix, offset, size);
}

static void bar_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct nvme *nvme = owner;

	if (offset < NVME_TABLE)
		nvme_register_write(nvme, (u32)offset, size, value);
	else
		pci_msix_bar_write(&nvme->msix, offset, size, value);
}

static const struct bus_ops bar_ops = { bar_read, bar_write };

/* Called after a change of the command register or of MSI-X's control word. */
static void update_function(struct nvme *nvme)
{
	bool changed;

	pthread_mutex_lock(&nvme->lock);
	changed = nvme->by_msix != pci_msix_enabled(&nvme->msix);
	nvme->by_msix = pci_msix_enabled(&nvme->msix);
	nvme->master = pci_dev_command(&nvme->pci) & PCI_COMMAND_MASTER;
	for (unsigned i = 0; i <= nvme->nr_io && nvme->master; i++)
		block_worker_wake(&nvme->sqs[i].worker);
	pthread_mutex_unlock(&nvme->lock);
	pci_msix_update(&nvme->msix);
	if (changed)
		nvme_sync_intx(nvme);
}

static void config_write(struct pci_dev *pci, u16 offset, unsigned size, u32 value)
{
	pci_dev_config_write(pci, offset, size, value);
	update_function(pci->owner);
}

/* Each queue's vector is the MSI-X table entry of the same number. */
static void set_entries(struct nvme *nvme)
{
	for (unsigned i = 0; i <= nvme->nr_io; i++)
		pci_msix_set_entry(&nvme->msix, &nvme->sources[i], (u16)i);
}

static void on_reset(struct pci_dev *pci)
{
	struct nvme *nvme = pci->owner;

	nvme_reset(nvme);
	pci_msix_reset(&nvme->msix);
	set_entries(nvme);
	update_function(nvme);
	nvme_sync_intx(nvme);
}

static const struct pci_dev_ops pci_ops = { .config_write = config_write, .reset = on_reset };

static void add_express(struct pci_dev *pci)
{
	u8 cap = (u8)pci_dev_add_cap(pci, PCI_CAP_ID_EXP, 0, EXP_SIZE), *regs = pci->config + cap;

	put_le16(regs + PCI_EXP_FLAGS, 2 | PCI_EXP_TYPE_ENDPOINT << 4);
	put_le32(regs + PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_EXT_TAG | PCI_EXP_DEVCAP_RBER);
	put_le16(regs + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_NOSNOOP_EN);
	put_le16(pci->writable + cap + PCI_EXP_DEVCTL, 0x7fff & ~PCI_EXP_DEVCTL_PHANTOM);
	put_le32(regs + PCI_EXP_LNKCAP, LINK);
	put_le16(regs + PCI_EXP_LNKSTA, LINK);
	put_le16(pci->writable + cap + PCI_EXP_LNKCTL, PCI_EXP_LNKCTL_ASPMC | PCI_EXP_LNKCTL_CCC);
}

static void fill_config(struct nvme *nvme)
{
	struct pci_dev *pci = &nvme->pci;
	struct pci_dev_bar *bar = &pci->bars[0];

	pci_dev_init(pci, nvme->name, &pci_ops, VENDOR, DEVICE, NVME_CLASS, PCI_HEADER_TYPE_NORMAL);
	pci->owner = nvme;
	pci->config[PCI_REVISION_ID] = REVISION;
	put_le16(pci->config + PCI_SUBSYSTEM_VENDOR_ID, SUBVENDOR);
	put_le16(pci->config + PCI_SUBSYSTEM_ID, SUBSYSTEM);
	pci->config[PCI_INTERRUPT_PIN] = 1;
	pci_dev_set_bar(pci, 0, NVME_BAR_SIZE, PCI_BASE_ADDRESS_MEM_TYPE_64);
	bar->ops = &bar_ops;
	bar->owner = nvme;
	add_express(pci);
}

int nvme_attach(
	struct nvme *nvme, struct pci_bus *bus, u8 devfn, struct loop *loop, struct err *err)
{
	int ret;

	nvme->mem = bus->host->mem;
	nvme->loop = loop;
	fill_config(nvme);
	ret = pci_bus_add(bus, &nvme->pci, devfn);
	if (ret)
		return err_sys(err, -ret, "cannot add %s", nvme->name);
	ret = pci_msix_open(&nvme->msix, &nvme->pci, nvme->nr_io + 1, 0, NVME_TABLE, NVME_PBA, err);
	if (ret)
		return ret;
	pci_dev_seal(&nvme->pci);
	for (unsigned i = 0; i <= nvme->nr_io; i++)
		pci_msix_add(&nvme->msix, &nvme->sources[i], nvme->vectors[i]);
	set_entries(nvme);
	nvme->intx = (struct loop_source){
		.fd = nvme->intx_call,
		.events = EPOLLIN,
		.ready = on_intx,
		.owner = nvme,
	};
	return loop_add(loop, &nvme->intx, err);
}

static void detach(struct nvme *nvme)
{
	struct pci_bus *bus = nvme->pci.bus;

	if (!bus)
		return;
	pthread_mutex_lock(&bus->host->lock);
	nvme_reset(nvme);
	pci_dev_set_intx(&nvme->pci, false);
	pci_dev_unmap(&nvme->pci);
	pthread_mutex_unlock(&bus->host->lock);
	loop_remove(nvme->loop, &nvme->intx);
	if (nvme->msix.cap)
		pci_msix_close(&nvme->msix);
	pci_bus_remove(bus, &nvme->pci);
}

static int open_queue(
	struct nvme *nvme, unsigned id, const struct nvme_config *config, struct err *err)
{
	struct nvme_sq *sq = &nvme->sqs[id];
	const struct block_worker_config worker = {
		.thread = "tenon-nvme",
		.name = nvme->name,
		.file = &nvme->file,
		.depth = NVME_DEPTH + 1,
		.bounce_used = config->bounce_used,
		.cut = &nvme->stopping,
		.no_thread = config->no_threads,
		.work = nvme_work,
		.broken = nvme_broken,
		.owner = sq,
	};

	sq->nvme = nvme;
	sq->id = id;
	nvme->cqs[id].last = &nvme->cqs[id].waiting;
	sq->requests = calloc(NVME_DEPTH, sizeof(*sq->requests));
	nvme->vectors[id] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (!sq->requests || nvme->vectors[id] < 0)
		return err_sys(err, ENOMEM, "%s: cannot make queue %u", nvme->name, id);
	for (unsigned i = NVME_DEPTH; i-- > 0;) {
		sq->requests[i].sq = sq;
		nvme_give_back(&sq->requests[i]);
	}
	return block_worker_open(&sq->worker, &worker, err);
}

int nvme_open(struct nvme *nvme, const struct nvme_config *config, struct err *err)
{
	int ret = 0;

	*nvme = (struct nvme){
		.file.fd = NO_FD,
		.intx_call = NO_FD,
		.nr_io = nvme_threads(config->queues) - 1,
	};
	pthread_mutex_init(&nvme->lock, NULL);
	pthread_cond_init(&nvme->idle, NULL);
	for (unsigned i = 0; i < NVME_NR_QUEUES; i++)
		nvme->vectors[i] = NO_FD;
	snprintf(nvme->name, sizeof(nvme->name), "disk %s", config->path);
	snprintf(nvme->serial, sizeof(nvme->serial), "%s", config->serial ? config->serial : "1");
	if (config->nbd)
		nbd_file(config->nbd, &nvme->file);
	else
		ret = block_file_open(
			&nvme->file, config->path, config->read_only, config->direct, err);
	nvme->intx_call = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (!ret && nvme->intx_call < 0)
		ret = err_sys(err, errno, "%s: cannot make the controller", nvme->name);
	for (unsigned i = 0; i <= nvme->nr_io && !ret; i++)
		ret = open_queue(nvme, i, config, err);
	if (ret)
		nvme_close(nvme);
	else
		nvme_reset(nvme);
	return ret;
}

void nvme_close(struct nvme *nvme)
{
	if (!nvme->nr_io)
		return;
	detach(nvme);
	for (unsigned i = 0; i <= nvme->nr_io; i++) {
		block_worker_close(&nvme->sqs[i].worker);
		free(nvme->sqs[i].requests);
		close_fd(&nvme->vectors[i]);
	}
	block_file_close(&nvme->file);
	close_fd(&nvme->intx_call);
	pthread_cond_destroy(&nvme->idle);
	pthread_mutex_destroy(&nvme->lock);
	nvme->nr_io = 0;
}
