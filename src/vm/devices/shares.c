// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/devices/shares.h"

#include <errno.h>
#include <stdlib.h>

int shares_open(struct shares *shares, const struct share_request *requests, unsigned nr,
	struct loop *loop, struct err *err)
{
	int ret = 0;

	*shares = (struct shares){ 0 };
	for (unsigned i = 0; i < nr && !ret; i++) {
		const struct fs_config config = { requests[i].directory, requests[i].tag,
			requests[i].read_only, loop };
		struct share *share = calloc(1, sizeof(*share));

		if (!share)
			return err_sys(err, ENOMEM, "cannot share %s", config.directory);
		shares->shares[shares->nr++] = share;
		ret = fs_open(&share->fs, &config, err);
	}
	return ret;
}

int shares_attach(struct shares *shares, struct pci_host *host, struct loop *loop, struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; i < shares->nr && !ret; i++)
		ret = virtio_pci_open(&shares->shares[i]->pci, &shares->shares[i]->fs.user.dev,
			host, PCI_DEVFN_OF(VIRTIO_FIRST_FS + i, 0), FS_CLASS, loop, err);
	return ret;
}

void shares_close(struct shares *shares)
{
	while (shares->nr) {
		struct share *share = shares->shares[--shares->nr];

		virtio_pci_close(&share->pci);
		fs_close(&share->fs);
		free(share);
	}
}
