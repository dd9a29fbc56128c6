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
#include "vm/boot/file.h"
#include "vm/devices/boot_order.h"
#include "vm/devices/kinds.h"
#include "vm/virtio/net.h"
#include "vm/virtio/vhost_net.h"

#define NET_CLASS 0x020000

/*
 * SeaBIOS has no driver for networks. It runs iPXE's option ROM for the card, which it takes from
 * the fw_cfg file that is named after the card's ids. OVMF has drivers of its own.
 */
#define PROGRAM_FILE "pci1af4,1041.rom"
#define PROGRAM_MAX  (512 * KIB)

static const char *const programs[] = {
	"/usr/lib/ipxe/qemu/pxe-virtio.rom",
	"/usr/share/qemu/pxe-virtio.rom",
	"/usr/share/ipxe/qemu/pxe-virtio.rom",
};

struct net {
	char name[IFNAMSIZ + 16];
	struct tap tap;
	struct user_net user;
	struct virtio_net card; /* @card or @vhost is in use */
	struct vhost_net vhost;
	bool in_kernel;
	bool unconfined; /* the sandbox is off */
	struct virtio_pci pci;
	struct loop *loop;
};

struct nets {
	struct net *nets[VIRTIO_MAX_NETS];
	unsigned nr;
	u8 *program; /* the option ROM for SeaBIOS, or NULL */
	u64 program_size;
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
		.unconfined = net->unconfined,
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

static int read_program(struct nets *nets, struct err *err)
{
	struct boot_file file = { .fd = -1 };
	struct err why;
	int ret;

	for (size_t i = 0; i < ARRAY_SIZE(programs) && file.fd < 0; i++)
		boot_file_open(&file, programs[i], &why);
	if (file.fd < 0) {
		err_set(err, ENOENT,
			"--boot net: SeaBIOS needs iPXE's program for the network card");
		return err_help(err, "the package ipxe-qemu has it (%s)", programs[0]);
	}
	ret = boot_file_size(&file, &nets->program_size, err);
	if (!ret && nets->program_size > PROGRAM_MAX)
		ret = err_set(err, EFBIG, "%s is no option ROM: it has more than %llu KiB",
			file.path, (unsigned long long)(PROGRAM_MAX / KIB));
	if (!ret)
		nets->program = malloc(nets->program_size);
	if (!ret && !nets->program)
		ret = err_sys(err, ENOMEM, "cannot read %s", file.path);
	if (!ret)
		ret = boot_file_read(&file, 0, nets->program, nets->program_size, err);
	boot_file_close(&file);
	return ret;
}

/* Opens the host's side: taps, bridges, programs. Runs before any thread is created. */
static int open_all(void *dev, const struct device_parts *parts, struct err *err)
{
	const struct machine_config *config = parts->config;
	struct nets *nets = dev;
	int ret = 0;

	if (config->firmware.kind == FIRMWARE_BIOS && boot_order_has(&config->boot, BOOT_NET))
		ret = read_program(nets, err);
	for (unsigned i = 0; i < config->nr_nets && !ret; i++) {
		struct net *net = calloc(1, sizeof(*net));

		if (!net)
			return err_sys(err, ENOMEM, "cannot make a network card");
		nets->nets[nets->nr++] = net;
		net->tap.fd = -1;
		net->loop = parts->loop;
		net->unconfined = config->sandbox == SANDBOX_OFF;
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
	free(nets->program);
}

static int fw_cfg(const void *dev, struct fw_cfg *fw_cfg, struct err *err)
{
	const struct nets *nets = dev;

	return nets->program ? fw_cfg_add_file_bytes(fw_cfg, PROGRAM_FILE, nets->program,
				       (u32)nets->program_size, err)
			     : 0;
}

static void boot_order(const void *dev, enum boot_source source, struct blob *order)
{
	const struct nets *nets = dev;

	for (unsigned i = 0; i < nets->nr && source == BOOT_NET; i++) {
		char path[BOOT_PATH_SIZE];

		snprintf(path, sizeof(path), "/pci@i0cf8/ethernet@%x/ethernet-phy@0",
			VIRTIO_FIRST_NET + i);
		boot_order_add(order, path);
	}
}

const struct device_kind nets_kind = {
	.name = "nets",
	.size = sizeof(struct nets),
	.wanted = wanted,
	.open = open_all,
	.attach = attach_all,
	.close = close_all,
	.fw_cfg = fw_cfg,
	.boot_order = boot_order,
};
