// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon explain --json`: docs/user/json.md describes the schema. */
#include "cmd/ui/json.h"
#include "cmd/explain/explain.h"
#include "cmd/source/reading.h"
#include "host/groups/advice.h"

struct json_object *explain_places_json(const struct host *host, const struct why *why)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < why->count; i++) {
		bool again = why->line[i].at == HOST_NONE;

		for (unsigned k = 0; k < i; k++)
			again |= why->line[k].at == why->line[i].at;
		if (!again)
			json_object_array_add(list, json_addr(host->devs[why->line[i].at].addr));
	}
	return list;
}

static struct json_object *group_json(const struct explanation *it)
{
	struct json_object *json = json_object_new_object();
	struct json_object *devices = json_object_new_array();
	const struct groups *groups = it->view->groups;

	if (it->group->id == HOST_NONE)
		json_add_null(json, "id");
	else
		json_add_number(json, "id", it->group->id);
	json_add_bool(json, "predicted", groups == &it->view->predicted);
	for (unsigned i = 0; i < it->group->count; i++)
		json_object_array_add(devices,
			json_addr(it->view->host.devs[groups->member[it->group->first + i]].addr));
	json_add(json, "devices", devices);
	return json;
}

static struct json_object *acs_json(const struct host_dev *dev, const struct isolation *is)
{
	struct json_object *json;
	char text[PCI_ACS_TEXT_SIZE];

	if (!dev->acs.present || !host_knows(dev, HOST_ACS_BITS))
		return NULL;
	json = json_object_new_object();
	json_add_text(json, "offered", pci_acs_text(dev->acs.cap, text));
	json_add_text(json, "on", pci_acs_text(dev->acs.ctrl, text));
	json_add_text(json, "missing", pci_acs_text(is->missing, text));
	return json;
}

static struct json_object *step_json(const struct explanation *it, int index)
{
	const struct host *host = &it->view->host;
	const struct host_dev *dev = &host->devs[index];
	struct isolation is = isolation_of(host, dev);
	struct json_object *json = json_object_new_object();
	char reason[WHY_ISOLATION_TEXT];

	json_add_addr(json, "device", dev->addr);
	json_add_text(json, "kind", why_kind(host, dev));
	if (is.reason == ISOLATION_UNKNOWN)
		json_add_null(json, "isolates");
	else
		json_add_bool(json, "isolates", is.isolates);
	json_add_text(json, "reason", why_isolation_name(is.reason));
	json_add_text(json, "text", why_isolation(&is, reason));
	json_add_text(json, "quirk", is.quirk);
	json_add(json, "acs", acs_json(dev, &is));
	return json;
}

static struct json_object *remedies_json(const struct explanation *it)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < it->remedies.count; i++) {
		const struct remedy *remedy = &it->remedies.list[i];
		struct json_object *json = json_object_new_object();
		struct json_object *devices = json_object_new_array();

		json_add_text(json, "kind", remedy_name(remedy->kind));
		json_add_text(json, "text", remedy->text);
		for (unsigned k = 0; k < remedy->nr_devs; k++)
			json_object_array_add(
				devices, json_addr(it->view->host.devs[remedy->dev[k]].addr));
		json_add(json, "devices", devices);
		json_object_array_add(list, json);
	}
	return list;
}

static struct json_object *notes_json(const struct explanation *it)
{
	struct json_object *list = json_object_new_array();
	struct advice advice[ADVICE_KINDS];
	unsigned count = advice_for(&it->view->host, it->dev, advice);

	for (unsigned i = 0; i < count; i++) {
		struct json_object *json = json_object_new_object();

		json_add_text(json, "kind", advice_name(advice[i].kind));
		json_add_text(json, "text", advice[i].text);
		json_object_array_add(list, json);
	}
	return list;
}

static struct json_object *quirks_json(const struct explanation *it)
{
	static const char *const when[] = { "always", "vga", "option" };
	struct pci_quirk_facts facts = explain_facts(it);
	struct json_object *list = json_object_new_array();

	for (unsigned id = 0; id < PCI_QUIRKS; id++) {
		const struct pci_quirk *quirk = pci_quirk(id);
		struct json_object *json;

		if (!pci_quirk_fits(id, &facts))
			continue;
		json = json_object_new_object();
		json_add_text(json, "name", quirk->name);
		json_add_text(json, "when", when[quirk->when]);
		json_add_text(json, "what", quirk->what);
		json_object_array_add(list, json);
	}
	return list;
}

void explain_json(const struct explanation *it)
{
	struct json_object *json = json_object_new_object();
	struct json_object *path = json_object_new_array();
	struct json_object *why = json_object_new_array();
	const struct host *host = &it->view->host;

	for (int i = it->dev; i != HOST_NONE; i = host->devs[i].parent)
		json_object_array_add(path, step_json(it, i));
	for (unsigned i = 0; i < it->why.count; i++)
		json_object_array_add(why, json_object_new_string(it->why.line[i].text));
	json_add_text(json, "source", host->origin);
	json_add_addr(json, "device", host->devs[it->dev].addr);
	json_add(json, "guest", view_guest_json(uses_guest(view_guests(it->view), it->dev)));
	json_add(json, "group", it->group ? group_json(it) : NULL);
	json_add(json, "path", path);
	json_add(json, "lost_at", explain_places_json(host, &it->why));
	json_add(json, "why", why);
	json_add(json, "choices", remedies_json(it));
	json_add(json, "notes", notes_json(it));
	json_add(json, "quirks", quirks_json(it));
	json_add_text(json, "difference", why_difference_name(it->why.difference));
	reading_add_json(host, json);
	json_print(json);
}
