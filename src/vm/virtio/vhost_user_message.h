/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vhost-user messages on the wire, in the host's byte order. For vhost_user.c and its tests. */
#ifndef VM_VIRTIO_VHOST_USER_MESSAGE_H
#define VM_VIRTIO_VHOST_USER_MESSAGE_H

#include "vm/virtio/vhost_user.h"

enum vhost_user_request {
	VHOST_USER_GET_FEATURES = 1,
	VHOST_USER_SET_FEATURES = 2,
	VHOST_USER_SET_OWNER = 3,
	VHOST_USER_SET_MEM_TABLE = 5,
	VHOST_USER_SET_VRING_NUM = 8,
	VHOST_USER_SET_VRING_ADDR = 9,
	VHOST_USER_SET_VRING_BASE = 10,
	VHOST_USER_GET_VRING_BASE = 11,
	VHOST_USER_SET_VRING_KICK = 12,
	VHOST_USER_SET_VRING_CALL = 13,
	VHOST_USER_GET_PROTOCOL_FEATURES = 15,
	VHOST_USER_SET_PROTOCOL_FEATURES = 16,
	VHOST_USER_GET_QUEUE_NUM = 17,
	VHOST_USER_SET_VRING_ENABLE = 18,
	VHOST_USER_GET_CONFIG = 24,
	VHOST_USER_SET_CONFIG = 25,
};

#define VHOST_USER_VERSION      1u
#define VHOST_USER_VERSION_MASK 3u
#define VHOST_USER_REPLY        BIT(2)
#define VHOST_USER_NEED_REPLY   BIT(3)

/* A bit of the virtio features: the back end has protocol features. */
#define VHOST_USER_F_PROTOCOL_FEATURES BIT_ULL(30)

#define VHOST_USER_PROTOCOL_MQ        BIT_ULL(0)
#define VHOST_USER_PROTOCOL_REPLY_ACK BIT_ULL(3)
#define VHOST_USER_PROTOCOL_CONFIG    BIT_ULL(9)

struct vhost_user_header {
	u32 request;
	u32 flags;
	u32 size; /* size of the body */
};

struct vhost_user_memory {
	u32 nr;
	u32 padding;
	struct {
		u64 gpa;
		u64 size;
		u64 address;
		u64 offset;
	} regions[VHOST_USER_MAX_REGIONS];
};

struct vhost_user_state {
	u32 index;
	u32 value;
};

struct vhost_user_address {
	u32 index;
	u32 flags;
	u64 desc;
	u64 used;
	u64 avail;
	u64 log;
};

struct vhost_user_config {
	u32 offset;
	u32 size;
	u32 flags;
	u8 bytes[VHOST_USER_MAX_CONFIG];
};

#define VHOST_USER_CONFIG_HEADER offsetof(struct vhost_user_config, bytes)

struct vhost_user_message {
	struct vhost_user_header header;
	union {
		u64 value;
		struct vhost_user_state state;
		struct vhost_user_address address;
		struct vhost_user_memory memory;
		struct vhost_user_config config;
	} __attribute__((packed)) body;
} __attribute__((packed));

/* The layout on the wire. */
_Static_assert(sizeof(struct vhost_user_header) == 12, "header");
_Static_assert(offsetof(struct vhost_user_message, body) == 12, "body");
_Static_assert(sizeof(struct vhost_user_address) == 40, "ring addresses");

#endif
