// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import java.util.Locale;

/** What the machine that the toy OS boots on has for devices, and how it is asked for anything. */
public enum MachineKind {
    /** Virtio devices on hypercalls. */
    PARAVIRT,
    /** Virtio devices behind registers, each access to which is trapped, beside what else a PC has. */
    MMIO,
    /** The devices that a PC has, each access to whose registers is trapped. */
    TRAPPED;

    /** @throws IllegalArgumentException if there is no such machine; says which there are */
    public static MachineKind parse(String text) {
        for (MachineKind kind : values()) {
            if (kind.toString().equals(text)) {
                return kind;
            }
        }
        throw new IllegalArgumentException("a machine is paravirt, mmio or trapped, not " + text);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
