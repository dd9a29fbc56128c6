// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "host/check/check_internal.h"

static const char *keep(struct report *report, const char *fmt, va_list args)
{
	const char *text = arena_vprintf(&report->memory, fmt, args);

	return text ? text : "";
}

const char *look_text(struct look *look, const char *fmt, ...)
{
	const char *text;
	va_list args;

	va_start(args, fmt);
	text = keep(look->report, fmt, args);
	va_end(args);
	return text;
}

const char *look_file(struct look *look, const struct host_dev *dev, const char *file)
{
	char addr[PCI_ADDR_SIZE];

	return look_text(look, "/sys/bus/pci/devices/%s/%s", pci_addr_text(dev->addr, addr), file);
}

const char *look_driver(const struct host_dev *dev)
{
	return dev->driver ? dev->driver : "no driver";
}

bool look_goes(const struct look *look, unsigned dev)
{
	for (unsigned i = 0; i < look->facts->nr_devs; i++)
		if (look->facts->devs[i] == dev)
			return true;
	return false;
}

void found(struct look *look, enum severity severity, const char *fmt, ...)
{
	struct report *report = look->report;
	struct finding *finding;
	va_list args;

	if (array_room(report->findings, report->count, 1)) {
		report->memory.failed = true;
		return;
	}
	finding = &report->findings[report->count++];
	report->counts[severity]++;
	*finding = (struct finding){ look->check, severity, look->d ? (int)look->dev : HOST_NONE };
	va_start(args, fmt);
	finding->text = keep(report, fmt, args);
	va_end(args);
}

static struct finding *last(struct look *look)
{
	struct report *report = look->report;

	return report->memory.failed || !report->count ? NULL
						       : &report->findings[report->count - 1];
}

void evidence(struct look *look, const char *file, const char *fmt, ...)
{
	struct finding *finding = last(look);
	va_list args;

	if (!finding || finding->nr_evidence == FINDING_EVIDENCE)
		return;
	va_start(args, fmt);
	finding->evidence[finding->nr_evidence].said = keep(look->report, fmt, args);
	va_end(args);
	finding->evidence[finding->nr_evidence++].file = look_text(look, "%s", file);
}

void fix(struct look *look, const char *fmt, ...)
{
	struct finding *finding = last(look);
	va_list args;

	if (!finding)
		return;
	va_start(args, fmt);
	finding->fix = keep(look->report, fmt, args);
	va_end(args);
}

static void ask(struct look *look)
{
	if ((look->check->needs & NEEDS_PLATFORM && !look->platform) ||
		(look->check->needs & NEEDS_USES && !look->uses))
		found(look, SEVERITY_UNKNOWN, "the output of lspci does not tell");
	else
		look->check->look(look);
}

static void ask_all(struct look *look)
{
	for (unsigned i = 0; (look->check = check_at(i)); i++)
		if ((look->check->subject == CHECK_DEVICE) == !!look->d)
			ask(look);
}

int report_make(struct report *report, const struct check_facts *facts)
{
	struct look look = {
		.report = report,
		.facts = facts,
		.host = facts->host,
		.platform = facts->platform,
		.uses = facts->uses,
	};

	*report = (struct report){ 0 };
	ask_all(&look);
	for (unsigned i = 0; i < facts->nr_devs; i++) {
		look.dev = facts->devs[i];
		look.d = &facts->host->devs[look.dev];
		pci_addr_text(look.d->addr, look.name);
		ask_all(&look);
	}
	return report->memory.failed ? -ENOMEM : 0;
}

bool report_is_ready(const struct report *report)
{
	for (unsigned i = 0; i < report->count; i++)
		if (report->findings[i].check->look == check_group &&
			report->findings[i].severity == SEVERITY_UNKNOWN)
			return false;
	return !report->counts[SEVERITY_WARN] && !report->counts[SEVERITY_FAIL];
}

void report_close(struct report *report)
{
	arena_close(&report->memory);
	free(report->findings);
	*report = (struct report){ 0 };
}
