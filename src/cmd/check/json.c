// SPDX-License-Identifier: GPL-2.0-or-later
/* A readiness report as JSON: docs/user/json.md describes the schema. */
#include "cmd/ui/json.h"
#include "cmd/check/check.h"
#include "cmd/source/reading.h"

static struct json_object *finding_json(const struct host *host, const struct finding *finding)
{
	struct json_object *json = json_object_new_object();
	struct json_object *list = json_object_new_array();

	json_add_text(json, "check", check_name(finding->check));
	json_add_text(json, "title", check_title(finding->check));
	json_add_text(json, "severity", severity_name(finding->severity));
	if (finding->dev == HOST_NONE)
		json_add_null(json, "device");
	else
		json_add_addr(json, "device", host->devs[finding->dev].addr);
	json_add_text(json, "text", finding->text);
	for (unsigned i = 0; i < finding->nr_evidence; i++) {
		struct json_object *one = json_object_new_object();

		json_add_text(one, "file", finding->evidence[i].file);
		json_add_text(one, "said", finding->evidence[i].said);
		json_object_array_add(list, one);
	}
	json_add(json, "evidence", list);
	json_add_text(json, "fix", finding->fix);
	return json;
}

struct json_object *check_json(struct checking *checking)
{
	const struct host *host = &checking->planning.view.host;
	const struct report *report = &checking->report;
	struct json_object *json = json_object_new_object();
	struct json_object *devices = json_object_new_array();
	struct json_object *findings = json_object_new_array();
	struct json_object *counts = json_object_new_object();

	for (unsigned i = 0; i < checking->facts.nr_devs; i++)
		json_object_array_add(devices, json_addr(host->devs[checking->facts.devs[i]].addr));
	for (unsigned i = 0; i < report->count; i++)
		json_object_array_add(findings, finding_json(host, &report->findings[i]));
	for (enum severity s = 0; s < SEVERITY_COUNT; s++)
		json_add_number(counts, severity_name(s), report->counts[s]);
	json_add_text(json, "source", host->origin);
	json_add(json, "devices", devices);
	json_add_number(json, "memory", checking->facts.memory);
	json_add_text(json, "mode", plan_mode_name(checking->facts.mode));
	json_add_bool(json, "ready", report_is_ready(report));
	json_add(json, "counts", counts);
	json_add(json, "findings", findings);
	reading_add_json(host, json);
	return json;
}
