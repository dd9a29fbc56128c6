/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How `tenon run` gives memory to the guest and its devices: rows of run_options[]. */
#ifndef CMD_RUN_MEMORY_H
#define CMD_RUN_MEMORY_H

#include "cmd/run/options.h"

int run_dma_apply(void *request, char *value, struct err *err);
bool run_dma_print(const void *request, unsigned n, FILE *out);

int run_iommu_apply(void *request, char *value, struct err *err);
bool run_iommu_print(const void *request, unsigned n, FILE *out);

int run_hugepages_apply(void *request, char *value, struct err *err);
bool run_hugepages_print(const void *request, unsigned n, FILE *out);

#endif
