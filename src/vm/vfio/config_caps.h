/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The capability lists of an assigned function: the part of config.c that is tables. */
#ifndef VM_VFIO_CONFIG_CAPS_H
#define VM_VFIO_CONFIG_CAPS_H

#include "vm/vfio/config.h"

void vfio_config_build_caps(struct vfio_config *config, const struct vfio_config_view *view);
void vfio_config_build_ext_caps(struct vfio_config *config, const struct vfio_config_view *view);

#endif
