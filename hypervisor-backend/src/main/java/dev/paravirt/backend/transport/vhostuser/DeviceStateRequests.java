// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import dev.paravirt.backend.device.MovableState;
import dev.paravirt.linux.MemoryFile;
import dev.paravirt.spec.vhostuser.FrontEndRequest;
import dev.paravirt.spec.vhostuser.MessageHeader;
import dev.paravirt.spec.vhostuser.Payload;
import dev.paravirt.spec.vhostuser.ProtocolFeatures;
import dev.paravirt.vhostuser.Message;
import dev.paravirt.vhostuser.MessageChannel;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The requests by which the state of a device moves to another back-end ("Migrating back-end state").
 *
 * <p>A front-end proposes a pipe. It gets a file in memory instead, as the protocol permits: a state that is saved is whole when
 * the front-end begins to read, and one that is loaded is read when the front-end says that it is whole. So neither waits for the
 * other, and nobody can be held up.
 */
final class DeviceStateRequests implements AutoCloseable {
    /** Protocol feature that these belong to, as a bit. */
    static final long FEATURES = 1L << ProtocolFeatures.DEVICE_STATE;

    private static final Logger LOG = LoggerFactory.getLogger(DeviceStateRequests.class);
    private static final String NAME = "paravirt-device-state";
    private static final long FAILED = 1;
    private static final long DONE = 0;

    private final MessageChannel channel;
    private final MovableState state;
    private final Vrings rings;

    /** What {@link #check} will say, unless there is something to load. */
    private long result = FAILED;

    /** Where the front-end puts what is to be loaded. */
    private @Nullable MemoryFile incoming;

    DeviceStateRequests(MessageChannel channel, MovableState state, Vrings rings) {
        this.channel = channel;
        this.state = state;
        this.rings = rings;
    }

    /** SET_DEVICE_STATE_FD; replies. */
    void begin(Message message) throws IOException {
        forgetIncoming();
        result = FAILED;
        try (MemoryFile file = file(message.getInt(Payload.STATE_DIRECTION), message.getInt(Payload.STATE_PHASE))) {
            channel.send(message.request(), MessageHeader.REPLY, Message.payloadOf(DONE), List.of(file.descriptor()));
        } catch (RefusedException refused) {
            warn(message.request(), refused);
            channel.send(
                    message.request(),
                    MessageHeader.REPLY,
                    Message.payloadOf(FAILED | Payload.STATE_NO_DESCRIPTOR),
                    List.of());
        }
    }

    /** The file for the front-end, which has an owner of its own here. */
    private MemoryFile file(int direction, int phase) throws RefusedException {
        if (phase != Payload.STATE_STOPPED || (direction != Payload.STATE_SAVE && direction != Payload.STATE_LOAD)) {
            throw new RefusedException("direction " + Integer.toUnsignedString(direction) + " in phase "
                    + Integer.toUnsignedString(phase) + " is not known here");
        }
        if (!rings.isSuspended()) {
            throw new RefusedException("a ring is not stopped");
        }
        try {
            if (direction == Payload.STATE_LOAD) {
                MemoryFile wanted = MemoryFile.create(NAME);
                incoming = wanted;
                return wanted.duplicate();
            }
            MemoryFile saved = MemoryFile.of(NAME, state.save());
            result = DONE;
            return saved;
        } catch (IOException failure) {
            throw new RefusedException("no state", failure);
        }
    }

    /** CHECK_DEVICE_STATE; returns its reply. The first one after a transfer tells, and those that follow say the same. */
    long check() {
        MemoryFile file = incoming;
        if (file != null) {
            try {
                load(file);
                result = DONE;
            } catch (IOException failure) {
                warn(FrontEndRequest.CHECK_DEVICE_STATE, failure);
            } finally {
                forgetIncoming();
            }
        }
        return result;
    }

    private void load(MemoryFile file) throws IOException {
        if (!rings.isSuspended()) {
            throw new RefusedException("a ring is not stopped");
        }
        byte[] bytes = file.read(MovableState.MAX_SIZE);
        if (bytes.length > MovableState.MAX_SIZE) {
            throw new RefusedException("a state is not longer than " + MovableState.MAX_SIZE + " bytes");
        }
        state.load(bytes);
        // It is taken over when the device starts anew.
        rings.resetDevice();
    }

    private static void warn(int request, IOException failure) {
        LOG.warn("{} fails: {}", FrontEndRequest.describe(request), failure.getMessage());
    }

    private void forgetIncoming() {
        MemoryFile file = incoming;
        incoming = null;
        if (file != null) {
            file.close();
        }
    }

    @Override
    public void close() {
        forgetIncoming();
    }
}
