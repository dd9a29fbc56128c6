// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The host's directories that are shared with the guest (vm/virtio/fs.h), each a device on the root
 * bus.
 */
#include <errno.h>
#include <stdlib.h>

#include "vm/devices/kinds.h"
#include "vm/virtio/fs.h"

struct share {
	struct fs fs;
	struct virtio_pci pci;
};

struct shares {
	struct share *shares[SHARES_MAX];
	unsigned nr;
};

static bool wanted(const struct machine_config *config)
{
	return config->nr_shares;
}

/* Starts the programs that serve the directories. */
static int open_all(void *dev, const struct device_parts *parts, struct err *err)
{
	struct shares *shares = dev;
	int ret = 0;

	for (unsigned i = 0; i < parts->config->nr_shares && !ret; i++) {
		const struct share_request *request = &parts->config->shares[i];
		const struct fs_config config = { request->directory, request->tag,
			request->read_only, parts->loop };
		struct share *share = calloc(1, sizeof(*share));

		if (!share)
			return err_sys(err, ENOMEM, "cannot share %s", config.directory);
		shares->shares[shares->nr++] = share;
		ret = fs_open(&share->fs, &config, err);
	}
	return ret;
}

static bool shares_memory(const void *dev)
{
	return true;
}

static int attach_all(void *dev, const struct device_parts *parts, struct err *err)
{
	struct shares *shares = dev;
	int ret = 0;

	for (unsigned i = 0; i < shares->nr && !ret; i++)
		ret = virtio_pci_open(&shares->shares[i]->pci, &shares->shares[i]->fs.user.dev,
			&parts->board->mch.host, PCI_DEVFN_OF(VIRTIO_FIRST_FS + i, 0), FS_CLASS,
			parts->loop, err);
	return ret;
}

static void close_all(void *dev)
{
	struct shares *shares = dev;

	while (shares->nr) {
		struct share *share = shares->shares[--shares->nr];

		virtio_pci_close(&share->pci);
		fs_close(&share->fs);
		free(share);
	}
}

const struct device_kind shares_kind = {
	.name = "shares",
	.size = sizeof(struct shares),
	.wanted = wanted,
	.open = open_all,
	.attach = attach_all,
	.close = close_all,
	.shares_memory = shares_memory,
};
