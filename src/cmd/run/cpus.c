// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/cpus.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/ui/options.h"
#include "cmd/ui/suboptions.h"
#include "vm/vcpu/vcpu.h"

static int apply_count(const char *what, const char *value, unsigned *count, struct err *err)
{
	u64 n = 0;
	int ret = option_number(what, value ? value : "", 1, VCPUS_MAX, &n, err);

	*count = (unsigned)n;
	return ret;
}

static void print_count(unsigned count, FILE *out)
{
	if (count)
		fprintf(out, "%u", count);
}

static int apply_sockets(void *target, char *value, struct err *err)
{
	struct machine_config *config = target;

	return apply_count("sockets", value, &config->topology.sockets, err);
}

static void print_sockets(const void *target, FILE *out)
{
	print_count(((const struct machine_config *)target)->topology.sockets, out);
}

static int apply_cores(void *target, char *value, struct err *err)
{
	struct machine_config *config = target;

	return apply_count("cores", value, &config->topology.cores, err);
}

static void print_cores(const void *target, FILE *out)
{
	print_count(((const struct machine_config *)target)->topology.cores, out);
}

static int apply_threads(void *target, char *value, struct err *err)
{
	struct machine_config *config = target;

	return apply_count("threads", value, &config->topology.threads, err);
}

static void print_threads(const void *target, FILE *out)
{
	print_count(((const struct machine_config *)target)->topology.threads, out);
}

/* Parses a processor or a range at the start of @text. Returns what follows, or NULL. */
static const char *scan_range(const char *text, unsigned long *first, unsigned long *last)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return NULL;
	*first = *last = strtoul(text, &end, 10);
	if (*end == '-' && isdigit((unsigned char)end[1]))
		*last = strtoul(end + 1, &end, 10);
	return *last >= *first && *last < PLACEMENT_MAX_HOST ? end : NULL;
}

static int add_pin(struct placement *placement, unsigned long cpu, struct err *err)
{
	for (unsigned i = 0; i < placement->nr; i++)
		if (placement->cpu[i] == cpu)
			return err_set(err, EINVAL, "pin names processor %lu twice", cpu);
	if (placement->nr == PLACEMENT_MAX)
		return err_set(err, EINVAL, "pin names more than %d processors", PLACEMENT_MAX);
	placement->cpu[placement->nr++] = (u16)cpu;
	return 0;
}

static int apply_pin(void *target, char *value, struct err *err)
{
	struct placement *placement = &((struct machine_config *)target)->placement;
	const char *rest = value ? value : "";
	int ret = 0;

	placement->nr = 0;
	do {
		unsigned long first, last;

		rest = scan_range(rest, &first, &last);
		if (!rest || (*rest && *rest != '+'))
			return err_set(err, EINVAL,
				"pin is processors of the host as in 2-5+8, not '%s'", value);
		for (unsigned long cpu = first; cpu <= last && !ret; cpu++)
			ret = add_pin(placement, cpu, err);
	} while (!ret && *rest++);
	return ret;
}

static void print_pin(const void *target, FILE *out)
{
	const struct placement *placement = &((const struct machine_config *)target)->placement;

	for (unsigned i = 0, end; i < placement->nr; i = end) {
		for (end = i + 1; end < placement->nr; end++)
			if (placement->cpu[end] != placement->cpu[end - 1] + 1)
				break;
		fprintf(out, "%s%u", i ? "+" : "", placement->cpu[i]);
		if (end > i + 1)
			fprintf(out, "-%u", placement->cpu[end - 1]);
	}
}

static int apply_rt(void *target, char *value, struct err *err)
{
	return option_switch(
		"rt", value, &((struct machine_config *)target)->placement.realtime, err);
}

static void print_rt(const void *target, FILE *out)
{
	if (((const struct machine_config *)target)->placement.realtime)
		fputs("on", out);
}

static int apply_nested(void *target, char *value, struct err *err)
{
	return option_switch("nested", value, &((struct machine_config *)target)->nested, err);
}

static void print_nested(const void *target, FILE *out)
{
	if (((const struct machine_config *)target)->nested)
		fputs("on", out);
}

static int apply_pmu(void *target, char *value, struct err *err)
{
	bool on = true;
	int ret = option_switch("pmu", value, &on, err);

	((struct machine_config *)target)->no_pmu = !on;
	return ret;
}

static void print_pmu(const void *target, FILE *out)
{
	if (((const struct machine_config *)target)->no_pmu)
		fputs("off", out);
}

static const struct suboption cpus_suboptions[] = {
	{ "sockets", apply_sockets, print_sockets },
	{ "cores", apply_cores, print_cores },
	{ "threads", apply_threads, print_threads },
	{ "pin", apply_pin, print_pin },
	{ "rt", apply_rt, print_rt },
	{ "nested", apply_nested, print_nested },
	{ "pmu", apply_pmu, print_pmu },
	{ NULL },
};

int run_cpus_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;
	struct machine_config *config = &request->config;
	struct topology full;
	char *count, *none;
	int ret = 0;

	if (!option_next(&value, &count, &none) || none)
		return err_set(err, EINVAL, "--cpus begins with a number");
	ret = apply_count("--cpus", count, &config->cpus, err);
	config->topology = (struct topology){ 0 };
	config->placement = (struct placement){ 0 };
	config->nested = config->no_pmu = false;
	if (!ret)
		ret = suboptions_apply(cpus_suboptions, "--cpus", value, config, err);
	if (!ret && config->placement.nr && config->placement.nr != config->cpus)
		ret = err_set(err, EINVAL, "--cpus: pin names %u processors for %u of the guest",
			config->placement.nr, config->cpus);
	full = config->topology;
	if (!ret && topology_complete(&full, config->cpus, err))
		ret = err_wrap(err, "--cpus");
	return ret;
}

bool run_cpus_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	fprintf(out, "%u", request->config.cpus);
	suboptions_print(cpus_suboptions, &request->config, out);
	return true;
}

static const char *const hidings[] = {
	[HIDING_AUTO] = "auto",
	[HIDING_OFF] = "off",
	[HIDING_ON] = "on",
};

int run_hiding_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;

	for (unsigned i = 0; i < ARRAY_SIZE(hidings); i++)
		if (!strcmp(value, hidings[i])) {
			request->config.hiding = (enum machine_hiding)i;
			return 0;
		}
	return err_set(err, EINVAL, "--hide-hypervisor is on, off or auto, not '%s'", value);
}

bool run_hiding_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	fputs(hidings[request->config.hiding], out);
	return true;
}

static int apply_vendor(void *target, char *value, struct err *err)
{
	struct machine_config *config = target;

	if (!value || !*value || strlen(value) > HYPERV_VENDOR_MAX)
		return err_set(err, EINVAL, "vendor has 1 to %d characters", HYPERV_VENDOR_MAX);
	config->hyperv_vendor = value;
	return 0;
}

static void print_vendor(const void *target, FILE *out)
{
	const struct machine_config *config = target;

	if (config->hyperv_vendor)
		fputs(config->hyperv_vendor, out);
}

static const struct suboption hyperv_suboptions[] = {
	{ "vendor", apply_vendor, print_vendor },
	{ NULL },
};

int run_hyperv_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;
	struct machine_config *config = &request->config;
	char *on, *none;
	int ret;

	if (!option_next(&value, &on, &none) || none)
		return err_set(err, EINVAL, "--hyperv begins with on or off");
	ret = option_switch("--hyperv", on, &config->hyperv, err);
	config->hyperv_vendor = NULL;
	return ret ? ret : suboptions_apply(hyperv_suboptions, "--hyperv", value, config, err);
}

bool run_hyperv_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	fputs(request->config.hyperv ? "on" : "off", out);
	suboptions_print(hyperv_suboptions, &request->config, out);
	return true;
}
