/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the checks look at facts and say what they found. */
#ifndef HOST_CHECK_CHECK_INTERNAL_H
#define HOST_CHECK_CHECK_INTERNAL_H

#include "host/check/check.h"

/* One check's look at the host, or at one device. */
struct look {
	struct report *report;
	const struct check_facts *facts;
	const struct check *check;
	const struct host *host;
	const struct platform
		*platform;        /* never NULL: a check with needs_setup is not asked without */
	const struct uses *uses;  /* likewise with needs_users */
	const struct host_dev *d; /* the device; NULL for the host */
	unsigned dev;
	char name[PCI_ADDR_SIZE]; /* its address */
};

enum check_needs { NEEDS_SETUP = 1, NEEDS_USERS = 2 };

struct check {
	const char *name; /* stable, a-z and dashes */
	const char *title;
	bool device; /* asked once for each device, else once for the host */
	unsigned needs;
	void (*look)(struct look *look);
};

/* Adds a finding; the next two say more about the last one. */
void found(struct look *look, enum severity severity, const char *fmt, ...) PRINTF(3, 4);
void evidence(struct look *look, const char *file, const char *fmt, ...) PRINTF(3, 4);
void fix(struct look *look, const char *fmt, ...) PRINTF(2, 3);

/* A text that lives as long as the report; "" without memory. */
const char *look_text(struct look *look, const char *fmt, ...) PRINTF(2, 3);
/* The path of a file in a device's directory. */
const char *look_file(struct look *look, const struct host_dev *dev, const char *file);
/* The kernel's driver for the device, or "no driver". */
const char *look_driver(const struct host_dev *dev);
/* Whether a device is among those that are to be given away. */
bool look_goes(const struct look *look, unsigned dev);

/* The host. */
void check_iommu(struct look *look);
void check_interrupt_remapping(struct look *look);
void check_unsafe_interrupts(struct look *look);
void check_noiommu(struct look *look);
void check_acs_override(struct look *look);
void check_kvm(struct look *look);
void check_vfio(struct look *look);
void check_address_width(struct look *look);
void check_hugepages(struct look *look);
void check_memlock(struct look *look);
void check_dma_entries(struct look *look);
void check_same_ids(struct look *look);
void check_daemons(struct look *look);
void check_vga(struct look *look);

/* One device. */
void check_config(struct look *look);
void check_group(struct look *look);
void check_viable(struct look *look);
void check_functions(struct look *look);
void check_early_binding(struct look *look);
void check_boot_vga(struct look *look);
void check_framebuffer(struct look *look);
void check_holders(struct look *look);
void check_host_use(struct look *look);
void check_rmrr(struct look *look);
void check_reset(struct look *look);
void check_power(struct look *look);
void check_bars(struct look *look);
void check_rebar(struct look *look);
void check_rom(struct look *look);

#endif
