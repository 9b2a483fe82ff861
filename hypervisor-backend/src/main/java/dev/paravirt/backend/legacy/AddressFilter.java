// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import dev.paravirt.spec.legacy.Ne2000;
import java.util.zip.CRC32;

/** Which frames a DP8390 wants ("Address Recognition Logic"): PAR, MAR and RCR against a destination. */
final class AddressFilter {
    private static final int BYTE = 0xff;
    private static final int GROUP = 1;
    private static final int HASH_SHIFT = 26;

    final byte[] physical = new byte[Ne2000.ADDRESS];
    final byte[] multicast = new byte[8];
    private final CRC32 crc = new CRC32();

    static boolean isGroup(byte[] frame) {
        return (frame[0] & GROUP) != 0;
    }

    /** @param frame begins with its destination */
    boolean accepts(byte[] frame, int receiveConfiguration) {
        if (!isGroup(frame)) {
            return (receiveConfiguration & Ne2000.RCR_PRO) != 0 || isOurs(frame);
        }
        boolean broadcast = isBroadcast(frame);
        if (broadcast && (receiveConfiguration & Ne2000.RCR_AB) != 0) {
            return true;
        }
        return (receiveConfiguration & Ne2000.RCR_AM) != 0 && isInTable(frame);
    }

    private boolean isOurs(byte[] frame) {
        for (int i = 0; i < Ne2000.ADDRESS; i++) {
            if (frame[i] != physical[i]) {
                return false;
            }
        }
        return true;
    }

    private static boolean isBroadcast(byte[] frame) {
        for (int i = 0; i < Ne2000.ADDRESS; i++) {
            if ((frame[i] & BYTE) != BYTE) {
                return false;
            }
        }
        return true;
    }

    /** The six bits of the address' CRC that leave the register first are the number of a bit in MAR. */
    private boolean isInTable(byte[] frame) {
        crc.reset();
        crc.update(frame, 0, Ne2000.ADDRESS);
        int hash = Integer.reverse(~(int) crc.getValue()) >>> HASH_SHIFT;
        return (multicast[hash >> 3] >> (hash & 7) & 1) != 0;
    }
}
