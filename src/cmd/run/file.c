// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/own.h"

struct reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the current event */
	const char *name;
	struct run_request *request;
	bool seen[RUN_OPTIONS_MAX];
	struct err *err;
};

static size_t line_of(const struct reader *r)
{
	return r->event.start_mark.line + 1;
}

/* Puts "file:line: " before the error's text. */
static int at_line(struct reader *r, size_t line)
{
	return err_wrap(r->err, "%s:%zu", r->name, line);
}

static int refuse(struct reader *r, const char *what)
{
	err_set(r->err, EINVAL, "%s", what);
	at_line(r, line_of(r));
	return err_help(r->err, "A machine file has lines such as 'memory: 8G'; see "
				"tenon-vm.conf(5)");
}

static int next(struct reader *r)
{
	yaml_event_delete(&r->event);
	if (yaml_parser_parse(&r->parser, &r->event))
		return 0;
	if (r->parser.error == YAML_MEMORY_ERROR)
		return err_sys(r->err, ENOMEM, "cannot read %s", r->name);
	err_set(r->err, EINVAL, "%s",
		r->parser.problem ? r->parser.problem : "this is not a machine file");
	if (r->parser.error == YAML_READER_ERROR)
		return err_wrap(r->err, "%s: byte %zu", r->name, r->parser.problem_offset);
	at_line(r, r->parser.problem_mark.line + 1);
	return err_help(r->err, "Put a text that YAML reads otherwise into quotes: '...'");
}

/* Takes a string without anchor or tag. *@text belongs to the event. */
static int take_text(struct reader *r, const char **text)
{
	if (r->event.type != YAML_SCALAR_EVENT)
		return refuse(r, "a name and a text belong here");
	if (r->event.data.scalar.anchor || r->event.data.scalar.tag)
		return refuse(r, "anchors and tags mean nothing here");
	*text = (const char *)r->event.data.scalar.value;
	if (strlen(*text) != r->event.data.scalar.length)
		return refuse(r, "a text has a zero byte");
	return 0;
}

static int apply(struct reader *r, const struct cmd_option *option)
{
	const char *text;
	int ret = take_text(r, &text);

	if (ret)
		return ret;
	/* "memory:" without a value; an empty string would have quotes. */
	if (!*text && r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		ret = err_set(r->err, EINVAL, "%s has no value", option->name);
	else
		ret = run_option_apply(r->request, option, text, r->err);
	return ret ? at_line(r, line_of(r)) : 0;
}

static int apply_list(struct reader *r, const struct cmd_option *option)
{
	int ret = next(r);

	while (!ret && r->event.type != YAML_SEQUENCE_END_EVENT) {
		ret = apply(r, option);
		if (!ret)
			ret = next(r);
	}
	return ret;
}

static int find(struct reader *r, const struct cmd_option **option)
{
	const char *name;
	int ret = take_text(r, &name);

	if (ret)
		return ret;
	*option = option_find(run_options, name, "", r->err);
	if (!*option)
		return at_line(r, line_of(r));
	if ((*option)->kind == OPTION_FLAG)
		err_set(r->err, EINVAL, "'%s' belongs on the command line", name);
	else if (r->seen[*option - run_options])
		err_set(r->err, EINVAL, "'%s' is there twice", name);
	else
		return 0;
	return at_line(r, line_of(r));
}

static int read_pair(struct reader *r)
{
	const struct cmd_option *option = NULL;
	int ret = find(r, &option);

	if (!ret)
		ret = next(r);
	if (ret)
		return ret;
	r->seen[option - run_options] = true;
	if (r->event.type != YAML_SEQUENCE_START_EVENT)
		return apply(r, option);
	if (option->kind != OPTION_LIST) {
		err_set(r->err, EINVAL, "'%s' has one value, not a list", option->name);
		return at_line(r, line_of(r));
	}
	return apply_list(r, option);
}

static int read_mapping(struct reader *r)
{
	int ret;

	if (r->event.type != YAML_MAPPING_START_EVENT)
		return refuse(r, "this is not a machine file");
	ret = next(r);
	while (!ret && r->event.type != YAML_MAPPING_END_EVENT) {
		ret = read_pair(r);
		if (!ret)
			ret = next(r);
	}
	return ret ? ret : next(r);
}

/* An empty file describes a machine with all defaults. */
static int read_stream(struct reader *r)
{
	int ret = next(r);

	if (!ret)
		ret = next(r);
	if (ret || r->event.type == YAML_STREAM_END_EVENT)
		return ret;
	ret = next(r);
	if (!ret)
		ret = read_mapping(r);
	if (!ret)
		ret = next(r);
	if (!ret && r->event.type != YAML_STREAM_END_EVENT)
		return refuse(r, "a second document begins");
	return ret;
}

int run_file_parse(struct run_request *request, const char *name, const void *bytes, size_t size,
	struct err *err)
{
	struct reader r = { .name = name, .request = request, .err = err };
	int ret;

	if (!yaml_parser_initialize(&r.parser))
		return err_sys(err, ENOMEM, "cannot read %s", name);
	yaml_parser_set_input_string(&r.parser, bytes, size);
	ret = read_stream(&r);
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	return ret;
}

int run_file_read(struct run_request *request, const char *path, struct err *err)
{
	own_file FILE *f = fopen(path, "re");
	own_free char *bytes = malloc(RUN_FILE_MAX + 1);
	size_t size;
	int ret;

	if (!f)
		return err_sys(err, errno, "cannot open %s", path);
	if (!bytes)
		return err_sys(err, ENOMEM, "cannot read %s", path);
	size = fread(bytes, 1, RUN_FILE_MAX + 1, f);
	if (ferror(f))
		return err_sys(err, errno, "cannot read %s", path);
	if (size > RUN_FILE_MAX)
		return err_set(err, EFBIG, "%s has more than 1 MiB and is no machine file", path);
	ret = run_request_set_directory(request, path, err);
	if (!ret)
		ret = run_file_parse(request, path, bytes, size, err);
	run_request_clear_directory(request);
	return ret;
}

static bool emit(yaml_emitter_t *emitter, yaml_event_t *event, int initialized)
{
	return initialized && yaml_emitter_emit(emitter, event);
}

static bool emit_text(yaml_emitter_t *emitter, const char *text)
{
	yaml_scalar_style_t style = *text ? YAML_ANY_SCALAR_STYLE : YAML_SINGLE_QUOTED_SCALAR_STYLE;
	yaml_event_t event;

	return emit(emitter, &event,
		yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
			(int)strlen(text), 1, 1, style));
}

/* Returns false like emit_option(). */
static bool emit_value(yaml_emitter_t *emitter, const struct cmd_option *option,
	const struct run_request *request, unsigned n, bool *there)
{
	own_free char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	yaml_event_t event;

	if (!f)
		return false;
	*there = option->print(request, n, f);
	if (fclose(f))
		return false;
	if (!*there)
		return true;
	if (!n && !emit_text(emitter, option->name))
		return false;
	if (!n && option->kind == OPTION_LIST &&
		!emit(emitter, &event,
			yaml_sequence_start_event_initialize(
				&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE)))
		return false;
	return emit_text(emitter, text);
}

/* Returns false if memory runs out, a string is not UTF-8 or the file cannot be written. */
static bool emit_option(
	yaml_emitter_t *emitter, const struct cmd_option *option, const struct run_request *request)
{
	bool there = true;
	yaml_event_t event;
	unsigned n = 0;

	if (option->kind == OPTION_FLAG)
		return true;
	if (option->kind != OPTION_LIST)
		return emit_value(emitter, option, request, 0, &there);
	while (emit_value(emitter, option, request, n, &there)) {
		if (there)
			n++;
		else
			return !n ||
			       emit(emitter, &event, yaml_sequence_end_event_initialize(&event));
	}
	return false;
}

static bool emit_all(yaml_emitter_t *emitter, const struct run_request *request,
	const struct cmd_option **option)
{
	yaml_event_t event;

	if (!emit(emitter, &event,
		    yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING)) ||
		!emit(emitter, &event,
			yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1)) ||
		!emit(emitter, &event,
			yaml_mapping_start_event_initialize(
				&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE)))
		return false;
	for (*option = run_options; (*option)->name; (*option)++)
		if (!emit_option(emitter, *option, request))
			return false;
	*option = NULL;
	return emit(emitter, &event, yaml_mapping_end_event_initialize(&event)) &&
	       emit(emitter, &event, yaml_document_end_event_initialize(&event, 1)) &&
	       emit(emitter, &event, yaml_stream_end_event_initialize(&event));
}

int run_file_write(const struct run_request *request, FILE *out, struct err *err)
{
	const struct cmd_option *option = NULL;
	yaml_emitter_t emitter;
	bool written;

	fputs("# A machine of tenon run; tenon-vm.conf(5) describes this file.\n", out);
	if (!yaml_emitter_initialize(&emitter))
		return err_sys(err, ENOMEM, "cannot print the machine");
	yaml_emitter_set_output_file(&emitter, out);
	yaml_emitter_set_unicode(&emitter, 1);
	yaml_emitter_set_width(&emitter, -1);
	written = emit_all(&emitter, request, &option);
	yaml_emitter_delete(&emitter);
	if (written)
		return 0;
	return err_set(err, EINVAL, "cannot print %s%s", option ? "--" : "the machine",
		option ? option->name : "");
}
