// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The interrupt links: LNKx for the PICs through a routing register, GSIx fixed to IOAPIC pins.
 * Only the letters and numbers differ.  Included by dsdt.asl.
 */
Device (LNKA)
{
	Name (_HID, EisaId ("PNP0C0F"))
	Name (_UID, 1)
	Method (_PRS) { Return (LPRS) }
	Method (_STA) { Return (LSTA (\_SB.PCI0.LPC.RTEA)) }
	Method (_CRS) { Return (LCRS (\_SB.PCI0.LPC.RTEA)) }
	Method (_DIS) { \_SB.PCI0.LPC.RTEA |= 0x80 }
	Method (_SRS, 1) { \_SB.PCI0.LPC.RTEA = LSRS (Arg0) }
}

Device (LNKB)
{
	Name (_HID, EisaId ("PNP0C0F"))
	Name (_UID, 2)
	Method (_PRS) { Return (LPRS) }
	Method (_STA) { Return (LSTA (\_SB.PCI0.LPC.RTEB)) }
	Method (_CRS) { Return (LCRS (\_SB.PCI0.LPC.RTEB)) }
	Method (_DIS) { \_SB.PCI0.LPC.RTEB |= 0x80 }
	Method (_SRS, 1) { \_SB.PCI0.LPC.RTEB = LSRS (Arg0) }
}

Device (LNKC)
{
	Name (_HID, EisaId ("PNP0C0F"))
	Name (_UID, 3)
	Method (_PRS) { Return (LPRS) }
	Method (_STA) { Return (LSTA (\_SB.PCI0.LPC.RTEC)) }
	Method (_CRS) { Return (LCRS (\_SB.PCI0.LPC.RTEC)) }
	Method (_DIS) { \_SB.PCI0.LPC.RTEC |= 0x80 }
	Method (_SRS, 1) { \_SB.PCI0.LPC.RTEC = LSRS (Arg0) }
}

Device (LNKD)
{
	Name (_HID, EisaId ("PNP0C0F"))
	Name (_UID, 4)
	Method (_PRS) { Return (LPRS) }
	Method (_STA) { Return (LSTA (\_SB.PCI0.LPC.RTED)) }
	Method (_CRS) { Return (LCRS (\_SB.PCI0.LPC.RTED)) }
	Method (_DIS) { \_SB.PCI0.LPC.RTED |= 0x80 }
	Method (_SRS, 1) { \_SB.PCI0.LPC.RTED = LSRS (Arg0) }
}

Device (LNKE)
{
	Name (_HID, EisaId ("PNP0C0F"))
	Name (_UID, 5)
	Method (_PRS) { Return (LPRS) }
	Method (_STA) { Return (LSTA (\_SB.PCI0.LPC.RTEE)) }
	Method (_CRS) { Return (LCRS (\_SB.PCI0.LPC.RTEE)) }
	Method (_DIS) { \_SB.PCI0.LPC.RTEE |= 0x80 }
	Method (_SRS, 1) { \_SB.PCI0.LPC.RTEE = LSRS (Arg0) }
}

Device (LNKF)
{
	Name (_HID, EisaId ("PNP0C0F"))
	Name (_UID, 6)
	Method (_PRS) { Return (LPRS) }
	Method (_STA) { Return (LSTA (\_SB.PCI0.LPC.RTEF)) }
	Method (_CRS) { Return (LCRS (\_SB.PCI0.LPC.RTEF)) }
	Method (_DIS) { \_SB.PCI0.LPC.RTEF |= 0x80 }
	Method (_SRS, 1) { \_SB.PCI0.LPC.RTEF = LSRS (Arg0) }
}

Device (LNKG)
{
	Name (_HID, EisaId ("PNP0C0F"))
	Name (_UID, 7)
	Method (_PRS) { Return (LPRS) }
	Method (_STA) { Return (LSTA (\_SB.PCI0.LPC.RTEG)) }
	Method (_CRS) { Return (LCRS (\_SB.PCI0.LPC.RTEG)) }
	Method (_DIS) { \_SB.PCI0.LPC.RTEG |= 0x80 }
	Method (_SRS, 1) { \_SB.PCI0.LPC.RTEG = LSRS (Arg0) }
}

Device (LNKH)
{
	Name (_HID, EisaId ("PNP0C0F"))
	Name (_UID, 8)
	Method (_PRS) { Return (LPRS) }
	Method (_STA) { Return (LSTA (\_SB.PCI0.LPC.RTEH)) }
	Method (_CRS) { Return (LCRS (\_SB.PCI0.LPC.RTEH)) }
	Method (_DIS) { \_SB.PCI0.LPC.RTEH |= 0x80 }
	Method (_SRS, 1) { \_SB.PCI0.LPC.RTEH = LSRS (Arg0) }
}

Device (GSIA)
{
	Name (_HID, EisaId ("PNP0C0F"))
	Name (_UID, 9)
	Name (_PRS, ResourceTemplate ()
	{
		Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 16 }
	})
	Method (_CRS) { Return (_PRS) }
	Method (_SRS, 1) { }
	Method (_DIS) { }
}

Device (GSIB)
{
	Name (_HID, EisaId ("PNP0C0F"))
	Name (_UID, 10)
	Name (_PRS, ResourceTemplate ()
	{
		Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 17 }
	})
	Method (_CRS) { Return (_PRS) }
	Method (_SRS, 1) { }
	Method (_DIS) { }
}

Device (GSIC)
{
	Name (_HID, EisaId ("PNP0C0F"))
	Name (_UID, 11)
	Name (_PRS, ResourceTemplate ()
	{
		Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 18 }
	})
	Method (_CRS) { Return (_PRS) }
	Method (_SRS, 1) { }
	Method (_DIS) { }
}

Device (GSID)
{
	Name (_HID, EisaId ("PNP0C0F"))
	Name (_UID, 12)
	Name (_PRS, ResourceTemplate ()
	{
		Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 19 }
	})
	Method (_CRS) { Return (_PRS) }
	Method (_SRS, 1) { }
	Method (_DIS) { }
}

Device (GSIE)
{
	Name (_HID, EisaId ("PNP0C0F"))
	Name (_UID, 13)
	Name (_PRS, ResourceTemplate ()
	{
		Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 20 }
	})
	Method (_CRS) { Return (_PRS) }
	Method (_SRS, 1) { }
	Method (_DIS) { }
}

Device (GSIF)
{
	Name (_HID, EisaId ("PNP0C0F"))
	Name (_UID, 14)
	Name (_PRS, ResourceTemplate ()
	{
		Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 21 }
	})
	Method (_CRS) { Return (_PRS) }
	Method (_SRS, 1) { }
	Method (_DIS) { }
}

Device (GSIG)
{
	Name (_HID, EisaId ("PNP0C0F"))
	Name (_UID, 15)
	Name (_PRS, ResourceTemplate ()
	{
		Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 22 }
	})
	Method (_CRS) { Return (_PRS) }
	Method (_SRS, 1) { }
	Method (_DIS) { }
}

Device (GSIH)
{
	Name (_HID, EisaId ("PNP0C0F"))
	Name (_UID, 16)
	Name (_PRS, ResourceTemplate ()
	{
		Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 23 }
	})
	Method (_CRS) { Return (_PRS) }
	Method (_SRS, 1) { }
	Method (_DIS) { }
}
