/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A SATA controller as a q35 has it: Intel's ICH9 in AHCI mode at 00:1F.2 (document 316972, chapter
 * 15; Serial ATA AHCI 1.3.1) with a disk or a CD-ROM drive at each of its ports.
 *
 * Each port has a thread (vm/block/worker.h) that takes commands out of the guest's memory and
 * works on them. Register accesses never wait for it: a port that is to stop says so when it has
 * (CR of PxCMD, HR of GHC), as hardware does. All that the guest writes, in registers or memory,
 * may be anything; lists of descriptors are bounded by the command's size and by AHCI_MAX_IOV.
 *
 * Locks: @lock, the controller's own, guards all registers and is taken after the PCI hierarchy's,
 * never before. Threads of ports take no lock but this one. The caller owns the struct.
 */
#ifndef VM_AHCI_AHCI_H
#define VM_AHCI_AHCI_H

#include <pthread.h>

#include "base/loop.h"
#include "vm/block/worker.h"
#include "vm/pci/msi.h"
#include "vm/pci/pci_bus.h"

#define AHCI_DEVFN     PCI_DEVFN_OF(31, 2)
#define AHCI_MAX_PORTS 6
#define AHCI_NR_SLOTS  32
#define AHCI_SERIAL    20   /* bytes of a serial number */
#define AHCI_MAX_IOV   1024 /* pieces of memory that one command reaches */

enum ahci_kind { AHCI_DISK, AHCI_CDROM };

struct ahci_drive_config {
	enum ahci_kind kind;
	const char *path;
	const char *serial; /* may be NULL; at most AHCI_SERIAL bytes */
	bool read_only;     /* a CD-ROM is so anyway */
	bool direct;        /* past the host's page cache */
	u64 *bounce_used;   /* of the machine's budget (vm/block/request.h); NULL: its own */
};

struct ahci;
struct ahci_port;
struct ahci_slot;

/* What a packet device remembers: SPC-3 and MMC-5. */
struct cd {
	bool open;   /* the tray */
	bool locked; /* the guest wants no one to open it */
	bool loaded; /* since the guest last heard of it */
	u8 event;    /* of the medium, not told yet */
	u8 key, asc, ascq;
};

struct ahci_port {
	struct ahci *ahci;
	unsigned index;
	enum ahci_kind kind;
	char name[160];
	char serial[AHCI_SERIAL + 1];
	struct block_file file;
	struct block_worker worker;
	struct ahci_slot *slots; /* AHCI_NR_SLOTS */
	struct mem_ram ram;      /* as it was when the port started; set while nothing runs */

	/* Registers, under the controller's lock: */
	u32 clb, clbu, fb, fbu;
	u32 is, ie, cmd, tfd, sig, ssts, sctl, serr, sact, ci;

	u32 running;        /* slots that the thread works on */
	bool queued;        /* these are queued commands */
	bool halted;        /* by an error, until ST is cleared */
	bool drop;          /* nobody wants to hear of what is running */
	bool reset;         /* the port is to be reset when nothing runs */
	bool dead;          /* the thread is gone */
	bool first_fis_due; /* the device's signature is to be sent */
	unsigned next;      /* slot that is looked at first */

	/* Of the device; set back while nothing runs, else the thread's: */
	bool srst;
	bool write_through;
	u8 multiple;
	u8 udma;
	struct {
		bool valid;
		u8 tag, status, error, device;
		u16 count;
		u64 lba;
	} failed; /* the queued command that failed last */
	struct cd cd;
};

struct ahci {
	pthread_mutex_t lock;
	pthread_cond_t idle; /* a port has stopped */
	struct mem *mem;
	u32 ghc, is;
	bool master; /* may reach memory */
	bool level;  /* an interrupt is wanted */
	bool by_msi; /* else by INTx */
	int call;    /* eventfd */
	unsigned nr_ports;
	struct ahci_port ports[AHCI_MAX_PORTS];

	struct pci_dev pci;
	struct pci_msi msi;
	struct loop *loop;
	struct loop_source intx;
};

/* Opens and locks the files and starts the threads. @no_threads: for tests, see worker.h. */
int ahci_open(struct ahci *ahci, const struct ahci_drive_config *drives, unsigned nr,
	bool no_threads, struct err *err);
/* Puts it on the root bus. From the thread that runs @loop. */
int ahci_attach(
	struct ahci *ahci, struct pci_host *host, u8 devfn, struct loop *loop, struct err *err);
/* No vCPU runs. Safe on a zeroed struct. */
void ahci_close(struct ahci *ahci);

#endif
