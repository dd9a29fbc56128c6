/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that is concluded from a host's facts, whichever source they are from: what texts say. */
#ifndef FUZZ_CONCLUDE_H
#define FUZZ_CONCLUDE_H

#include "fuzz.h"
#include "host/check/check.h"
#include "host/groups/advice.h"
#include "host/groups/isolation.h"
#include "host/groups/remedies.h"
#include "host/groups/verdict.h"
#include "host/groups/why.h"

#define CONCLUDE_DEVICES 6 /* of a host, from the first to the last */

static inline void conclude_words(
	const struct check_facts *facts, const struct groups *groups, unsigned dev)
{
	const struct group *group = groups_find(groups, dev);
	struct isolation is = isolation_of(facts->host, &facts->host->devs[dev]);
	struct advice advice[ADVICE_KINDS];
	char text[WHY_ISOLATION_TEXT];
	unsigned nr;
	struct remedies remedies;
	struct why why;

	CLAIM(verdict_name(verdict_of(facts->host, groups, NULL, dev)));
	CLAIM(why_kind(facts->host, &facts->host->devs[dev]));
	nr = advice_for(facts->host, dev, advice);
	CLAIM(nr <= ADVICE_KINDS);
	for (unsigned i = 0; i < nr; i++)
		CLAIM(*advice_name(advice[i].kind));
	why_isolation(&is, text);
	CLAIM(*text && why_isolation_name(is.reason));
	if (!group)
		return;
	CLAIM(!why_group(facts->host, facts->predicted, groups, group, &why));
	CLAIM(why_difference_name(why.difference));
	for (unsigned i = 0; i < why.count; i++)
		CLAIM(why.line[i].text[0] && why_reason_name(why.line[i].reason));
	why_close(&why);
	CLAIM(!remedies_for(facts->host, groups, facts->predicted, dev, &remedies));
	for (unsigned i = 0; i < remedies.count; i++)
		CLAIM(remedies.list[i].text[0] && remedy_name(remedies.list[i].kind));
	remedies_close(&remedies);
}

/* Whatever a ROM allows: what is said of it is in tests/fuzz/rom.c. */
static inline void conclude_rom(struct plan_rom *rom, unsigned dev, unsigned bits)
{
	*rom = (struct plan_rom){ .dev = dev, .known = true, .bios = bits & 1, .efi = bits & 2 };
	strcpy(rom->why_bios, "bios");
	strcpy(rom->why_efi, "efi");
}

static inline void conclude_names(const struct plan *plan)
{
	enum plan_mode mode;

	for (unsigned i = 0; i < plan->nr_devices; i++)
		CLAIM(*plan_part_name(plan->devices[i].part));
	for (unsigned i = 0; i < plan->nr_boot; i++)
		if (plan->boots[i].mode == PLAN_MODE_UNKNOWN)
			CLAIM(*plan_mode_name(plan->boots[i].mode));
		else
			CLAIM(!plan_mode_find(plan_mode_name(plan->boots[i].mode), &mode) &&
				mode == plan->boots[i].mode);
	for (unsigned i = 0; i < plan->nr_objections; i++)
		CLAIM(*plan_objection_name(plan->objections[i].kind));
}

static inline void conclude_plan(const struct check_facts *facts, unsigned dev, bool take_display)
{
	const struct host_dev *card = &facts->host->devs[dev];
	const struct plan_facts plan_facts = { .host = facts->host,
		.uses = facts->uses,
		.modules = facts->modules,
		.roms = facts->roms,
		.nr_roms = facts->nr_roms };
	struct plan_request request = { .devices = &card->addr,
		.count = 1,
		.mode = (dev + take_display) % PLAN_MODE_UNKNOWN,
		.persist = !take_display,
		.user = take_display ? NULL : "fuzz",
		.take_display = take_display };
	char text[512];
	struct plan plan;

	if (!plan_bind(&plan, &plan_facts, &request)) {
		for (unsigned i = 0; i < plan.nr_ops; i++) {
			enum plan_kind kind;

			CLAIM(*plan_op_words(&plan.ops[i], text, sizeof(text)));
			CLAIM(!plan_kind_find(plan_kind_name(plan.ops[i].kind), &kind) &&
				kind == plan.ops[i].kind);
		}
		conclude_names(&plan);
		CLAIM(plan_allowed(&plan, true) || !plan_allowed(&plan, false));
	}
	plan_close(&plan);
}

static inline void conclude_report(struct check_facts *facts, enum plan_mode mode)
{
	struct report report;

	facts->mode = mode;
	CLAIM(!report_make(&report, facts));
	for (unsigned i = 0; i < report.count; i++)
		CLAIM(*report.findings[i].text && check_name(report.findings[i].check) &&
			*check_title(report.findings[i].check) &&
			*severity_name(report.findings[i].severity));
	CLAIM(report_is_ready(&report) || report.count);
	report_close(&report);
}

/* @more: what the source tells beside the host itself; the rest is filled here. */
static inline void conclude(const struct host *host, const struct check_facts *more)
{
	struct groups kernel = { 0 }, predicted = { 0 };
	unsigned devs[CONCLUDE_DEVICES], nr = 0;
	struct plan_rom roms[CONCLUDE_DEVICES];
	struct check_facts facts = *more;

	CLAIM(!groups_of_kernel(host, &kernel) && !groups_predict(host, &predicted));
	facts.host = host;
	facts.kernel = &kernel;
	facts.predicted = &predicted;
	facts.memory = 16 * GIB;
	facts.roms = roms;
	while (nr < CONCLUDE_DEVICES && nr < host->count) {
		devs[nr] = host->count <= CONCLUDE_DEVICES
				   ? nr
				   : nr * (host->count - 1) / (CONCLUDE_DEVICES - 1);
		groups_agree(&kernel, &predicted, devs[nr]);
		/* One device has no ROM that was read. */
		if (nr % 5 != 4)
			conclude_rom(&roms[facts.nr_roms++], devs[nr], nr + host->count);
		conclude_words(&facts, &predicted, devs[nr]);
		conclude_words(&facts, &kernel, devs[nr]);
		conclude_plan(&facts, devs[nr], false);
		conclude_plan(&facts, devs[nr], true);
		nr++;
	}
	facts.devs = devs;
	facts.nr_devs = nr;
	conclude_report(&facts, PLAN_MODE_BIOS);
	conclude_report(&facts, host->count % PLAN_MODE_UNKNOWN);
	groups_close(&kernel);
	groups_close(&predicted);
}

#endif
