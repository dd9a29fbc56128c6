/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers and structures in memory of xHCI 1.1 (chapters 5 and 6) that this controller has. */
#ifndef VM_XHCI_REGS_H
#define VM_XHCI_REGS_H

#include "base/types.h"

/* Where things are in the BAR. */
#define XHCI_CAPS     0x0000
#define XHCI_OPER     0x0040
#define XHCI_PORTS    0x0440
#define XHCI_RUNTIME  0x1000
#define XHCI_DOORBELL 0x2000
#define XHCI_TABLE    0x3000 /* of MSI-X */
#define XHCI_PBA      0x3800
#define XHCI_BAR_SIZE 0x4000

/* 5.3: capability registers. */
#define XHCI_CAPLENGTH  0x00
#define XHCI_HCSPARAMS1 0x04
#define XHCI_HCSPARAMS2 0x08
#define XHCI_HCSPARAMS3 0x0c
#define XHCI_HCCPARAMS1 0x10
#define XHCI_DBOFF      0x14
#define XHCI_RTSOFF     0x18
#define XHCI_HCCPARAMS2 0x1c
#define XHCI_EXTENDED   0x20 /* two supported protocol capabilities, 7.2 */

#define XHCI_VERSION 0x0100

/* 5.4: operational registers, from XHCI_OPER. */
#define XHCI_USBCMD   0x00
#define XHCI_USBSTS   0x04
#define XHCI_PAGESIZE 0x08
#define XHCI_DNCTRL   0x14
#define XHCI_CRCR     0x18
#define XHCI_DCBAAP   0x30
#define XHCI_CONFIG   0x38

#define XHCI_CMD_RS    BIT(0)
#define XHCI_CMD_HCRST BIT(1)
#define XHCI_CMD_INTE  BIT(2)
#define XHCI_CMD_HSEE  BIT(3)
#define XHCI_CMD_CSS   BIT(8)
#define XHCI_CMD_CRS   BIT(9)
#define XHCI_CMD_EWE   BIT(10)
#define XHCI_CMD_BITS  (XHCI_CMD_RS | XHCI_CMD_INTE | XHCI_CMD_HSEE | XHCI_CMD_EWE)

#define XHCI_STS_HCH  BIT(0)
#define XHCI_STS_HSE  BIT(2)
#define XHCI_STS_EINT BIT(3)
#define XHCI_STS_PCD  BIT(4)
#define XHCI_STS_SRE  BIT(10)
#define XHCI_STS_HCE  BIT(12)
#define XHCI_STS_RW1C (XHCI_STS_HSE | XHCI_STS_EINT | XHCI_STS_PCD | XHCI_STS_SRE)

#define XHCI_CRCR_RCS BIT(0)
#define XHCI_CRCR_CS  BIT(1)
#define XHCI_CRCR_CA  BIT(2)
#define XHCI_CRCR_CRR BIT(3)

/* 5.4.8: a port's registers, 16 bytes each. */
#define XHCI_PORTSC 0x0

#define XHCI_PORT_CCS   BIT(0)
#define XHCI_PORT_PED   BIT(1)
#define XHCI_PORT_PR    BIT(4)
#define XHCI_PORT_PLS   0x1e0u
#define XHCI_PORT_PP    BIT(9)
#define XHCI_PORT_SPEED 10 /* shift */
#define XHCI_PORT_PIC   0xc000u
#define XHCI_PORT_LWS   BIT(16)
#define XHCI_PORT_CSC   BIT(17)
#define XHCI_PORT_PEC   BIT(18)
#define XHCI_PORT_WRC   BIT(19)
#define XHCI_PORT_PRC   BIT(21)
#define XHCI_PORT_PLC   BIT(22)
#define XHCI_PORT_WAKE  0x0e000000u /* WCE, WDE, WOE */
#define XHCI_PORT_WPR   BIT(31)
#define XHCI_PORT_CHANGES                                                                          \
	(XHCI_PORT_CSC | XHCI_PORT_PEC | XHCI_PORT_WRC | BIT(20) | XHCI_PORT_PRC | XHCI_PORT_PLC | \
		BIT(23))

enum xhci_link {
	XHCI_LINK_U0 = 0,
	XHCI_LINK_U2 = 2,
	XHCI_LINK_U3 = 3,
	XHCI_LINK_DISABLED = 4,
	XHCI_LINK_DETECT = 5,
	XHCI_LINK_POLLING = 7,
	XHCI_LINK_RESUME = 15,
};

/* 5.5: runtime registers; interrupters of 32 bytes each. */
#define XHCI_MFINDEX      0x00
#define XHCI_INTERRUPTERS 0x20
#define XHCI_IMAN         0x00
#define XHCI_IMOD         0x04
#define XHCI_ERSTSZ       0x08
#define XHCI_ERSTBA       0x10
#define XHCI_ERDP         0x18

#define XHCI_IMAN_IP  BIT(0)
#define XHCI_IMAN_IE  BIT(1)
#define XHCI_ERDP_EHB BIT(3)

/* 6.4: TRBs. */
#define XHCI_TRB 16u

enum xhci_trb_type {
	TRB_NORMAL = 1,
	TRB_SETUP = 2,
	TRB_DATA = 3,
	TRB_STATUS = 4,
	TRB_ISOCH = 5,
	TRB_LINK = 6,
	TRB_EVENT_DATA = 7,
	TRB_NOOP = 8,
	TRB_ENABLE_SLOT = 9,
	TRB_DISABLE_SLOT = 10,
	TRB_ADDRESS_DEVICE = 11,
	TRB_CONFIGURE_ENDPOINT = 12,
	TRB_EVALUATE_CONTEXT = 13,
	TRB_RESET_ENDPOINT = 14,
	TRB_STOP_ENDPOINT = 15,
	TRB_SET_DEQUEUE = 16,
	TRB_RESET_DEVICE = 17,
	TRB_GET_BANDWIDTH = 21,
	TRB_NOOP_COMMAND = 23,
	TRB_TRANSFER_EVENT = 32,
	TRB_COMMAND_EVENT = 33,
	TRB_PORT_EVENT = 34,
	TRB_CONTROLLER_EVENT = 37,
};

/* In the last dword. */
#define TRB_CYCLE    BIT(0)
#define TRB_TOGGLE   BIT(1) /* of a link */
#define TRB_ISP      BIT(2)
#define TRB_CHAIN    BIT(4)
#define TRB_IOC      BIT(5)
#define TRB_IDT      BIT(6)
#define TRB_BEI      BIT(9)
#define TRB_BSR      BIT(9) /* of an address device command */
#define TRB_DC       BIT(9) /* of a configure endpoint command */
#define TRB_PRESERVE BIT(9) /* of a reset endpoint command */
#define TRB_ED       BIT(2) /* of a transfer event */
#define TRB_IN       BIT(16)

static inline enum xhci_trb_type trb_type(u32 control)
{
	return (enum xhci_trb_type)(control >> 10 & 0x3f);
}

/* 6.4.5: completion codes. */
enum xhci_code {
	XHCI_SUCCESS = 1,
	XHCI_DATA_BUFFER_ERROR = 2,
	XHCI_TRANSACTION_ERROR = 4,
	XHCI_TRB_ERROR = 5,
	XHCI_STALL = 6,
	XHCI_NO_SLOTS = 9,
	XHCI_SLOT_NOT_ENABLED = 11,
	XHCI_ENDPOINT_NOT_ENABLED = 12,
	XHCI_SHORT_PACKET = 13,
	XHCI_PARAMETER_ERROR = 17,
	XHCI_CONTEXT_STATE = 19,
	XHCI_RING_FULL = 21,
	XHCI_RING_STOPPED = 24,
	XHCI_STOPPED = 26,
};

/* 6.2: contexts of 32 bytes. */
#define XHCI_CONTEXT 32u
#define XHCI_NR_DCIS 32u /* 0 is the slot, 1 the control endpoint */

enum xhci_slot_state { SLOT_ENABLED, SLOT_DEFAULT, SLOT_ADDRESSED, SLOT_CONFIGURED };
enum xhci_ep_state { EP_DISABLED, EP_RUNNING, EP_HALTED, EP_STOPPED, EP_ERROR };

#endif
