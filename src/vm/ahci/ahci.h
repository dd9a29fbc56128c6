/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SATA controller of a q35 machine: Intel's ICH9 in AHCI mode at 00:1F.2 (document 316972,
 * chapter 15; Serial ATA AHCI 1.3.1), with a disk or a CD-ROM drive at each port.
 *
 * Each port has a thread (vm/block/worker.h) that takes commands from guest memory and executes
 * them. Register accesses never wait for the thread: when the guest stops a port, its registers
 * show later that it has stopped (CR of PxCMD, HR of GHC), as in hardware. The guest may write
 * anything to registers and memory; descriptor lists are limited by the command's size and by
 * AHCI_MAX_IOV.
 *
 * Locks: the controller's own @lock protects all registers. It is taken after the lock of the PCI
 * hierarchy, never before. The ports' threads take only this lock. The caller owns the struct.
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
#define AHCI_MAX_IOV   1024 /* pieces of memory in one command */

enum ahci_kind { AHCI_DISK, AHCI_CDROM };

struct ahci_drive_config {
	enum ahci_kind kind;
	const char *path;
	struct nbd_export *nbd; /* serves the disk, and outlives it; NULL: it is the file @path */
	const char *serial;     /* may be NULL; at most AHCI_SERIAL bytes */
	bool read_only;         /* a CD-ROM is so anyway */
	bool direct;            /* past the host's page cache */
	u64 *bounce_used;       /* of the machine's budget (vm/block/request.h); NULL: its own */
};

struct ahci;
struct ahci_port;
struct ahci_slot;

/* The state of a packet device: SPC-3 and MMC-5. */
struct cd {
	bool open;   /* the tray is open */
	bool locked; /* the guest has locked the tray */
	bool loaded; /* a new medium, of which the guest was not told yet */
	u8 event;    /* media event, not reported yet */
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
	struct mem_ram ram;      /* layout at the start of the port; set while no command runs */

	/* Registers, protected by the controller's lock: */
	u32 clb, clbu, fb, fbu;
	u32 is, ie, cmd, tfd, sig, ssts, sctl, serr, sact, ci;

	u32 running;        /* slots that the thread executes */
	bool queued;        /* @running has queued commands */
	bool halted;        /* by an error, until ST is cleared */
	bool drop;          /* do not report the running commands */
	bool reset;         /* reset the port when no command runs */
	bool dead;          /* the thread cannot go on */
	bool first_fis_due; /* the device's signature must be sent */
	unsigned next;      /* the slot to check first */

	/*
	 * The device's state; the thread's while a command runs, otherwise reset with the device:
	 */
	bool srst;
	bool write_through;
	u8 multiple;
	u8 udma;
	struct {
		bool valid;
		u8 tag, status, error, device;
		u16 count;
		u64 lba;
	} failed; /* the last queued command that failed */
	struct cd cd;
};

struct ahci {
	pthread_mutex_t lock;
	pthread_cond_t idle; /* a port has stopped */
	struct mem *mem;
	u32 ghc, is;
	bool master; /* the function is a bus master */
	bool level;  /* an interrupt is pending */
	bool by_msi; /* interrupts are MSIs; else INTx */
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
/* Puts the controller on the root bus. Called on the thread that runs @loop. */
int ahci_attach(
	struct ahci *ahci, struct pci_host *host, u8 devfn, struct loop *loop, struct err *err);
/*
 * Opens or closes the tray of port @index, from any thread. Returns 0; -ENODEV: it has none;
 * -EBUSY: the guest has locked it, and is asked to open it (with @force it opens all the same);
 * -EAGAIN: a command takes long.
 */
int ahci_tray(struct ahci *ahci, unsigned index, bool open, bool force);
/* False: a command takes long. */
bool ahci_tray_look(struct ahci *ahci, unsigned index, bool *open, bool *locked);

/* No vCPU runs. Safe on a zeroed struct. */
void ahci_close(struct ahci *ahci);

#endif
