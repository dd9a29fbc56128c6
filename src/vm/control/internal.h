/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of src/vm/control. */
#ifndef VM_CONTROL_INTERNAL_H
#define VM_CONTROL_INTERNAL_H

#include <json-c/json.h>

#include "vm/control/control.h"

#define CLIENT_OUT_MAX    (256 * KIB) /* what may wait for a client */
#define CLIENT_OBJECT_MAX (64 * KIB)
#define CLIENT_DEPTH_MAX  32

struct control_client {
	struct control *control;
	unsigned slot; /* in control->clients */
	struct loop_source source;
	struct json_tokener *tokener;
	size_t object_size; /* of the object that has begun */
	bool skipping;      /* the rest of a line that could not be parsed */
	bool negotiated;    /* it has sent qmp_capabilities, and gets events */
	bool closing;       /* no more of it is read */
	char *out;
	size_t out_len, out_size;
};

/* The machine's name is free again. Its directory stays, for control_clean(). */
void control_drop_name(struct control *control);

/* Takes the descriptor. NULL: it was closed. */
struct control_client *client_open(struct control *control, unsigned slot, int fd);
void client_close(struct control_client *client);
/* Sends an object, and releases it. */
void client_send(struct control_client *client, struct json_object *json);

/* Sends the greeting. */
void qmp_greet(struct control_client *client);
/* Answers an object that the client has sent. */
void qmp_handle(struct control_client *client, struct json_object *request);
/* Answers what is no JSON. */
void qmp_refuse(struct control_client *client, const char *why);
struct json_object *qmp_version(void);

/*
 * One command. Returns what is answered, which the caller releases; NULL for an empty object.
 */
struct control_command {
	const char *name;
	struct json_object *(*run)(struct control *control);
};

extern const struct control_command control_commands[]; /* ends with a NULL name */

#endif
