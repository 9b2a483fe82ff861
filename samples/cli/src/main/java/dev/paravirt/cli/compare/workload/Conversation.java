// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import dev.paravirt.cli.compare.carrier.Devices;
import dev.paravirt.cli.compare.carrier.FrameFormat;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Frames in the {@link FrameFormat} to the peer of a network and back, each of which is checked on both sides. */
final class Conversation {
    private static final VarHandle LE64 = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LE32 = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final byte[] PEER = {2, 0, 0, 0, 0, 2};

    private final String name;
    private final Station station;
    private final byte[] outgoing = new byte[FrameFormat.LONGEST];
    private final byte[] incoming = new byte[FrameFormat.LONGEST];
    private long sent;

    /** @param name of the contender, for when something is lost */
    Conversation(String name, Station station) {
        this.name = name;
        this.station = station;
        byte[] own = Devices.mac();
        System.arraycopy(PEER, 0, outgoing, 0, PEER.length);
        System.arraycopy(own, 0, outgoing, PEER.length, own.length);
        outgoing[FrameFormat.TYPE] = (byte) (FrameFormat.EXPERIMENTAL >> Byte.SIZE);
        outgoing[FrameFormat.TYPE + 1] = (byte) FrameFormat.EXPERIMENTAL;
    }

    /** Sends a frame, perhaps not before {@link #flush}. Returns its number. */
    long send(int operation, int length) throws IOException {
        outgoing[FrameFormat.OPERATION] = (byte) operation;
        LE64.set(outgoing, FrameFormat.SEQUENCE, sent);
        LE64.set(outgoing, length - Long.BYTES, sent);
        station.send(outgoing, length);
        return sent++;
    }

    void flush() throws IOException {
        station.flush();
    }

    /** Asks for frames, which are numbered from 0 on since the last {@link #report}. */
    void ask(int count, int length) throws IOException {
        LE32.set(outgoing, FrameFormat.COUNT, count);
        LE32.set(outgoing, FrameFormat.LENGTH, length);
        send(FrameFormat.SUPPLY, FrameFormat.SHORTEST);
        station.flush();
    }

    /** Whether {@link #receive} would not have to wait. */
    boolean hasReceived() {
        return station.hasReceived();
    }

    /** Waits for the frame of a number, and checks it. */
    void receive(long number, int length) throws IOException {
        int got = station.receive(incoming);
        if (got != length
                || (long) LE64.get(incoming, FrameFormat.SEQUENCE) != number
                || (long) LE64.get(incoming, length - Long.BYTES) != number) {
            throw new IOException(name + " received " + got + " bytes of frame "
                    + LE64.get(incoming, FrameFormat.SEQUENCE) + " in place of " + length + " of frame " + number);
        }
    }

    /** Asks the peer whether all frames have arrived, whole and in order; numbers begin anew. */
    void report() throws IOException {
        long number = send(FrameFormat.REPORT, FrameFormat.SHORTEST);
        station.flush();
        receive(number, FrameFormat.SHORTEST);
        int arrived = (int) LE32.get(incoming, FrameFormat.COUNT);
        Patience.require(
                arrived == (int) sent, name + " sent " + sent + " frames, of which " + arrived + " arrived in order");
        sent = 0;
    }
}
