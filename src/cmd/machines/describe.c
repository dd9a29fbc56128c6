// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/machines/describe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd/machines/client.h"
#include "cmd/machines/defined.h"
#include "cmd/ui/json.h"

/* Copies a member of what a machine has answered, which may be of any kind. */
static void copy(struct json_object *to, const char *name, struct json_object *from,
	const char *member, enum json_type type)
{
	struct json_object *value = NULL;

	if (json_object_object_get_ex(from, member, &value) && json_object_is_type(value, type))
		json_add(to, name, json_object_get(value));
	else
		json_add_null(to, name);
}

/* The threads of the virtual processors. */
static struct json_object *threads_of(struct json_object *cpus)
{
	struct json_object *list = json_object_new_array(), *thread;
	size_t nr = json_object_is_type(cpus, json_type_array) ? json_object_array_length(cpus) : 0;

	for (size_t i = 0; i < nr; i++)
		if (json_object_object_get_ex(
			    json_object_array_get_idx(cpus, i), "thread-id", &thread))
			json_object_array_add(list, json_object_get(thread));
	return list;
}

static s64 number_of(struct json_object *json, const char *member)
{
	struct json_object *value;

	return json_object_object_get_ex(json, member, &value) ? json_object_get_int64(value) : 0;
}

/* What keeps the guest from its devices at present, or NULL; in @text. */
static const char *waits_for(struct json_object *machine, char text[64])
{
	s64 mapped = number_of(machine, "mapped"), total = number_of(machine, "to-map");

	if (mapped < 0 || mapped >= total)
		return NULL;
	snprintf(text, 64, "%d %% of memory is mapped for devices",
		(int)((double)mapped * 100 / (double)total));
	return text;
}

/* Of a machine that runs. */
static struct json_object *describe_running(const char *name, struct err *err)
{
	struct json_object *json = NULL, *status = NULL, *cpus = NULL, *machine = NULL, *threads;
	struct client client;
	char text[64];

	if (!client_connect(&client, name, err))
		status = client_ask(&client, "query-status", err);
	if (status)
		cpus = client_ask(&client, "query-cpus-fast", err);
	if (cpus)
		machine = client_ask(&client, "x-tenon-query-machine", err);
	if (machine) {
		json = json_object_new_object();
		threads = threads_of(cpus);
		json_add_text(json, "name", name);
		copy(json, "state", status, "status", json_type_string);
		json_add_number(json, "pid", client.pid);
		json_add_number(json, "cpus", (s64)json_object_array_length(threads));
		json_add(json, "threads", threads);
		copy(json, "memory", machine, "memory", json_type_int);
		copy(json, "devices", machine, "devices", json_type_array);
		copy(json, "uptime", machine, "uptime", json_type_int);
		json_add_text(json, "waits_for", waits_for(machine, text));
		json_add_null(json, "problem");
	}
	json_object_put(status);
	json_object_put(cpus);
	json_object_put(machine);
	client_disconnect(&client);
	return json;
}

static struct json_object *devices_of(const struct run_request *request)
{
	struct json_object *list = json_object_new_array();
	char text[PCI_ADDR_SIZE];

	for (unsigned i = 0; i < request->config.nr_devices; i++) {
		pci_addr_text(request->devices[i].addr, text);
		if (request->slots[i])
			*strrchr(text, '.') = '\0';
		json_object_array_add(list, json_object_new_string(text));
	}
	return list;
}

/* Of one that is only defined. NULL: it is not. */
static struct json_object *describe_defined(const char *name, struct err *err)
{
	own_free struct run_request *request = calloc(1, sizeof(*request));
	struct json_object *json = NULL;
	struct err problem = { 0 };
	bool defined, fine;

	if (!request || defined_check_name(name, &problem))
		return NULL;
	fine = !defined_read(request, name, &problem);
	defined = fine || problem.code != ENOENT;
	if (!defined)
		*err = problem;
	if (defined) {
		json = json_object_new_object();
		json_add_text(json, "name", name);
		json_add_text(json, "state", fine ? "stopped" : "broken");
		json_add_null(json, "pid");
		json_add(
			json, "cpus", fine ? json_object_new_int((int)request->config.cpus) : NULL);
		json_add(json, "threads", json_object_new_array());
		json_add(json, "memory",
			fine ? json_object_new_int64((s64)request->config.memory) : NULL);
		json_add(json, "devices", devices_of(request));
		json_add_null(json, "uptime");
		json_add_null(json, "waits_for");
		json_add_text(json, "problem", fine ? NULL : problem.text);
	}
	run_request_free(request);
	return json;
}

struct json_object *machine_describe(const char *name, struct err *err)
{
	struct err none = { 0 };
	struct json_object *json = describe_running(name, err);
	own_free char *path = NULL;

	if (!json && err->code == ENOENT) {
		client_clean(name);
		json = describe_defined(name, &none);
		if (json)
			err_clear(err);
	}
	if (!json)
		return NULL;
	if (!defined_file(name, &path, &none) && !access(path, F_OK))
		json_add_text(json, "file", path);
	else
		json_add_null(json, "file");
	return json;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Puts both lists into one piece of memory. */
static char **join(char **a, int nr_a, char **b, int nr_b, int *nr)
{
	size_t size = (size_t)(nr_a + nr_b + 1) * sizeof(char *), all = (size_t)(nr_a + nr_b);
	char **names, *text;

	*nr = 0;
	for (size_t i = 0; i < all; i++)
		size += strlen(i < (size_t)nr_a ? a[i] : b[i - (size_t)nr_a]) + 1;
	names = malloc(size);
	if (!names)
		return NULL;
	text = (char *)(names + all + 1);
	for (size_t i = 0; i < all; i++) {
		names[i] = strcpy(text, i < (size_t)nr_a ? a[i] : b[i - (size_t)nr_a]);
		text += strlen(text) + 1;
	}
	qsort(names, all, sizeof(*names), compare);
	for (size_t i = 0; i < all; i++)
		if (!*nr || strcmp(names[*nr - 1], names[i]))
			names[(*nr)++] = names[i];
	names[*nr] = NULL;
	return names;
}

int machine_names(char ***names)
{
	own_free char **running = NULL, **defined = NULL;
	int nr_running = client_names(&running), nr_defined = defined_names(&defined), nr = 0;

	*names = NULL;
	if (nr_running < 0 || nr_defined < 0)
		return nr_running < 0 ? nr_running : nr_defined;
	*names = join(running, nr_running, defined, nr_defined, &nr);
	return *names ? nr : -ENOMEM;
}
