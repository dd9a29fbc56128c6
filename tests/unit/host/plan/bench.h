/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host of a few devices, and plans for them. */
#ifndef UNIT_HOST_PLAN_BENCH_H
#define UNIT_HOST_PLAN_BENCH_H

#include "base/own.h"
#include "host/plan/plan.h"
#include "unit.h"
#include <linux/pci_regs.h>
#include <stdio.h>

/* A card with sound behind a port; a card with two neighbours in its group; a PF with a VF. */
enum { PORT, GPU, SOUND, PORT2, GPU2, USB, SATA, NIC, VF, COUNT };

struct bench {
	struct host host;
	struct host_dev devs[COUNT];
	struct uses uses;
	struct use some[8];
	struct use_screen screens[2];
	struct use_console consoles[2];
	struct use_claim claims[1];
	struct modules modules;
	struct device_modules module_devs[COUNT];
	struct plan_rom rom;
	struct plan_facts facts;
	struct plan plan;
};

static inline void set(struct bench *b, unsigned i, const char *addr, u32 class, int parent,
	int group, const char *driver)
{
	struct host_dev *dev = &b->devs[i];

	*dev = (struct host_dev){
		.known = ~0u,
		.vendor = 0x10de,
		.device = 0x1000 + i,
		.class = class,
		.bridge = class >> 8 == 0x0604,
		.header = class >> 8 == 0x0604 ? PCI_HEADER_TYPE_BRIDGE : PCI_HEADER_TYPE_NORMAL,
		.driver = driver,
		.group = group,
		.parent = parent,
		.pcie_type = HOST_NONE,
	};
	assert_int_equal(pci_addr_parse(addr, &dev->addr), 0);
}

static inline int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	set(b, PORT, "00:01.0", 0x060400, HOST_NONE, 1, "pcieport");
	set(b, GPU, "01:00.0", 0x030000, PORT, 1, "nouveau");
	set(b, SOUND, "01:00.1", 0x040300, PORT, 1, "snd_hda_intel");
	set(b, PORT2, "00:1c.0", 0x060400, HOST_NONE, 2, "pcieport");
	set(b, GPU2, "02:00.0", 0x030000, PORT2, 2, "amdgpu");
	set(b, USB, "02:00.1", 0x0c0330, PORT2, 3, "xhci_hcd");
	set(b, SATA, "03:00.0", 0x010601, PORT2, 2, NULL);
	set(b, NIC, "04:00.0", 0x020000, PORT2, 4, "mlx5_core");
	set(b, VF, "04:00.1", 0x020000, PORT2, 5, NULL);
	/* By address, as a scan leaves them. */
	for (unsigned i = 0; i < COUNT; i++)
		for (unsigned k = i + 1; k < COUNT; k++)
			if (pci_addr_cmp(b->devs[i].addr, b->devs[k].addr) > 0) {
				struct host_dev t = b->devs[i];

				b->devs[i] = b->devs[k];
				b->devs[k] = t;
			}
	b->host.devs = b->devs;
	b->host.count = COUNT;
	b->uses.use = b->some;
	b->uses.screens = b->screens;
	b->uses.consoles = b->consoles;
	b->uses.claims = b->claims;
	b->uses.processes_known = b->uses.claims_known = true;
	b->modules.devs = b->module_devs;
	b->modules.modules_known = true;
	b->facts = (struct plan_facts){ &b->host, &b->uses, &b->modules, &b->rom, 0 };
	*state = b;
	return 0;
}

static inline int teardown(void **state)
{
	struct bench *b = *state;

	plan_close(&b->plan);
	free(b);
	return 0;
}

static inline unsigned index_of(struct bench *b, const char *text)
{
	struct pci_addr addr;
	int i;

	assert_int_equal(pci_addr_parse(text, &addr), 0);
	i = host_find(&b->host, addr);
	assert_true(i != HOST_NONE);
	return i;
}

static inline struct host_dev *dev_of(struct bench *b, const char *text)
{
	return &b->devs[index_of(b, text)];
}

static inline void add_use(struct bench *b, enum use_kind kind, const char *dev, const char *what,
	const char *via, int pid)
{
	b->some[b->uses.nr_uses++] = (struct use){ kind, index_of(b, dev), what, via, pid };
}

static inline void plan(struct bench *b, const char *device, struct plan_request request)
{
	struct pci_addr addr;

	assert_int_equal(pci_addr_parse(device, &addr), 0);
	request.devices = &addr;
	request.count = 1;
	plan_close(&b->plan);
	assert_int_equal(plan_bind(&b->plan, &b->facts, &request), 0);
}

/* "0000:01:00.0 asked, 0000:01:00.1 group" */
static inline const char *devices(struct bench *b)
{
	static char text[512];
	size_t n = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < b->plan.nr_devices; i++)
		n += snprintf(text + n, sizeof(text) - n, "%s%s %s", n ? ", " : "",
			b->plan.devices[i].name, plan_part_name(b->plan.devices[i].part));
	return text;
}

static inline const char *objections(struct bench *b)
{
	static char text[512];
	size_t n = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < b->plan.nr_objections; i++)
		n += snprintf(text + n, sizeof(text) - n, "%s%s%s", n ? ", " : "",
			plan_objection_name(b->plan.objections[i].kind),
			b->plan.objections[i].forceable ? "" : "!");
	return text;
}

static inline const struct plan_op *find_op(struct bench *b, enum plan_kind kind, const char *file)
{
	for (unsigned i = 0; i < b->plan.nr_ops; i++)
		if (b->plan.ops[i].kind == kind && strstr(b->plan.ops[i].file, file))
			return &b->plan.ops[i];
	return NULL;
}

#endif
