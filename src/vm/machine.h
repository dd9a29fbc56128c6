/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine: a q35-compatible PC of KVM, made of the parts in the folders beside this file.
 * machine.c is the one place that knows all of them; it puts them together in order, runs the
 * event loop on the caller's thread, and takes them apart in reverse.
 */
#ifndef VM_MACHINE_H
#define VM_MACHINE_H

#include "base/err.h"
#include "base/types.h"
#include "vm/boot/firmware_find.h"
#include "vm/disks.h"
#include "vm/identity.h"
#include "vm/mem/ram.h"
#include "vm/peripherals.h"
#include "vm/screen.h"
#include "vm/vcpu/hyperv.h"
#include "vm/vcpu/placement.h"
#include "vm/vcpu/topology.h"
#include "vm/vfio/assign.h"

enum machine_hiding { HIDING_AUTO, HIDING_OFF, HIDING_ON };

/* Plain data, as the user asked for it. Strings are the caller's and outlive the run. */
struct machine_config {
	const char *name;      /* under which the host keeps what is the machine's, or NULL */
	u64 memory;            /* bytes; see vm/mem/ram.h */
	struct ram_config ram; /* what it is made of */
	unsigned cpus;
	struct placement placement; /* of the CPUs on the host's */
	struct topology topology;   /* of the CPUs; what is 0 is chosen */
	enum machine_hiding hiding; /* of KVM from the guest */
	bool hyperv;                /* the guest sees a Hyper-V */
	const char *hyperv_vendor;  /* its name, to HYPERV_VENDOR_MAX; NULL: chosen */
	struct identity identity;
	struct {
		enum firmware_kind kind; /* FIRMWARE_NONE: the kernel is entered directly */
		const char *code;        /* a file; NULL: what the host has */
		const char *vars;        /* the file of this machine's UEFI variables, or NULL */
	} firmware;
	const char *kernel;                        /* may be NULL where there is firmware */
	const char *initrd;                        /* may be NULL */
	const char *append;                        /* may be NULL */
	const struct vfio_assign_request *devices; /* of the host, for the guest */
	unsigned nr_devices;
	enum vfio_mapping_way dma;    /* when its memory is mapped for them */
	enum vfio_backend_kind iommu; /* by which of VFIO's interfaces */
	const struct disk_config *disks;
	unsigned nr_disks;
	struct peripherals_config peripherals;
	struct screen_config display;
	const char *trace;  /* a file for all that assigned devices are asked; may be NULL */
	const char *serial; /* stdio, none or file:PATH */
	bool no_reboot;     /* a reset of the guest ends the machine */
	unsigned grace;     /* seconds between the power button and the end, on SIGTERM */
};

enum machine_end {
	MACHINE_POWERED_OFF,  /* by the guest */
	MACHINE_QUIT,         /* by the console's escape */
	MACHINE_RESET,        /* by the guest, with no_reboot */
	MACHINE_TRIPLE_FAULT, /* with no_reboot */
	MACHINE_SIGNALLED,    /* SIGTERM or SIGINT */
	MACHINE_CONSOLE_GONE, /* the terminal hung up */
	MACHINE_DEVICE_LOST,  /* the host takes an assigned device, or it broke */
	MACHINE_BROKEN,       /* KVM cannot go on */
};

struct machine_result {
	enum machine_end end;
	int signal;    /* of MACHINE_SIGNALLED */
	char why[768]; /* for the last three, else "" */
};

/*
 * Runs a machine until it ends. Returns 0 with @result filled in, or -errno with @err set when
 * it could not start or be reset. In both cases everything is closed, and the host's devices
 * are as they were.
 */
int machine_run(
	const struct machine_config *config, struct machine_result *result, struct err *err);

#endif
