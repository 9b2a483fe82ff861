// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.device;

import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.FeatureBits;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What a session's device keeps for its driver, as bytes that another process can go on from: for a transport that moves the
 * device on behalf of a driver which does not know. For any thread.
 *
 * <p>The bytes begin with what they are, and with the features that the driver chose; a checksum ends them. They are read as if
 * an enemy had written them.
 */
public final class MovableState {
    /** Longer is no state: the most there can be is what the ports of a console have not read. */
    public static final int MAX_SIZE = 32 << 20;

    /** "pvst", a format for this program only. */
    private static final int MAGIC = 0x7076_7374;

    private static final int VERSION = 1;

    private final DeviceSession session;
    private final MovableDevice device;

    /** What was loaded, and waits for negotiation. Guarded by the session. */
    private @Nullable Loaded loaded;

    /** @param state as it came */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares them
    private record Loaded(FeatureBits features, Runnable change, byte[] state) {}

    private MovableState(DeviceSession session, MovableDevice device) {
        this.session = session;
        this.device = device;
    }

    /** Of a session, or null if its device keeps nothing that would have to move. */
    public static @Nullable MovableState of(DeviceSession session) {
        return session.device() instanceof MovableDevice movable ? new MovableState(session, movable) : null;
    }

    /**
     * Saves the state, which stays as it is. What was loaded and has not been taken over yet is the state.
     *
     * @throws IOException if a queue is in use, or the device needs a reset
     */
    public byte[] save() throws IOException {
        synchronized (session) {
            requireStopped();
            if (session.isBroken()) {
                throw new IOException("the device needs a reset");
            }
            return loaded == null ? write() : loaded.state.clone();
        }
    }

    private byte[] write() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream state = new DataOutputStream(bytes)) {
            boolean driven = (session.status() & DeviceStatus.DRIVER_OK) != 0;
            state.writeInt(MAGIC);
            state.writeInt(VERSION);
            state.writeInt(session.deviceType());
            state.writeBoolean(driven);
            if (driven) {
                state.writeLong(session.driverFeatures().low());
                state.writeLong(session.driverFeatures().high());
                device.saveState(state);
            }
            state.writeInt(checksum(bytes.toByteArray(), bytes.size()));
        }
        return bytes.toByteArray();
    }

    private void requireStopped() throws IOException {
        if (!session.isStopped()) {
            throw new IOException("a queue is in use");
        }
    }

    private static int checksum(byte[] bytes, int length) {
        CRC32C sum = new CRC32C();
        sum.update(bytes, 0, length);
        return (int) sum.getValue();
    }

    /**
     * Loads a state that was saved elsewhere. The device has it from its next negotiation on, if that is for the same features.
     *
     * @param state any bytes
     * @throws IOException if the device cannot have that state, or a queue is in use; what was loaded before is forgotten
     */
    public void load(byte[] state) throws IOException {
        synchronized (session) {
            loaded = null;
            requireStopped();
            try (DataInputStream input = new DataInputStream(checked(state))) {
                Loaded complete = read(input, state);
                if (input.available() > 0) {
                    throw new IOException("it goes on for " + input.available() + " bytes");
                }
                loaded = complete;
            } catch (EOFException tooShort) {
                throw new IOException("it ends early", tooShort);
            }
        }
    }

    private static ByteArrayInputStream checked(byte[] state) throws IOException {
        int length = state.length - Integer.BYTES;
        if (length < 0) {
            throw new EOFException();
        }
        try (DataInputStream end = new DataInputStream(new ByteArrayInputStream(state, length, Integer.BYTES))) {
            if (end.readInt() != checksum(state, length)) {
                throw new IOException("its checksum is wrong");
            }
        }
        return new ByteArrayInputStream(state, 0, length);
    }

    private @Nullable Loaded read(DataInputStream input, byte[] state) throws IOException {
        if (input.readInt() != MAGIC || input.readInt() != VERSION) {
            throw new IOException("it is of another program, or another version of this one");
        }
        int type = input.readInt();
        if (type != session.deviceType()) {
            throw new IOException("it is that of a " + DeviceType.describe(type));
        }
        if (!input.readBoolean()) {
            return null;
        }
        FeatureBits features = FeatureBits.ofLongs(input.readLong(), input.readLong());
        FeatureBits missing = features.minus(session.deviceFeatures());
        if (!missing.isEmpty()) {
            throw new IOException("its driver uses features that are not offered here: " + missing);
        }
        return new Loaded(features, device.loadState(features, input), state.clone());
    }

    /** Has the device take over what was loaded, if its driver chose what the driver there did. Between negotiation and DRIVER_OK. */
    public void takeOver() {
        synchronized (session) {
            Loaded waiting = loaded;
            loaded = null;
            if (waiting != null && waiting.features.equals(session.driverFeatures())) {
                try {
                    waiting.change.run();
                } catch (RuntimeException failure) {
                    session.fail("the device failed to take over a state", failure);
                }
            }
        }
    }

    /** Forgets what was loaded: its driver is gone. */
    public void forget() {
        synchronized (session) {
            loaded = null;
        }
    }
}
