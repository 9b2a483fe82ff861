// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.device;

import static java.util.Objects.requireNonNull;

import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.spec.FeatureBits;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Copies what is readable of a request into what is writable; how, and what goes wrong, is the test's to say. */
public final class TestDevice implements VirtioDevice {
    /** A device of no type that VIRTIO defines. */
    public static final int TYPE = 4000;

    public static final int CONFIG_SIZE = 24;

    /** A request that the test finishes later. */
    public record Held(DescriptorChain chain, QueueContext context) {
        /** On the thread of the caller. */
        public void finish() {
            context.complete(chain, 0);
        }
    }

    /** What a device does with a request. */
    public interface Behaviour {
        void process(DescriptorChain chain, QueueContext context);
    }

    public final List<Held> held = new CopyOnWriteArrayList<>();
    public final AtomicInteger resets = new AtomicInteger();
    public final AtomicInteger closes = new AtomicInteger();
    public final byte[] config = new byte[CONFIG_SIZE];
    public volatile FeatureBits features = FeatureBits.of(0, 5, 23);
    public volatile FeatureBits negotiated = FeatureBits.NONE;
    public volatile boolean accepts = true;
    public volatile boolean controlFails;
    public volatile boolean givesBackWhenAsked;
    public volatile Behaviour behaviour = this::echo;

    private final int[] maxSizes;
    private final byte[] scratch = new byte[4096];
    private @Nullable DeviceHost host;

    /** @param maxSizes of its queues; 0 for one that there is not */
    public TestDevice(int... maxSizes) {
        this.maxSizes = maxSizes.clone();
    }

    public DeviceHost host() {
        return requireNonNull(host);
    }

    public void echo(DescriptorChain chain, QueueContext context) {
        int length = (int) Math.min(scratch.length, Math.min(chain.readableLength(), chain.writableLength()));
        chain.read(0, scratch, 0, length);
        chain.write(0, scratch, 0, length);
        context.push(chain, length);
    }

    /** Keeps requests until the test finishes them. */
    public void hold() {
        behaviour = (chain, context) -> held.add(new Held(chain, context));
    }

    @Override
    public int deviceType() {
        return TYPE;
    }

    @Override
    public FeatureBits features() {
        return features;
    }

    @Override
    public int queueCount() {
        return maxSizes.length;
    }

    @Override
    public int maxQueueSize(int queue) {
        return maxSizes[queue];
    }

    @Override
    public int configSize() {
        return CONFIG_SIZE;
    }

    private void control() {
        if (controlFails) {
            throw new IllegalStateException("expected by the test");
        }
    }

    @Override
    public void readConfig(int offset, byte[] destination, int start, int length) {
        control();
        System.arraycopy(config, offset, destination, start, length);
    }

    @Override
    public void writeConfig(int offset, byte[] source, int start, int length) {
        control();
        System.arraycopy(source, start, config, offset, length);
    }

    @Override
    public boolean accepts(FeatureBits driverFeatures) {
        control();
        return accepts;
    }

    @Override
    public void negotiated(FeatureBits driverFeatures) {
        negotiated = driverFeatures;
    }

    @Override
    public void attach(DeviceHost session) {
        host = session;
    }

    @Override
    public void process(int queue, DescriptorChain chain, QueueContext context) {
        behaviour.process(chain, context);
    }

    @Override
    public void quiesce(int queue, QueueContext context) {
        if (givesBackWhenAsked) {
            for (Held request : List.copyOf(held)) {
                if (request.context().queue() == queue) {
                    held.remove(request);
                    context.push(request.chain(), 0);
                }
            }
        }
    }

    @Override
    public void reset() {
        control();
        resets.incrementAndGet();
        negotiated = FeatureBits.NONE;
        Arrays.fill(config, (byte) 0);
    }

    @Override
    public void close() {
        closes.incrementAndGet();
    }
}
