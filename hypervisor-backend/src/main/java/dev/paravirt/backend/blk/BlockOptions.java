// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import dev.paravirt.spec.blk.BlkRequest;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a block device looks like to its driver. Every setting has a default that suits a plain disk; the setters return
 * this object, and throw {@link IllegalArgumentException} for what no device can have. A device copies what it needs.
 */
public final class BlockOptions {
    private static final int DEFAULT_QUEUE_SIZE = 256;

    private String serial = "";
    private boolean readOnly;
    private int queues = 1;
    private int queueSize = DEFAULT_QUEUE_SIZE;
    private int blockSize = BlkRequest.SECTOR_SIZE;
    private int sizeMax = 1 << 20;
    private int segMax;
    private boolean writeCache = true;
    private boolean secureErase;
    private int threads = 64;
    private @Nullable BlockTopology topology;
    private @Nullable Supplier<BlockLifetime> lifetime;
    private @Nullable IoEngine engine;

    /** A plain disk. */
    public BlockOptions() {}

    /** The string that GET_ID returns: up to 20 ASCII characters. Default: none. */
    public BlockOptions serial(String value) {
        if (value.length() > BlkRequest.ID_SIZE
                || !StandardCharsets.US_ASCII.newEncoder().canEncode(value)) {
            throw new IllegalArgumentException("a serial has up to 20 ASCII characters: " + value);
        }
        serial = value;
        return this;
    }

    /** Refuse every change, and say so (RO). Default: as the image is. */
    public BlockOptions readOnly(boolean value) {
        readOnly = value;
        return this;
    }

    /** How many virtqueues there are (MQ if more than one), 1 to 1024. Default: 1. */
    public BlockOptions queues(int value) {
        queues = within(value, 1, 1024, "queues");
        return this;
    }

    /** The largest size of a queue: a power of two, 1 to 32768. Default: 256. */
    public BlockOptions queueSize(int value) {
        queueSize = powerOfTwo(value, 1, 32768, "queue size");
        return this;
    }

    /** Bytes of a logical block (BLK_SIZE): a power of two, 512 to 32768; the image is whole blocks. Default: 512. */
    public BlockOptions blockSize(int value) {
        blockSize = powerOfTwo(value, BlkRequest.SECTOR_SIZE, 32768, "block size");
        return this;
    }

    /** Bytes that a driver puts into one segment at most (SIZE_MAX), 4096 or more. Default: 1 MiB. */
    public BlockOptions sizeMax(int value) {
        sizeMax = within(value, 4096, Integer.MAX_VALUE, "size_max");
        return this;
    }

    /** Segments that a driver puts into one request at most (SEG_MAX), 1 or more. Default: what a queue has room for. */
    public BlockOptions segMax(int value) {
        segMax = within(value, 1, 65535, "seg_max");
        return this;
    }

    /**
     * Whether a write may complete before it is on stable storage, if the driver knows how to flush; a driver that
     * negotiates CONFIG_WCE switches this itself. Default: true.
     */
    public BlockOptions writeCache(boolean value) {
        writeCache = value;
        return this;
    }

    /** Offer SECURE_ERASE: see {@link BlockImage#erase} for what it can and cannot do. Default: false. */
    public BlockOptions secureErase(boolean value) {
        secureErase = value;
        return this;
    }

    /** What I/O suits the disk best (TOPOLOGY). Default: not said. */
    public BlockOptions topology(BlockTopology value) {
        topology = value;
        return this;
    }

    /**
     * Offer GET_LIFETIME (LIFETIME), answered by this. It is asked on worker threads and must not wait. Default: not
     * offered, as no storage here knows its wear.
     */
    public BlockOptions lifetime(Supplier<BlockLifetime> value) {
        lifetime = value;
        return this;
    }

    /** The engine for what may wait; it is shared, and not closed with the device. Default: a pool of its own. */
    public BlockOptions engine(IoEngine value) {
        engine = value;
        return this;
    }

    /** The most threads of the device's own engine, 1 or more. Default: 64. */
    public BlockOptions threads(int value) {
        threads = within(value, 1, 4096, "threads");
        return this;
    }

    private static int within(int value, int least, int most, String what) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(what + " " + value + " is not within " + least + " to " + most);
        }
        return value;
    }

    private static int powerOfTwo(int value, int least, int most, String what) {
        if (Integer.bitCount(within(value, least, most, what)) != 1) {
            throw new IllegalArgumentException(what + " " + value + " is not a power of two");
        }
        return value;
    }

    String serial() {
        return serial;
    }

    boolean readOnly() {
        return readOnly;
    }

    int queues() {
        return queues;
    }

    int queueSize() {
        return queueSize;
    }

    int blockSize() {
        return blockSize;
    }

    int sizeMax() {
        return sizeMax;
    }

    /** Two descriptors of a queue are for header and status. */
    int segMax() {
        return segMax > 0 ? segMax : Math.max(1, queueSize - 2);
    }

    boolean writeCache() {
        return writeCache;
    }

    boolean secureErase() {
        return secureErase;
    }

    @Nullable
    BlockTopology topology() {
        return topology;
    }

    @Nullable
    Supplier<BlockLifetime> lifetime() {
        return lifetime;
    }

    @Nullable
    IoEngine engine() {
        return engine;
    }

    int threads() {
        return threads;
    }
}
