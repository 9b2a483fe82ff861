// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetConfig;
import dev.paravirt.spec.net.NetControl;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.net.NetHash;
import dev.paravirt.spec.net.NetQueues;
import java.util.Objects;

/** Puts control commands together (VIRTIO 1.4, "Control Virtqueue"); what each of them means, {@link NetDriver} says. */
final class NetCommands {
    private static final int VLANS = 4096;

    private final NetSession session;

    NetCommands(NetSession session) {
        this.session = session;
    }

    void setReceiveMode(int mode, boolean on) throws DeviceException {
        Objects.checkIndex(mode, NetControl.RX_NOBCAST + 1);
        require(mode <= NetControl.RX_ALLMULTI ? NetFeatures.CTRL_RX : NetFeatures.CTRL_RX_EXTRA);
        session.control().data()[0] = (byte) (on ? 1 : 0);
        session.command(NetControl.RX, mode, 1);
    }

    void setMacTable(byte[] unicast, byte[] multicast) throws DeviceException {
        int most = NetControlQueue.MOST_ADDRESSES * NetConfig.MAC_SIZE;
        boolean whole = unicast.length % NetConfig.MAC_SIZE == 0 && multicast.length % NetConfig.MAC_SIZE == 0;
        if (!whole || unicast.length > most || multicast.length > most - unicast.length) {
            throw new IllegalArgumentException("at most " + NetControlQueue.MOST_ADDRESSES + " addresses of "
                    + NetConfig.MAC_SIZE + " bytes, not " + unicast.length + " and " + multicast.length + " bytes");
        }
        require(NetFeatures.CTRL_RX);
        int second = putTable(0, unicast);
        session.command(NetControl.MAC, NetControl.MAC_TABLE_SET, putTable(second, multicast));
    }

    private int putTable(int at, byte[] addresses) throws DeviceException {
        NetControlQueue queue = session.control();
        queue.put32(at, addresses.length / NetConfig.MAC_SIZE);
        System.arraycopy(addresses, 0, queue.data(), at + NetControl.MAC_TABLE_MACS, addresses.length);
        return at + NetControl.MAC_TABLE_MACS + addresses.length;
    }

    void setMac(byte[] mac) throws DeviceException {
        if (mac.length != NetConfig.MAC_SIZE) {
            throw new IllegalArgumentException("an address of 6 bytes, not " + mac.length);
        }
        require(NetFeatures.CTRL_MAC_ADDR);
        System.arraycopy(mac, 0, session.control().data(), 0, mac.length);
        session.command(NetControl.MAC, NetControl.MAC_ADDR_SET, mac.length);
    }

    void changeVlan(int command, int vlan) throws DeviceException {
        Objects.checkIndex(vlan, VLANS);
        require(NetFeatures.CTRL_VLAN);
        session.control().put16(0, vlan);
        session.command(NetControl.VLAN, command, Short.BYTES);
    }

    void acknowledgeAnnouncement() throws DeviceException {
        require(NetFeatures.GUEST_ANNOUNCE);
        session.command(NetControl.ANNOUNCE, NetControl.ANNOUNCE_ACK, 0);
        // The device has taken its request back, which it need not tell by interrupt.
        session.readStatus();
    }

    void setGuestOffloads(FeatureBits offloads) throws DeviceException {
        require(NetFeatures.CTRL_GUEST_OFFLOADS);
        if (!session.features.and(NetDriverOptions.GUEST_OFFLOADS).hasAll(offloads)
                || NetFeatures.firstUnmet(offloads) >= 0) {
            throw new IllegalArgumentException("offloads are some of those negotiated, each with what it needs");
        }
        NetControlQueue queue = session.control();
        queue.put32(0, 0);
        queue.put32(Integer.BYTES, 0);
        for (int bit = offloads.next(0); bit >= 0; bit = offloads.next(bit + 1)) {
            queue.data()[bit / Byte.SIZE] |= (byte) (1 << bit % Byte.SIZE);
        }
        session.command(NetControl.GUEST_OFFLOADS, NetControl.GUEST_OFFLOADS_SET, Long.BYTES);
    }

    void setCoalescing(boolean transmit, int packets, int microseconds) throws DeviceException {
        require(NetFeatures.NOTF_COAL);
        putCoalescing(0, packets, microseconds);
        int command = transmit ? NetControl.NOTF_COAL_TX_SET : NetControl.NOTF_COAL_RX_SET;
        session.command(NetControl.NOTF_COAL, command, NetControl.COAL_SIZE);
    }

    void setCoalescing(int pair, boolean transmit, int packets, int microseconds) throws DeviceException {
        Objects.checkIndex(pair, session.receive.length);
        require(NetFeatures.VQ_NOTF_COAL);
        session.control()
                .put32(NetControl.COAL_VQ_INDEX, transmit ? NetQueues.transmit(pair) : NetQueues.receive(pair));
        putCoalescing(NetControl.COAL_VQ_COAL, packets, microseconds);
        session.command(NetControl.NOTF_COAL, NetControl.NOTF_COAL_VQ_SET, NetControl.COAL_VQ_SIZE);
    }

    private void putCoalescing(int at, int packets, int microseconds) throws DeviceException {
        if (packets < 0 || microseconds < 0) {
            throw new IllegalArgumentException("0 or more packets and microseconds");
        }
        session.control().put32(at + NetControl.COAL_MAX_PACKETS, packets);
        session.control().put32(at + NetControl.COAL_MAX_USECS, microseconds);
    }

    void setSteering(int hashTypes, byte[] key, int[] table, int unclassified) throws DeviceException {
        require(NetFeatures.RSS);
        checkHash(hashTypes, key);
        int most = session.config().get16(NetConfig.RSS_MAX_INDIRECTION_TABLE_LENGTH);
        if (Integer.bitCount(table.length) != 1
                || table.length > most
                || NetHash.rssConfigSize(table.length, key.length) > NetControlQueue.DATA_SIZE) {
            throw new IllegalArgumentException(
                    "a table of a power of two, at most " + most + " entries, not " + table.length);
        }
        int pairs = session.receive.length;
        NetControlQueue queue = session.control();
        queue.put32(NetHash.RSS_CONFIG_HASH_TYPES, hashTypes);
        queue.put16(NetHash.RSS_CONFIG_INDIRECTION_TABLE_MASK, table.length - 1);
        queue.put16(NetHash.RSS_CONFIG_UNCLASSIFIED_QUEUE, Objects.checkIndex(unclassified, pairs));
        for (int entry = 0; entry < table.length; entry++) {
            int at = NetHash.RSS_CONFIG_INDIRECTION_TABLE + Short.BYTES * entry;
            queue.put16(at, Objects.checkIndex(table[entry], pairs));
        }
        queue.put16(NetHash.rssConfigMaxTxVq(table.length), pairs);
        putKey(queue, NetHash.rssConfigKeyLength(table.length), key);
        session.command(NetControl.MQ, NetControl.MQ_RSS_CONFIG, NetHash.rssConfigSize(table.length, key.length));
    }

    void setHashing(int hashTypes, byte[] key) throws DeviceException {
        require(NetFeatures.HASH_REPORT);
        checkHash(hashTypes, key);
        NetControlQueue queue = session.control();
        queue.put32(NetHash.HASH_CONFIG_HASH_TYPES, hashTypes);
        queue.put32(NetHash.HASH_CONFIG_RESERVED, 0);
        queue.put32(NetHash.HASH_CONFIG_RESERVED + Integer.BYTES, 0);
        putKey(queue, NetHash.HASH_CONFIG_KEY_LENGTH, key);
        session.command(NetControl.MQ, NetControl.MQ_HASH_CONFIG, NetHash.HASH_CONFIG_KEY + key.length);
    }

    private void checkHash(int types, byte[] key) {
        int supported = (int) session.config().get32(NetConfig.SUPPORTED_HASH_TYPES);
        int most = session.config().get8(NetConfig.RSS_MAX_KEY_SIZE);
        if ((types & ~supported) != 0 || key.length > most) {
            throw new IllegalArgumentException("hash types among 0x" + Integer.toHexString(supported)
                    + ", and a key of at most " + most + " bytes, not " + key.length);
        }
    }

    private static void putKey(NetControlQueue queue, int at, byte[] key) {
        queue.data()[at] = (byte) key.length;
        System.arraycopy(key, 0, queue.data(), at + 1, key.length);
    }

    private void require(int feature) throws DeviceException {
        if (!session.features.has(feature)) {
            throw new DeviceException(
                    session.transport.name() + ": " + NetFeatures.name(feature) + " was not negotiated");
        }
    }
}
