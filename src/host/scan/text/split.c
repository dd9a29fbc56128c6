// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/scan/text/split.h"

#include <ctype.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "host/facts/class.h"
#include "host/scan/config.h"
#include "host/scan/scan.h"
#include "pci/caps.h"

/* Takes ids such as "[10de:2482]" from the text before the address. */
static void ids_in_lead(struct span lead, struct lspci_head *head)
{
	struct span ids = span_after(lead, "[");

	for (; ids.len >= 10; ids = span_after(ids, "[")) {
		u16 vendor, device;

		if (ids.at[4] != ':' || ids.at[9] != ']' ||
			!text_hex16((struct span){ ids.at, 4 }, &vendor) ||
			!text_hex16((struct span){ ids.at + 5, 4 }, &device))
			continue;
		head->vendor = vendor;
		head->device = device;
		head->has_ids = true;
	}
}

/* Reads "01:00.0 VGA compatible controller GA104", where two blanks end a class without a colon. */
static bool spaced_head(struct splitter *s, struct span rest, struct lspci_head *head)
{
	size_t n = 0;

	rest = span_trim(rest);
	while (n + 1 < rest.len && !(rest.at[n] == ' ' && rest.at[n + 1] == ' ') &&
		rest.at[n] != '\t')
		n++;
	if (n < 3 || n > 72)
		return false;
	if (n + 1 >= rest.len)
		n = rest.len;
	head->class = pci_names_find_class(s->record.names, rest.at, n);
	head->name = span_trim(span_from(rest, n));
	return head->class >= 0;
}

bool split_find_head(
	struct splitter *s, struct span line, struct lspci_head *head, struct span *lead)
{
	size_t at, len, from = 0;
	bool first = true;

	for (unsigned tries = 0; tries < 4; tries++) {
		struct pci_addr addr;

		at = text_find_addr(line, from, &addr, &len);
		if (!len)
			return false;
		*head = (struct lspci_head){ 0 };
		*lead = (struct span){ line.at, at };
		if (lspci_head(&s->record, span_from(line, at), head) &&
			(head->class >= 0 || (first && !at))) {
			ids_in_lead(*lead, head);
			return true;
		}
		head->addr = addr;
		if (spaced_head(s, span_from(line, at + len), head)) {
			ids_in_lead(*lead, head);
			return true;
		}
		first = false;
		from = at + len;
	}
	return false;
}

static void open_record(struct splitter *s, const struct lspci_head *head)
{
	struct host_dev *dev;

	split_end_record(s);
	dev = split_device(s, head->addr);
	if (!dev)
		return;
	s->record = (struct lspci_record){
		.host = s->raw,
		.names = s->record.names,
		.records = &s->map,
		.dev = dev,
		.indent = s->line.indent,
	};
	s->record_at = dev - s->raw->devs;
	if (head->class >= 0) {
		dev->class = (u32)head->class << 8;
		dev->known |= HOST_CLASS;
	}
	lspci_name(&s->record, head->name);
	if (head->has_ids && !host_knows(dev, HOST_IDS)) {
		dev->vendor = head->vendor;
		dev->device = head->device;
		dev->known |= HOST_IDS;
		dev->known &= ~HOST_IDS_BY_NAME;
	}
}

/* The kinds of line */

/*
 * Whether a line is a prompt with a command, or just a command's name, as scripts print above its
 * output.
 */
static bool is_command(struct span line)
{
	static const char *const commands[] = { "lspci", "dmesg", "journalctl", "find /", "ls -",
		"ls /", "tree /", "for d in", "for g in", "shopt ", "uname ", "cat /", "virsh ",
		"driverctl ", "sudo ", "grep ", "readlink ", "pvesh " };
	struct span rest = line;
	size_t at = 0;

	if (span_starts(rest, "$ ") || span_starts(rest, "% "))
		return true;
	while (at + 1 < rest.len && at < 80 &&
		!((rest.at[at] == '$' || rest.at[at] == '#' || rest.at[at] == '%') &&
			rest.at[at + 1] == ' '))
		at++;
	if (at + 1 < rest.len && at < 80 && at > 0 &&
		(memchr(rest.at, '@', at) || rest.at[at - 1] == ']' || rest.at[at - 1] == '~'))
		return true;
	for (size_t i = rest.len < 64 ? rest.len : 64; i-- > 0;)
		if (rest.at[i] == '/' && i < 16 && span_starts(rest, "/")) {
			rest = span_from(rest, i + 1);
			break;
		}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (span_starts(rest, commands[i]))
			return true;
	return false;
}

/* Whether a line can only follow a head line. */
static bool proves_head(struct span line)
{
	static const char *const starts[] = { "Subsystem:", "Flags:", "Control:", "DeviceName:",
		"Physical Slot:", "Kernel driver in use:", "Kernel modules:", "00: ", "!!! " };

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (span_starts(line, starts[i]))
			return true;
	return false;
}

/* Whether a device with this line belongs to the open heading. */
static bool is_under_heading(const struct splitter *s, struct pci_addr addr)
{
	int at = addr_map_get(&s->map, addr);
	bool again = at != HOST_NONE && (int)s->notes[at].listing == s->listing;

	if (s->heading == HOST_NONE || s->heading_bare ||
		(again && s->raw->devs[at].group != s->heading))
		return false;
	if (s->heading_indent == ~0u)
		return s->line.indent >= s->heading_least;
	if (s->line.indent < s->heading_indent || s->has_lead != s->heading_lead)
		return false;
	/* After an empty line, only lines indented like the others belong to the heading. */
	return !s->blank ||
	       (s->heading_indent > s->heading_line && s->line.indent == s->heading_indent);
}

static void open_for_head(struct splitter *s, struct pci_addr addr, int group)
{
	int at = addr_map_get(&s->map, addr);
	bool again = at != HOST_NONE && (int)s->notes[at].listing == s->listing;

	if (group != HOST_NONE) {
		if (again && s->raw->devs[at].group != group)
			split_end_listing(s);
		split_listing(s, LISTING_GROUPS);
		return;
	}
	if (again || !split_is_lspci(s))
		split_end_listing(s);
	if (s->listing == HOST_NONE)
		split_listing(s, LISTING_LSPCI);
	else
		s->reading->listings[s->listing].last = s->line.number;
}

void split_begin(struct splitter *s, const struct lspci_head *head, int group)
{
	bool headed = false;

	if (group == HOST_NONE && is_under_heading(s, head->addr)) {
		group = s->heading;
		headed = true;
	}
	open_for_head(s, head->addr, group);
	open_record(s, head);
	if (!s->record.dev || group == HOST_NONE)
		return;
	s->record.dev->group = group;
	s->record.dev->known |= HOST_GROUP;
	s->record.headed = headed;
	s->notes[s->record_at].group_whole = true;
	s->heading_devices++;
	if (headed && s->heading_indent == ~0u) {
		s->heading_indent = s->line.indent;
		s->heading_lead = s->has_lead;
	}
}

static enum took take_head(struct splitter *s, struct span line)
{
	struct lspci_head head;
	struct span lead;
	int group = HOST_NONE;

	if (!split_find_head(s, line, &head, &lead))
		return TOOK_NOT;
	if (head.class < 0) {
		/*
		 * It may be prose. In either case the following lines do not belong to the last
		 * device.
		 */
		split_end_record(s);
		s->record.in_doubt = true;
		s->record.doubtful = head;
		/* Copy the name: the line may be gone when a later line confirms it. */
		s->record.doubtful.name.at = host_string(s->raw, head.name.at, head.name.len);
		if (!s->record.doubtful.name.at)
			s->ret = -ENOMEM;
		return TOOK_IT;
	}
	group = groups_in_lead(lead);
	s->has_lead = lead.len > 0;
	split_begin(s, &head, group);
	return TOOK_IT;
}

/*
 * The first heading shows whether records under headings have details; a complete lspci may follow.
 */
static void check_heading(struct splitter *s)
{
	struct record_note *note = &s->notes[s->record_at];

	if (!s->record.headed || !s->record.verbose)
		return;
	if (!s->heading_seen) {
		s->heading_seen = true;
		s->heading_details = s->heading_devices <= 1;
	}
	if (s->heading_details)
		return;
	s->record.headed = false;
	if (!s->record.group_shown) {
		s->record.dev->group = HOST_NONE;
		s->record.dev->known &= ~HOST_GROUP;
	}
	note->group_whole = false;
	s->heading = HOST_NONE;
}

static void raise_kind(struct splitter *s)
{
	struct listing *listing = &s->reading->listings[s->listing];

	listing->last = s->line.number;
	if (!split_is_lspci(s))
		return;
	if (s->record.verbose)
		listing->kind = LISTING_LSPCI_VERBOSE;
	else if (s->record.driver_shown && listing->kind == LISTING_LSPCI)
		listing->kind = LISTING_LSPCI_DRIVERS;
}

static enum took take_detail(struct splitter *s, struct span line)
{
	struct lspci_record *record = &s->record;

	if (record->in_doubt && !s->ret && proves_head(line)) {
		struct lspci_head head = record->doubtful;

		split_begin(s, &head, HOST_NONE);
	}
	record->in_doubt = false;
	if (!record->dev)
		return TOOK_NOT;
	record->dev = &s->raw->devs[s->record_at];
	if (!lspci_hex(record, line) && !lspci_detail(record, line)) {
		bool inside = s->line.indent > record->indent || record->in != IN_HEAD ||
			      text_is_labelled(line);

		if (s->blank || !inside)
			return TOOK_NOT;
	}
	check_heading(s);
	raise_kind(s);
	return TOOK_IT;
}

static void end_ignored(struct splitter *s)
{
	struct reading *reading = s->reading;

	if (s->ignored_first && reading->nr_ignored < READING_KEPT)
		reading->ignored[reading->nr_ignored++].last = s->ignored_last;
	s->ignored_first = 0;
}

static void ignore(struct splitter *s)
{
	struct reading *reading = s->reading;

	reading->ignored_lines++;
	if (!s->ignored_first) {
		s->ignored_first = s->line.number;
		if (reading->nr_ignored < READING_KEPT)
			reading->ignored[reading->nr_ignored] = (struct ignored){
				.first = s->line.number,
				.text = host_string(s->raw, s->line.text.at,
					s->line.text.len < 60 ? s->line.text.len : 60),
			};
	}
	s->ignored_last = s->line.number;
}

/* "IOMMU group: 14" may be a line within a record with details, or a heading above devices. */
static bool is_detail_first(const struct splitter *s, struct span line)
{
	return s->record.dev && !s->blank &&
	       (s->record.verbose || s->line.indent > s->record.indent) &&
	       span_starts(line, "IOMMU group: ");
}

static enum took take_text(struct splitter *s, struct span line)
{
	if (is_detail_first(s, line))
		return take_detail(s, line);
	if (tree_line(s, s->line.raw) || table_line(s, s->line.raw))
		return TOOK_IT;
	if (kernel_line(s, line) || records_line(s, line) || machine_line(s, line) ||
		paths_line(s, line) || groups_line(s, line))
		return TOOK_IT;
	return take_head(s, line) || take_detail(s, line) ? TOOK_IT : TOOK_NOT;
}

static void take_line(struct splitter *s)
{
	struct span line;

	/* A rule across a table. */
	if (!s->line.text.len && s->table.active && span_trim(s->line.raw).len)
		return;
	if (!s->line.text.len) {
		s->blank = true;
		if (split_is_open(s, LISTING_LSPCI_RECORDS))
			split_end_record(s);
		if (s->table.active || s->tree.active)
			split_end_listing(s);
		return;
	}
	if (s->line.removed)
		return;
	if (is_command(s->line.text)) {
		end_ignored(s);
		split_end_listing(s);
		return;
	}
	line = split_join(s);
	if (take_text(s, line)) {
		end_ignored(s);
		s->blank = false;
		return;
	}
	ignore(s);
	/* Other kernel messages may come between those that are read. */
	if (!split_is_open(s, LISTING_KERNEL))
		split_end_listing(s);
	s->blank = false;
}

static void split(struct splitter *s)
{
	split_peek(s);
	while (s->has_next && !s->ret) {
		s->line = s->next;
		split_peek(s);
		take_line(s);
	}
	end_ignored(s);
	split_end_listing(s);
	s->reading->nr_lines = s->text.number;
}

int scan_lspci_names(
	struct host *host, struct pci_names *names, const char *text, size_t size, struct err *err)
{
	struct host raw = { 0 };
	struct splitter s = { .raw = &raw,
		.listing = HOST_NONE,
		.heading = HOST_NONE,
		.reading = host_alloc(&raw, sizeof(*s.reading)) };
	int ret = s.reading ? text_open(&s.text, text, size) : -ENOMEM;

	host->source = HOST_LSPCI;
	if (!ret) {
		*s.reading = (struct reading){ 0 };
		s.record.names = names;
		s.record.records = &s.map;
		s.record.host = &raw;
		split(&s);
		ret = s.ret;
	}
	if (!ret)
		ret = merge_records(&s, host);
	text_close(&s.text);
	addr_map_close(&s.map);
	free(s.notes);
	free(s.joined);
	host_adopt(host, &raw);
	host_close(&raw);
	if (ret)
		return err_sys(err, -ret, "cannot hold the devices of the text");
	host->reading = s.reading;
	if (!host->count) {
		if (s.reading->nr_ignored)
			err_set(err, EINVAL,
				"there is no lspci record in it, nor a list of IOMMU groups; line "
				"%u is "
				"the first of %u that say nothing of devices: \"%s\"",
				s.reading->ignored[0].first, s.reading->ignored_lines,
				s.reading->ignored[0].text ? s.reading->ignored[0].text : "");
		else
			err_set(err, EINVAL,
				"there is no lspci record in it, nor a list of IOMMU groups");
		return err_help(err, "make one with: sudo lspci -vvvnn > FILE");
	}
	host_link(host);
	merge_conclude(host, s.reading);
	return 0;
}

int scan_lspci(struct host *host, const char *text, size_t size, struct err *err)
{
	struct pci_names *names = pci_names_open();
	int ret;

	if (!names)
		return err_sys(err, ENOMEM, "cannot read the text");
	ret = scan_lspci_names(host, names, text, size, err);
	pci_names_close(names);
	return ret;
}
