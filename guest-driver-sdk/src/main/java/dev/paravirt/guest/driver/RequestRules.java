// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.queue.BufferChain;
import dev.paravirt.spec.blk.BlkFeatures;
import dev.paravirt.spec.blk.BlkRequest;

/** What a device takes: everything else is refused before it is made, with words that say why. */
final class RequestRules {
    private final BlockSession session;
    private final String name;

    RequestRules(BlockSession session) {
        this.session = session;
        this.name = session.transport.name();
    }

    /** Returns the length in bytes. */
    int checkPieces(int type, BufferChain pieces) {
        boolean readable = type == BlkRequest.T_OUT;
        if (pieces.readableCount() != (readable ? pieces.count() : 0)) {
            throw new IllegalArgumentException("the device " + (readable ? "reads" : "writes") + " all pieces of a "
                    + BlkRequest.describeType(type));
        }
        long length = 0;
        long segments = 0;
        int most = session.limits.maxSegmentBytes();
        for (int piece = 0; piece < pieces.count(); piece++) {
            length += pieces.length(piece);
            segments += (pieces.length(piece) - 1L) / most + 1;
        }
        if (segments > session.limits.maxSegments()) {
            throw new IllegalArgumentException(segments + " pieces of at most " + most + " bytes in a request; " + name
                    + " takes " + session.limits.maxSegments());
        }
        return (int) Math.min(length, Integer.MAX_VALUE);
    }

    void checkTransfer(int type, long sector, int length) throws BlockIoException {
        if (length <= 0 || length % BlkRequest.SECTOR_SIZE != 0 || length > session.limits.maxTransferBytes()) {
            throw new IllegalArgumentException(length + " bytes in a request; " + name + " takes whole sectors of "
                    + BlkRequest.SECTOR_SIZE + ", at most " + session.limits.maxTransferBytes() + " bytes");
        }
        check(type, sector, length >>> BlkRequest.SECTOR_SHIFT);
    }

    void checkRange(int type, long sector, long sectors) throws BlockIoException {
        long most = switch (type) {
            case BlkRequest.T_DISCARD -> session.limits.maxDiscardSectors();
            case BlkRequest.T_WRITE_ZEROES -> session.limits.maxWriteZeroesSectors();
            default -> session.limits.maxSecureEraseSectors();
        };
        if (sectors < 1 || sectors > most) {
            throw new IllegalArgumentException("1 to " + most + " sectors, not " + sectors);
        }
        check(type, sector, sectors);
    }

    /** Refuses what the device would, and everything once it was given up. */
    void check(int type, long sector, long sectors) throws BlockIoException {
        String failure = session.failure();
        if (failure == null) {
            failure = session.broken();
        }
        if (failure != null) {
            throw refuse(type, sector, failure);
        }
        int feature = switch (type) {
            case BlkRequest.T_DISCARD -> BlkFeatures.DISCARD;
            case BlkRequest.T_WRITE_ZEROES -> BlkFeatures.WRITE_ZEROES;
            case BlkRequest.T_SECURE_ERASE -> BlkFeatures.SECURE_ERASE;
            case BlkRequest.T_GET_LIFETIME -> BlkFeatures.LIFETIME;
            default -> -1;
        };
        if (feature >= 0 && !session.features.has(feature)) {
            throw refuse(type, sector, BlkFeatures.name(feature) + " was not negotiated");
        }
        if (session.features.has(BlkFeatures.RO) && writes(type)) {
            throw refuse(type, sector, "the device is read-only");
        }
        if (sector < 0 || sector > session.capacity() - sectors) {
            throw refuse(type, sector, sectors + " sectors from there on, but the device has " + session.capacity());
        }
    }

    private static boolean writes(int type) {
        return type == BlkRequest.T_OUT
                || type == BlkRequest.T_DISCARD
                || type == BlkRequest.T_WRITE_ZEROES
                || type == BlkRequest.T_SECURE_ERASE;
    }

    BlockIoException refuse(int type, long sector, String reason) {
        return new BlockIoException(name, type, sector, BlockIoException.NOT_MADE, reason);
    }

    /** What became of a request, as an exception. */
    BlockIoException failure(RequestQueue queue, int slot) {
        int status = queue.status(slot);
        String because = session.failure();
        return new BlockIoException(
                name,
                queue.type(slot),
                queue.sector(slot),
                status,
                BlockIoException.describe(status) + (status < 0 && because != null ? " (" + because + ")" : ""));
    }
}
