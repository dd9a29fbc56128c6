/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of src/vm/control. */
#ifndef VM_CONTROL_INTERNAL_H
#define VM_CONTROL_INTERNAL_H

#include <json-c/json.h>

#include "vm/control/control.h"

#define CLIENT_OUT_MAX    (256 * KIB) /* what may wait for a client */
#define CLIENT_OBJECT_MAX (64 * KIB)
#define CLIENT_DEPTH_MAX  32
#define CLIENT_SETS       4

struct control_client {
	struct control *control;
	unsigned slot; /* in control->clients */
	struct loop_source source;
	struct json_tokener *tokener;
	size_t object_size;    /* of the object that has begun */
	bool skipping;         /* the rest of a line that could not be parsed */
	bool negotiated;       /* it has sent qmp_capabilities, and gets events */
	bool closing;          /* no more of it is read */
	int passed;            /* a descriptor that came with its last bytes; -1: none */
	int sets[CLIENT_SETS]; /* those of add-fd, by number; -1: free */
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
 * A member of an object: @type is "str", "int", "bool", the name of a row of control_objects[], or
 * a list of one of these: "[str]".
 */
struct control_member {
	const char *name, *type;
	bool optional;
};

#define CONTROL_MEMBERS 16

/* What commands answer; a list of objects that query-qmp-schema shows, too. */
struct control_object {
	const char *name;
	struct control_member members[CONTROL_MEMBERS]; /* ends with a NULL name */
};

extern const struct control_object control_objects[]; /* ends with a NULL name */

/* One call of a command. */
struct control_call {
	struct control *control;
	struct control_client *client;
	struct json_object *arguments; /* they fit the command's row; NULL: none were given */
	struct err err;                /* code 0: it has worked */
	const char *class;             /* of the error; NULL: GenericError */
};

/*
 * One command. Returns what is answered, which the caller releases; NULL for an empty object, or
 * with @call->err set.
 */
struct control_command {
	const char *name;
	struct json_object *(*run)(struct control_call *call);
	const char *returns;                /* a type; NULL: an empty object */
	struct control_member arguments[6]; /* ends with a NULL name */
};

/* The arguments' values, or what is given here in place of those that are not there. */
const char *call_text(const struct control_call *call, const char *name);
bool call_flag(const struct control_call *call, const char *name);
s64 call_number(const struct control_call *call, const char *name, s64 none);

/* The table's commands that have a file of their own. */
struct json_object *command_query_pci(struct control_call *call);
struct json_object *command_query_block(struct control_call *call);
struct json_object *command_query_blockstats(struct control_call *call);
struct json_object *command_eject(struct control_call *call);
struct json_object *command_close_tray(struct control_call *call);
struct json_object *command_query_schema(struct control_call *call);
struct json_object *command_human(struct control_call *call);
struct json_object *command_add_fd(struct control_call *call);
struct json_object *command_remove_fd(struct control_call *call);
struct json_object *command_screendump(struct control_call *call);

/* The command of this name, or NULL. */
const struct control_command *control_find(const char *name);

/* The events that there are, with a NULL behind the last; those with data have @data. */
struct control_event_row {
	const char *name;
	bool data;
};
extern const struct control_event_row control_events[];

extern const struct control_command control_commands[]; /* ends with a NULL name */

#endif
