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
#include "vm/input/input_config.h"
#include "vm/mem/ram.h"
#include "vm/net/mac.h"
#include "vm/net/user.h"
#include "vm/sandbox/sandbox.h"
#include "vm/sound/sound_config.h"
#include "vm/usbhost/match.h"
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

enum disk_bus { DISK_VIRTIO, DISK_SATA, DISK_NVME, DISK_USB, DISK_CDROM };

struct disk_config {
	enum disk_bus bus;
	bool bus_given; /* the user chose it */
	const char *path;
	const char *format; /* raw, qcow2, ...; NULL: found out from the file's contents and name */
	const char *serial; /* may be NULL; at most BLK_SERIAL bytes */
	bool read_only;
	bool backing;    /* the image may have backing files, see vm/virtio/disk_chain.h */
	bool direct;     /* bypasses the host's page cache (O_DIRECT) */
	bool split;      /* virtio: split rings only, no packed ones */
	unsigned queues; /* not for SATA; 0: chosen by the number of vCPUs */
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
	bool vhost_off; /* this process handles frames although vhost-net could */
};

struct share_request {
	const char *directory;
	const char *tag;
	bool read_only;
};

struct display_config {
	bool vnc; /* false: no display */
	struct vnc_address address;
	const char *address_text;  /* as the user wrote it */
	const char *password_file; /* its first line is the password; NULL: no password */
};

/* What firmware starts from: see vm/devices/boot_order.h. */
enum boot_source { BOOT_DISK, BOOT_CDROM, BOOT_DEVICE, BOOT_NET, BOOT_NR_SOURCES };

struct boot_config {
	enum boot_source first[BOOT_NR_SOURCES]; /* those that the user named, each once */
	unsigned nr;
	bool menu;
	unsigned menu_seconds; /* how long firmware waits for the key that shows its menu */
};

/* The machine's TPM 2.0 (vm/devices/tpm). */
struct tpm_config {
	bool on;
	const char *state; /* the directory of its state; NULL: that of machine @name */
};

/* Memory shared with a program of the host (vm/devices/shmem). */
struct shmem_config {
	u64 size; /* bytes; 0: there is none */
	const char *path;
};

/* The states of sleep that the guest is offered (vm/dev/pm.h). */
struct sleep_config {
	bool ram;  /* S3: its memory stays */
	bool disk; /* S4: it writes its memory to a disk, and the machine ends */
};

/* What happens when the host is to sleep (vm/logind/logind.h). */
enum host_sleep {
	HOST_SLEEP_AUTO, /* with assigned devices: suspend if the guest may sleep in RAM, else
			    inhibit */
	HOST_SLEEP_IGNORE,
	HOST_SLEEP_INHIBIT, /* it does not sleep while the machine runs */
	HOST_SLEEP_SUSPEND, /* the guest sleeps first, and wakes after the host */
	HOST_SLEEP_STOP,    /* the guest is asked to shut down first */
};

enum machine_hiding { HIDING_AUTO, HIDING_OFF, HIDING_ON };

/* The caller owns all strings and lists, which outlive the run. */
struct machine_config {
	const char *name;      /* under which the host keeps the machine's files; or NULL */
	u64 memory;            /* bytes; see vm/mem/ram.h */
	struct ram_config ram; /* where that memory comes from */
	unsigned cpus;
	struct placement placement; /* which host CPUs the vCPUs run on */
	struct topology topology;   /* of the vCPUs; a value of 0 is chosen by tenon */
	enum machine_hiding hiding; /* hides KVM from the guest */
	bool nested;                /* the guest may run guests of its own */
	bool no_pmu;                /* the guest has no performance counters */
	bool hyperv;                /* offers Hyper-V enlightenments to the guest */
	/* Its vendor string, at most HYPERV_VENDOR_MAX characters; NULL: chosen by tenon. */
	const char *hyperv_vendor;
	struct sleep_config sleep;
	enum host_sleep on_host_sleep;
	bool rtc_localtime; /* the clock chip starts with the host's local time, not with UTC */
	struct smbios_strings smbios_strings;
	struct {
		enum firmware_kind kind; /* FIRMWARE_NONE: the kernel is entered directly */
		const char *code;        /* an image file; NULL: found on the host */
		const char *vars;        /* the file of this machine's UEFI variables, or NULL */
		bool secure_boot;        /* UEFI with SMM and keys: vm/boot/firmware_find.h */
	} firmware;
	struct boot_config boot;                   /* for firmware */
	const char *kernel;                        /* may be NULL with firmware */
	const char *initrd;                        /* may be NULL */
	const char *append;                        /* may be NULL */
	const struct vfio_assign_request *devices; /* host devices to assign to the guest */
	unsigned nr_devices;
	enum vfio_dma_mode dma;       /* when guest RAM is mapped for their DMA */
	enum vfio_backend_kind iommu; /* which interface of VFIO is used */
	const struct disk_config *disks;
	unsigned nr_disks;
	const struct net_request *nets;
	unsigned nr_nets;
	const struct share_request *shares;
	unsigned nr_shares;
	bool rng;
	struct shmem_config shmem;
	struct tpm_config tpm;
	struct display_config display;
	struct input_config input;
	struct sound_config sound;
	struct usb_host_config usb[USB_HOST_MAX]; /* devices of the host */
	unsigned nr_usb;
	bool usb_input; /* a USB keyboard, mouse and tablet besides the PS/2 ones */
	/* Indexed like device_kinds[]; NULL: the option was not given. */
	const char *device_options[DEVICE_KINDS_MAX];
	/* A file that records the guest's accesses to assigned devices; may be NULL. */
	const char *trace;
	u64 trace_max;             /* its maximum size in bytes; 0: no limit */
	const char *serial;        /* stdio, none or file:PATH */
	u64 serial_max;            /* its maximum size in bytes; 0: no limit */
	enum sandbox_mode sandbox; /* which rights the process gives up before the guest runs */
	const char *user;          /* the user to switch to at that time; NULL: chosen by tenon */
	bool no_reboot;            /* a reset of the guest ends the machine */
	unsigned grace;            /* on SIGTERM: seconds that the guest has to shut down */
};

/*
 * The display on which the guest shows its first picture. This decides whether a card gets legacy
 * VGA by default, whether SeaBIOS may find a VGA card, and which console firmware is told to use.
 */
enum first_screen {
	SCREEN_EMULATED,   /* --display: assigned cards are secondary displays */
	SCREEN_LEGACY_VGA, /* an assigned card's legacy VGA, which SeaBIOS needs */
	SCREEN_OF_DRIVER,  /* an assigned card with a driver, of its ROM or of the guest */
};

static inline enum first_screen machine_first_screen(const struct machine_config *config)
{
	if (config->display.vnc)
		return SCREEN_EMULATED;
	return config->firmware.kind == FIRMWARE_BIOS ? SCREEN_LEGACY_VGA : SCREEN_OF_DRIVER;
}

#endif
