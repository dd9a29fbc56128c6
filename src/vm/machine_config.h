/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a machine is made of, as the user asked for it. Plain data: src/cmd/run fills it in, the
 * parts of the machine read it.
 */
#ifndef VM_MACHINE_CONFIG_H
#define VM_MACHINE_CONFIG_H

#include "base/types.h"
#include "vm/ahci/ahci.h"
#include "vm/boot/firmware_find.h"
#include "vm/boot/smbios_strings.h"
#include "vm/display/vnc_address.h"
#include "vm/mem/ram.h"
#include "vm/net/mac.h"
#include "vm/net/user.h"
#include "vm/sandbox/sandbox.h"
#include "vm/vcpu/hyperv.h"
#include "vm/vcpu/placement.h"
#include "vm/vcpu/topology.h"
#include "vm/vfio/assign.h"
#include "vm/virtio/virtio_pci.h"

#define DISKS_MAX  (VIRTIO_MAX_DISKS + AHCI_MAX_PORTS)
#define CDROMS_MAX 4
#define SHARES_MAX VIRTIO_MAX_SHARES

/* At least as many as there are kinds of devices (vm/devices/kind.h). */
#define DEVICE_KINDS_MAX 24

enum disk_bus { DISK_VIRTIO, DISK_SATA, DISK_NVME, DISK_CDROM };

struct disk_config {
	enum disk_bus bus;
	const char *path;
	const char *format; /* raw, qcow2, ...; NULL: what the file's bytes and its name say */
	const char *serial; /* may be NULL; at most BLK_SERIAL bytes */
	bool read_only;
	bool backing;    /* it may name other files, see vm/virtio/disk_chain.h */
	bool direct;     /* past the host's page cache (O_DIRECT) */
	bool split;      /* virtio: no packed rings */
	unsigned queues; /* not of SATA; 0: as suits the number of processors */
};

enum net_kind { NET_USER, NET_TAP, NET_BRIDGE };

struct net_request {
	enum net_kind kind;
	const char *host; /* the tap or the bridge */
	enum user_net_program program;
	bool has_mac;
	u8 mac[MAC_SIZE];
	bool reach_host; /* NET_USER: see vm/net/user.h */
	struct net_forward forwards[NET_FORWARDS_MAX];
	unsigned nr_forwards;
	bool vhost_off; /* frames pass this process although the kernel could serve them */
};

struct share_request {
	const char *directory;
	const char *tag;
	bool read_only;
};

struct display_config {
	bool vnc; /* else there is none */
	struct vnc_address address;
	const char *address_text;  /* as the user wrote it */
	const char *password_file; /* its first line is the password; NULL: none is asked for */
};

enum machine_hiding { HIDING_AUTO, HIDING_OFF, HIDING_ON };

/* All strings and lists are the caller's and outlive the run. */
struct machine_config {
	const char *name;      /* under which the host keeps what is the machine's, or NULL */
	u64 memory;            /* bytes; see vm/mem/ram.h */
	struct ram_config ram; /* what it is made of */
	unsigned cpus;
	struct placement placement; /* of the CPUs on the host's */
	struct topology topology;   /* of the CPUs; what is 0 is chosen */
	enum machine_hiding hiding; /* of KVM from the guest */
	bool nested;                /* the guest may run guests of its own */
	bool no_pmu;                /* the guest has no performance counters */
	bool hyperv;                /* the guest sees a Hyper-V */
	const char *hyperv_vendor;  /* its name, to HYPERV_VENDOR_MAX; NULL: chosen */
	struct smbios_strings smbios_strings;
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
	enum vfio_dma_mode dma;       /* when its memory is mapped for them */
	enum vfio_backend_kind iommu; /* by which of VFIO's interfaces */
	const struct disk_config *disks;
	unsigned nr_disks;
	const struct net_request *nets;
	unsigned nr_nets;
	const struct share_request *shares;
	unsigned nr_shares;
	bool rng;
	struct display_config display;
	/* By the index of the kind in device_kinds[]; NULL: the option was not given. */
	const char *device_options[DEVICE_KINDS_MAX];
	const char *trace;         /* a file for all that assigned devices are asked; may be NULL */
	u64 trace_max;             /* bytes of it; 0: any */
	const char *serial;        /* stdio, none or file:PATH */
	u64 serial_max;            /* bytes of that file; 0: any */
	enum sandbox_mode sandbox; /* what it gives up before the guest runs */
	const char *user;          /* to become then, or NULL */
	bool no_reboot;            /* a reset of the guest ends the machine */
	unsigned grace;            /* seconds between the power button and the end, on SIGTERM */
};

/*
 * Where the guest shows its first picture. All that depends on it asks here: whether a card gets
 * legacy VGA unasked, whether SeaBIOS may find a VGA card, what firmware is told of its console.
 */
enum first_screen {
	SCREEN_EMULATED,   /* --display: cards are further screens */
	SCREEN_LEGACY_VGA, /* of an assigned card, because SeaBIOS draws on no other */
	SCREEN_OF_DRIVER,  /* what a driver, of the card's ROM or of the guest, makes of a card */
};

static inline enum first_screen machine_first_screen(const struct machine_config *config)
{
	if (config->display.vnc)
		return SCREEN_EMULATED;
	return config->firmware.kind == FIRMWARE_BIOS ? SCREEN_LEGACY_VGA : SCREEN_OF_DRIVER;
}

#endif
