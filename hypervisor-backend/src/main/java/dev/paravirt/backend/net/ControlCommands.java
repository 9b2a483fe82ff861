// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetConfig;
import dev.paravirt.spec.net.NetControl;
import dev.paravirt.spec.net.NetFeatures;
import java.util.Arrays;

/**
 * The commands of the control virtqueue (VIRTIO 1.4, "Control Virtqueue"). Each does all that it says, or nothing: a
 * command that is unknown, not negotiated, or of the wrong length is answered with VIRTIO_NET_ERR.
 */
final class ControlCommands {
    /** Instead of the length of a result. */
    static final int FAILED = -1;

    /** Addresses of each kind that the MAC filtering table keeps; with more, all of the kind are received. */
    static final int MAX_ADDRESSES = 1024;

    private static final int MAX_VLAN = 4095;

    private final NetDevice device;
    private final SteeringCommands steering;
    private final OffloadCommands offloads;
    private final CoalescingCommands coalescing;

    ControlCommands(NetDevice device, CoalescingCommands coalescing) {
        this.device = device;
        this.steering = new SteeringCommands(device);
        this.offloads = new OffloadCommands(device);
        this.coalescing = coalescing;
    }

    /**
     * Executes a command, and writes its ack.
     *
     * @param chain with room for class and command in its readable part, and the ack in its writable one
     * @return bytes written
     */
    int execute(DescriptorChain chain) {
        int command = chain.readByte(NetControl.COMMAND);
        long length = chain.readableLength() - NetControl.DATA;
        int result = switch (chain.readByte(NetControl.CLASS)) {
            case NetControl.RX -> done(setMode(command, chain, length));
            case NetControl.MAC -> done(setAddresses(command, chain, length));
            case NetControl.VLAN -> done(setVlan(command, chain, length));
            case NetControl.ANNOUNCE -> done(acknowledge(command, length));
            case NetControl.MQ -> done(steering.execute(command, chain, length));
            case NetControl.GUEST_OFFLOADS -> done(offloads.execute(command, chain, length));
            case NetControl.NOTF_COAL -> coalescing.execute(command, chain, length);
            default -> FAILED;
        };
        chain.writeByte(NetControl.ACK, result == FAILED ? NetControl.ERR : NetControl.OK);
        return NetControl.RESULT + Math.max(result, 0);
    }

    private static int done(boolean done) {
        return done ? 0 : FAILED;
    }

    private boolean setMode(int command, DescriptorChain chain, long length) {
        FeatureBits negotiated = device.negotiated();
        boolean known = switch (command) {
            case NetControl.RX_PROMISC, NetControl.RX_ALLMULTI -> negotiated.has(NetFeatures.CTRL_RX);
            case NetControl.RX_ALLUNI, NetControl.RX_NOMULTI, NetControl.RX_NOUNI, NetControl.RX_NOBCAST ->
                negotiated.has(NetFeatures.CTRL_RX_EXTRA);
            default -> false;
        };
        if (!known || length != 1) {
            return false;
        }
        int value = chain.readByte(NetControl.DATA);
        if (value > 1) {
            return false;
        }
        device.filter(device.filter().withMode(command, value == 1));
        return true;
    }

    private boolean setAddresses(int command, DescriptorChain chain, long length) {
        FeatureBits negotiated = device.negotiated();
        return switch (command) {
            case NetControl.MAC_TABLE_SET -> negotiated.has(NetFeatures.CTRL_RX) && setTable(chain, length);
            case NetControl.MAC_ADDR_SET -> negotiated.has(NetFeatures.CTRL_MAC_ADDR) && setAddress(chain, length);
            default -> false;
        };
    }

    private boolean setAddress(DescriptorChain chain, long length) {
        if (length != NetConfig.MAC_SIZE) {
            return false;
        }
        long address = address(chain, NetControl.DATA);
        if (!Ethernet.isStation(address)) {
            return false;
        }
        device.filter(device.filter().withMac(address));
        return true;
    }

    private boolean setTable(DescriptorChain chain, long length) {
        long unicast = entries(chain, length, 0);
        if (unicast < 0) {
            return false;
        }
        long second = NetControl.MAC_TABLE_MACS + unicast * NetConfig.MAC_SIZE;
        long multicast = entries(chain, length, second);
        if (multicast < 0 || second + NetControl.MAC_TABLE_MACS + multicast * NetConfig.MAC_SIZE != length) {
            return false;
        }
        int kept = unicast > MAX_ADDRESSES ? 0 : (int) unicast;
        int more = multicast > MAX_ADDRESSES ? 0 : (int) multicast;
        long[] addresses = new long[kept + more];
        Arrays.setAll(addresses, i -> {
            long table = NetControl.DATA + NetControl.MAC_TABLE_MACS + (i < kept ? 0 : second);
            return address(chain, table + (long) NetConfig.MAC_SIZE * (i < kept ? i : i - kept));
        });
        device.filter(device.filter().withTable(addresses, unicast > MAX_ADDRESSES, multicast > MAX_ADDRESSES));
        return true;
    }

    /** The number of entries of a table that starts at this offset of the data, or -1 if they are not all there. */
    private static long entries(DescriptorChain chain, long length, long at) {
        if (length - at < NetControl.MAC_TABLE_MACS) {
            return -1;
        }
        long entries = Integer.toUnsignedLong(chain.readInt(NetControl.DATA + at));
        return entries * NetConfig.MAC_SIZE <= length - at - NetControl.MAC_TABLE_MACS ? entries : -1;
    }

    private static long address(DescriptorChain chain, long at) {
        byte[] bytes = new byte[NetConfig.MAC_SIZE];
        chain.read(at, bytes, 0, bytes.length);
        return Ethernet.address(bytes, 0);
    }

    private boolean setVlan(int command, DescriptorChain chain, long length) {
        boolean known = command == NetControl.VLAN_ADD || command == NetControl.VLAN_DEL;
        if (!known || length != Short.BYTES || !device.negotiated().has(NetFeatures.CTRL_VLAN)) {
            return false;
        }
        int vlan = chain.readShort(NetControl.DATA);
        if (vlan > MAX_VLAN) {
            return false;
        }
        device.filter(device.filter().withVlan(vlan, command == NetControl.VLAN_ADD));
        return true;
    }

    private boolean acknowledge(int command, long length) {
        if (command != NetControl.ANNOUNCE_ACK
                || length != 0
                || !device.negotiated().has(NetFeatures.GUEST_ANNOUNCE)) {
            return false;
        }
        device.announced();
        return true;
    }
}
