// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetControl;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.net.NetHash;
import org.jspecify.annotations.Nullable;

/** The commands of the class MQ: how many queue pairs are in use, which frames go where, and what hashes are reported. */
final class SteeringCommands {
    private final NetDevice device;

    SteeringCommands(NetDevice device) {
        this.device = device;
    }

    /** @param length of the data of the command */
    boolean execute(int command, DescriptorChain chain, long length) {
        FeatureBits negotiated = device.negotiated();
        return switch (command) {
            case NetControl.MQ_VQ_PAIRS_SET -> negotiated.has(NetFeatures.MQ) && setPairs(chain, length);
            case NetControl.MQ_RSS_CONFIG -> negotiated.has(NetFeatures.RSS) && configureScaling(chain, length);
            case NetControl.MQ_HASH_CONFIG -> negotiated.has(NetFeatures.HASH_REPORT) && configureHash(chain, length);
            default -> false;
        };
    }

    private boolean setPairs(DescriptorChain chain, long length) {
        if (length != Short.BYTES) {
            return false;
        }
        int pairs = chain.readShort(NetControl.DATA);
        if (pairs < NetControl.MQ_VQ_PAIRS_MIN || pairs > device.pairs()) {
            return false;
        }
        device.steering(ReceiveSteering.among(pairs));
        return true;
    }

    private boolean configureHash(DescriptorChain chain, long length) {
        if (length < NetHash.HASH_CONFIG_KEY) {
            return false;
        }
        long reserved = chain.readLong(NetControl.DATA + NetHash.HASH_CONFIG_RESERVED);
        PacketHash hash = hash(chain, NetHash.HASH_CONFIG_KEY_LENGTH, length);
        if (hash == null || reserved != 0) {
            return false;
        }
        device.hash(hash);
        return true;
    }

    private boolean configureScaling(DescriptorChain chain, long length) {
        if (length < NetHash.RSS_CONFIG_INDIRECTION_TABLE) {
            return false;
        }
        int entries = chain.readShort(NetControl.DATA + NetHash.RSS_CONFIG_INDIRECTION_TABLE_MASK) + 1;
        if (entries > NetHash.MIN_MAX_INDIRECTION_TABLE_LENGTH
                || Integer.bitCount(entries) != 1
                || length < NetHash.rssConfigSize(entries, 0)) {
            return false;
        }
        PacketHash hash = hash(chain, NetHash.rssConfigKeyLength(entries), length);
        int unclassified = chain.readShort(NetControl.DATA + NetHash.RSS_CONFIG_UNCLASSIFIED_QUEUE);
        int transmitQueues = chain.readShort(NetControl.DATA + NetHash.rssConfigMaxTxVq(entries));
        if (hash == null || unclassified >= device.pairs() || transmitQueues == 0 || transmitQueues > device.pairs()) {
            return false;
        }
        int[] table = new int[entries];
        for (int i = 0; i < entries; i++) {
            table[i] = chain.readShort(NetControl.DATA + NetHash.RSS_CONFIG_INDIRECTION_TABLE + (long) Short.BYTES * i);
            if (table[i] >= device.pairs()) {
                return false;
            }
        }
        device.steering(new ReceiveSideScaling(hash, table, unclassified));
        device.hash(hash);
        return true;
    }

    /** Types and key, which is the last that the command has; null if they are wrong. */
    private static @Nullable PacketHash hash(DescriptorChain chain, int keyLengthAt, long length) {
        int types = chain.readInt(NetControl.DATA + NetHash.HASH_CONFIG_HASH_TYPES);
        int keyLength = chain.readByte(NetControl.DATA + keyLengthAt);
        if ((types & ~PacketHash.SUPPORTED) != 0
                || keyLength > NetHash.MIN_MAX_KEY_SIZE
                || length != keyLengthAt + 1L + keyLength) {
            return null;
        }
        byte[] key = new byte[keyLength];
        chain.read(NetControl.DATA + keyLengthAt + 1L, key, 0, keyLength);
        return new PacketHash(types, key);
    }
}
