// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue.traffic;

import dev.paravirt.queue.DescriptorChain;

/**
 * What the device does with a request: checks the bytes that it reads, and writes bytes that follow from their checksum.
 * A request without readable bytes gets bytes that follow from a seed of the device's.
 */
public final class EchoService {
    private final byte[] bytes;
    private final Dice dice;
    private long requests;
    private long readSum;
    private long freeWrittenSum;

    /** @param longest bytes of a request, readable and writable together */
    public EchoService(int longest, long seed) {
        bytes = new byte[longest];
        dice = new Dice(seed);
    }

    /**
     * Serves a request.
     *
     * @return bytes written
     */
    public int serve(DescriptorChain chain) {
        requests++;
        int readable = Math.toIntExact(chain.readableLength());
        int writable = Math.toIntExact(chain.writableLength());
        long seed = readable == 0 ? dice.nextLong() : read(chain, readable);
        int written = written(seed, writable);
        Pattern.fill(bytes, written, seed);
        if (written > 0) {
            // In two steps, so that the second starts anywhere in any piece.
            int first = dice.below(written + 1);
            chain.write(0, bytes, 0, first);
            chain.write(first, bytes, first, written - first);
        }
        if (readable == 0) {
            freeWrittenSum += Pattern.hash(bytes, written);
        }
        return written;
    }

    private long read(DescriptorChain chain, int readable) {
        chain.read(0, bytes, 0, readable);
        if (!Pattern.holds(bytes, readable)) {
            throw new AssertionError("request " + requests + ": " + readable + " readable bytes arrived wrong");
        }
        int at = dice.below(readable);
        long value = switch (Math.min(readable - at, 8)) {
            case 1 -> chain.readByte(at);
            case 2, 3 -> chain.readShort(at);
            case 8 -> chain.readLong(at);
            default -> chain.readInt(at) & 0xffffffffL;
        };
        for (int i = at; value != 0; i++, value >>>= 8) {
            if (bytes[i] != (byte) value) {
                throw new AssertionError("request " + requests + ": byte " + i + " reads differently as a number");
            }
        }
        long hash = Pattern.hash(bytes, readable);
        readSum += hash;
        return hash;
    }

    /** How much of the writable part the device writes. */
    static int written(long seed, int writable) {
        return (int) Math.floorMod(Pattern.mix(seed), writable + 1L);
    }

    /** Requests served. */
    public long requests() {
        return requests;
    }

    /** Sum of the checksums of all that was read; {@link RequestDriver#readableSum} is the same at the end. */
    public long readSum() {
        return readSum;
    }

    /** Sum of the checksums of all that was written unasked; {@link RequestDriver#freeWrittenSum} is the same. */
    public long freeWrittenSum() {
        return freeWrittenSum;
    }
}
