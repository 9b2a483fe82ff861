// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import dev.paravirt.backend.device.DeviceSession;
import dev.paravirt.spec.vhostuser.FrontEndRequest;
import dev.paravirt.spec.vhostuser.Payload;
import dev.paravirt.vhostuser.Message;
import dev.paravirt.vhostuser.ProtocolException;
import java.nio.ByteBuffer;

/** The requests of a front-end that read and write the device configuration space. */
final class ConfigurationRequests {
    private ConfigurationRequests() {}

    /** What is asked for beyond the end of the space reads as zero: front-ends ask for the largest that they know. */
    static ByteBuffer read(DeviceSession device, Message message) throws ProtocolException {
        int offset = message.getInt(Payload.CONFIG_OFFSET);
        int length = message.getInt(Payload.CONFIG_LENGTH);
        check(message, offset, length);
        byte[] bytes = new byte[length];
        int there = Math.clamp(device.configSize() - offset, 0, length);
        if (there > 0) {
            device.readConfig(offset, bytes, 0, there);
        }
        return Message.payload(Payload.CONFIG_BYTES + length)
                .putInt(Payload.CONFIG_OFFSET, offset)
                .putInt(Payload.CONFIG_LENGTH, length)
                .putInt(Payload.CONFIG_FLAGS, message.getInt(Payload.CONFIG_FLAGS))
                .put(Payload.CONFIG_BYTES, bytes);
    }

    private static void check(Message message, int offset, int length) throws ProtocolException {
        if (offset < 0
                || length < 0
                || length != message.size() - Payload.CONFIG_BYTES
                || offset > Payload.MAX_CONFIG_BYTES - length) {
            throw new ProtocolException(FrontEndRequest.describe(message.request()) + " of "
                    + Integer.toUnsignedString(length) + " bytes at " + Integer.toUnsignedString(offset)
                    + " in a payload of " + message.size());
        }
    }

    static void write(DeviceSession device, Message message) throws ProtocolException {
        int offset = message.getInt(Payload.CONFIG_OFFSET);
        int length = message.getInt(Payload.CONFIG_LENGTH);
        check(message, offset, length);
        int there = Math.clamp(device.configSize() - offset, 0, length);
        if (there > 0) {
            device.writeConfig(offset, message.getBytes(Payload.CONFIG_BYTES, there), 0, there);
        }
    }
}
