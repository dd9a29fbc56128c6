// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/own.h"

#define DEVICE "/dev/net/tun"

/* The first byte of the MAC address of the host's end: locally administered, and the highest. */
#define HIGH_MAC 0xfe

static int explain(struct err *err, int code, const char *name)
{
	err_sys(err, code, "cannot open the tap %s", name);
	if (code == EPERM || code == EACCES)
		return err_help(err,
			"run tenon as root, or make a tap for yourself first: "
			"sudo ip tuntap add %s mode tap user $USER && sudo ip link set %s up",
			name, name);
	if (code == EBUSY)
		return err_help(err, "another program has it open");
	return -code;
}

/* Adds help to @err, which says that no tap could be created. */
static int explain_bridge(struct err *err, const char *bridge)
{
	if (err->code == EPERM || err->code == EACCES)
		err_help(err,
			"run tenon as root, or make a port for yourself first and use --net "
			"tap=tap0: "
			"sudo ip tuntap add tap0 mode tap user $USER && "
			"sudo ip link set tap0 master %s up",
			bridge);
	return err_wrap(err, "cannot make a port of %s", bridge);
}

int tap_check_name(const char *name, struct err *err)
{
	if (!*name || strlen(name) >= IFNAMSIZ || strpbrk(name, "/% \t"))
		return err_set(err, EINVAL, "'%s' cannot be the name of a network interface", name);
	return 0;
}

/* @pattern: a name, or one with %d that the kernel replaces with a number. */
static int attach(struct tap *tap, const char *pattern, struct err *err)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int header = TAP_HEADER;

	tap->fd = open(DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (tap->fd < 0) {
		int code = errno;

		err_sys(err, code, "cannot open %s", DEVICE);
		return code == ENOENT || code == ENODEV
			       ? err_help(err, "load the kernel's module: modprobe tun")
			       : -code;
	}
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", pattern);
	if (ioctl(tap->fd, TUNSETIFF, &request))
		return explain(err, errno, pattern);
	memcpy(tap->name, request.ifr_name, sizeof(tap->name));
	if (ioctl(tap->fd, TUNSETVNETHDRSZ, &header))
		return err_sys(err, errno, "cannot set up the tap %s", tap->name);
	return 0;
}

static int configure(struct tap *tap, unsigned long what, struct ifreq *request)
{
	own_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(request->ifr_name, tap->name, sizeof(tap->name));
	return fd < 0 || ioctl(fd, what, request) ? -errno : 0;
}

static int bring_up(struct tap *tap, struct err *err)
{
	struct ifreq request = { 0 };
	int ret = configure(tap, SIOCGIFFLAGS, &request);

	/* An interface that is already up needs no change, and so no CAP_NET_ADMIN. */
	if (!ret && !(request.ifr_flags & IFF_UP)) {
		request.ifr_flags |= IFF_UP;
		ret = configure(tap, SIOCSIFFLAGS, &request);
	}
	if (ret) {
		err_sys(err, -ret, "cannot set the tap %s up", tap->name);
		return ret == -EPERM
			       ? err_help(err, "set it up first: sudo ip link set %s up", tap->name)
			       : ret;
	}
	return 0;
}

/* @ret: the result of the steps before. */
static int finish(struct tap *tap, int ret, struct err *err)
{
	struct ifreq request = { 0 };

	if (!ret)
		ret = bring_up(tap, err);
	if (ret)
		tap_close(tap);
	else if (!configure(tap, SIOCGIFMTU, &request) && request.ifr_mtu > 0 &&
		 request.ifr_mtu <= 0xffff)
		tap->mtu = (u16)request.ifr_mtu;
	return ret;
}

int tap_open(struct tap *tap, const char *name, struct err *err)
{
	int ret = tap_check_name(name, err);

	*tap = (struct tap){ .fd = -1, .mtu = 1500 };
	if (!ret)
		ret = attach(tap, name, err);
	return finish(tap, ret, err);
}

static int set_like_bridge(struct tap *tap, const char *bridge, const u8 mac[6])
{
	struct tap other = { 0 };
	struct ifreq request = { .ifr_hwaddr = { .sa_family = ARPHRD_ETHER } };
	int ret;

	memcpy(request.ifr_hwaddr.sa_data, mac, 6);
	request.ifr_hwaddr.sa_data[0] = (char)HIGH_MAC;
	ret = configure(tap, SIOCSIFHWADDR, &request);
	snprintf(other.name, sizeof(other.name), "%s", bridge);
	request = (struct ifreq){ 0 };
	if (!ret)
		ret = configure(&other, SIOCGIFMTU, &request);
	if (!ret)
		ret = configure(tap, SIOCSIFMTU, &request);
	return ret;
}

static int add_to_bridge(struct tap *tap, const char *bridge)
{
	struct tap other = { 0 };
	struct ifreq request = { .ifr_ifindex = (int)if_nametoindex(tap->name) };

	snprintf(other.name, sizeof(other.name), "%s", bridge);
	return configure(&other, SIOCBRADDIF, &request);
}

int tap_open_bridge(struct tap *tap, const char *bridge, const u8 mac[6], struct err *err)
{
	int ret = tap_check_name(bridge, err);

	*tap = (struct tap){ .fd = -1, .mtu = 1500 };
	if (ret)
		return ret;
	if (!if_nametoindex(bridge)) {
		err_set(err, ENODEV, "there is no bridge %s", bridge);
		return err_help(err, "make it first: ip link add %s type bridge", bridge);
	}
	ret = attach(tap, "tenon%d", err);
	if (ret)
		return finish(tap, explain_bridge(err, bridge), err);
	ret = set_like_bridge(tap, bridge, mac);
	if (!ret)
		ret = add_to_bridge(tap, bridge);
	if (ret) {
		err_sys(err, -ret, "cannot add the tap %s to %s", tap->name, bridge);
		if (ret == -EOPNOTSUPP || ret == -EINVAL)
			err_help(err, "is %s a bridge? `ip -d link show %s` tells", bridge, bridge);
	}
	return finish(tap, ret, err);
}

void tap_close(struct tap *tap)
{
	close_fd(&tap->fd);
}

int tap_offload(int fd, unsigned offload, struct err *err)
{
	if (ioctl(fd, TUNSETOFFLOAD, offload))
		return err_sys(err, errno, "cannot set a tap's offloads");
	return 0;
}
