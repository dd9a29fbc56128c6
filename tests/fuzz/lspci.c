// SPDX-License-Identifier: GPL-2.0-or-later
/* What lspci printed, and all that is concluded from it. Seeds: the made-up hosts. */
#include "fuzz.h"

#include "host/groups/remedies.h"
#include "host/groups/verdict.h"
#include "host/groups/why.h"
#include "host/scan/scan.h"
#include "pci/names.h"

#define WORDS 8 /* devices of an input whose words are checked */

/* Once: pci.ids takes longer to read than a text. */
static struct pci_names *names;

static void close_names(void)
{
	pci_names_close(names);
}

static void check_names(const struct host_dev *dev)
{
	char text[PCI_NAME_SIZE], again[PCI_NAME_SIZE];

	CLAIM(*pci_names_class(names, dev->class >> 8, text));
	CLAIM(*pci_names_device(names, dev->vendor, dev->device, text));
	CLAIM(!strcmp(pci_names_device(names, dev->vendor, dev->device, again), text));
}

static void check_tree(const struct host *host)
{
	for (unsigned i = 0; i < host->count; i++) {
		const struct host_dev *dev = &host->devs[i];
		unsigned depth = 0;

		CLAIM(!i || pci_addr_cmp(host->devs[i - 1].addr, dev->addr) < 0);
		CLAIM(dev->physfn == HOST_NONE || dev->vf);
		for (int k = i; k != HOST_NONE; k = host->devs[k].parent)
			CLAIM(depth++ < 256);
		for (int k = dev->child; k != HOST_NONE; k = host->devs[k].next)
			CLAIM(host->devs[k].parent == (int)i);
	}
}

static void check_groups(const struct host *host, const struct groups *groups)
{
	unsigned members = 0, placed = 0;

	for (unsigned g = 0; g < groups->count; g++) {
		CLAIM(groups->list[g].count > 0);
		members += groups->list[g].count;
	}
	for (unsigned i = 0; i < host->count; i++)
		placed += groups->of[i] != HOST_NONE;
	CLAIM(members == placed);
}

static void check_words(const struct host *host, const struct groups *predicted,
	const struct groups *groups, unsigned dev)
{
	const struct group *group = groups_find(groups, dev);
	struct remedies remedies;
	struct why why;

	CLAIM(verdict_name(verdict_of(host, groups, NULL, dev)));
	CLAIM(why_kind(host, &host->devs[dev]));
	if (!group)
		return;
	CLAIM(!why_group(host, predicted, groups, group, &why));
	CLAIM(group->count > 1 || why.count > 0);
	for (unsigned i = 0; i < why.count; i++)
		CLAIM(why.line[i].text[0]);
	why_close(&why);
	CLAIM(!remedies_for(host, groups, predicted, dev, &remedies));
	for (unsigned i = 0; i < remedies.count; i++)
		CLAIM(remedies.list[i].text[0] && remedies.list[i].nr_devs <= host->count);
	remedies_close(&remedies);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct groups kernel = { 0 }, predicted = { 0 };
	struct host host = { 0 };
	struct err err = { 0 };

	if (!names) {
		names = pci_names_open();
		atexit(close_names);
	}
	if (!scan_lspci_names(&host, names, (const char *)data, size, &err)) {
		check_tree(&host);
		CLAIM(!groups_of_kernel(&host, &kernel));
		CLAIM(!groups_predict(&host, &predicted));
		check_groups(&host, &kernel);
		check_groups(&host, &predicted);
		/* Some of them, from the first to the last: the words of one look at all others. */
		for (unsigned i = 0; i < WORDS && i < host.count; i++) {
			unsigned dev = host.count < WORDS ? i : i * (host.count - 1) / (WORDS - 1);

			check_words(&host, &predicted, &predicted, dev);
			check_words(&host, &predicted, &kernel, dev);
			check_names(&host.devs[dev]);
		}
	} else {
		CLAIM(err.text[0]);
	}
	groups_close(&kernel);
	groups_close(&predicted);
	host_close(&host);
	return 0;
}
