// SPDX-License-Identifier: GPL-2.0-or-later
/* A readiness report for people. */
#include <stdio.h>
#include <string.h>

#include "cmd/check/check.h"
#include "cmd/source/reading.h"
#include "cmd/ui/term.h"

#define INDENT 9

static const struct {
	const char *word;
	enum style style;
} marks[SEVERITY_COUNT] = {
	[SEVERITY_OK] = { "ok", GOOD },
	[SEVERITY_INFO] = { "info", PLAIN },
	[SEVERITY_UNKNOWN] = { "unknown", FAINT },
	[SEVERITY_WARN] = { "WARN", DOUBTFUL },
	[SEVERITY_FAIL] = { "FAIL", BAD },
};

static void print_line(const struct term *term, const char *lead, const char *text)
{
	fprintf(term->out, "%*s", INDENT, "");
	term_paragraph(term, lead, INDENT + 2, text);
}

static bool same_gap(const struct finding *a, const struct finding *b)
{
	return a->severity == SEVERITY_UNKNOWN && b->severity == SEVERITY_UNKNOWN &&
	       a->dev == b->dev && !strcmp(a->text, b->text);
}

/* Prints checks that lack the same fact together, in the place of the first one. */
static void print_gap(const struct term *term, const struct report *report, unsigned index)
{
	const struct finding *finding = &report->findings[index];
	char text[2048];
	size_t n;

	for (unsigned i = 0; i < index; i++)
		if (same_gap(&report->findings[i], finding))
			return;
	n = snprintf(text, sizeof(text), "%s", check_name(finding->check));
	for (unsigned i = index + 1; i < report->count && n < sizeof(text); i++)
		if (same_gap(&report->findings[i], finding))
			n += snprintf(text + n, sizeof(text) - n, ", %s",
				check_name(report->findings[i].check));
	if (n < sizeof(text))
		snprintf(text + n, sizeof(text) - n, ": %s.", finding->text);
	term_print(
		term, marks[SEVERITY_UNKNOWN].style, "%-*s", INDENT, marks[SEVERITY_UNKNOWN].word);
	term_paragraph(term, "", INDENT, text);
}

static void print_finding(const struct term *term, const struct finding *finding, bool evidence)
{
	char text[2048];

	term_print(term, marks[finding->severity].style, "%-*s", INDENT,
		marks[finding->severity].word);
	snprintf(text, sizeof(text), "%s: %s.", check_name(finding->check), finding->text);
	term_paragraph(term, "", INDENT, text);
	for (unsigned i = 0; evidence && i < finding->nr_evidence; i++) {
		char said[2048];

		snprintf(said, sizeof(said), "%s: %s", finding->evidence[i].file,
			finding->evidence[i].said);
		print_line(term, "- ", said);
	}
	if (finding->fix && finding->severity != SEVERITY_OK)
		print_line(term, "> ", finding->fix);
}

static void print_head(struct checking *checking, const struct term *term, int dev)
{
	const struct host *host = &checking->planning.view.host;
	char addr[PCI_ADDR_SIZE], name[PCI_NAME_SIZE];

	if (dev == HOST_NONE) {
		term_print(term, STRONG, "The host (");
		term_cut(term, STRONG, host->origin, term_left(term, strlen("The host ()")));
		term_print(term, STRONG, ")\n");
		return;
	}
	term_print(term, STRONG, "\n%s  ", pci_addr_text(host->devs[dev].addr, addr));
	term_cut(term, STRONG, view_name(&checking->planning.view, &host->devs[dev], name),
		term_left(term, strlen(addr) + 2));
	fputc('\n', term->out);
}

static void print_summary(const struct checking *checking, const struct term *term, bool all)
{
	const unsigned *n = checking->report.counts;
	enum severity worst = n[SEVERITY_FAIL]   ? SEVERITY_FAIL
			      : n[SEVERITY_WARN] ? SEVERITY_WARN
						 : SEVERITY_OK;
	const char *word = worst == SEVERITY_FAIL                ? "Not ready"
			   : worst == SEVERITY_WARN              ? "Ready with doubts"
			   : !report_is_ready(&checking->report) ? "Not known"
			   : n[SEVERITY_UNKNOWN] ? "Nothing found that is in the way"
						 : "Ready";
	char text[128];

	fputc('\n', term->out);
	term_print(term, marks[worst].style, "%s", word);
	snprintf(text, sizeof(text), ": %u failed, %u doubtful, %u not known, %u fine%s.",
		n[SEVERITY_FAIL], n[SEVERITY_WARN], n[SEVERITY_UNKNOWN],
		n[SEVERITY_OK] + n[SEVERITY_INFO], all ? "" : " (-v shows all)");
	if (term_left(term, strlen(word)) < strlen(text))
		term_paragraph(term, "\n  ", 2, text + 2);
	else
		fprintf(term->out, "%s\n", text);
	if (!checking->facts.nr_devs)
		fputs("No graphics card or accelerator was found; name a device to have it "
		      "checked.\n",
			term->out);
}

/* Whether an earlier function of the same card has the same finding, which is printed only once. */
static bool is_told(const struct checking *checking, unsigned index)
{
	const struct host_dev *devs = checking->planning.view.host.devs;
	const struct finding *finding = &checking->report.findings[index];

	for (unsigned i = 0; i < index && finding->dev != HOST_NONE; i++) {
		const struct finding *before = &checking->report.findings[i];

		if (before->dev != HOST_NONE && before->check == finding->check &&
			before->severity == finding->severity &&
			pci_addr_same_slot(devs[before->dev].addr, devs[finding->dev].addr) &&
			!strcmp(before->text, finding->text))
			return true;
	}
	return false;
}

void check_print(struct checking *checking, bool all)
{
	const struct report *report = &checking->report;
	struct term term = term_of(stdout);
	int shown = HOST_NONE;

	print_head(checking, &term, HOST_NONE);
	for (unsigned i = 0; i < report->count; i++) {
		const struct finding *finding = &report->findings[i];

		if ((finding->severity == SEVERITY_OK && !all) || is_told(checking, i))
			continue;
		if (finding->dev != shown)
			print_head(checking, &term, finding->dev);
		shown = finding->dev;
		if (finding->severity == SEVERITY_UNKNOWN && !all)
			print_gap(&term, report, i);
		else
			print_finding(&term, finding, all || finding->severity >= SEVERITY_WARN);
	}
	print_summary(checking, &term, all);
	reading_print(&checking->planning.view.host, &term);
}
