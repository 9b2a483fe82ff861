// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.spec.FeatureBits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** What tests do with the state of a device. */
public final class StateBytes {
    private static final int CHECKSUM = Integer.BYTES;

    private StateBytes() {}

    public static MovableState of(DeviceSession session) {
        MovableState state = MovableState.of(session);
        assertThat(state).isNotNull();
        return state;
    }

    /** Pauses all queues, and saves. */
    public static byte[] pauseAndSave(DeviceSession session) throws IOException, InterruptedException {
        MovableQueues queues = new MovableQueues(session);
        for (int queue = 0; queue < session.queueCount(); queue++) {
            queues.pause(queue);
            assertThat(queues.awaitStopped(queue, TimeUnit.SECONDS.toNanos(20))).isTrue();
        }
        return of(session).save();
    }

    /** Has a device that no driver has take it over, as a transport does; nothing is served. */
    public static void takeOver(DeviceSession session, TestMemory memory, FeatureBits features, byte[] state)
            throws IOException {
        MovableState movable = of(session);
        movable.load(state);
        TestDriver driver = new TestDriver(session, memory, features).negotiate();
        movable.takeOver();
        driver.driverOk();
    }

    /** Another state, of bytes that are damaged somewhere, under a checksum that is right; null if it is the same. */
    public static byte @Nullable [] damage(byte[] state, Random dice) {
        byte[] bad = state.clone();
        int length = bad.length - CHECKSUM;
        for (int i = dice.nextInt(4); i >= 0; i--) {
            bad[dice.nextInt(length)] = (byte) dice.nextInt(256);
        }
        int kept = dice.nextInt(4) == 0 ? dice.nextInt(length + 1) : length;
        bad = Arrays.copyOf(bad, kept + CHECKSUM);
        CRC32C sum = new CRC32C();
        sum.update(bad, 0, kept);
        ByteBuffer.wrap(bad).putInt(kept, (int) sum.getValue());
        return Arrays.equals(bad, state) ? null : bad;
    }

    /** Whether a device can have a state; one that it cannot have is refused with a reason. */
    public static boolean isAccepted(DeviceSession session, byte[] state) {
        try {
            of(session).load(state);
            return true;
        } catch (IOException refused) {
            assertThat(refused).hasMessageMatching("(?s).{5,}");
            return false;
        }
    }
}
