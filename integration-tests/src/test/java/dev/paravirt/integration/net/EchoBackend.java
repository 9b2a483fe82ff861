// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.net;

import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetPort;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/** A network with one other station on it, which sends every frame back to where it came from. */
public final class EchoBackend implements NetBackend {
    private static final int ADDRESS = 6;

    private final FeatureBits offloads;
    private volatile @Nullable NetPort port;

    public EchoBackend() {
        this(FeatureBits.NONE);
    }

    /** @param offloads what the other station needs no device for */
    EchoBackend(FeatureBits offloads) {
        this.offloads = offloads;
    }

    @Override
    public FeatureBits offloads() {
        return offloads;
    }

    @Override
    public void attach(NetPort attached) {
        port = attached;
    }

    @Override
    public boolean send(ByteBuf frame) {
        NetPort back = port;
        if (back == null) {
            frame.release();
            return false;
        }
        int destination = frame.readerIndex() + (offloads.isEmpty() ? 0 : NetHeader.SIZE);
        for (int octet = destination; octet < destination + ADDRESS; octet++) {
            byte first = frame.getByte(octet);
            frame.setByte(octet, frame.getByte(octet + ADDRESS));
            frame.setByte(octet + ADDRESS, first);
        }
        return back.receive(frame);
    }

    /** The other station sends a frame of its own accord. Returns whether the device had use for it, for all we know. */
    boolean deliver(byte[] frame) {
        NetPort attached = port;
        return attached != null && attached.receive(Unpooled.copiedBuffer(frame));
    }

    @Override
    public void close() {
        port = null;
    }
}
