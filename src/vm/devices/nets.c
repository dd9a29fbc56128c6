// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The machine's network cards: opens the host's end of each, and chooses the kind of card that
 * serves it best.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/own.h"
#include "kernel/sysroot.h"
#include "kernel/tap.h"
#include "vm/devices/kinds.h"
#include "vm/virtio/net.h"
#include "vm/virtio/vhost_net.h"

#define NET_CLASS 0x020000

struct net {
	char name[IFNAMSIZ + 16];
	struct tap tap;
	struct user_net user;
	struct virtio_net card; /* @card or @vhost is in use */
	struct vhost_net vhost;
	bool in_kernel;
	struct virtio_pci pci;
	struct loop *loop;
};

struct nets {
	struct net *nets[VIRTIO_MAX_NETS];
	unsigned nr;
};

static void name_host(char *text, size_t size)
{
	struct sysroot host;
	struct err err;

	*text = '\0';
	if (sysroot_open(&host, "", &err))
		return;
	sysroot_text(&host, "/etc/machine-id", text, size);
	sysroot_close(&host);
}

static int open_link(struct net *net, const struct net_request *request, const u8 *mac,
	struct net_link *link, struct err *err)
{
	const struct user_net_config user = {
		.program = request->program,
		.reach_host = request->reach_host,
		.forwards = request->forwards,
		.nr_forwards = request->nr_forwards,
		.loop = net->loop,
	};
	int ret;

	switch (request->kind) {
	case NET_USER:
		snprintf(net->name, sizeof(net->name), "net user");
		ret = user_net_open(&net->user, &user, err);
		*link = net->user.link;
		return ret;
	case NET_TAP:
		ret = tap_open(&net->tap, request->host, err);
		break;
	default:
		ret = tap_open_bridge(&net->tap, request->host, mac, err);
	}
	snprintf(net->name, sizeof(net->name), "net %s", net->tap.name);
	*link = (struct net_link){ .fd = net->tap.fd, .framing = NET_PACKETS, .mtu = net->tap.mtu };
	return ret;
}

static int open_card(struct net *net, const struct virtio_net_setup *setup,
	const struct net_request *request, struct err *err)
{
	struct err why = { 0 };

	if (setup->link.framing == NET_PACKETS && !request->vhost_off) {
		net->in_kernel = !vhost_net_dev_open(&net->vhost, setup, &why);
		if (net->in_kernel)
			return 0;
		log_info("%s: %s; slower without it (modprobe vhost_net)", net->name, why.text);
	}
	return virtio_net_open(&net->card, setup, err);
}

static int open_net(struct net *net, const struct net_request *request, unsigned index,
	const char *machine, struct err *err)
{
	struct virtio_net_setup setup = { .name = net->name, .loop = net->loop };
	char host[64];
	int ret;

	memcpy(setup.mac, request->mac, sizeof(setup.mac));
	if (!request->has_mac) {
		name_host(host, sizeof(host));
		mac_derive(host, machine, index, setup.mac);
	}
	ret = open_link(net, request, setup.mac, &setup.link, err);
	return ret ? ret : open_card(net, &setup, request, err);
}

/* A name that distinguishes this machine from others on the host and is the same each time. */
static const char *machine_name(const struct machine_config *config)
{
	if (config->name)
		return config->name;
	return config->nr_disks ? config->disks[0].path : config->kernel ? config->kernel : "";
}

static bool wanted(const struct machine_config *config)
{
	return config->nr_nets;
}

/* Opens the host's side: taps, bridges, programs. Runs before any thread is created. */
static int open_all(void *dev, const struct device_parts *parts, struct err *err)
{
	const struct machine_config *config = parts->config;
	struct nets *nets = dev;
	int ret = 0;

	for (unsigned i = 0; i < config->nr_nets && !ret; i++) {
		struct net *net = calloc(1, sizeof(*net));

		if (!net)
			return err_sys(err, ENOMEM, "cannot make a network card");
		nets->nets[nets->nr++] = net;
		net->tap.fd = -1;
		net->loop = parts->loop;
		ret = open_net(net, &config->nets[i], i, machine_name(config), err);
	}
	return ret;
}

static int attach_all(void *dev, const struct device_parts *parts, struct err *err)
{
	struct nets *nets = dev;
	int ret = 0;

	for (unsigned i = 0; i < nets->nr && !ret; i++) {
		struct net *net = nets->nets[i];

		ret = virtio_pci_open(&net->pci, net->in_kernel ? &net->vhost.dev : &net->card.dev,
			&parts->board->mch.host, PCI_DEVFN_OF(VIRTIO_FIRST_NET + i, 0), NET_CLASS,
			net->loop, err);
	}
	return ret;
}

static void close_all(void *dev)
{
	struct nets *nets = dev;

	while (nets->nr) {
		struct net *net = nets->nets[--nets->nr];

		virtio_pci_close(&net->pci);
		virtio_net_close(&net->card);
		vhost_net_dev_close(&net->vhost);
		user_net_close(&net->user);
		tap_close(&net->tap);
		free(net);
	}
}

const struct device_kind nets_kind = {
	.name = "nets",
	.size = sizeof(struct nets),
	.wanted = wanted,
	.open = open_all,
	.attach = attach_all,
	.close = close_all,
};
