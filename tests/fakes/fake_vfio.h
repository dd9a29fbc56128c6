/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A simulated PCI function behind struct vfio_device, and a machine to assign it to, for the tests
 * of vm/vfio.
 */
#ifndef VFIO_SIM_H
#define VFIO_SIM_H

#include "kernel/vfio.h"
#include "vm/pci/pci_bus.h"
#include "vm/vfio/vfio_pci.h"

#define SIM_MAX_VECTORS 128
#define SIM_REGIONS     (VFIO_PCI_NUM_REGIONS + 1) /* one is device-specific */

struct sim_region {
	struct vfio_region info;
	int memfd;
	u8 *mem;
	unsigned reads, writes;
};

/* The last ioeventfd that VFIO was asked for. */
struct sim_ioeventfd {
	u32 region;
	u64 offset;
	unsigned size;
	u64 value;
	int eventfd;
};

struct sim {
	struct vfio_device dev;
	u8 config[4096];
	u8 config_writes[4096]; /* how often each byte was written */
	unsigned config_reads;
	struct sim_region regions[SIM_REGIONS];
	struct vfio_device_info info;
	struct vfio_irq_info irqs[VFIO_PCI_NUM_IRQS];

	s32 fds[VFIO_PCI_NUM_IRQS][SIM_MAX_VECTORS];
	bool on[VFIO_PCI_NUM_IRQS];
	unsigned starts[VFIO_PCI_NUM_IRQS]; /* how often they were turned on */
	unsigned max_msi;                   /* how many vectors the host has */
	int unmask_fd;
	bool intx_level, intx_masked;

	struct vfio_pci_dependent_device dependents[8];
	unsigned nr_dependents;
	int map_error, reset_error, hot_reset_error;
	unsigned busy; /* so many resets get EAGAIN */
	unsigned resets, hot_resets, hot_reset_groups;
	bool decoding_at_reset;
	struct sim_ioeventfd io;
	int ioeventfd_error;
	bool closed;
	void (*mastered)(struct sim *sim, bool on); /* bus mastering was turned on or off; NULL */
	/*
	 * For a card with behaviour of its own: called for each access to a region other than
	 * config space. Returns true if it has handled the access.
	 */
	bool (*access)(struct sim *sim, u32 region, u64 offset, u8 *bytes, size_t size, bool write);
	void *card; /* of @access */
	char *log;  /* a log of events whose order a test checks; NULL: none */
};

/* A PCIe graphics card: id 1111:1234, class 030000, without BARs and capabilities. */
void sim_open(struct sim *sim);
void sim_close(struct sim *sim);

void sim_put(struct sim *sim, u16 offset, unsigned size, u32 value);
/* Appends a capability to the list at @offset. */
void sim_add_cap(struct sim *sim, u8 id, u8 offset);
void sim_add_ext_cap(struct sim *sim, u16 id, u8 version, u16 offset);
/* @flags: the register's low bits. */
void sim_add_bar(struct sim *sim, unsigned index, u64 size, u32 flags);
/* Adds the legacy VGA ranges, as plain memory. */
void sim_add_vga(struct sim *sim);
/* Adds a device-specific region, as plain memory. */
void sim_add_region(struct sim *sim, u32 index, u64 size);
void sim_add_rom(struct sim *sim, u64 size);
void sim_add_msix(struct sim *sim, u8 offset, unsigned nr, u32 table, u32 pba);
void sim_add_exp(struct sim *sim, u8 offset, unsigned type, u32 devcap);

/* Has the device raise vector @n of @index. Returns whether that has an eventfd. */
bool sim_raise(struct sim *sim, u32 index, unsigned n);
/* Sets the level of the INTx pin; simulates VFIO's automatic masking, too. */
void sim_set_intx(struct sim *sim, bool level);
/* Does what the kernel does when the unmask eventfd is signalled. */
void sim_run_unmask(struct sim *sim);

struct sim_machine {
	struct bus mmio, pio;
	struct mem mem;
	struct pci_host host;
	struct pci_dev port; /* a root port at 00:01.0, bus 1 behind it, all windows open */
	struct pci_bus behind;
	struct irq irq;
	struct loop loop;
	struct vfio_watcher watcher;
	char lost[200]; /* what the watcher was told */
	unsigned gsi_base;
	struct pci_addr addr; /* on the host, of the next device */
};

void sim_machine_open(struct sim_machine *machine);
/* Handles all pending events of the machine's loop. */
void sim_machine_step(struct sim_machine *machine);
void sim_machine_close(struct sim_machine *machine);

/*
 * Opens and attaches a function for @sim at devfn 0 behind the port, or at 00:02.0. The host's BARs
 * are at the addresses in @sim's registers.
 */
void sim_assign(struct sim_machine *machine, struct sim *sim, struct vfio_pci *vp, bool root_bus,
	const struct vfio_options *options);

/* Config space accesses of the guest to @vp. */
u32 sim_read(struct vfio_pci *vp, u16 offset, unsigned size);
void sim_write(struct vfio_pci *vp, u16 offset, unsigned size, u32 value);

#endif
