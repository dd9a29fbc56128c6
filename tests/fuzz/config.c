// SPDX-License-Identifier: GPL-2.0-or-later
/* Config space and the small texts of sysfs. */
#include "fuzz.h"

#include "host/scan/config.h"
#include "pci/bar.h"
#include "pci/caps.h"

struct source {
	const u8 *data;
	size_t size;
};

static long read_source(void *from, unsigned pos, void *bytes, unsigned size)
{
	struct source *source = from;

	CLAIM(pos < PCI_CONFIG_SIZE && size <= PCI_CONFIG_SIZE - pos);
	if (pos >= source->size)
		return 0;
	if (size > source->size - pos)
		size = source->size - pos;
	memcpy(bytes, source->data + pos, size);
	return size;
}

static void decode(const u8 *config, unsigned size, bool complete)
{
	struct host_dev dev = { .config = config, .config_size = size };

	scan_config(&dev, complete);
	CLAIM(!host_knows(&dev, HOST_ACS_BITS) || host_knows(&dev, HOST_PCIE));
	CLAIM(!dev.sriov.present || dev.acs.present || size == PCI_CONFIG_SIZE);
}

static void read_texts(const u8 *data, size_t size)
{
	char text[256], again[PCI_ADDR_SIZE];
	size_t len = size < sizeof(text) ? size : sizeof(text) - 1;
	struct pci_addr addr, back;
	struct pci_bar bar;
	u64 bytes;

	memcpy(text, data, len);
	text[len] = '\0';
	if (pci_addr_scan(text, &addr)) {
		CLAIM(!pci_addr_parse(pci_addr_text(addr, again), &back));
		CLAIM(pci_addr_equal(addr, back));
	}
	CLAIM(pci_bar_scan_resource(text, &bar) <= len);
	CLAIM(!bar.size || bar.start + (bar.size - 1) >= bar.start);
	CLAIM(pci_bar_scan_size(text, &bytes) <= len);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const unsigned sizes[] = { 0, 64, 256, PCI_CONFIG_SIZE };
	struct source source = { data, size };
	u8 config[PCI_CONFIG_SIZE];
	unsigned got;

	read_texts(data, size);
	got = pci_config_collect(read_source, &source, config);
	CLAIM(got == 0 || got == 64 || got == 256 || got == PCI_CONFIG_SIZE);
	decode(config, got, true);

	memset(config, 0, sizeof(config));
	memcpy(config, data, size < sizeof(config) ? size : sizeof(config));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		decode(config, sizes[i], false);
		decode(config, sizes[i], true);
	}
	return 0;
}
