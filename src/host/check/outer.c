// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Advice for a host that is itself a virtual machine: its own host, not its firmware, must provide
 * virtualisation and an IOMMU.
 */
#include "base/outer.h"
#include "host/check/check_internal.h"

const char *look_setup(const struct look *look)
{
	return outer_setup(look->host->outer);
}

static bool fix_outer(struct look *look, const char *advice)
{
	if (advice)
		fix(look, "this host is itself a virtual machine (%s). %s",
			look->host->outer_evidence, advice);
	return advice;
}

bool fix_outer_kvm(struct look *look)
{
	return fix_outer(look, outer_kvm(look->host->outer));
}

bool fix_outer_iommu(struct look *look)
{
	return fix_outer(look, outer_iommu(look->host->outer));
}
