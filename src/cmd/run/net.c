// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/net.h"

#include <errno.h>
#include <string.h>

#include "cmd/ui/options.h"
#include "cmd/ui/suboptions.h"
#include "kernel/tap.h"

static const char *const programs[] = {
	[USER_NET_PASST] = "passt",
	[USER_NET_SLIRP] = "slirp",
};

static int apply_by(void *target, char *value, struct err *err)
{
	struct net_request *net = target;

	for (unsigned i = USER_NET_PASST; i < ARRAY_SIZE(programs); i++) {
		if (value && !strcmp(value, programs[i])) {
			net->program = i;
			return 0;
		}
	}
	return err_set(err, EINVAL, "by is passt or slirp");
}

static void print_by(const void *target, FILE *out)
{
	const struct net_request *net = target;

	if (net->program != USER_NET_ANY)
		fputs(programs[net->program], out);
}

static int apply_mac(void *target, char *value, struct err *err)
{
	struct net_request *net = target;

	net->has_mac = true;
	return mac_parse(value ? value : "", net->mac, err);
}

static void print_mac(const void *target, FILE *out)
{
	const struct net_request *net = target;
	char text[MAC_TEXT];

	if (net->has_mac)
		fputs(mac_text(net->mac, text), out);
}

static int apply_vhost(void *target, char *value, struct err *err)
{
	struct net_request *net = target;
	bool on = true;
	int ret = option_switch("vhost", value, &on, err);

	net->vhost_off = !on;
	return ret;
}

static void print_vhost(const void *target, FILE *out)
{
	if (((const struct net_request *)target)->vhost_off)
		fputs("off", out);
}

static int apply_host(void *target, char *value, struct err *err)
{
	return option_switch("host", value, &((struct net_request *)target)->reach_host, err);
}

static void print_host(const void *target, FILE *out)
{
	if (((const struct net_request *)target)->reach_host)
		fputs("on", out);
}

/* Takes one or more forwards, separated by +. */
static int apply_forward(void *target, char *value, struct err *err)
{
	struct net_request *net = target;
	int ret = 0;

	if (!value)
		return err_set(err, EINVAL, "forward is ADDRESS:PORT:GUESTPORT");
	for (char *next = value; next && !ret; value = next) {
		next = strchr(value, '+');
		if (next)
			*next++ = '\0';
		if (net->nr_forwards == NET_FORWARDS_MAX)
			return err_set(
				err, E2BIG, "more than %d forwarded ports", NET_FORWARDS_MAX);
		ret = net_forward_parse(value, &net->forwards[net->nr_forwards++], err);
	}
	return ret;
}

static void print_forward(const void *target, FILE *out)
{
	const struct net_request *net = target;
	char text[NET_FORWARD_TEXT];

	for (unsigned i = 0; i < net->nr_forwards; i++)
		fprintf(out, "%s%s", i ? "+" : "", net_forward_text(&net->forwards[i], text));
}

static const struct suboption suboptions[] = {
	{ "mac", apply_mac, print_mac },
	{ "by", apply_by, print_by },
	{ "forward", apply_forward, print_forward },
	{ "host", apply_host, print_host },
	{ "vhost", apply_vhost, print_vhost },
	{ NULL },
};

static const struct {
	const char *name;
	bool has_host;
} kinds[] = {
	[NET_USER] = { "user", false },
	[NET_TAP] = { "tap", true },
	[NET_BRIDGE] = { "bridge", true },
};

static int apply_kind(struct net_request *net, const char *key, const char *host, struct err *err)
{
	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].name, key))
			continue;
		if (kinds[i].has_host != (host && *host))
			break;
		*net = (struct net_request){ .kind = i, .host = host };
		if (kinds[i].has_host && tap_check_name(host, err))
			return err_wrap(err, "--net");
		return 0;
	}
	return err_set(err, EINVAL, "--net is user, tap=NAME, bridge=NAME or none");
}

int run_net_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;
	struct net_request *net = &request->nets[request->config.nr_nets];
	char *key = NULL, *host = NULL;
	int ret;

	if (!strcmp(value, "none")) {
		request->config.nr_nets = 0;
		return 0;
	}
	if (request->config.nr_nets == VIRTIO_MAX_NETS)
		return err_set(err, E2BIG, "more than %d network cards", VIRTIO_MAX_NETS);
	option_next(&value, &key, &host);
	ret = apply_kind(net, key ? key : "", host, err);
	if (!ret)
		ret = suboptions_apply(suboptions, "--net", value, net, err);
	if (!ret && net->kind != NET_USER && net->program)
		ret = err_set(err, EINVAL, "--net: by= is for user");
	if (!ret && net->kind != NET_USER && (net->reach_host || net->nr_forwards))
		ret = err_set(err, EINVAL, "--net: host= and forward= are for user");
	if (!ret && net->kind == NET_USER && net->vhost_off)
		ret = err_set(err, EINVAL, "--net: vhost= is for tap and bridge");
	if (!ret)
		request->config.nr_nets++;
	return ret;
}

bool run_net_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;
	const struct net_request *net = &request->nets[n];

	if (n >= request->config.nr_nets)
		return false;
	fputs(kinds[net->kind].name, out);
	if (kinds[net->kind].has_host) {
		fputc('=', out);
		suboption_print_text(net->host, out);
	}
	suboptions_print(suboptions, net, out);
	return true;
}
