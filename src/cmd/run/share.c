// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/share.h"

#include <errno.h>
#include <string.h>

#include "cmd/ui/options.h"
#include "cmd/ui/suboptions.h"
#include "vm/virtio/fs.h"

static int apply_tag(void *target, char *value, struct err *err)
{
	if (!value || !*value || strlen(value) > FS_TAG_MAX)
		return err_set(err, EINVAL, "tag is a name of at most %d characters", FS_TAG_MAX);
	((struct share_request *)target)->tag = value;
	return 0;
}

static void print_tag(const void *target, FILE *out)
{
	fputs(((const struct share_request *)target)->tag, out);
}

static int apply_readonly(void *target, char *value, struct err *err)
{
	return option_switch("readonly", value, &((struct share_request *)target)->read_only, err);
}

static void print_readonly(const void *target, FILE *out)
{
	if (((const struct share_request *)target)->read_only)
		fputs("on", out);
}

static const struct suboption suboptions[] = {
	{ "tag", apply_tag, print_tag },
	{ "readonly", apply_readonly, print_readonly },
	{ NULL },
};

/* Refuses a second directory with the same tag: the guest could not tell them apart. */
static int check_tag(const struct run_request *request, const char *tag, struct err *err)
{
	if (!tag)
		return err_set(err, EINVAL, "--share: tag=NAME is missing");
	for (unsigned i = 0; i < request->config.nr_shares; i++)
		if (!strcmp(request->shares[i].tag, tag))
			return err_set(err, EINVAL, "--share: two have the tag %s", tag);
	return 0;
}

int run_share_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;
	struct share_request *share = &request->shares[request->config.nr_shares];
	char *directory, *rest;
	int ret;

	if (request->config.nr_shares == SHARES_MAX)
		return err_set(err, E2BIG, "more than %d shared directories", SHARES_MAX);
	*share = (struct share_request){ 0 };
	if (!option_next(&value, &directory, &rest) || !*directory)
		return err_set(err, EINVAL, "--share begins with the name of a directory");
	if (rest) /* the name of a directory may contain a = */
		rest[-1] = '=';
	share->directory = directory;
	ret = suboptions_apply(suboptions, "--share", value, share, err);
	if (!ret)
		ret = check_tag(request, share->tag, err);
	if (!ret)
		ret = run_path(request, &share->directory, 0, err);
	if (!ret)
		request->config.nr_shares++;
	return ret;
}

bool run_share_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	if (n >= request->config.nr_shares)
		return false;
	run_print_path_first(request->shares[n].directory, out);
	suboptions_print(suboptions, &request->shares[n], out);
	return true;
}
