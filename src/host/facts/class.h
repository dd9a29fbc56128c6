/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PCI class codes that matter here (PCI Code and ID Assignment). */
#ifndef HOST_FACTS_CLASS_H
#define HOST_FACTS_CLASS_H

/* Base classes: bits 23:16 of host_dev.class. */
#define CLASS_BASE_STORAGE     0x01
#define CLASS_BASE_NETWORK     0x02
#define CLASS_BASE_DISPLAY     0x03
#define CLASS_BASE_BRIDGE      0x06
#define CLASS_BASE_ACCELERATOR 0x12

/* Base and sub class: bits 23:8. */
#define CLASS_VGA          0x0300
#define CLASS_RAID         0x0104
#define CLASS_AUDIO        0x0403
#define CLASS_HOST_BRIDGE  0x0600
#define CLASS_ISA_BRIDGE   0x0601
#define CLASS_PCI_BRIDGE   0x0604
#define CLASS_CARDBUS      0x0607
#define CLASS_BRIDGE_OTHER 0x0680
#define CLASS_IOMMU        0x0806
#define CLASS_USB          0x0c03

#endif
