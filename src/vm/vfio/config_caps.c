// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/config_caps.h"

#include "base/bytes.h"
#include "base/log.h"
#include "pci/caps.h"

/* A register of a capability that is not entirely the hardware's. */
struct cap_field {
	u8 offset;
	u8 size;
	u32 emulated; /* the guest's own bits */
	u32 writable; /* bits that the guest can change in pci_dev.config */
};

static const struct cap_field pm_fields[] = {
	{ PCI_PM_CTRL, 2, 0, PCI_PM_CTRL_STATE_MASK },
};

/* PCI 3.0, 6.8.2: the table lies in a BAR; the capability only enables and masks. */
static const struct cap_field msix_fields[] = {
	{ PCI_MSIX_FLAGS, 2, 0xffff, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL },
	{ PCI_MSIX_TABLE, 4, ~0u, 0 },
	{ PCI_MSIX_PBA, 4, ~0u, 0 },
};

static const struct cap_field exp_fields[] = {
	{ PCI_EXP_FLAGS, 2, PCI_EXP_FLAGS_TYPE | PCI_EXP_FLAGS_SLOT, 0 },
};

/* 6.8.1: four layouts, with or without 64-bit addresses and mask bits. */
static const struct cap_field msi_32_fields[] = {
	{ PCI_MSI_FLAGS, 2, 0xffff, PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE },
	{ PCI_MSI_ADDRESS_LO, 4, ~0u, ~3u },
	{ PCI_MSI_DATA_32, 2, 0xffff, 0xffff },
};

static const struct cap_field msi_32_mask_fields[] = {
	{ PCI_MSI_FLAGS, 2, 0xffff, PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE },
	{ PCI_MSI_ADDRESS_LO, 4, ~0u, ~3u },
	{ PCI_MSI_DATA_32, 4, ~0u, 0xffff },
	{ PCI_MSI_MASK_32, 4, ~0u, ~0u },
	{ PCI_MSI_PENDING_32, 4, ~0u, 0 },
};

static const struct cap_field msi_64_fields[] = {
	{ PCI_MSI_FLAGS, 2, 0xffff, PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE },
	{ PCI_MSI_ADDRESS_LO, 4, ~0u, ~3u },
	{ PCI_MSI_ADDRESS_HI, 4, ~0u, ~0u },
	{ PCI_MSI_DATA_64, 2, 0xffff, 0xffff },
};

static const struct cap_field msi_64_mask_fields[] = {
	{ PCI_MSI_FLAGS, 2, 0xffff, PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE },
	{ PCI_MSI_ADDRESS_LO, 4, ~0u, ~3u },
	{ PCI_MSI_ADDRESS_HI, 4, ~0u, ~0u },
	{ PCI_MSI_DATA_64, 4, ~0u, 0xffff },
	{ PCI_MSI_MASK_64, 4, ~0u, ~0u },
	{ PCI_MSI_PENDING_64, 4, ~0u, 0 },
};

struct cap_rule {
	u8 size;
	bool hidden;
	const struct cap_field *fields;
	unsigned nr_fields;
};

#define RULE(bytes, table)                                                          \
	{                                                                           \
		.size = (bytes), .fields = (table), .nr_fields = ARRAY_SIZE(table), \
	}

/*
 * Indexed by capability id. A capability without a rule is the hardware's, except for its link. EA
 * is hidden because it has fixed addresses, while the guest's BARs are virtual.
 */
static const struct cap_rule cap_rules[] = {
	[PCI_CAP_ID_PM] = RULE(PCI_PM_SIZEOF, pm_fields),
	[PCI_CAP_ID_MSIX] = RULE(PCI_CAP_MSIX_SIZEOF, msix_fields),
	[PCI_CAP_ID_EXP] = RULE(PCI_CAP_EXP_ENDPOINT_SIZEOF_V1, exp_fields),
	[PCI_CAP_ID_EA] = { .size = 4, .hidden = true },
};

static const struct cap_rule msi_rules[2][2] = {
	{ RULE(10, msi_32_fields), RULE(20, msi_32_mask_fields) },
	{ RULE(14, msi_64_fields), RULE(24, msi_64_mask_fields) },
};

static struct cap_rule rule_for(
	const struct vfio_config *config, struct pci_cap cap, const struct vfio_config_view *view)
{
	u16 flags = get_le16(config->physical + cap.pos + PCI_MSI_FLAGS);
	struct cap_rule rule = { .size = 2 };

	if (cap.id == PCI_CAP_ID_MSI)
		rule = msi_rules[!!(flags & PCI_MSI_FLAGS_64BIT)]
				[!!(flags & PCI_MSI_FLAGS_MASKBIT)];
	else if (cap.id < ARRAY_SIZE(cap_rules) && cap_rules[cap.id].size)
		rule = cap_rules[cap.id];
	if (view->no_msi && (cap.id == PCI_CAP_ID_MSI || cap.id == PCI_CAP_ID_MSIX))
		rule.hidden = true;
	return rule;
}

/* Bytes from @pos to the next capability in config space, whatever the order of the list. */
static unsigned room_at(const struct vfio_config *config, unsigned pos)
{
	unsigned end = PCI_CFG_SPACE_SIZE;
	struct pci_cap cap = { 0 };

	while (pci_cap_next(config->physical, config->walk, &cap))
		if (cap.pos > pos && cap.pos < end)
			end = cap.pos;
	return end - pos;
}

static void emulate(
	struct vfio_config *config, unsigned pos, unsigned size, u32 emulated, u32 writable)
{
	u8 *value = config->pci->config + pos;
	u32 old = (u32)get_le(config->emulated + pos, size);

	put_le(config->emulated + pos, size, old | emulated);
	put_le(config->pci->writable + pos, size, writable);
	put_le(value, size, (u32)get_le(config->physical + pos, size) & ~writable);
}

/* All zero and read-only, as if nothing were there. */
static void blank(struct vfio_config *config, unsigned pos, unsigned size)
{
	memset(config->emulated + pos, 0xff, size);
	memset(config->pci->writable + pos, 0, size);
	memset(config->pci->config + pos, 0, size);
}

static void remember(struct vfio_config *config, struct pci_cap cap)
{
	u16 *where = cap.id == PCI_CAP_ID_PM     ? &config->pm
		     : cap.id == PCI_CAP_ID_MSI  ? &config->msi
		     : cap.id == PCI_CAP_ID_MSIX ? &config->msix
		     : cap.id == PCI_CAP_ID_EXP  ? &config->exp
						 : NULL;

	if (where)
		*where = cap.pos;
}

static void set_type(struct vfio_config *config, unsigned type)
{
	u8 *flags = config->pci->config + config->exp + PCI_EXP_FLAGS;

	put_le16(flags, (u16)((get_le16(flags) & ~PCI_EXP_FLAGS_TYPE) | type << 4));
}

static void set_field(struct vfio_config *config, unsigned pos, unsigned size, u32 value)
{
	blank(config, pos, size);
	put_le(config->pci->config + pos, size, value);
}

/*
 * PCIe 7.5.3: a function on the root bus is a root complex integrated endpoint and has no link; one
 * behind a port is an endpoint and has a link, at least x1 at 2.5 GT/s.
 */
static void fix_exp(struct vfio_config *config, const struct vfio_config_view *view)
{
	u16 flags = get_le16(config->physical + config->exp + PCI_EXP_FLAGS);
	unsigned type = (flags & PCI_EXP_FLAGS_TYPE) >> 4;
	unsigned exp = config->exp, room = room_at(config, exp);

	set_type(config, type);
	if (view->root_bus && (type == PCI_EXP_TYPE_ENDPOINT || type == PCI_EXP_TYPE_LEG_END)) {
		set_type(config, PCI_EXP_TYPE_RC_END);
		set_field(config, exp + PCI_EXP_LNKCAP, 8, 0);
		if ((flags & PCI_EXP_FLAGS_VERS) > 1 && room >= PCI_EXP_LNKCAP2 + 8)
			set_field(config, exp + PCI_EXP_LNKCAP2, 8, 0);
	} else if (!view->root_bus && type == PCI_EXP_TYPE_RC_END && room >= PCI_EXP_LNKSTA + 2) {
		set_type(config, PCI_EXP_TYPE_ENDPOINT);
		set_field(config, exp + PCI_EXP_LNKCAP, 4,
			PCI_EXP_LNKCAP_SLS_2_5GB | PCI_EXP_LNKSTA_NLW_X1);
		set_field(config, exp + PCI_EXP_LNKCTL, 2, 0);
		set_field(config, exp + PCI_EXP_LNKSTA, 2,
			PCI_EXP_LNKSTA_CLS_2_5GB | PCI_EXP_LNKSTA_NLW_X1);
	}
}

static void show_cap(struct vfio_config *config, struct pci_cap cap, const struct cap_rule *rule)
{
	emulate(config, cap.pos, 2, 0xffff, 0);
	config->pci->config[cap.pos + PCI_CAP_LIST_NEXT] = 0;
	for (unsigned i = 0; i < rule->nr_fields; i++) {
		const struct cap_field *f = &rule->fields[i];

		emulate(config, cap.pos + f->offset, f->size, f->emulated, f->writable);
	}
	remember(config, cap);
}

void vfio_config_build_caps(struct vfio_config *config, const struct vfio_config_view *view)
{
	u8 *link = config->pci->config + PCI_CAPABILITY_LIST;
	bool seen[PCI_CFG_SPACE_SIZE] = { false };
	struct pci_cap cap = { 0 };

	while (pci_cap_next(config->physical, config->walk, &cap) && !seen[cap.pos]) {
		struct cap_rule rule = rule_for(config, cap, view);
		unsigned room = room_at(config, cap.pos);

		seen[cap.pos] = true;
		if (!rule.hidden && rule.size > room) {
			log_warn("%s: capability 0x%02x at 0x%02x has only %u bytes; not shown",
				config->pci->name, cap.id, cap.pos, room);
			rule.hidden = true;
		}
		if (rule.hidden) {
			blank(config, cap.pos, rule.size < room ? rule.size : room);
			continue;
		}
		show_cap(config, cap, &rule);
		*link = (u8)cap.pos;
		link = config->pci->config + cap.pos + PCI_CAP_LIST_NEXT;
	}
	if (config->pci->config[PCI_CAPABILITY_LIST])
		config->pci->config[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
	if (config->exp)
		fix_exp(config, view);
}

/*
 * Extended capabilities (PCIe 7.6) that a guest must not see, and how many bytes of each are
 * hidden. ReBAR and VF ReBAR would resize BARs that the host has placed (but see config_rebar.c).
 * SR-IOV would create functions that nobody assigned, and its VF BARs confuse OVMF. ARI links to
 * functions that the guest may not have. ATS, PRI and PASID need an IOMMU in the guest.
 */
static const struct {
	u16 id;
	u16 size;
} hidden_ext_caps[] = {
	{ PCI_EXT_CAP_ID_ARI, 8 },
	{ PCI_EXT_CAP_ID_ATS, PCI_EXT_CAP_ATS_SIZEOF },
	{ PCI_EXT_CAP_ID_SRIOV, PCI_EXT_CAP_SRIOV_SIZEOF },
	{ PCI_EXT_CAP_ID_MRIOV, 4 },
	{ PCI_EXT_CAP_ID_PRI, PCI_EXT_CAP_PRI_SIZEOF },
	{ PCI_EXT_CAP_ID_REBAR, 4 + 8 * PCI_STD_NUM_BARS },
	{ PCI_EXT_CAP_ID_PASID, PCI_EXT_CAP_PASID_SIZEOF },
	{ 0x24 /* VF Resizable BAR */, 4 + 8 * PCI_STD_NUM_BARS },
};

static unsigned hidden_size(u16 id)
{
	for (size_t i = 0; i < ARRAY_SIZE(hidden_ext_caps); i++)
		if (hidden_ext_caps[i].id == id)
			return hidden_ext_caps[i].size;
	return 0;
}

static unsigned ext_room_at(const struct vfio_config *config, unsigned pos)
{
	unsigned end = PCI_CONFIG_SIZE;
	struct pci_cap cap = { 0 };

	while (pci_ext_cap_next(config->physical, config->walk, &cap))
		if (cap.pos > pos && cap.pos < end)
			end = cap.pos;
	return end - pos;
}

static void link_ext_cap(struct vfio_config *config, unsigned from, unsigned to)
{
	u8 *header = config->pci->config + from;

	put_le32(header, (get_le32(header) & 0xfffff) | to << 20);
}

void vfio_config_build_ext_caps(struct vfio_config *config, const struct vfio_config_view *view)
{
	bool seen[PCI_CONFIG_SIZE] = { false };
	unsigned last = PCI_CFG_SPACE_SIZE;
	struct pci_cap cap = { 0 };

	/*
	 * The list must begin at 100h: if the first capability is hidden, an entry with id 0
	 * replaces it.
	 */
	if (config->region.size > PCI_CFG_SPACE_SIZE)
		blank(config, PCI_CFG_SPACE_SIZE, 4);
	while (pci_ext_cap_next(config->physical, config->walk, &cap) && !seen[cap.pos]) {
		unsigned hide = hidden_size(cap.id), room = ext_room_at(config, cap.pos);

		unsigned rebar = 0;

		seen[cap.pos] = true;
		if (cap.id == PCI_EXT_CAP_ID_REBAR && view->rebar)
			rebar = vfio_config_rebar_size(config, cap.pos, room);
		if (hide && !rebar) {
			blank(config, cap.pos, hide < room ? hide : room);
			continue;
		}
		emulate(config, cap.pos, 4, ~0u, 0);
		if (rebar)
			vfio_config_rebar_show(config, cap.pos, rebar);
		link_ext_cap(config, cap.pos, 0);
		if (cap.pos != last)
			link_ext_cap(config, last, cap.pos);
		last = cap.pos;
	}
}
