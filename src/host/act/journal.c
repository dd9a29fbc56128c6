// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/act/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/own.h"

#define JOURNAL_VERSION 1
#define MAX_OPS         4096
#define MAX_DEVICES     1024
#define MAX_SIZE        (4 * MIB)
#define CRC_DIGITS      8

static u32 crc32_of(const char *bytes, size_t size)
{
	u32 crc = ~0u;

	while (size--) {
		crc ^= (u8)*bytes++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static const char *const state_names[] = {
	[JOURNAL_WORKING] = "working",
	[JOURNAL_BOUND] = "bound",
	[JOURNAL_UNDOING] = "undoing",
	[JOURNAL_STUCK] = "stuck",
	[JOURNAL_PERSISTING] = "persisting",
	[JOURNAL_LENT] = "lent",
};

const char *journal_state_name(enum journal_state state)
{
	return state_names[state];
}

/* Writing */

/* Writes a record with one write(), so that a killed process leaves a whole one or none. */
static int append(struct journal *journal, struct json_object *record)
{
	const char *json = json_object_to_json_string_ext(record, JSON_C_TO_STRING_PLAIN);
	own_free char *line = NULL;
	ssize_t n;
	int size;

	if (!json)
		return -ENOMEM;
	size = asprintf(&line, "%08x %s\n", crc32_of(json, strlen(json)), json);
	if (size < 0)
		return -ENOMEM;
	n = write(journal->fd, line, size);
	if (n < 0)
		return -errno;
	return n == size ? 0 : -ENOSPC;
}

static int append_record(
	struct journal *journal, struct json_object *record, bool sync, struct err *err)
{
	int ret = append(journal, record);

	if (!ret && sync && fdatasync(journal->fd))
		ret = -errno;
	json_object_put(record);
	return ret ? err_sys(err, -ret, "cannot write the journal %s", journal->name) : 0;
}

static struct json_object *text_or_null(const char *text)
{
	return text ? json_object_new_string(text) : NULL;
}

static struct json_object *op_json(const struct plan_op *op, const char *prior)
{
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "kind", json_object_new_string(plan_kind_name(op->kind)));
	json_object_object_add(json, "device", text_or_null(op->device));
	json_object_object_add(json, "file", text_or_null(op->file));
	json_object_object_add(json, "value", text_or_null(op->value));
	json_object_object_add(json, "driver", text_or_null(op->driver));
	json_object_object_add(json, "why", text_or_null(op->why));
	json_object_object_add(json, "prior", text_or_null(prior));
	return json;
}

static struct json_object *header_json(
	const char *command, const struct plan *plan, const char *const *prior, const char *boot)
{
	struct json_object *json = json_object_new_object();
	struct json_object *devices = json_object_new_array();
	struct json_object *ops = json_object_new_array();
	time_t now = time(NULL);
	char text[32];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%FT%TZ", &tm);
	for (unsigned i = 0; i < plan->nr_devices; i++)
		json_object_array_add(devices, json_object_new_string(plan->devices[i].name));
	for (unsigned i = 0; i < plan->nr_ops; i++)
		json_object_array_add(ops, op_json(&plan->ops[i], prior[i]));
	json_object_object_add(json, "tenon", json_object_new_int(JOURNAL_VERSION));
	json_object_object_add(json, "boot", json_object_new_string(boot));
	json_object_object_add(json, "time", json_object_new_string(text));
	json_object_object_add(json, "command", json_object_new_string(command));
	json_object_object_add(json, "devices", devices);
	json_object_object_add(json, "ops", ops);
	return json;
}

/* Writes a new journal under a temporary name until it is complete. */
static int write_new(struct journal *journal, int directory, struct json_object *header)
{
	char draft[sizeof(journal->name) + 8];
	int ret;

	snprintf(draft, sizeof(draft), "%s.new", journal->name);
	journal->fd = openat(directory, draft,
		O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (journal->fd < 0)
		return -errno;
	ret = append(journal, header);
	if (!ret &&
		(fsync(journal->fd) ||
			renameat2(directory, draft, directory, journal->name, RENAME_NOREPLACE) ||
			fsync(directory)))
		ret = -errno;
	if (ret)
		unlinkat(directory, draft, 0);
	return ret;
}

static int parse_header(struct journal *journal, struct json_object *header);

int journal_create(struct journal *journal, int directory, const char *command,
	const struct plan *plan, const char *const *prior, const char *boot, struct err *err)
{
	struct json_object *header = header_json(command, plan, prior, boot);
	int ret;

	*journal = (struct journal){ .fd = -1 };
	snprintf(journal->name, sizeof(journal->name), "%s.%s.journal", plan->devices[0].name,
		command);
	ret = write_new(journal, directory, header);
	if (!ret)
		ret = parse_header(journal, header);
	else
		json_object_put(header);
	if (!ret)
		return 0;
	journal_close(journal);
	err_sys(err, -ret, "cannot start the journal %s", journal->name);
	if (ret == -EEXIST)
		err_help(err, "A %s that was cut off left it: `tenon recover` puts things back.",
			command);
	return ret;
}

int journal_begin(struct journal *journal, unsigned op, const char *prior, struct err *err)
{
	struct json_object *record;
	char *copy = prior ? strdup(prior) : NULL;

	if (prior && !copy)
		return err_sys(err, ENOMEM, "cannot write the journal %s", journal->name);
	record = json_object_new_object();
	free(journal->ops[op].prior);
	journal->ops[op].prior = copy;
	journal->ops[op].begun = true;
	json_object_object_add(record, "begin", json_object_new_int(op));
	json_object_object_add(record, "prior", text_or_null(prior));
	return append_record(journal, record, true, err);
}

int journal_done(struct journal *journal, unsigned op, struct err *err)
{
	struct json_object *record = json_object_new_object();

	json_object_object_add(record, "done", json_object_new_int(op));
	return append_record(journal, record, false, err);
}

int journal_set_state(
	struct journal *journal, enum journal_state state, pid_t stuck, struct err *err)
{
	struct json_object *record = json_object_new_object();

	journal->state = state;
	journal->stuck = stuck;
	json_object_object_add(record, "state", json_object_new_string(journal_state_name(state)));
	if (state == JOURNAL_STUCK)
		json_object_object_add(record, "process", json_object_new_int(stuck));
	return append_record(journal, record, true, err);
}

static int apply_more(struct journal *journal, struct json_object *ops);

int journal_add_ops(struct journal *journal, const struct plan_op *ops, unsigned nr_ops,
	const char *const *prior, struct err *err)
{
	struct json_object *record = json_object_new_object();
	struct json_object *more = json_object_new_array();
	int ret;

	for (unsigned i = 0; i < nr_ops; i++)
		json_object_array_add(more, op_json(&ops[i], prior[i]));
	json_object_object_add(record, "more", more);
	ret = apply_more(journal, more);
	if (ret)
		json_object_put(record);
	return ret ? err_sys(err, -ret, "cannot add to the journal %s", journal->name)
		   : append_record(journal, record, true, err);
}

int journal_undone(struct journal *journal, unsigned op, struct err *err)
{
	struct json_object *record = json_object_new_object();

	journal->ops[op].begun = false;
	journal->ops[op].undone = true;
	json_object_object_add(record, "undone", json_object_new_int(op));
	return append_record(journal, record, true, err);
}

int journal_hold(const struct journal *journal, int directory, struct err *err)
{
	own_fd int fd = openat(directory, journal->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB))
		return err_sys(err, errno, "cannot hold the journal %s", journal->name);
	return take_fd(&fd);
}

bool journal_is_held(const struct journal *journal)
{
	if (flock(journal->fd, LOCK_EX | LOCK_NB))
		return true;
	flock(journal->fd, LOCK_UN);
	return false;
}

int journal_remove(struct journal *journal, int directory, struct err *err)
{
	if (unlinkat(directory, journal->name, 0) || fsync(directory))
		return err_sys(err, errno, "cannot delete the journal %s", journal->name);
	return 0;
}

/* Reading */

static const char *string_in(struct json_object *json, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(json, key, &value) ||
		!json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

static int parse_op(struct json_object *json, struct journal_op *op)
{
	const char *kind = string_in(json, "kind");
	const char *prior = string_in(json, "prior");

	op->op.device = string_in(json, "device");
	op->op.file = string_in(json, "file");
	op->op.value = string_in(json, "value");
	op->op.driver = string_in(json, "driver");
	op->op.why = string_in(json, "why");
	if (!kind || plan_kind_find(kind, &op->op.kind) || !op->op.file)
		return -EBADMSG;
	/* Undoing relies on these fields. */
	if (op->op.kind != PLAN_KEEP && op->op.kind != PLAN_CHECK && op->op.kind != PLAN_IDLE &&
		!op->op.value)
		return -EBADMSG;
	if (op->op.kind == PLAN_BIND && (!op->op.driver || !op->op.device))
		return -EBADMSG;
	op->prior = prior ? strdup(prior) : NULL;
	return prior && !op->prior ? -ENOMEM : 0;
}

static int parse_ops(struct journal *journal, struct json_object *ops)
{
	size_t nr_ops = json_object_array_length(ops);

	if (nr_ops > MAX_OPS || journal->nr_ops + nr_ops > MAX_OPS)
		return -EBADMSG;
	if (array_room(journal->ops, journal->nr_ops, nr_ops + 1))
		return -ENOMEM;
	for (size_t i = 0; i < nr_ops; i++) {
		struct journal_op *op = &journal->ops[journal->nr_ops++];
		int ret;

		*op = (struct journal_op){ 0 };
		ret = parse_op(json_object_array_get_idx(ops, i), op);
		if (ret)
			return ret;
	}
	return 0;
}

static int parse_lists(
	struct journal *journal, struct json_object *devices, struct json_object *ops)
{
	size_t nr_devices = json_object_array_length(devices);

	if (!nr_devices || nr_devices > MAX_DEVICES)
		return -EBADMSG;
	journal->devices = calloc(nr_devices + 1, sizeof(*journal->devices));
	if (!journal->devices)
		return -ENOMEM;
	for (size_t i = 0; i < nr_devices; i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(devices, i));

		if (!name)
			return -EBADMSG;
		journal->devices[journal->nr_devices++] = name;
	}
	return parse_ops(journal, ops);
}

/* Takes ownership of @header, also on failure. */
static int parse_header(struct journal *journal, struct json_object *header)
{
	struct json_object *version, *devices, *ops;
	const char *boot = string_in(header, "boot"), *stamp = string_in(header, "time");

	journal->header = header;
	journal->command = string_in(header, "command");
	if (!json_object_object_get_ex(header, "tenon", &version) ||
		!json_object_object_get_ex(header, "devices", &devices) ||
		!json_object_object_get_ex(header, "ops", &ops) ||
		json_object_get_int(version) != JOURNAL_VERSION ||
		!json_object_is_type(devices, json_type_array) ||
		!json_object_is_type(ops, json_type_array) || !boot || !stamp || !journal->command)
		return -EBADMSG;
	snprintf(journal->boot, sizeof(journal->boot), "%s", boot);
	snprintf(journal->time, sizeof(journal->time), "%s", stamp);
	return parse_lists(journal, devices, ops);
}

/* Adds operations of a later record, whose texts become part of the header. */
static int apply_more(struct journal *journal, struct json_object *ops)
{
	unsigned before = journal->nr_ops;
	struct json_object *all;
	int ret;

	if (!json_object_is_type(ops, json_type_array))
		return -EBADMSG;
	if (!json_object_object_get_ex(journal->header, "more", &all)) {
		all = json_object_new_array();
		json_object_object_add(journal->header, "more", all);
	}
	json_object_array_add(all, json_object_get(ops));
	ret = parse_ops(journal, ops);
	/* Add all of them or none, because undoing relies on complete operations. */
	while (ret && journal->nr_ops > before)
		free(journal->ops[--journal->nr_ops].prior);
	return ret;
}

static bool apply_undone(struct journal *journal, int op)
{
	if (op < 0 || op >= (int)journal->nr_ops)
		return false;
	journal->ops[op].begun = false;
	journal->ops[op].undone = true;
	return true;
}

/* Parses one line; NULL if it is damaged. */
static struct json_object *parse_line(char *line)
{
	char *end;
	unsigned long crc = strtoul(line, &end, 16);

	if (end != line + CRC_DIGITS || *end != ' ')
		return NULL;
	if (crc != crc32_of(end + 1, strlen(end + 1)))
		return NULL;
	return json_tokener_parse(end + 1);
}

/*
 * Operations begin in order, so if one has begun, those before it have, too, even if their records
 * are lost. Their prior state is then the one in the first line.
 */
static bool apply_begin(struct journal *journal, struct json_object *record, int op)
{
	const char *prior = string_in(record, "prior");

	if (op < 0 || op >= (int)journal->nr_ops)
		return false;
	for (int i = 0; i <= op; i++)
		journal->ops[i].begun = !journal->ops[i].undone;
	free(journal->ops[op].prior);
	journal->ops[op].prior = prior ? strdup(prior) : NULL;
	return true;
}

static bool apply_state(struct journal *journal, struct json_object *record, const char *name)
{
	struct json_object *process;

	for (unsigned i = 0; i < ARRAY_SIZE(state_names); i++) {
		if (strcmp(state_names[i], name))
			continue;
		journal->state = i;
		if (json_object_object_get_ex(record, "process", &process))
			journal->stuck = json_object_get_int(process);
		return true;
	}
	return false;
}

static bool apply_record(struct journal *journal, struct json_object *record)
{
	struct json_object *value;

	if (!json_object_is_type(record, json_type_object))
		return false;
	if (json_object_object_get_ex(record, "begin", &value))
		return apply_begin(journal, record, json_object_get_int(value));
	if (json_object_object_get_ex(record, "state", &value))
		return string_in(record, "state") &&
		       apply_state(journal, record, string_in(record, "state"));
	if (json_object_object_get_ex(record, "more", &value))
		return !apply_more(journal, value);
	if (json_object_object_get_ex(record, "undone", &value))
		return apply_undone(journal, json_object_get_int(value));
	return json_object_object_get_ex(record, "done", &value);
}

static int parse(struct journal *journal, char *text)
{
	char *rest = text, *line = strsep(&rest, "\n");
	struct json_object *header = parse_line(line);
	int ret;

	if (!header)
		return -EBADMSG;
	ret = parse_header(journal, header);
	if (ret)
		return ret;
	while ((line = strsep(&rest, "\n"))) {
		struct json_object *record;

		if (!*line && !rest)
			break;
		record = parse_line(line);
		if (!record || !apply_record(journal, record))
			journal->damaged++;
		json_object_put(record);
	}
	return 0;
}

static int read_all(int fd, char **text)
{
	own_free char *buf = malloc(MAX_SIZE + 1);
	size_t done = 0;

	if (!buf)
		return -ENOMEM;
	while (done < MAX_SIZE) {
		ssize_t n = pread(fd, buf + done, MAX_SIZE - done, done);

		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += n;
	}
	buf[done] = '\0';
	/* A power cut can leave NUL bytes, which would end the text. */
	for (size_t i = 0; i < done; i++)
		if (!buf[i])
			buf[i] = '?';
	*text = take_ptr(&buf);
	return 0;
}

/* Makes sure that new records start on a new line, even if the last record was cut off. */
static int end_line(struct journal *journal)
{
	off_t end = lseek(journal->fd, 0, SEEK_END);
	char last = '\n';

	if (end > 0 && pread(journal->fd, &last, 1, end - 1) != 1)
		return -errno;
	if (last != '\n' && write(journal->fd, "\n", 1) != 1)
		return -errno;
	return 0;
}

int journal_load(
	struct journal *journal, int directory, const char *name, bool write, struct err *err)
{
	int flags = write ? O_RDWR | O_APPEND : O_RDONLY;
	own_free char *text = NULL;
	int ret;

	*journal = (struct journal){ .fd = -1 };
	snprintf(journal->name, sizeof(journal->name), "%s", name);
	journal->fd = openat(directory, name, flags | O_NOFOLLOW | O_CLOEXEC);
	ret = journal->fd < 0 ? -errno : read_all(journal->fd, &text);
	if (!ret)
		ret = parse(journal, text);
	if (!ret && write)
		ret = end_line(journal);
	if (!ret)
		return 0;
	journal_close(journal);
	if (ret == -EBADMSG)
		return err_set(err, EBADMSG, "%s is damaged, or not a journal of tenon", name);
	return err_sys(err, -ret, "cannot read the journal %s", name);
}

bool journal_is_past(const struct journal *journal, const char *boot)
{
	if (!*boot || !strcmp(journal->boot, boot))
		return false;
	for (unsigned i = 0; i < journal->nr_ops; i++)
		if (journal->ops[i].op.kind == PLAN_FILE && journal->ops[i].begun)
			return false;
	return true;
}

bool journal_keeps_devices(const struct journal *journal)
{
	return !strcmp(journal->command, "bind") || !strcmp(journal->command, "take-display") ||
	       !strcmp(journal->command, "managed");
}

bool journal_has(const struct journal *journal, const char *device)
{
	for (unsigned i = 0; i < journal->nr_devices; i++)
		if (!strcmp(journal->devices[i], device))
			return true;
	return false;
}

void journal_close(struct journal *journal)
{
	if (journal->fd > 0)
		close(journal->fd);
	journal->fd = -1;
	for (unsigned i = 0; i < journal->nr_ops; i++)
		free(journal->ops[i].prior);
	free(journal->ops);
	free(journal->devices);
	json_object_put(journal->header);
	journal->ops = NULL;
	journal->devices = NULL;
	journal->header = NULL;
	journal->nr_ops = journal->nr_devices = 0;
}
