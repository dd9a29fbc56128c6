/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The facts about a host, from which every conclusion is drawn. They may come from the running
 * host, from a captured sysroot, or from the output of an lspci that somebody else ran.
 *
 * No source has all facts. A fact that is not known is not guessed: its bit in host_dev.known is
 * clear, and its field holds the neutral value given here. The caller owns a struct host and frees
 * it with host_close(); devices and strings live as long as it does. Once scanned it does not
 * change, and any thread may read it.
 */
#ifndef HOST_FACTS_HOST_H
#define HOST_FACTS_HOST_H

#include "base/arena.h"
#include "base/err.h"
#include "base/outer.h"
#include "base/types.h"
#include "pci/acs.h"
#include "pci/addr.h"
#include "pci/bar.h"
#include "pci/link.h"

enum host_source { HOST_RUNNING, HOST_CAPTURED, HOST_LSPCI };

/* Bits of host_dev.known: which of the fields are valid. */
enum host_fact {
	HOST_IDS = BIT(0),          /* vendor, device */
	HOST_CLASS = BIT(1),        /* class */
	HOST_SUBSYSTEM = BIT(2),    /* subvendor, subdevice */
	HOST_HEADER = BIT(3),       /* header, multifunction, as in the register */
	HOST_BUSES = BIT(4),        /* secondary, subordinate */
	HOST_PCIE = BIT(5),         /* pcie_type, and that it has none */
	HOST_ACS = BIT(6),          /* acs.present */
	HOST_ACS_BITS = BIT(7),     /* acs.cap, acs.ctrl */
	HOST_LINK = BIT(8),         /* link */
	HOST_BARS = BIT(9),         /* bar[0..5], with sizes */
	HOST_ROM = BIT(10),         /* bar[6]: whether it has an expansion ROM */
	HOST_DRIVER = BIT(11),      /* driver, and that it has none */
	HOST_OVERRIDE = BIT(12),    /* driver_override */
	HOST_GROUP = BIT(13),       /* group, and that it is in none */
	HOST_NUMA = BIT(14),        /* numa */
	HOST_BOOT_VGA = BIT(15),    /* boot_vga */
	HOST_RESET = BIT(16),       /* reset_methods */
	HOST_POWER = BIT(17),       /* power_state */
	HOST_IDS_BY_NAME = BIT(18), /* the ids were looked up by the name in a dump */
	HOST_VF = BIT(19),          /* vf, physfn */
	HOST_ACS_AT_8 = BIT(20),    /* acs_at_8 */
	HOST_CONFIG = BIT(21),      /* config, config_size */
	HOST_MEMBERS = BIT(22),     /* with HOST_GROUP: all members of the group are in the host */
};

#define HOST_NONE (-1)

/* The SR-IOV capability of a physical function: where its virtual ones are. */
struct host_sriov {
	bool present;
	u16 total, enabled;
	u16 offset, stride;
	u16 vf_device;
};

struct host_dev {
	struct pci_addr addr;
	u32 known;

	u16 vendor, device;       /* 0 */
	u16 subvendor, subdevice; /* 0 */
	u32 class;                /* 24 bits: base class, sub class, interface; 0 */
	u8 revision;
	u8 header; /* PCI_HEADER_TYPE_NORMAL, _BRIDGE or _CARDBUS */
	bool multifunction;
	bool bridge; /* leads to another bus: any PCI bridge, CardBus too */
	bool vf;     /* an SR-IOV virtual function */
	bool boot_vga;
	bool removed;      /* config space reads all ones: the device is dead, or in D3cold */
	bool rmrr_refused; /* the kernel has refused it, because firmware reserves memory for it */
	u8 secondary, subordinate; /* bus numbers behind a bridge */
	int pcie_type;             /* PCI_EXP_TYPE_*, HOST_NONE for conventional PCI */
	bool has_slot;             /* a port whose PCIe capability says that it leads to a slot */
	struct pci_acs acs;
	u16 acs_at_8; /* the word at offset 8 of the ACS capability, known with HOST_ACS_AT_8 */
	struct pci_link link;
	struct pci_bar bar[PCI_REGIONS]; /* [PCI_BAR_ROM] is the expansion ROM */

	const char *name;            /* its name in a dump; NULL: look it up by its ids */
	const char *driver;          /* NULL: none bound, or not known */
	const char *driver_override; /* NULL */
	const char *reset_methods;   /* "flr bus"; "" none; NULL where not known */
	const char *power_state;     /* "D0", "D3hot", ... NULL */
	const char *slot;            /* the label of its physical slot, NULL */
	int group;                   /* the kernel's number, HOST_NONE */
	int numa;                    /* HOST_NONE */

	const u8 *config;     /* NULL */
	unsigned config_size; /* 0, 64, 256 or 4096; pci_config_collect() leaves some registers 0 */

	/* The tree, as indices into host.devs or HOST_NONE; filled by host_link(). */
	int parent;          /* the bridge above; HOST_NONE on a root bus */
	int child;           /* the first device below a bridge, by address */
	int next;            /* the next with the same parent, by address */
	int physfn;          /* of a virtual function: its physical one */
	int dma_dev;         /* the VMD controller above, under whose id it does DMA */
	bool parent_missing; /* there must be a bridge above, but the facts lack it */

	/* Set by scanners for host_link(), if the source tells it. */
	struct host_sriov sriov;
	struct pci_addr above; /* the parent, valid with above_known */
	bool above_known;
	bool on_root_bus;        /* with above_known: there is none */
	struct pci_addr pf_addr; /* valid with vf and HOST_VF */
	struct pci_addr vmd;     /* valid with behind_vmd */
	bool behind_vmd;
};

struct reading;

struct host {
	enum host_source source;
	char origin[256];      /* "this host", or the directory or file */
	struct host_dev *devs; /* sorted by address */
	unsigned count;
	bool groups_known;  /* some device is in a group: an IOMMU is on */
	bool iommu_off;     /* the source is a kernel, and it has no group at all */
	bool restricted;    /* the running host, read without root: most registers are hidden */
	bool has_ivrs;      /* AMD IOMMU table seen */
	bool acs_untouched; /* no group is known and no ACS bit is on: Linux ran without an IOMMU */
	enum outer outer;   /* what runs the host, if it is itself a virtual machine */
	const char *outer_evidence;    /* what that was concluded from: "QEMU"; NULL */
	const char *cmdline;           /* the kernel's, NULL where not known */
	const struct reading *reading; /* if the source is a text: what of it was read; else NULL */
	struct arena memory;           /* of all its strings and lists; ->failed: memory ran out */
};

/*
 * Called by scanners once all devices are added: sorts them, removes duplicates and fills the tree.
 */
void host_link(struct host *host);

/* Frees all that the host owns. May be called on a zeroed struct, and more than once. */
void host_close(struct host *host);

/*
 * For scanners: allocate memory and strings that live as long as the host; NULL when memory runs
 * out. Strings come from untrusted files and go to terminals and into JSON, so bytes that are not
 * printable UTF-8 become '?'.
 */
void *host_alloc(struct host *host, size_t size);
const char *host_string(struct host *host, const char *text, size_t len);
/* As host_string(), for a text that ends with NUL; NULL for NULL. */
const char *host_text(struct host *host, const char *text);
/* arena_grow() in the host's memory. */
void *host_grow(struct host *host, void *list, size_t nr, size_t size);
/* Takes over the memory of another host and leaves that empty. */
void host_adopt(struct host *host, struct host *other);
/* Adds a device with neutral values in all fields; may move host->devs. */
struct host_dev *host_add(struct host *host, struct pci_addr addr);

/* The index of the device with an address, or HOST_NONE. */
int host_find(const struct host *host, struct pci_addr addr);

static inline unsigned host_index(const struct host *host, const struct host_dev *dev)
{
	return dev - host->devs;
}

static inline const struct host_dev *host_parent(
	const struct host *host, const struct host_dev *dev)
{
	return dev->parent == HOST_NONE ? NULL : &host->devs[dev->parent];
}

static inline bool host_knows(const struct host_dev *dev, u32 facts)
{
	return (dev->known & facts) == facts;
}

/*
 * Whether two functions belong to one card. In a slot with a connector all functions do. Otherwise
 * those of one vendor do, if they are below the same bridge or on a bus whose place the source does
 * not show: processors put USB and security controllers of the board beside their graphics. On a
 * root bus, functions of one device number may be unrelated, and only graphics and their sound
 * belong together. Virtual functions never do, because each is assigned by itself.
 */
bool host_same_card(const struct host *host, const struct host_dev *a, const struct host_dev *b);

/*
 * Whether all members of a device's group are known: the source says so, or it shows all bridges up
 * to the root, so that no other device can be in the group. Part of a dump may show neither.
 */
bool host_members_known(const struct host *host, const struct host_dev *dev);

/* Whether the source shows the host's first device, 0000:00:00.0, so that it may be complete. */
bool host_shows_root(const struct host *host);

/*
 * Whether a device lies behind a VMD controller, that is, in a domain that the kernel made up for
 * one. The controller is its dma_dev, if the source shows it.
 */
static inline bool host_is_behind_vmd(const struct host_dev *dev)
{
	return dev->addr.domain > 0xffff;
}

/* A display controller: class 03. */
bool host_is_gpu(const struct host_dev *dev);
/* A card that people commonly assign: a display controller, or an accelerator, class 12. */
bool host_is_card(const struct host_dev *dev);
/* One of the switches that connect the GPUs of an NVIDIA HGX board. */
bool host_is_nvswitch(const struct host_dev *dev);
/*
 * Whether a device that reads all ones is only suspended: the kernel has put it, or the port above
 * it, into D3.
 */
bool host_is_asleep(const struct host *host, const struct host_dev *dev);
/*
 * Whether a device that reads all ones may be either suspended or gone, because the source does not
 * show power states.
 */
bool host_may_sleep(const struct host *host, const struct host_dev *dev);
/*
 * The port above a device that shows that it is attached by Thunderbolt or USB4; HOST_NONE if none
 * does.
 */
int host_thunderbolt(const struct host *host, const struct host_dev *dev);
/* Whether the device can be assigned at all: it is neither a bridge of any kind nor an IOMMU. */
bool host_is_assignable(const struct host_dev *dev);

#endif
