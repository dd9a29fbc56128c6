// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/memory.h"

#include <errno.h>
#include <string.h>

static const char *const dma_names[] = {
	[VFIO_DMA_ASYNC] = "async",
	[VFIO_DMA_SYNC] = "sync",
};

static const char *const iommu_names[] = {
	[VFIO_BACKEND_AUTO] = "auto",
	[VFIO_BACKEND_TYPE1] = "type1",
	[VFIO_BACKEND_IOMMUFD] = "iommufd",
};

static const char *const hugepages_names[] = {
	[RUN_HUGEPAGES_AUTO] = "auto",
	[RUN_HUGEPAGES_2M] = "2M",
	[RUN_HUGEPAGES_1G] = "1G",
	[RUN_HUGEPAGES_OFF] = "off",
};

/* Returns the index of @value in @names, or -EINVAL. */
static int find_name(const char *const *names, unsigned nr, const char *option, const char *takes,
	const char *value, struct err *err)
{
	for (unsigned i = 0; i < nr; i++)
		if (!strcmp(names[i], value))
			return (int)i;
	return err_set(err, EINVAL, "%s takes %s, not '%s'", option, takes, value);
}

int run_dma_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;
	int way = find_name(dma_names, ARRAY_SIZE(dma_names), "--dma", "async or sync", value, err);

	if (way < 0)
		return way;
	request->config.dma = (enum vfio_dma_mode)way;
	return 0;
}

bool run_dma_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	fputs(dma_names[request->config.dma], out);
	return true;
}

int run_hugepages_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;
	int which = find_name(hugepages_names, ARRAY_SIZE(hugepages_names), "--hugepages",
		"auto, 2M, 1G or off", value, err);

	if (which < 0)
		return which;
	request->hugepages = (enum run_hugepages)which;
	return 0;
}

bool run_hugepages_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	fputs(hugepages_names[request->hugepages], out);
	return true;
}

int run_iommu_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;
	int which = find_name(iommu_names, ARRAY_SIZE(iommu_names), "--iommu",
		"auto, type1 or iommufd", value, err);

	if (which < 0)
		return which;
	request->config.iommu = (enum vfio_backend_kind)which;
	return 0;
}

bool run_iommu_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	fputs(iommu_names[request->config.iommu], out);
	return true;
}
