// SPDX-License-Identifier: GPL-2.0-or-later
/* The PCI function, as the chips of that time have it, and the thread that moves samples. */
#include "vm/hda/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/eventfd.h"
#include "base/own.h"
#include "base/thread.h"
#include "vm/pci/pci_bus.h"

#define VENDOR    0x8086
#define DEVICE    0x293e /* of the ICH9 */
#define REVISION  3
#define SUBVENDOR 0x1af4
#define SUBSYSTEM 0x1100
#define MSI_AT    0x60
#define HDCTL     0x40 /* what the signals are used for: HD Audio */
#define TCSEL     0x44
#define NO_FD     (-1)

void hda_sync_intx(struct hda *hda)
{
	pthread_mutex_t *host = &hda->pci.bus->host->lock;
	bool level;

	pthread_mutex_lock(host);
	pthread_mutex_lock(&hda->lock);
	level = hda_intx_level(hda);
	pthread_mutex_unlock(&hda->lock);
	pci_dev_set_intx(&hda->pci, level);
	pthread_mutex_unlock(host);
}

/* On the loop's thread: raises or lowers INTx, for a driver without MSI. */
static void on_intx(void *owner, u32 events)
{
	struct hda *hda = owner;
	struct pci_host *host = hda->pci.bus->host;

	if (!pci_host_lock_soon(host))
		return;
	eventfd_take(hda->intx_call);
	hda_sync_intx(hda);
	pthread_mutex_unlock(&host->lock);
}

static u64 bar_read(void *owner, u64 offset, unsigned size)
{
	return hda_register_read(owner, (u32)offset, size);
}

static void bar_write(void *owner, u64 offset, unsigned size, u64 value)
{
	hda_register_write(owner, (u32)offset, size, value);
}

static const struct bus_ops bar_ops = { bar_read, bar_write };

/* Called after a change of the config space, with the hierarchy's lock. */
static void update_function(struct hda *hda)
{
	pthread_mutex_lock(&hda->lock);
	hda->by_msi = pci_msi_enabled(&hda->msi);
	hda->master = pci_dev_command(&hda->pci) & PCI_COMMAND_MASTER;
	hda_interrupt(hda, true);
	pthread_mutex_unlock(&hda->lock);
	hda_sync_intx(hda);
}

static void config_write(struct pci_dev *pci, u16 offset, unsigned size, u32 value)
{
	struct hda *hda = pci->owner;

	pci_dev_config_write(pci, offset, size, value);
	pci_msi_update(&hda->msi, offset, size);
	update_function(hda);
}

static void on_reset(struct pci_dev *pci)
{
	struct hda *hda = pci->owner;

	pthread_mutex_lock(&hda->lock);
	hda_registers_reset(hda);
	hda_streams_tell(hda);
	pthread_mutex_unlock(&hda->lock);
	pci_msi_update(&hda->msi, 0, 0);
	update_function(hda);
}

static const struct pci_dev_ops pci_ops = { .config_write = config_write, .reset = on_reset };

static int fill_config(struct hda *hda, struct err *err)
{
	struct pci_dev *pci = &hda->pci;
	struct pci_dev_bar *bar = &pci->bars[0];

	pci_dev_init(pci, "sound", &pci_ops, VENDOR, DEVICE, HDA_CLASS, PCI_HEADER_TYPE_NORMAL);
	pci->owner = hda;
	pci->config[PCI_REVISION_ID] = REVISION;
	put_le16(pci->config + PCI_SUBSYSTEM_VENDOR_ID, SUBVENDOR);
	put_le16(pci->config + PCI_SUBSYSTEM_ID, SUBSYSTEM);
	pci->config[PCI_INTERRUPT_PIN] = 1;
	pci->config[HDCTL] = 1;
	pci->writable[TCSEL] = 7;
	pci_dev_set_bar(pci, 0, HDA_BAR_SIZE, PCI_BASE_ADDRESS_MEM_TYPE_64);
	bar->ops = &bar_ops;
	bar->owner = hda;
	return pci_msi_open(&hda->msi, pci, MSI_AT, hda->msi_call, err);
}

static struct timespec after(u64 ns)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	ns += (u64)time.tv_nsec;
	time.tv_sec += (time_t)(ns / NS_PER_S);
	time.tv_nsec = (long)(ns % NS_PER_S);
	return time;
}

static u64 round_locked(struct hda *hda)
{
	if (hda->paused)
		return 0;
	hda_streams_move(hda);
	return hda_streams_next(hda);
}

u64 hda_round(struct hda *hda)
{
	u64 next;

	pthread_mutex_lock(&hda->lock);
	next = round_locked(hda);
	pthread_mutex_unlock(&hda->lock);
	return next;
}

static void *run(void *argument)
{
	struct hda *hda = argument;

	thread_set_kind(THREAD_SOUND);
	prctl(PR_SET_NAME, "tenon-sound");
	pthread_mutex_lock(&hda->lock);
	while (!hda->stop) {
		u64 next = round_locked(hda);
		struct timespec time = after(next);

		if (next)
			pthread_cond_timedwait(&hda->changed, &hda->lock, &time);
		else
			pthread_cond_wait(&hda->changed, &hda->lock);
	}
	pthread_mutex_unlock(&hda->lock);
	return NULL;
}

int hda_attach(struct hda *hda, struct pci_bus *bus, u8 devfn, struct loop *loop, struct err *err)
{
	int ret;

	hda->mem = bus->host->mem;
	hda->loop = loop;
	ret = fill_config(hda, err);
	if (ret)
		return ret;
	ret = pci_bus_add(bus, &hda->pci, devfn);
	if (ret)
		return err_sys(err, -ret, "cannot add a sound card");
	pci_dev_seal(&hda->pci);
	hda->intx = (struct loop_source){
		.fd = hda->intx_call,
		.events = EPOLLIN,
		.ready = on_intx,
		.owner = hda,
	};
	ret = loop_add(loop, &hda->intx, err);
	if (!ret && !hda->config.no_thread) {
		ret = pthread_create(&hda->thread, NULL, run, hda);
		hda->has_thread = !ret;
		if (ret)
			ret = err_sys(err, ret, "cannot start the thread of the sound card");
	}
	return ret;
}

int hda_open(struct hda *hda, const struct hda_config *config, struct err *err)
{
	pthread_condattr_t monotonic;

	*hda = (struct hda){ .config = *config };
	pthread_mutex_init(&hda->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&hda->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	hda->msi_call = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	hda->intx_call = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (hda->msi_call < 0 || hda->intx_call < 0) {
		err_sys(err, errno, "cannot make a sound card");
		hda_close(hda);
		return -err->code;
	}
	hda_registers_init(hda);
	hda_registers_reset(hda);
	return 0;
}

void hda_pause(struct hda *hda)
{
	pthread_mutex_lock(&hda->lock);
	if (!hda->paused)
		hda->paused = clock_monotonic(hda->config.clock);
	hda->config.ops->run(hda->config.owner, false, false);
	pthread_mutex_unlock(&hda->lock);
}

void hda_resume(struct hda *hda)
{
	pthread_mutex_lock(&hda->lock);
	if (hda->paused)
		hda_streams_shift(hda, clock_monotonic(hda->config.clock) - hda->paused);
	hda->paused = 0;
	hda->config.ops->run(hda->config.owner, hda->plays, hda->records);
	pthread_cond_signal(&hda->changed);
	pthread_mutex_unlock(&hda->lock);
}

static void detach(struct hda *hda)
{
	struct pci_bus *bus = hda->pci.bus;

	if (!bus)
		return;
	pthread_mutex_lock(&bus->host->lock);
	pci_dev_set_intx(&hda->pci, false);
	pci_dev_unmap(&hda->pci);
	pthread_mutex_unlock(&bus->host->lock);
	loop_remove(hda->loop, &hda->intx);
	pci_msi_close(&hda->msi);
	pci_bus_remove(bus, &hda->pci);
}

void hda_close(struct hda *hda)
{
	if (!hda->config.ops)
		return;
	if (hda->has_thread) {
		pthread_mutex_lock(&hda->lock);
		hda->stop = true;
		pthread_cond_signal(&hda->changed);
		pthread_mutex_unlock(&hda->lock);
		pthread_join(hda->thread, NULL);
	}
	detach(hda);
	close_fd(&hda->msi_call);
	close_fd(&hda->intx_call);
	pthread_cond_destroy(&hda->changed);
	pthread_mutex_destroy(&hda->lock);
	*hda = (struct hda){ 0 };
}
