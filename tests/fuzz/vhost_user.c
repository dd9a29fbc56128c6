// SPDX-License-Identifier: GPL-2.0-or-later
/* What a vhost-user back end answers; after the input it hangs up. */
#include "fuzz.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/own.h"
#include "vm/virtio/vhost_user_message.h"

#define PATIENCE 1000

static void talk(struct vhost_user *user)
{
	const struct vhost_user_region region = { .size = 0x1000, .fd = 0 };
	const struct vhost_user_ring ring = { .size = 8, .kick_fd = 0, .call_fd = 0 };
	struct err err = { 0 };
	u8 config[VHOST_USER_MAX_CONFIG];
	u32 base;
	int ret;

	CLAIM(!(user->features & VHOST_USER_F_PROTOCOL_FEATURES) && user->max_queues <= 0xffff);
	vhost_user_set_features(user, ~0ull, &err);
	vhost_user_get_config(user, config, sizeof(config), &err);
	vhost_user_get_config(user, config, 60, &err);
	vhost_user_set_config(user, 8, config, 4, &err);
	vhost_user_set_memory(user, &region, 1, &err);
	vhost_user_start_ring(user, 0, &ring, &err);
	ret = vhost_user_stop_ring(user, 0, &base, &err);
	CLAIM(ret || !vhost_user_set_features(user, 0, &err) || user->broken);
	/* Broken is for good. */
	if (user->broken)
		CLAIM(vhost_user_stop_ring(user, 0, &base, &err) == -EPIPE);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct vhost_user user;
	struct err err = { 0 };
	int pair[2];

	CLAIM(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	if (size > 16384)
		size = 16384;
	CLAIM(send(pair[1], data, size, 0) == (ssize_t)size);
	shutdown(pair[1], SHUT_WR);
	if (!vhost_user_open(&user, pair[0], "back end", PATIENCE, &err))
		talk(&user);
	else
		CLAIM(*err.text);
	vhost_user_close(&user);
	close_fd(&pair[1]);
	return 0;
}
