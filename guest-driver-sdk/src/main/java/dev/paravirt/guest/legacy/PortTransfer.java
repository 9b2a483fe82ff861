// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.legacy;

/** How a driver moves data through a port. */
public enum PortTransfer {
    /** 16 bits at a time. */
    WORD,
    /** 32 bits at a time, which devices behind PCI understand. */
    DOUBLE_WORD,
    /** With string instructions, 16 bits wide. */
    STRING
}
