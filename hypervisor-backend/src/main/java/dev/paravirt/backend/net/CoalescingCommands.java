// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetControl;
import dev.paravirt.spec.net.NetFeatures;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The commands of the class NOTF_COAL, and what they set for each queue. */
final class CoalescingCommands {
    private final NetDevice device;

    /** By virtqueue index, without the controlq. */
    private final Coalescing[] queues;

    /** For queues that are set up later: of receiveqs, then of transmitqs. */
    private final long[] initial = new long[2];

    CoalescingCommands(NetDevice device) {
        this.device = device;
        this.queues = new Coalescing[2 * device.pairs()];
        Arrays.setAll(queues, i -> new Coalescing());
    }

    /** @param queue index of a receiveq or transmitq */
    Coalescing of(int queue) {
        return queues[queue];
    }

    /** A queue was set up, or is being reset. */
    synchronized void enabled(int queue, boolean on) {
        if (on) {
            queues[queue].enable(initial[queue % 2]);
        } else {
            queues[queue].disable();
        }
    }

    /** A queue will go on with the parameters that it has. */
    synchronized void paused(int queue) {
        queues[queue].pause();
    }

    synchronized void reset() {
        Arrays.fill(initial, 0);
        for (Coalescing queue : queues) {
            queue.disable();
        }
    }

    /** All queues are paused, or not set up. */
    synchronized void save(DataOutput state) throws IOException {
        state.writeLong(initial[0]);
        state.writeLong(initial[1]);
        for (Coalescing queue : queues) {
            state.writeBoolean(queue.isPaused());
            state.writeLong(queue.isPaused() ? queue.parameters() : 0);
        }
    }

    /** Returns what takes over a state that was saved. All numbers are parameters. */
    Runnable load(DataInput state) throws IOException {
        long[] loaded = {state.readLong(), state.readLong()};
        boolean[] paused = new boolean[queues.length];
        long[] parameters = new long[queues.length];
        for (int queue = 0; queue < queues.length; queue++) {
            paused[queue] = state.readBoolean();
            parameters[queue] = state.readLong();
        }
        return () -> takeOver(loaded, paused, parameters);
    }

    private synchronized void takeOver(long[] loaded, boolean[] paused, long[] parameters) {
        System.arraycopy(loaded, 0, initial, 0, initial.length);
        for (int queue = 0; queue < queues.length; queue++) {
            if (paused[queue]) {
                queues[queue].pause();
                queues[queue].parameters(parameters[queue]);
            }
        }
    }

    /**
     * Executes a command.
     *
     * @param length of its data
     * @return bytes of its result, which were written behind the ack; -1 if it cannot be done
     */
    int execute(int command, DescriptorChain chain, long length) {
        FeatureBits negotiated = device.negotiated();
        boolean each = negotiated.has(NetFeatures.VQ_NOTF_COAL);
        boolean all = negotiated.has(NetFeatures.NOTF_COAL);
        return switch (command) {
            case NetControl.NOTF_COAL_TX_SET -> all ? setAll(1, chain, length) : ControlCommands.FAILED;
            case NetControl.NOTF_COAL_RX_SET -> all ? setAll(0, chain, length) : ControlCommands.FAILED;
            case NetControl.NOTF_COAL_VQ_SET -> each ? set(chain, length) : ControlCommands.FAILED;
            case NetControl.NOTF_COAL_VQ_GET -> each ? get(chain, length) : ControlCommands.FAILED;
            default -> ControlCommands.FAILED;
        };
    }

    /** @param kind 0 for receiveqs, 1 for transmitqs */
    private synchronized int setAll(int kind, DescriptorChain chain, long length) {
        if (length != NetControl.COAL_SIZE) {
            return ControlCommands.FAILED;
        }
        initial[kind] = parameters(chain, NetControl.DATA);
        for (int queue = kind; queue < queues.length; queue += 2) {
            queues[queue].parameters(initial[kind]);
        }
        return 0;
    }

    private int set(DescriptorChain chain, long length) {
        Coalescing queue = length == NetControl.COAL_VQ_SIZE ? enabled(chain) : null;
        if (queue == null) {
            return ControlCommands.FAILED;
        }
        queue.parameters(parameters(chain, NetControl.DATA + NetControl.COAL_VQ_COAL));
        return 0;
    }

    private int get(DescriptorChain chain, long length) {
        Coalescing queue = length == NetControl.COAL_VQ_COAL ? enabled(chain) : null;
        if (queue == null || chain.writableLength() < NetControl.RESULT + NetControl.COAL_SIZE) {
            return ControlCommands.FAILED;
        }
        long parameters = queue.parameters();
        byte[] result = ByteBuffer.allocate(NetControl.COAL_SIZE)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(Coalescing.maxPackets(parameters))
                .putInt(Coalescing.maxMicros(parameters))
                .array();
        chain.write(NetControl.RESULT, result, 0, result.length);
        return result.length;
    }

    /** The receiveq or transmitq that a command names, null if it is none that is enabled. */
    private @Nullable Coalescing enabled(DescriptorChain chain) {
        int queue = chain.readShort(NetControl.DATA + NetControl.COAL_VQ_INDEX);
        return device.isForFrames(queue) && queues[queue].isEnabled() ? queues[queue] : null;
    }

    private static long parameters(DescriptorChain chain, long at) {
        return Coalescing.parameters(
                chain.readInt(at + NetControl.COAL_MAX_PACKETS), chain.readInt(at + NetControl.COAL_MAX_USECS));
    }
}
