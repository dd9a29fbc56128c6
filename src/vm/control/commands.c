// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of commands. Names and answers are those of QEMU's protocol. */
#include <stdio.h>

#include "vm/control/internal.h"
#include "vm/vcpu/vcpu.h"

static struct json_object *query_status(struct control *control)
{
	bool paused = control->ops->is_paused(control->owner);
	bool asleep = control->ops->is_asleep(control->owner);
	const char *status = paused ? "paused" : asleep ? "suspended" : "running";
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "status", json_object_new_string(status));
	json_object_object_add(json, "singlestep", json_object_new_boolean(false));
	json_object_object_add(json, "running", json_object_new_boolean(!paused && !asleep));
	return json;
}

static struct json_object *query_version(struct control *control)
{
	return qmp_version();
}

static struct json_object *query_cpus_fast(struct control *control)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; control->vcpus && i < control->vcpus->nr; i++) {
		struct json_object *cpu = json_object_new_object();
		char path[64];

		snprintf(path, sizeof(path), "/machine/cpu[%u]", i);
		json_object_object_add(cpu, "cpu-index", json_object_new_int((int)i));
		json_object_object_add(cpu, "qom-path", json_object_new_string(path));
		json_object_object_add(
			cpu, "thread-id", json_object_new_int(vcpus_thread(control->vcpus, i)));
		json_object_object_add(cpu, "target", json_object_new_string("x86_64"));
		json_object_array_add(list, cpu);
	}
	return list;
}

static struct json_object *query_commands(struct control *control)
{
	struct json_object *list = json_object_new_array();

	for (const struct control_command *command = control_commands; command->name; command++) {
		struct json_object *json = json_object_new_object();

		json_object_object_add(json, "name", json_object_new_string(command->name));
		json_object_array_add(list, json);
	}
	return list;
}

static struct json_object *stop(struct control *control)
{
	control->ops->pause(control->owner);
	return NULL;
}

static struct json_object *cont(struct control *control)
{
	control->ops->resume(control->owner);
	return NULL;
}

static struct json_object *system_reset(struct control *control)
{
	control->ops->reset(control->owner);
	return NULL;
}

static struct json_object *system_powerdown(struct control *control)
{
	control->ops->press_power(control->owner);
	return NULL;
}

static struct json_object *system_wakeup(struct control *control)
{
	control->ops->wake(control->owner);
	return NULL;
}

static struct json_object *quit(struct control *control)
{
	control->ops->quit(control->owner);
	return NULL;
}

/* The front end answers it; it is here for query-commands. */
static struct json_object *qmp_capabilities(struct control *control)
{
	return NULL;
}

const struct control_command control_commands[] = {
	{ "qmp_capabilities", qmp_capabilities },
	{ "query-commands", query_commands },
	{ "query-cpus-fast", query_cpus_fast },
	{ "query-status", query_status },
	{ "query-version", query_version },
	{ "cont", cont },
	{ "quit", quit },
	{ "stop", stop },
	{ "system_powerdown", system_powerdown },
	{ "system_reset", system_reset },
	{ "system_wakeup", system_wakeup },
	{ NULL },
};
