// SPDX-License-Identifier: GPL-2.0-or-later
/* QEMU's machine protocol as a front end of the commands. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "vm/control/internal.h"

/* The version of QEMU whose protocol this is a subset of. */
#define QEMU_MAJOR 7
#define QEMU_MINOR 2

struct json_object *qmp_version(void)
{
	struct json_object *json = json_object_new_object(), *qemu = json_object_new_object();

	json_object_object_add(qemu, "micro", json_object_new_int(0));
	json_object_object_add(qemu, "minor", json_object_new_int(QEMU_MINOR));
	json_object_object_add(qemu, "major", json_object_new_int(QEMU_MAJOR));
	json_object_object_add(json, "qemu", qemu);
	json_object_object_add(json, "package", json_object_new_string("tenon " TENON_VERSION));
	return json;
}

void qmp_greet(struct control_client *client)
{
	struct json_object *json = json_object_new_object(), *qmp = json_object_new_object();

	json_object_object_add(qmp, "version", qmp_version());
	json_object_object_add(qmp, "capabilities", json_object_new_array());
	json_object_object_add(json, "QMP", qmp);
	client_send(client, json);
}

static struct json_object *failure(const char *class, const char *text)
{
	struct json_object *json = json_object_new_object(), *error = json_object_new_object();

	json_object_object_add(error, "class", json_object_new_string(class));
	json_object_object_add(error, "desc", json_object_new_string(text));
	json_object_object_add(json, "error", error);
	return json;
}

void qmp_refuse(struct control_client *client, const char *why)
{
	client_send(client, failure("GenericError", why));
}

static struct json_object *unknown(const char *name)
{
	char text[160];

	snprintf(text, sizeof(text), "The command %.100s has not been found", name);
	return failure("CommandNotFound", text);
}

/* Until it has sent qmp_capabilities, a client may do nothing else; after that not again. */
static struct json_object *negotiate(struct control_client *client, const char *name)
{
	bool asks = !strcmp(name, "qmp_capabilities");

	if (client->negotiated)
		return asks ? failure("CommandNotFound",
				      "Capabilities negotiation is already complete, command "
				      "ignored")
			    : NULL;
	if (!asks)
		return failure("CommandNotFound",
			"Expecting capabilities negotiation with 'qmp_capabilities'");
	client->negotiated = true;
	return NULL;
}

static bool fits(struct json_object *value, const char *type)
{
	if (!strcmp(type, "str"))
		return json_object_is_type(value, json_type_string);
	if (!strcmp(type, "int"))
		return json_object_is_type(value, json_type_int);
	return !strcmp(type, "bool") && json_object_is_type(value, json_type_boolean);
}

static const struct control_member *member_of(
	const struct control_command *command, const char *name)
{
	const struct control_member *member = command->arguments;

	while (member->name && strcmp(member->name, name))
		member++;
	return member->name ? member : NULL;
}

/* Compares the arguments with the command's row. Returns 0 or -errno. */
static int check_arguments(
	const struct control_command *command, struct json_object *arguments, struct err *err)
{
	if (arguments && !json_object_is_type(arguments, json_type_object))
		return err_set(err, EINVAL, "QMP input member 'arguments' must be an object");
	for (const struct control_member *member = command->arguments; member->name; member++) {
		struct json_object *value;

		if (!json_object_object_get_ex(arguments, member->name, &value)) {
			if (!member->optional)
				return err_set(
					err, EINVAL, "Parameter '%s' is missing", member->name);
		} else if (!fits(value, member->type)) {
			return err_set(err, EINVAL, "Invalid parameter type for '%s', expected: %s",
				member->name, member->type);
		}
	}
	if (!arguments)
		return 0;
	json_object_object_foreach(arguments, name, unused)
	{
		if (!member_of(command, name))
			return err_set(err, EINVAL, "Parameter '%.100s' is unexpected", name);
	}
	return 0;
}

static struct json_object *call(struct control_client *client,
	const struct control_command *command, struct json_object *request)
{
	struct control_call call = { .control = client->control, .client = client };
	struct json_object *json, *result = NULL;

	json_object_object_get_ex(request, "arguments", &call.arguments);
	if (!check_arguments(command, call.arguments, &call.err))
		result = command->run(&call);
	if (call.err.code) {
		json_object_put(result);
		return failure(call.class ? call.class : "GenericError", call.err.text);
	}
	json = json_object_new_object();
	json_object_object_add(json, "return", result ? result : json_object_new_object());
	return json;
}

static struct json_object *answer(struct control_client *client, struct json_object *request)
{
	const struct control_command *command;
	struct json_object *json, *name;

	if (!json_object_is_type(request, json_type_object))
		return failure("GenericError", "QMP input must be a JSON object");
	if (!json_object_object_get_ex(request, "execute", &name) ||
		!json_object_is_type(name, json_type_string))
		return failure("GenericError", "QMP input lacks member 'execute'");
	json = negotiate(client, json_object_get_string(name));
	if (json)
		return json;
	command = control_find(json_object_get_string(name));
	return command ? call(client, command, request) : unknown(json_object_get_string(name));
}

void qmp_handle(struct control_client *client, struct json_object *request)
{
	struct json_object *json = answer(client, request), *id;

	if (json_object_is_type(request, json_type_object) &&
		json_object_object_get_ex(request, "id", &id))
		json_object_object_add(json, "id", json_object_get(id));
	client_send(client, json);
}

static struct json_object *timestamp(void)
{
	struct json_object *json = json_object_new_object();
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	json_object_object_add(json, "seconds", json_object_new_int64(now.tv_sec));
	json_object_object_add(json, "microseconds", json_object_new_int64(now.tv_nsec / 1000));
	return json;
}

const struct control_event_row control_events[] = {
	[CONTROL_STOP] = { "STOP" },
	[CONTROL_RESUME] = { "RESUME" },
	[CONTROL_RESET] = { "RESET", true },
	[CONTROL_POWERDOWN] = { "POWERDOWN" },
	[CONTROL_SHUTDOWN] = { "SHUTDOWN", true },
	[CONTROL_SUSPEND] = { "SUSPEND" },
	[CONTROL_WAKEUP] = { "WAKEUP" },
	{ NULL },
};

static struct json_object *event_json(enum control_event event, bool by_guest, const char *reason)
{
	struct json_object *json = json_object_new_object(), *data;

	json_object_object_add(json, "timestamp", timestamp());
	json_object_object_add(json, "event", json_object_new_string(control_events[event].name));
	if (!control_events[event].data)
		return json;
	data = json_object_new_object();
	json_object_object_add(data, "guest", json_object_new_boolean(by_guest));
	json_object_object_add(data, "reason", json_object_new_string(reason));
	json_object_object_add(json, "data", data);
	return json;
}

void control_event(
	struct control *control, enum control_event event, bool by_guest, const char *reason)
{
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		if (control->clients[i] && control->clients[i]->negotiated)
			client_send(control->clients[i], event_json(event, by_guest, reason));
}
