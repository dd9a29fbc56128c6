// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/vhost.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vhost.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "base/own.h"

#define DEVICE "/dev/vhost-net"

static int call(
	int fd, unsigned long request, const void *argument, const char *what, struct err *err)
{
	return ioctl(fd, request, argument) ? err_sys(err, errno, "vhost-net: cannot %s", what) : 0;
}

int vhost_net_open(struct err *err)
{
	own_fd int fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return err_sys(err, errno, "cannot open %s", DEVICE);
	ret = call(fd, VHOST_SET_OWNER, NULL, "take it", err);
	return ret ? ret : take_fd(&fd);
}

int vhost_get_features(int fd, u64 *features, struct err *err)
{
	return call(fd, VHOST_GET_FEATURES, features, "ask for features", err);
}

int vhost_set_features(int fd, u64 features, struct err *err)
{
	return call(fd, VHOST_SET_FEATURES, &features, "set features", err);
}

int vhost_set_memory(int fd, const struct vhost_region *regions, unsigned nr, struct err *err)
{
	own_free struct vhost_memory *memory =
		calloc(1, sizeof(*memory) + nr * sizeof(memory->regions[0]));

	if (!memory || nr > VHOST_MAX_REGIONS)
		return err_set(err, ENOMEM, "vhost-net: guest memory has too many parts");
	memory->nregions = nr;
	for (unsigned i = 0; i < nr; i++)
		memory->regions[i] = (struct vhost_memory_region){
			.guest_phys_addr = regions[i].gpa,
			.memory_size = regions[i].size,
			.userspace_addr = (uintptr_t)regions[i].host,
		};
	return call(fd, VHOST_SET_MEM_TABLE, memory, "set guest memory", err);
}

int vhost_set_ring(int fd, unsigned index, const struct vhost_ring *ring, struct err *err)
{
	const struct vhost_vring_state size = { index, ring->size }, base = { index, ring->base };
	const struct vhost_vring_file kick = { index, ring->kick_fd },
				      irq = { index, ring->call_fd };
	const struct vhost_vring_addr where = {
		.index = index,
		.desc_user_addr = (uintptr_t)ring->desc,
		.avail_user_addr = (uintptr_t)ring->avail,
		.used_user_addr = (uintptr_t)ring->used,
	};
	int ret = call(fd, VHOST_SET_VRING_NUM, &size, "set a ring's size", err);

	if (!ret)
		ret = call(fd, VHOST_SET_VRING_BASE, &base, "set a ring's start", err);
	if (!ret)
		ret = call(fd, VHOST_SET_VRING_ADDR, &where, "say where a ring is", err);
	if (!ret)
		ret = call(fd, VHOST_SET_VRING_KICK, &kick, "set a ring's doorbell", err);
	if (!ret)
		ret = call(fd, VHOST_SET_VRING_CALL, &irq, "set a ring's interrupt", err);
	return ret;
}

int vhost_get_base(int fd, unsigned index, u32 *base, struct err *err)
{
	struct vhost_vring_state state = { .index = index };
	int ret = call(fd, VHOST_GET_VRING_BASE, &state, "ask where a ring stands", err);

	if (!ret)
		*base = state.num;
	return ret;
}

int vhost_net_set_backend(int fd, unsigned index, int tap_fd, struct err *err)
{
	const struct vhost_vring_file backend = { index, tap_fd };

	return call(fd, VHOST_NET_SET_BACKEND, &backend, tap_fd < 0 ? "stop" : "start", err);
}
